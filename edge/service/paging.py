"""How a client asks for a part of a list."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

Offset = Annotated[int, Query(ge=0, le=10**12, description="Rows to pass over.")]
"""Bounded by what every database takes for a number."""
