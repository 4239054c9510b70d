"""Measures Camid's own way: the monitor looks, learns and sleeps."""

from __future__ import annotations

import resource
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from edge.domain import Identification, Verdict
from edge.identify import Identifier
from edge.media.address import StreamAddress
from edge.settings import Settings, load_settings
from edge.streams.monitor import Monitor
from edge.streams.state import StreamSpec, StreamState, StreamStatus
from scripts.own_process import Usage, usage
from scripts.stream_bench.task import Measured, Task


@dataclass(slots=True)
class Verdicts:
    """When each stream was decided: a name, or so many looks that none is expected any more."""

    began: float
    decided: dict[str, tuple[float, Identification]] = field(default_factory=dict)

    def note(self, status: StreamStatus) -> None:
        found = status.identification
        if status.id in self.decided or found is None:
            return
        if status.settled or found.verdict is Verdict.IDENTIFIED:
            self.decided[status.id] = (time.monotonic() - self.began, found)

    def right(self, platforms: Sequence[str | None]) -> int:
        return sum(self._platform(str(i)) == (p or "") for i, p in enumerate(platforms))

    def wrong(self, platforms: Sequence[str | None]) -> int:
        """Named, and another maker's."""
        return sum(self._platform(str(i)) not in (p, "", None) for i, p in enumerate(platforms))

    def _platform(self, stream: str) -> str | None:
        """Empty: undetermined; None: not decided."""
        if stream not in self.decided:
            return None
        found = self.decided[stream][1]
        return found.platform or "" if found.verdict is Verdict.IDENTIFIED else ""


@dataclass(frozen=True, slots=True)
class Steady:
    """Samples of each second: what the process used, and the age of each stream's newest looked-at frame."""

    usage: tuple[Usage, ...]
    ages: tuple[float, ...]

    @property
    def cores(self) -> float:
        first, last = self.usage[0], self.usage[-1]
        return (last.cpu_s - first.cpu_s) / (last.when - first.when)

    @property
    def rss_mb(self) -> float:
        return max(sample.rss_mb for sample in self.usage)

    @property
    def age_p95_s(self) -> float:
        return float(np.percentile(self.ages, 95)) if self.ages else float("nan")


def watch_settings(task: Task) -> Settings:
    return load_settings(
        stream_keep_connection=task.design == "kept", stream_look_interval_s=task.look_interval_s
    )


def measure_watching(task: Task) -> Measured:
    settings = watch_settings(task)
    monitor = Monitor(Identifier.load(settings), settings)
    verdicts = Verdicts(time.monotonic())
    monitor.subscribe(verdicts.note)
    for number, url in enumerate(task.urls):
        address = StreamAddress.parse(url)
        monitor.add(StreamSpec(str(number), f"camera {number}", address, pinned_ip=address.host))
    monitor.start()
    _wait(lambda: len(verdicts.decided) == len(task.urls), task.verdict_limit_s)
    _wait(lambda: all(s.state is StreamState.ASLEEP for s in monitor.statuses()), task.settle_s)
    time.sleep(task.settle_s)
    looks = monitor.statistics().looks
    steady = observe(task.steady_s, lambda: _ages(monitor))
    statistics = monitor.statistics()
    monitor.stop()
    return Measured(
        verdicts=len(verdicts.decided),
        verdicts_s=max((when for when, _ in verdicts.decided.values()), default=float("nan")),
        right=verdicts.right(task.platforms),
        wrong=verdicts.wrong(task.platforms),
        cores=steady.cores,
        rss_mb=steady.rss_mb,
        peak_mb=peak_mb(),
        age_p95_s=steady.age_p95_s,
        looks_per_s=(statistics.looks - looks) / task.steady_s,
        failed=sum(statistics.failed.values()),
    )


def observe(seconds: float, ages: Callable[[], list[float]]) -> Steady:
    samples, seen = [usage()], list[float]()
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        threading.Event().wait(min(1.0, left))
        samples.append(usage())
        seen += ages()
    return Steady(tuple(samples), tuple(seen))


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _ages(monitor: Monitor) -> list[float]:
    now = datetime.now(UTC)
    return [(now - s.last_look).total_seconds() for s in monitor.statuses() if s.last_look is not None]


def _wait(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)
