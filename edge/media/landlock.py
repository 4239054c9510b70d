"""Takes the file system, TCP and the signals of others away from this process, where the kernel has Landlock.

A ruleset that handles every right and grants none. Numbers and structures: linux/landlock.h; the calls have
the same numbers on every processor.
"""

from __future__ import annotations

import ctypes
import os
import struct

from edge.libc import function

_CREATE, _RESTRICT = 444, 446
_ASK_VERSION = 1
_RIGHTS = ((1, 13), (2, 14), (3, 15), (5, 16))
"""From which version on how many rights to files are known."""
_TCP_SINCE, _SCOPES_SINCE = 4, 6
_TCP, _SCOPES = 0b11, 0b11
"""Bind and connect; abstract sockets and signals."""
_SYSCALL = function("syscall")


def version() -> int:
    """Of Landlock in this kernel; 0: there is none."""
    return max(0, _call(_CREATE, None, 0, _ASK_VERSION))


def restrict() -> bool:
    """For good; whether the kernel did. Needs PR_SET_NO_NEW_PRIVS before."""
    known = version()
    if not known:
        return False
    files = next(count for since, count in reversed(_RIGHTS) if known >= since)
    handled = struct.pack("=Q", (1 << files) - 1)
    handled += struct.pack("=Q", _TCP) if known >= _TCP_SINCE else b""
    handled += struct.pack("=Q", _SCOPES) if known >= _SCOPES_SINCE else b""
    ruleset = _call(_CREATE, handled, len(handled), 0)
    if ruleset < 0:
        return False
    try:
        return _call(_RESTRICT, ruleset, 0) == 0
    finally:
        os.close(ruleset)


def _call(number: int, *arguments: int | bytes | None) -> int:
    if _SYSCALL is None:
        return -1
    sized = (ctypes.c_size_t(one) if isinstance(one, int) else one for one in arguments)
    return int(_SYSCALL(ctypes.c_long(number), *sized))
