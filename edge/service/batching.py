"""The parts of the service that have to do with batches, and bounds on what they do beside the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar, cast

from edge.service.batch_queue import Batches
from edge.service.batch_runner import BatchIdentifier, Means, Run, run_job
from edge.service.batch_store import BatchStore
from edge.service.courtesy import Courtesy
from edge.service.data_dir import DataDir
from edge.service.engine import PhotoIdentifier
from edge.service.events import Events
from edge.service.problems import BusyError
from edge.settings import Settings

_THREADS = 2
_WAITING = 16
_UPLOADS = 2
"""Archives that are received at the same time."""

T = TypeVar("T")


class Batching:
    """Opened with the service, started once the models are there, closed before they go."""

    def __init__(self, store: BatchStore, data: DataDir, settings: Settings, run: Run = run_job) -> None:
        self._settings = settings
        self.events = Events(settings.max_event_clients, most_pending=settings.batch_max_kept + 64)
        self.batches = Batches(store, data, settings, self.events.tell, run)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="batch-work")
        self._waiting = 0
        self._receiving = 0

    def start(self, identifier: PhotoIdentifier, courtesy: Courtesy) -> None:
        """From now on batches are run; what the service loads for photos serves them too."""
        means = Means(cast("BatchIdentifier", identifier), self._settings, courtesy)
        self.batches.start(means)

    def stop(self) -> None:
        """Begins the end; may be called again."""
        self.batches.stop()
        self.events.close()

    def close(self) -> None:
        """Waits for the pictures in hand."""
        self.stop()
        self._threads.shutdown(cancel_futures=True)
        self.batches.close()

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Runs what waits for the disk. Raises: BusyError: if more such work waits than makes sense."""
        if self._waiting >= _WAITING:
            raise BusyError("Too many questions about batches are waiting.", after_s=5)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """A place for one archive on its way. Raises: BusyError."""
        if self._receiving >= _UPLOADS:
            raise BusyError("Too many archives are being received.", after_s=60)
        self._receiving += 1
        try:
            yield
        finally:
            self._receiving -= 1
