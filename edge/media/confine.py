"""Takes from a process all that a decoder does not need: limits, then Landlock, then the filter of calls.

What the kernel does not have is left out, and said.
"""

from __future__ import annotations

import resource
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edge.libc import function
from edge.media import landlock, seccomp

_PR_SET_PDEATHSIG = 1
_SIGKILL = 9
_MOST_FILES = 16
_FIRST_TO_DIE = "1000"
_STATM = Path("/proc/self/statm")
_PRCTL = function("prctl")
"""Looked up here once, not by every child."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """``memory_bytes`` beside what the process has already; ``seconds`` of processor time."""

    memory_bytes: int
    seconds: int
    threads: bool = False


@dataclass(frozen=True, slots=True)
class Guards:
    """What this kernel adds to the limits on memory, time and descriptors."""

    seccomp: bool = False
    landlock: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of those that are not there."""
        return tuple(name for name in ("seccomp", "landlock") if not getattr(self, name))

    @property
    def words(self) -> str:
        return f"without {' and '.join(self.missing)}" if self.missing else "confined"


def confine(allowance: Allowance) -> Guards:
    """For good. All that is to be imported or opened must be."""
    _limit(allowance)
    if not _prctl(seccomp.PR_SET_NO_NEW_PRIVS, 1):
        return Guards()
    shut = landlock.restrict()
    return Guards(seccomp.install(threads=allowance.threads), shut)


def end_with_parent() -> None:
    """Has the kernel end this process with the thread that forked it, where it knows how."""
    _prctl(_PR_SET_PDEATHSIG, _SIGKILL)


def die_first() -> None:
    """Where memory runs out, this process and its children are ended before others."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_DIE)


def lower(what: int, most: int, grace: int = 0) -> None:
    """Sets a limit (``resource.RLIMIT_*``), where it is not below that already; ``grace``: between the signal
    that warns and the one that ends."""
    hard = resource.getrlimit(what)[1]
    if hard == resource.RLIM_INFINITY or hard > most + grace:
        hard = most + grace
    resource.setrlimit(what, (min(most, hard), hard))


def _limit(allowance: Allowance) -> None:
    lower(resource.RLIMIT_CPU, allowance.seconds, grace=1)
    lower(resource.RLIMIT_NOFILE, _MOST_FILES)
    lower(resource.RLIMIT_FSIZE, 0)
    lower(resource.RLIMIT_CORE, 0)
    if not allowance.threads:  # threads count among the processes
        lower(resource.RLIMIT_NPROC, 0)
    if sys.platform == "linux":  # elsewhere libraries alone may take more addresses than can be counted
        lower(resource.RLIMIT_AS, _addresses() + allowance.memory_bytes)


def _addresses() -> int:
    """Bytes of address space that this process takes."""
    return int(_STATM.read_bytes().split()[0]) * resource.getpagesize()


def _prctl(option: int, value: int) -> bool:
    return _PRCTL is not None and bool(_PRCTL(option, value, 0, 0, 0) == 0)
