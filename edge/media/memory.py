"""Gives freed memory back to the system.

Streams that come and go free large pieces in threads that end; the GNU allocator keeps the holes between
them, and without this a process grows by up to a hundred kilobytes with each stream that it opens.
"""

from __future__ import annotations

import os
import threading
from functools import cache

from edge.libc import function
from edge.media.clock import Clock

_PAUSE_S = 5.0
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
"""From glibc's malloc.h."""
_LEAST_HEAPS = 2
_LARGE = 1024 * 1024

_lock = threading.Lock()
_last = [float("-inf")]


def give_back(clock: Clock) -> None:
    """Returns free pages to the system, at most every few seconds. Does nothing where the allocator is not
    GNU's."""
    trim = function("malloc_trim")
    with _lock:
        if trim is None or 0 <= clock.monotonic() - _last[0] < _PAUSE_S:
            return
        _last[0] = clock.monotonic()
    trim(0)


@cache
def hold_little() -> bool:
    """From now on pieces of a megabyte and more, pictures foremost, are mapped one by one and go back to the
    system when they are freed, whatever thread took them; and threads share a heap for each core. Whether the
    allocator can be told so; to be called before there are many threads.

    The GNU allocator raises its limit for pieces to 32 MB by itself, and then keeps every thread's pictures;
    and it makes eight heaps for each core, each with holes of its own where readers of streams come and go.
    """
    mallopt = function("mallopt")
    if mallopt is None:
        return False
    heaps = max(_LEAST_HEAPS, os.cpu_count() or 1)
    return bool(mallopt(_M_MMAP_THRESHOLD, _LARGE)) and bool(mallopt(_M_ARENA_MAX, heaps))
