"""What the service takes of a machine: on the disk, in memory, and until it is ready."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from edge.operation.doctor import proposed
from scripts.operation.clients import Clients, Diary, percentile
from scripts.operation.killing import small_photos
from scripts.operation.service_process import ROOT, ServiceProcess, launched

_MB = 1_000_000
_EVERY_S = 0.02
_IDLE_S = 5.0
_RESTED_S = 45.0
"""After the last photo: its pixels are forgotten, and the models have given memory back."""
_LONGEST_S = 900.0
SMALL_MACHINE_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Wheel:
    """Bytes of the wheel, of what it unpacks to, and of the models in that."""

    packed: int
    unpacked: int
    models: int

    @property
    def unpacked_mb(self) -> float:
        return self.unpacked / _MB


@dataclass(frozen=True, slots=True)
class Start:
    """Until it is ready; memory without a photo, and when it rests after some."""

    wall_s: float
    cpu_s: float
    idle_mb: float
    used_mb: float


@dataclass(frozen=True, slots=True)
class Load:
    """Memory of all processes of the service while photos come: the most at one moment, the most that its
    first process ever had, and after it has become calm again."""

    photos: int
    peak_mb: float
    own_peak_mb: float
    calm_mb: float
    p95_s: float
    wrong: tuple[str, ...]


def build_wheel(folder: Path) -> Wheel:
    """As ``pip wheel`` makes it, without its dependencies."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    wheel = next(folder.glob("camid-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
    models = sum(size for name, size in sizes.items() if name.startswith("edge/_models/"))
    return Wheel(wheel.stat().st_size, sum(sizes.values()), models)


def starts(rounds: int, cores: int) -> Start:
    """Medians of ``rounds`` starts on so many cores, each in an empty data directory."""
    taken = [_start(cores) for _ in range(rounds)]
    return Start(*(median(getattr(one, name) for one in taken) for name in Start.__slots__))


def _start(cores: int) -> Start:
    with tempfile.TemporaryDirectory() as made, _on_cores(Path(made), cores) as service:
        wall = service.wait_ready()
        cpu = service.cpu_s()
        time.sleep(_IDLE_S)
        idle = service.rss_mb()
        Clients(small_photos(8, 5), 2, service.url, Diary(), tries=True).join(_LONGEST_S)
        time.sleep(_RESTED_S)
        return Start(wall, cpu, idle, service.rss_mb())


def under_load(
    photos: Sequence[bytes], clients: int, *, small: bool, data_limit_mb: int | None = None
) -> Load:
    """``photos`` from so many clients at once; ``small``: with the settings that ``camid doctor`` proposes
    for a machine of 1 GB; ``data_limit_mb`` limits the memory that the process may have for itself
    (``RLIMIT_DATA``: more than it ever touches)."""
    environment = proposed(2, SMALL_MACHINE_BYTES) if small else {}
    before = ("prlimit", f"--data={data_limit_mb * 2**20}") if data_limit_mb else ()
    with tempfile.TemporaryDirectory() as made, _on_cores(Path(made), 2, environment, before) as service:
        service.wait_ready()
        diary = Diary()
        with watched(service) as samples:
            Clients(photos, clients, service.url, diary, tries=True).join(_LONGEST_S)
        own = service.peak_mb()
        time.sleep(_RESTED_S)
        seconds = [one.seconds for one in diary.acknowledged]
        calm = service.rss_mb()
    return Load(len(seconds), max(samples.rss_mb), own, calm, percentile(seconds, 0.95), tuple(diary.wrong))


@dataclass(slots=True)
class Samples:
    rss_mb: list[float] = field(default_factory=list)


@contextmanager
def watched(service: ServiceProcess) -> Iterator[Samples]:
    """The memory of the service fifty times a second while the block runs."""
    samples, ended = Samples([service.rss_mb()]), threading.Event()

    def watch() -> None:
        while not ended.wait(_EVERY_S):
            samples.rss_mb.append(service.rss_mb())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


@contextmanager
def _on_cores(
    folder: Path, cores: int, environment: Mapping[str, str] | None = None, before: tuple[str, ...] = ()
) -> Iterator[ServiceProcess]:
    bound = ("taskset", "--cpu-list", f"0-{cores - 1}")
    log = folder / "service.log"
    with launched(folder / "data", log, environment=environment, before=(*bound, *before)) as service:
        yield service
