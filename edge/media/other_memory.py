"""Copies from the memory of another process, where the kernel and its policy let us.

Why not memory that both map: its pages are faulted in one by one, in small sizes, and given back after each
picture, which costs more than the copy does (docs/design/decode.md).
"""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

from edge.domain import Pixels
from edge.libc import function


class _Span(ctypes.Structure):
    """``struct iovec``."""

    _fields_ = (("start", ctypes.c_void_p), ("size", ctypes.c_size_t))


def copy_from(process: int, address: int, into: Pixels) -> bool:
    """Fills ``into`` with what stands at ``address`` of a process; whether all of it could be read."""
    call = _call()
    if call is None:
        return False
    ours, theirs = _Span(into.ctypes.data, into.nbytes), _Span(address, into.nbytes)
    return bool(call(process, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0) == into.nbytes)


@cache
def _call() -> Any:
    call = function("process_vm_readv")
    if call is None:
        return None
    spans = ctypes.POINTER(_Span)
    call.argtypes = (ctypes.c_int, spans, ctypes.c_ulong, spans, ctypes.c_ulong, ctypes.c_ulong)
    call.restype = ctypes.c_ssize_t
    return call
