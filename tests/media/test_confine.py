"""A confined process tries what a decoder that was taken over would try, and gets none of it."""

from __future__ import annotations

import ctypes
import mmap
import os
import platform
import re
import signal
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.media import landlock, seccomp
from edge.media.confine import Allowance, Guards, confine
from edge.media.seccomp import AARCH64, ARCHITECTURES, X86_64, Architecture, program

pytestmark = pytest.mark.filterwarnings("ignore:.*use of fork.*:DeprecationWarning")

ALLOWANCE = Allowance(memory_bytes=256 << 20, seconds=1)
GRANTED, REFUSED, OTHER = 10, 11, 12
PTRACE, KEYCTL, BPF, USERFAULTFD, PERF_EVENT_OPEN, IO_URING_SETUP, MOUNT, PROCESS_VM_WRITEV, KILL, UNSHARE = (
    (101, 250, 321, 323, 298, 425, 165, 311, 62, 272)
    if platform.machine() == "x86_64"
    else (117, 219, 280, 282, 241, 425, 40, 271, 129, 97)
)

needs_filter = pytest.mark.skipif(
    platform.machine() not in ARCHITECTURES, reason="no table for this processor"
)


def ends(act: Callable[[], object], allowance: Allowance | None = ALLOWANCE) -> int:
    """How a confined child ends that does ``act``: GRANTED, REFUSED, or less than nothing: by a signal."""
    child = os.fork()
    if child == 0:
        code = OTHER
        try:
            # Those that other tests left open would use up what it may have.
            os.closerange(3, os.sysconf("SC_OPEN_MAX"))
            if allowance is not None:
                confine(allowance)
            act()
            code = GRANTED
        except (PermissionError, MemoryError):
            code = REFUSED
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def called(number: int, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def test_this_kernel_has_both() -> None:
    """Where tests run; elsewhere the doctor tells."""
    if not landlock.version():
        pytest.skip("this kernel has no Landlock")
    both = Guards(seccomp=True, landlock=True)
    assert ends(lambda: os._exit(GRANTED if confine(ALLOWANCE) == both else OTHER), None) == GRANTED


@needs_filter
@pytest.mark.parametrize(
    "act",
    [
        pytest.param(socket.socket, id="socket"),
        pytest.param(lambda: socket.socket(socket.AF_UNIX), id="unix socket"),
        pytest.param(lambda: os.open("/etc/passwd", os.O_RDONLY), id="read a file"),
        pytest.param(lambda: os.open("/tmp/camid-was-here", os.O_CREAT | os.O_WRONLY), id="write a file"),
        pytest.param(lambda: Path("/tmp/camid-was-here").unlink(), id="remove a file"),
        pytest.param(lambda: list(Path("/").iterdir()), id="list a folder"),
        pytest.param(lambda: os.execv("/bin/true", ["true"]), id="exec"),
        pytest.param(os.fork, id="fork"),
        pytest.param(lambda: os.kill(os.getppid(), signal.SIGTERM), id="signal the parent"),
        pytest.param(lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_EXEC), id="run memory"),
        pytest.param(lambda: called(PTRACE, 16, os.getppid(), 0, 0), id="ptrace"),
        pytest.param(lambda: called(KEYCTL, 0, 0, 0), id="keyctl"),
        pytest.param(lambda: called(BPF, 0, 0, 0), id="bpf"),
        pytest.param(lambda: called(USERFAULTFD, 0), id="userfaultfd"),
        pytest.param(lambda: called(PERF_EVENT_OPEN, 0, 0, -1, -1, 0), id="perf_event_open"),
        pytest.param(lambda: called(IO_URING_SETUP, 1, 0), id="io_uring"),
        pytest.param(lambda: called(MOUNT, 0, 0, 0, 0, 0), id="mount"),
        pytest.param(lambda: called(UNSHARE, 0x10000000), id="unshare"),
        pytest.param(lambda: called(PROCESS_VM_WRITEV, os.getppid(), 0, 0, 0, 0, 0), id="write its memory"),
        pytest.param(lambda: called(999), id="a call of a later kernel"),
    ],
)
@pytest.mark.parametrize("threads", [False, True])
def test_all_but_decoding_is_refused(act: Callable[[], object], threads: bool) -> None:
    assert ends(act, Allowance(256 << 20, 5, threads)) == REFUSED


@needs_filter
def test_only_a_decoder_that_needs_threads_gets_them() -> None:
    def begin() -> None:
        try:
            threading.Thread(target=int).start()
        except RuntimeError:
            raise PermissionError from None

    assert ends(begin) == REFUSED
    assert ends(begin, Allowance(256 << 20, 5, threads=True)) == GRANTED


def test_memory_is_bounded() -> None:
    assert ends(lambda: bytearray(64 << 20)) == GRANTED
    assert ends(lambda: bytearray(512 << 20)) == REFUSED


def test_processor_time_is_bounded() -> None:
    def spin() -> None:
        while True:
            pass

    assert ends(spin) == -signal.SIGXCPU


def test_files_that_are_open_already_do_not_grow(tmp_path: Path) -> None:
    with (tmp_path / "open").open("wb", buffering=0) as file:
        assert ends(lambda: file.write(b"x")) == OTHER  # EFBIG
    assert (tmp_path / "open").stat().st_size == 0


@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
def test_landlock_alone_takes_the_files_away() -> None:
    def read() -> None:
        assert ctypes.CDLL(None).prctl(seccomp.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        assert landlock.restrict()
        Path("/etc/passwd").read_text()

    assert ends(read, None) == REFUSED


def answer(
    architecture: Architecture,
    number: int,
    *,
    audit: int | None = None,
    first: int = 0,
    third: int = 0,
    threads: bool = False,
) -> int:
    """What the filter says of a call, by running its program here."""
    arguments = struct.pack("=6Q", first, 0, third, 0, 0, 0)
    data = struct.pack("=iIQ", number, architecture.audit if audit is None else audit, 0) + arguments
    steps = list(struct.iter_unpack("=HBBI", program(architecture, threads=threads)))
    at = value = 0
    while True:
        code, if_true, if_false, operand = steps[at]
        at += 1
        match code:
            case 0x20:
                value = struct.unpack_from("=I", data, operand)[0]
            case 0x15:
                at += if_true if value == operand else if_false
            case 0x45:
                at += if_true if value & operand else if_false
            case _:
                return int(operand)


ALLOW, KILL_PROCESS, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x50001, 0x50026


@pytest.mark.parametrize("architecture", [X86_64, AARCH64])
def test_the_program_of_every_processor(architecture: Architecture) -> None:
    for threads in (False, True):
        known = {*architecture.allowed.values(), *(architecture.threading.values() if threads else ())}
        plain = {number for number in range(1024) if answer(architecture, number, threads=threads) == ALLOW}
        assert plain == known | set(architecture.protecting.values())
        for number in architecture.protecting.values():
            assert answer(architecture, number, third=4, threads=threads) == EPERM
    clone = architecture.clone
    assert answer(architecture, clone, first=0x10000) == EPERM
    assert answer(architecture, clone, first=0x3D0F00, threads=True) == ALLOW
    assert answer(architecture, clone, first=0x01200011, threads=True) == EPERM
    assert (answer(architecture, 435), answer(architecture, 435, threads=True)) == (EPERM, ENOSYS)
    assert answer(architecture, 0, audit=0x40000003) == KILL_PROCESS
    assert answer(architecture, 0x40000000) == EPERM  # x32


KERNEL = {
    "x86_64": "read 0 write 1 close 3 fstat 5 lseek 8 mmap 9 mprotect 10 munmap 11 brk 12 rt_sigaction 13"
    " rt_sigprocmask 14 rt_sigreturn 15 pread64 17 sched_yield 24 mremap 25 madvise 28 getpid 39 clone 56"
    " exit 60 gettid 186 futex 202 sched_getaffinity 204 restart_syscall 219 clock_gettime 228"
    " exit_group 231 set_robust_list 273 getrandom 318 rseq 334",
    "aarch64": "close 57 lseek 62 read 63 write 64 pread64 67 fstat 80 exit 93 exit_group 94 futex 98"
    " set_robust_list 99 clock_gettime 113 sched_getaffinity 123 sched_yield 124 restart_syscall 128"
    " rt_sigaction 134 rt_sigprocmask 135 rt_sigreturn 139 getpid 172 gettid 178 brk 214 munmap 215"
    " mremap 216 clone 220 mmap 222 mprotect 226 madvise 233 getrandom 278 rseq 293",
}
"""From arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h of Linux 6.12."""
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}


def table(machine: str) -> dict[str, int]:
    one = ARCHITECTURES[machine]
    return {**one.allowed, **one.protecting, **one.threading, "clone": one.clone}


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_the_numbers_are_the_kernels(machine: str) -> None:
    words = KERNEL[machine].split()
    assert table(machine) == dict(zip(words[::2], map(int, words[1::2]), strict=True))


@pytest.mark.parametrize("machine", ARCHITECTURES)
def test_the_numbers_are_those_of_the_installed_headers(machine: str) -> None:
    if not HEADERS[machine].is_file():
        pytest.skip("no kernel headers here")
    defined = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", HEADERS[machine].read_text())
    numbers = {name: int(number) for name, number in defined}
    assert {name: numbers[name] for name in table(machine)} == table(machine)
