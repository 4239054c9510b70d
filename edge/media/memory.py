"""Gives freed memory back to the system.

Streams that come and go free large pieces in threads that end; the GNU allocator keeps the holes between
them, and without this a process grows by up to a hundred kilobytes with each stream that it opens.
"""

from __future__ import annotations

import ctypes
import threading
from functools import cache
from typing import Any

from edge.media.clock import Clock

_PAUSE_S = 5.0

_lock = threading.Lock()
_last = [float("-inf")]


def give_back(clock: Clock) -> None:
    """Returns free pages to the system, at most every few seconds. Does nothing where the allocator is not
    GNU's."""
    trim = _trim()
    with _lock:
        if trim is None or 0 <= clock.monotonic() - _last[0] < _PAUSE_S:
            return
        _last[0] = clock.monotonic()
    trim(0)


@cache
def _trim() -> Any:
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
