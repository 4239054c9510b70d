"""The connection to a camera."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from edge.media.address import StreamAddress

Admit = Callable[[StreamAddress], str | None]
"""Decides on a redirect: the IP address to connect to, or None where it may not be followed."""


class Wire(Protocol):
    """A connected byte stream."""


Connect = Callable[[str, int, float], Wire]


def connect_tcp(host: str, port: int, seconds: float) -> Wire:
    raise NotImplementedError
