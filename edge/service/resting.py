"""An idle service takes little memory: once nothing has been asked of the models for a while, they shrink."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from edge.service.pausing import pause
from edge.vision.loop import InferenceLoop

_PERIOD_S = 20.0


class Resting:
    """``loop`` gives the loop of the models, None while there are none."""

    def __init__(self, loop: Callable[[], InferenceLoop | None], period_s: float = _PERIOD_S) -> None:
        self._loop = loop
        self._period_s = period_s
        self._stopped = asyncio.Event()
        self._calls = 0
        """Of the models, when it was last looked."""
        self._rested = True

    async def run(self) -> None:
        """Until ``stop``."""
        while not self._stopped.is_set():
            await asyncio.to_thread(self.once)
            await pause(self._stopped, self._period_s)

    def stop(self) -> None:
        self._stopped.set()

    def once(self) -> None:
        """Lets the models rest if they had something to do, and nothing since the last look."""
        loop = self._loop()
        if loop is None:
            return
        calls = loop.statistics().calls
        if calls != self._calls:
            self._calls, self._rested = calls, False
        elif not self._rested:
            loop.rest()
            self._rested = True
