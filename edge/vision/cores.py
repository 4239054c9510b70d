"""How many cores this process may really use: affinity and cgroup quotas count, not the machine's size."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath


def available_cores(root: Path = Path("/")) -> int:
    """Cores that the scheduler grants this process, at least 1.

    The smaller of the CPU affinity and the tightest cgroup quota (v2 ``cpu.max``, v1 ``cpu.cfs_quota_us``),
    rounded down: a thread beyond the quota only waits. ``root`` stands for ``/`` in tests.
    """
    quota = cgroup_quota(root)
    cores = affinity_cores()
    return cores if quota is None else max(1, min(cores, int(quota)))


def affinity_cores() -> int:
    """Cores in the affinity mask, or all of the machine's where the platform has no masks."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def cgroup_quota(root: Path = Path("/")) -> float | None:
    """The tightest CPU quota over this process's cgroups and their parents, in cores; None: unlimited."""
    quotas = [quota for folder in cgroup_folders("cpu", root) if (quota := _quota_of(folder)) is not None]
    return min(quotas, default=None)


def cgroup_folders(controller: str, root: Path = Path("/")) -> Iterator[Path]:
    """The folders of this process's cgroups and their parents that may limit what ``controller`` gives."""
    mount = root / "sys/fs/cgroup"
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers == "":
            bases = (mount, mount / "unified")
        elif controller in controllers.split(","):
            bases = (mount / controllers, mount / controller)
        else:
            continue
        # Inside a container the path may be the host's and not exist here; its parents, up to the mount, do.
        parts = PurePosixPath(path).relative_to("/") if path.startswith("/") else PurePosixPath()
        for base in bases:
            for below in (parts, *parts.parents):
                yield base / below


def _quota_of(folder: Path) -> float | None:
    unified = _read(folder / "cpu.max").split()
    if len(unified) == 2:
        return _cores(*unified)
    return _cores(_read(folder / "cpu.cfs_quota_us"), _read(folder / "cpu.cfs_period_us"))


def _cores(quota: str, period: str) -> float | None:
    try:
        micros, every = int(quota), int(period)
    except ValueError:  # "max", or no such file
        return None
    return micros / every if micros > 0 and every > 0 else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        return ""
