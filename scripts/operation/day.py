"""A day of the service in minutes: a clock that is set forward, an hour's doings each hour, what it takes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from edge.service.app import load_identifier
from edge.service.engine import Load
from edge.service.server import log_handler
from edge.settings import Settings
from scripts.operation.guests import Guests, Mix
from scripts.own_process import Usage, usage
from tests.support.clock import FakeClock
from tests.support.service import is_ready, make_settings, running, wait_for

_HOUR_S = 3600.0
_CALM_S = 0.3
"""Descriptors of connections that just ended are given back meanwhile."""
_MOST_GROWTH = 0.05
_KIB = 1024
_WARM_UP = 1 / 3
"""Share of the hours until everything that is bounded has come to its bound."""


@dataclass(frozen=True, slots=True)
class Hour:
    """At the end of an hour: sizes in bytes of what lies on the disk."""

    used: Usage
    photos: int
    database: int
    logs: int
    other: int

    @property
    def disk(self) -> int:
        return self.photos + self.database + self.logs + self.other


@dataclass(frozen=True, slots=True)
class Trend:
    """Medians of the first and the last quarter of the time after the warm-up, and the rise an hour."""

    name: str
    unit: str
    first: float
    last: float
    slope: float

    @property
    def growth(self) -> float:
        return self.last / self.first - 1 if self.first else 0.0


@dataclass(frozen=True, slots=True)
class Day:
    hours: tuple[Hour, ...]
    surprises: tuple[str, ...]
    trends: tuple[Trend, ...]

    @property
    def passed(self) -> bool:
        """Nothing grows by 5 % or more; of descriptors and threads there are no more at all."""
        flat = all(one.growth < _MOST_GROWTH for one in self.trends)
        counted = all(one.last <= one.first for one in self.trends if not one.unit)
        return flat and counted and not self.surprises


def day_settings(data_dir: Path, log: Path) -> Settings:
    """Short times and small files, so that what is bounded by them comes to its bound within hours."""
    return make_settings(
        data_dir,
        keep_photos_days=0.125,
        rate_wrong_tokens=20,
        log_file=log,
        log_max_bytes=48 * _KIB,
        log_files=2,
        audit_max_bytes=16 * _KIB,
        audit_files=3,
    )


def live(
    folder: Path,
    *,
    hours: int,
    mix: Mix,
    seed: int = 1,
    load: Load = load_identifier,
    told: Callable[[Hour], None] = lambda _: None,
) -> Day:
    """A service with a clock of its own lives through ``hours``; ``load`` brings the models."""
    clock, settings = FakeClock(), day_settings(folder / "data", folder / "camid.log")
    with logged(settings), running(settings, load=load, clock=clock) as service:
        wait_for(lambda: is_ready(service), seconds=120)
        guests, seen = Guests(service, settings, seed), list[Hour]()
        with closing(guests):
            guests.watch()
            for _ in range(hours):
                doings = guests.hour(mix)
                for doing in doings:
                    doing()
                    clock.advance(_HOUR_S / len(doings))
                service.server.app.state.housekeeping.once()
                seen.append(_hour(settings.data_dir))
                told(seen[-1])
    return Day(tuple(seen), tuple(guests.surprises), trends(seen))


@contextmanager
def logged(settings: Settings) -> Iterator[None]:
    """The log goes where the settings say, as it does in ``camid serve``."""
    root, handler = logging.getLogger(), log_handler(settings)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()


def _hour(data: Path) -> Hour:
    photos = _size(data / "photos")
    database = sum(file.stat().st_size for file in data.glob("camid.sqlite*"))
    audit = sum(file.stat().st_size for file in data.glob("audit.jsonl*"))
    logs = sum(file.stat().st_size for file in data.parent.glob("camid.log*"))
    return Hour(_calm(), photos, database, audit + logs, _size(data) - photos - database - audit)


def _calm() -> Usage:
    """What is in use when the connections of the last doing have ended."""
    samples, end = [usage()], time.monotonic() + _CALM_S
    while time.monotonic() < end:
        time.sleep(0.05)
        samples.append(usage())
    return min(samples, key=lambda one: (one.descriptors, one.threads))


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def trends(hours: Sequence[Hour]) -> tuple[Trend, ...]:
    """Of each thing that must not grow."""
    steady = hours[int(len(hours) * _WARM_UP) :]
    return (
        _trend("memory", "MB", [one.used.rss_mb for one in steady]),
        _trend("disk", "kB", [one.disk / _KIB for one in steady]),
        _trend("descriptors", "", [one.used.descriptors for one in steady]),
        _trend("threads", "", [one.used.threads for one in steady]),
    )


def _trend(name: str, unit: str, values: Sequence[float]) -> Trend:
    part = max(1, len(values) // 4)
    return Trend(name, unit, median(values[:part]), median(values[-part:]), _slope(values))


def _slope(values: Sequence[float]) -> float:
    """Least squares, a value an hour."""
    middle, mean = (len(values) - 1) / 2, sum(values) / len(values)
    spread = sum((at - middle) ** 2 for at in range(len(values)))
    return sum((at - middle) * (value - mean) for at, value in enumerate(values)) / spread if spread else 0.0
