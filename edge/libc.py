"""The C library's functions that Python does not offer."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any


@cache
def function(name: str) -> Any:
    """None where the library has none of that name, or there is no such library."""
    try:
        return getattr(ctypes.CDLL(None, use_errno=True), name)
    except (AttributeError, OSError, TypeError):
        return None
