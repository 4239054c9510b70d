"""A command and all that it starts: memory and time, as Linux counts them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY_S, _EVERY_S_FOR_THE_STOP = 0.5, 0.02


@dataclass(frozen=True, slots=True)
class Sample:
    """Seconds since the start; resident memory of the process and of all below it in MiB. Pages that several
    processes share count once: children that are forked share most of what they have."""

    seconds: float
    rss_mb: float
    processes: int


@dataclass(frozen=True, slots=True)
class Watched:
    code: int
    wall_s: float
    cpu_s: float
    peak_mb: float
    samples: tuple[Sample, ...]


def watched(
    command: Sequence[str],
    cwd: Path,
    *,
    told: Callable[[Sample], None] | None = None,
    environment: Mapping[str, str] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Watched:
    """Runs ``command`` to its end, or until ``stop`` says so; its output goes where ours goes."""
    started = time.monotonic()
    before = os.times()
    process = subprocess.Popen(
        command, cwd=cwd, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL
    )
    samples = []
    while process.poll() is None:
        samples.append(sample(process.pid, time.monotonic() - started))
        if told is not None:
            told(samples[-1])
        if stop is not None and stop():
            process.terminate()
        if time.monotonic() - started < _EVERY_S:
            time.sleep(0.005)
        else:
            time.sleep(_EVERY_S if stop is None else _EVERY_S_FOR_THE_STOP)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    peak = max((one.rss_mb for one in samples), default=0.0)
    return Watched(process.returncode, time.monotonic() - started, cpu, peak, tuple(samples))


def sample(pid: int, seconds: float = 0.0) -> Sample:
    """Of the process ``pid`` and all below it, now."""
    family = list(_family(pid))
    return Sample(seconds, sum(map(_rss_mb, family)), len(family))


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in _listed(Path(f"/proc/{pid}/task")):
        try:
            below = (task / "children").read_text().split()
        except OSError:
            continue
        for child in below:
            yield from _family(int(child))


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # it has ended
        return []


def _rss_mb(pid: int) -> float:
    """Its own pages and its share of those that it has in common (``Pss``, proc_pid_smaps(5))."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
