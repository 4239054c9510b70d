"""Photos through the models: decoding and identifying run beside the event loop, and waiting is bounded."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Protocol, TypeVar

from edge.domain import PhotoReport, Picture
from edge.errors import CamidError, ErrorCode
from edge.media.photo import decode
from edge.media.sandbox import sandbox
from edge.service.courtesy import Courtesy
from edge.service.form import Upload
from edge.service.metrics import Metrics
from edge.service.problems import BusyError, problem_of
from edge.settings import Settings
from edge.vision.loop import InferenceLoop, LoopStatistics

_DECODERS = 2
_AT_ONCE = 2
"""Pictures decoded, in the models or before them: their pixels are by far the largest thing in memory. While
one is cut into tiles or its words are compared, the other keeps the cores busy."""
_FIRST_GUESS_S = 2.0
_MAX_RETRY_S = 120


class PhotoIdentifier(Protocol):
    """What the service needs of ``edge.identify.Identifier``."""

    @property
    def loop(self) -> InferenceLoop: ...

    def photo(self, picture: Picture) -> PhotoReport: ...


T = TypeVar("T")

Load = Callable[[Settings], PhotoIdentifier]
"""Loads the models and warms them up; runs in the thread that will own them."""


class Engine:
    def __init__(self, settings: Settings, load: Load, metrics: Metrics) -> None:
        self._settings = settings
        self._load = load
        self._metrics = metrics
        self._models = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="models")
        self._pixels = ThreadPoolExecutor(_DECODERS, thread_name_prefix="pixels")
        self._decoded = asyncio.Semaphore(_AT_ONCE)
        self.courtesy = Courtesy()
        self._identifier: PhotoIdentifier | None = None
        self._failure: CamidError | None = None
        self._closing = False
        self._uploads = 0
        self._seconds_a_photo = _FIRST_GUESS_S

    async def warm(self) -> CamidError | None:
        """Loads the models; returns the error if that failed."""
        loop = asyncio.get_running_loop()
        try:
            self._identifier = await loop.run_in_executor(self._models, self._loaded)
            self._metrics.ready.set(1)
        except Exception as error:
            self._failure = problem_of(error)
        return self._failure

    def _loaded(self) -> PhotoIdentifier:
        """The models; the process that decodes begins beside them."""
        sandbox().prepare()
        identifier = self._load(self._settings)
        sandbox().guards()
        return identifier

    @property
    def identifier(self) -> PhotoIdentifier | None:
        """The loaded models; None before ``warm`` has ended, or where it failed."""
        return self._identifier

    def loop(self) -> InferenceLoop | None:
        """In which the models' calls meet; None before they are loaded."""
        return self._identifier.loop if self._identifier is not None else None

    def loop_statistics(self) -> LoopStatistics | None:
        """Of the loop in which the models' calls meet; None before they are loaded."""
        return self._identifier.loop.statistics() if self._identifier is not None else None

    def check_ready(self) -> None:
        """Raises: CamidError: why no photo can be taken now: loading, failed to load, shutting down."""
        if self._closing:
            raise BusyError("The service is shutting down.", after_s=10)
        if self._failure is not None:
            raise CamidError(self._failure.code, self._failure.message)
        if self._identifier is None:
            raise BusyError("The models are still being loaded.", after_s=5)

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """A place in the queue for one upload, held while it is received and processed.

        Raises:
            BusyError: if ``max_queued_photos`` uploads hold one already.
        """
        self.check_ready()
        if self._uploads >= self._settings.max_queued_photos:
            wait = math.ceil(self._uploads * self._seconds_a_photo)
            raise BusyError("Too many uploads are waiting.", after_s=min(wait, _MAX_RETRY_S))
        self._uploads += 1
        self._metrics.uploads.set(self._uploads)
        try:
            yield
        finally:
            self._uploads -= 1
            self._metrics.uploads.set(self._uploads)

    async def identify(self, upload: Upload) -> tuple[Picture, PhotoReport]:
        """Raises: CamidError: the picture's fault, or ``busy`` at shutdown."""
        if upload.error is not None:
            raise upload.error
        with self.courtesy.asked_for():
            return await self._identify(upload)

    async def _identify(self, upload: Upload) -> tuple[Picture, PhotoReport]:
        async with self._decoded:
            self.check_ready()
            picture = await self.in_pixel_thread(lambda: self._decode(upload))
            return picture, await self._in_models_thread(picture)

    async def in_pixel_thread(self, work: Callable[[], T]) -> T:
        """Runs ``work`` on pixels (decoding, drawing, encoding) beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pixels, work)

    def stop(self) -> None:
        """Takes no further photo; the ones in the models come to their end."""
        self._closing = True
        self._metrics.ready.set(0)

    def close(self) -> None:
        """Waits for the running work, then ends the threads."""
        self.stop()
        self._pixels.shutdown(cancel_futures=True)
        self._models.shutdown(cancel_futures=True)
        self._identifier = None

    def _decode(self, upload: Upload) -> Picture:
        return decode(upload.path.read_bytes(), upload.name, self._settings)

    async def _in_models_thread(self, picture: Picture) -> PhotoReport:
        if self._identifier is None:
            raise CamidError(ErrorCode.INTERNAL, "The models are gone.")
        loop = asyncio.get_running_loop()
        start = time.monotonic()
        report = await loop.run_in_executor(self._models, self._identifier.photo, picture)
        # An exponential mean over about the last five photos, for the Retry-After header alone.
        self._seconds_a_photo += 0.2 * (time.monotonic() - start - self._seconds_a_photo)
        return report
