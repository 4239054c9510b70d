"""A clock that runs only when it is told to, or when someone waits on it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta


class FakeClock:
    """Waiting passes at once and moves the clock. ``waits`` lists what was waited for, in seconds."""

    def __init__(self, start: datetime = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)) -> None:
        self._start = start
        self._passed = 0.0
        self._lock = threading.Lock()
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return 1000.0 + self._passed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._passed += max(0.0, seconds)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.advance(seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        if not event.is_set():
            self.sleep(seconds)
        return event.is_set()
