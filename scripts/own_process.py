"""What this process uses, as Linux counts it: memory, processor time, threads, descriptors."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_SELF = Path("/proc/self")
_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Usage:
    """``when`` on the monotonic clock, ``cpu_s`` since the process began. ``threads`` counts native ones
    too, ``names`` are those of Python's, sorted. ``descriptors`` are all open ones, sockets among them."""

    when: float
    cpu_s: float
    rss_mb: float
    threads: int
    sockets: int
    names: tuple[str, ...] = ()
    descriptors: int = 0


def usage() -> Usage:
    return Usage(
        when=time.monotonic(),
        cpu_s=time.process_time(),
        rss_mb=int((_SELF / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / _MB,
        threads=len(list((_SELF / "task").iterdir())),
        sockets=_open_sockets(),
        names=tuple(sorted(thread.name for thread in threading.enumerate())),
        descriptors=len(list((_SELF / "fd").iterdir())),
    )


def _open_sockets() -> int:
    count = 0
    for link in (_SELF / "fd").iterdir():
        try:
            count += str(link.readlink()).startswith("socket:")
        except OSError:
            continue  # that of the folder itself
    return count
