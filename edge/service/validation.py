"""Validates cameras on request, a few at a time: each takes a reader, a thread and some seconds."""

from __future__ import annotations

import asyncio
import math
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from edge.service.metrics import Metrics
from edge.service.problems import BusyError
from edge.service.streaming import Validate
from edge.settings import Settings
from edge.streams.findings import StreamReport, Target


class Validations:
    """``ending`` is set when the service ends; validations then end soon."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self.ending = Event()
        self._most = settings.max_validations
        self._longest_s = settings.max_validation_s
        self._metrics = metrics
        self._threads = ThreadPoolExecutor(self._most, thread_name_prefix="validation")
        self._validate: Validate | None = None
        self._running = 0

    def start(self, validate: Validate) -> None:
        """From now on cameras can be validated."""
        self._validate = validate

    async def run(self, target: Target, seconds: float) -> StreamReport:
        """Watches ``target`` for ``seconds``, but no longer than the settings allow.

        Raises:
            CamidError: ``busy`` if as many run as may, while the models load, and at shutdown;
                ``bad_request`` for an unknown vendor; the models' errors.
        """
        validate = self._validate
        if validate is None or self.ending.is_set():
            raise BusyError("Streams cannot be validated now.", after_s=10)
        if self._running >= self._most:
            raise BusyError("Too many streams are being validated.", after_s=math.ceil(self._longest_s / 2))
        self._running += 1
        try:
            watched_s = min(seconds, self._longest_s)
            loop = asyncio.get_running_loop()
            report = await loop.run_in_executor(self._threads, validate, target, watched_s)
        finally:
            self._running -= 1
        self._metrics.validations.labels("failed" if report.failed else "passed").inc()
        return report

    def stop(self) -> None:
        """Those that run end soon; their answer is ``busy``."""
        self.ending.set()

    def close(self) -> None:
        """Waits for those that run."""
        self.stop()
        self._threads.shutdown(cancel_futures=True)
