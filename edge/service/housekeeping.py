"""What the service does by itself every hour: it examines its database and deletes what is due."""

from __future__ import annotations

import asyncio
import logging

from edge.service.pausing import pause
from edge.service.retention import PERIOD_S, Retention
from edge.service.store import Store

_log = logging.getLogger("edge.service")


class Housekeeping:
    """``run`` ends soon after ``stop``: the work in hand is done first."""

    def __init__(self, store: Store, retention: Retention, period_s: float = PERIOD_S) -> None:
        self._store = store
        self._retention = retention
        self._period_s = period_s
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        while not self._stopped.is_set():
            await asyncio.to_thread(self.once)
            await pause(self._stopped, self._period_s)

    def stop(self) -> None:
        self._stopped.set()

    def once(self) -> None:
        """What is due now. From a damaged database nothing is deleted."""
        try:
            self._store.examine()
            if not self._store.is_broken:
                self._store.tidy()
                self._retention.once()
        except Exception:  # an hour later it may work again, and the service goes on meanwhile
            _log.exception("Housekeeping failed")
