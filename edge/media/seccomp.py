"""A filter of system calls for a process that decodes what strangers send.

Written as a list of what is allowed: memory, the descriptors that are open already, the clock, the end. All
else fails with EPERM, whatever a later kernel adds: no file is opened, no socket, no process; threads only by
a decoder that cannot do without. Nor is memory made executable. The program is classic BPF over
``struct seccomp_data``: Documentation/userspace-api/seccomp_filter.rst of the Linux kernel.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from edge.libc import function

PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_MODE_FILTER = 2

_LOAD, _JUMP_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
"""Offsets in ``struct seccomp_data``; arguments have 64 bits, the lower half first on these processors."""
_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000
_PROT_EXEC = 4
_CLONE_THREAD = 0x10000
_CLONE3 = 435
"""On every processor."""

Step = tuple[int, int, int, int]
"""``struct sock_filter``: what to do, how many steps to skip if true and if false, a number."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """``audit`` is AUDIT_ARCH_* of linux/audit.h. ``protecting`` may be called without PROT_EXEC only;
    ``threading`` only by what needs threads, and so may ``clone`` with CLONE_THREAD."""

    audit: int
    allowed: Mapping[str, int]
    protecting: Mapping[str, int]
    threading: Mapping[str, int]
    clone: int


X86_64 = Architecture(
    0xC000003E,
    MappingProxyType(
        {
            "read": 0,
            "write": 1,
            "close": 3,
            "fstat": 5,
            "lseek": 8,
            "munmap": 11,
            "brk": 12,
            "rt_sigaction": 13,
            "rt_sigprocmask": 14,
            "rt_sigreturn": 15,
            "pread64": 17,
            "sched_yield": 24,
            "mremap": 25,
            "madvise": 28,
            "getpid": 39,
            "exit": 60,
            "gettid": 186,
            "futex": 202,
            "restart_syscall": 219,
            "clock_gettime": 228,
            "exit_group": 231,
            "getrandom": 318,
        }
    ),
    MappingProxyType({"mmap": 9, "mprotect": 10}),
    MappingProxyType({"sched_getaffinity": 204, "set_robust_list": 273, "rseq": 334}),
    56,
)
AARCH64 = Architecture(
    0xC00000B7,
    MappingProxyType(
        {
            "read": 63,
            "write": 64,
            "close": 57,
            "fstat": 80,
            "lseek": 62,
            "munmap": 215,
            "brk": 214,
            "rt_sigaction": 134,
            "rt_sigprocmask": 135,
            "rt_sigreturn": 139,
            "pread64": 67,
            "sched_yield": 124,
            "mremap": 216,
            "madvise": 233,
            "getpid": 172,
            "exit": 93,
            "gettid": 178,
            "futex": 98,
            "restart_syscall": 128,
            "clock_gettime": 113,
            "exit_group": 94,
            "getrandom": 278,
        }
    ),
    MappingProxyType({"mmap": 222, "mprotect": 226}),
    MappingProxyType({"sched_getaffinity": 123, "set_robust_list": 99, "rseq": 293}),
    220,
)
ARCHITECTURES = MappingProxyType({"x86_64": X86_64, "aarch64": AARCH64})
"""By what ``platform.machine()`` says."""


def program(architecture: Architecture, *, threads: bool) -> bytes:
    """The filter as an array of ``struct sock_filter``. Another architecture's calls (those of 32 bits, on
    x86-64) end the process; x32's numbers stand in no table."""
    steps: list[Step] = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_EQUAL, 1, 0, architecture.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    for number in architecture.allowed.values():
        steps += _answered(number, _ALLOW)
    for number in architecture.protecting.values():
        steps += _allowed_by_bit(number, argument=2, bit=_PROT_EXEC, is_set=False)
    if threads:
        for number in architecture.threading.values():
            steps += _answered(number, _ALLOW)
        steps += _allowed_by_bit(architecture.clone, argument=0, bit=_CLONE_THREAD, is_set=True)
        # Its flags lie in memory, where no filter sees them; the C library falls back to clone.
        steps += _answered(_CLONE3, _FAIL | errno.ENOSYS)
    steps.append((_RETURN, 0, 0, _FAIL | errno.EPERM))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _answered(number: int, answer: int) -> list[Step]:
    return [(_JUMP_EQUAL, 0, 1, number), (_RETURN, 0, 0, answer)]


def _allowed_by_bit(number: int, *, argument: int, bit: int, is_set: bool) -> list[Step]:
    return [
        (_JUMP_EQUAL, 0, 4, number),
        (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * argument),
        (_JUMP_ANY_BIT, 0 if is_set else 1, 1 if is_set else 0, bit),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _FAIL | errno.EPERM),
    ]


class _Program(ctypes.Structure):
    """``struct sock_fprog``."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def _programs() -> Mapping[bool, _Program]:
    """Those of this processor, without and with threads."""
    architecture = ARCHITECTURES.get(platform.machine())
    if architecture is None:
        return {}
    both = ((threads, program(architecture, threads=threads)) for threads in (False, True))
    return {threads: _Program(len(steps) // 8, steps) for threads, steps in both}


_PROGRAMS = _programs()
_PRCTL = function("prctl")
"""Made here once, not by every child."""


def install(*, threads: bool) -> bool:
    """Puts this thread, and those that it begins, under the filter for good. Returns whether the kernel took
    it; it wants PR_SET_NO_NEW_PRIVS before."""
    made = _PROGRAMS.get(threads)
    if made is None or _PRCTL is None:
        return False
    return bool(_PRCTL(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(made)) == 0)
