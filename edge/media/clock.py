"""The clock that everything with a time-out takes, so that tests need not wait."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Times are seconds; ``monotonic`` has no known zero, ``now`` is an aware moment in UTC."""

    def monotonic(self) -> float: ...

    def now(self) -> datetime: ...

    def sleep(self, seconds: float) -> None: ...

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Waits until ``event`` is set, at most that long; whether it is."""
        ...


class _SystemClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(max(0.0, seconds))

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(max(0.0, seconds))


SYSTEM_CLOCK: Clock = _SystemClock()


def stamp(moment: datetime) -> str:
    """A moment in UTC as records have it: ISO 8601 to the millisecond, ordered as the moments are."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
