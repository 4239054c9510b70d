"""The local engine: a few threads that read and identify, one that decides and writes, all in plan order.

Reading and hashing run ahead by a bounded number of bytes; whether content is new is decided in plan order,
so that the first of several copies is the same in every run; identifying runs in as many threads as keep the
cores full, all through the inference loop of the one ``Identifier``; rows come out in plan order and are
committed in parts. Memory is bounded by what runs ahead, whatever the size of the archive.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Condition

from edge.batch.classify import (
    Classifier,
    Content,
    Country,
    Keep,
    PhotoIdentifier,
    Shown,
    read_content,
    rows_or_cause,
)
from edge.batch.control import Control
from edge.batch.output import Output
from edge.batch.rows import Piece, Rows, duplicate_row, video_row
from edge.batch.settle import Outcome, Settler, Totals, known
from edge.domain import PhotoReport, Picture
from edge.errors import CamidError, PhotoError
from edge.media.archive import Found, Skipped, Video
from edge.media.frames import hash_file, key_frames
from edge.media.sandbox import sandbox
from edge.settings import Settings
from edge.vision.runtime import usable_cores

_REST_EVERY_S = 60.0
"""What the models keep for the largest inputs so far grows with the photos, slowly and without end."""
_LARGE_PHOTO = 12_500_000
"""Pixels of what phones usually take: of the workers all but two work on such at a time."""


def photos_at_once(settings: Settings) -> int:
    """Workers that keep the cores full: one waits for the process that decodes its photo, and one for its
    turn in the inference loop."""
    return usable_cores(settings) + 2


class _InTurns:
    """Works on pictures of at most ``pixels`` together, or on one: what a picture takes while it is worked on
    is several times its pixels. The others in hand are only decoded."""

    def __init__(self, identifier: PhotoIdentifier, pixels: int) -> None:
        self._identifier, self._pixels = identifier, pixels
        self._free = Condition()
        self._taken = 0

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
        with self._turn(picture.source.width * picture.source.height):
            return self._identifier.photo(picture, min_score)

    @contextmanager
    def _turn(self, pixels: int) -> Iterator[None]:
        with self._free:
            self._free.wait_for(lambda: not self._taken or self._taken + pixels <= self._pixels)
            self._taken += pixels
        try:
            yield
        finally:
            with self._free:
                self._taken -= pixels
                self._free.notify_all()


@dataclass(slots=True)
class _Job:
    """One file on its way, from being read to having an outcome. A copy of content that is still being
    classified has its job as ``original`` and waits for its outcome, which comes first in plan order."""

    piece: Piece
    content: Future[Content] | None = None
    shown: Shown | None = None
    held: int = 0
    sha256: str = ""
    original: _Job | None = None
    rows: Future[Rows] | None = None
    outcome: Outcome | None = None


class LocalEngine:
    """Classifies entries into ``output``. ``progress`` hears of every file that came to its end. ``rest`` has
    the models give back, now and then, what they do not need."""

    def __init__(
        self,
        identifier: PhotoIdentifier,
        output: Output,
        settings: Settings,
        *,
        workers: int,
        min_score: float | None = None,
        country: Country | None = None,
        keep: Keep | None = None,
        progress: Callable[[Totals], None] | None = None,
        control: Control | None = None,
        rest: Callable[[], None] | None = None,
    ) -> None:
        turns = _InTurns(identifier, max(1, workers - 2) * _LARGE_PHOTO)
        self._classifier = Classifier(turns, settings, min_score, country, keep)
        self._output = output
        self._settings = settings
        self._workers = workers
        self._videos: dict[str, str] = {}
        self._settler = Settler(output, settings, progress)
        self._begun: deque[_Job] = deque()
        self._control = control or Control()
        self._rest = rest
        self._rested = time.monotonic()

    @property
    def totals(self) -> Totals:
        return self._settler.totals

    def run(self, plan: Iterable[Found]) -> Totals:
        """Everything of ``plan`` that is not done yet; commits all of it. Once ``control`` is stopped, only
        what is begun.

        Raises:
            CamidError: ``store_full``; the models' errors. What was committed stands.
        """
        with ThreadPoolExecutor(2, "read") as readers, ThreadPoolExecutor(self._workers, "photo") as workers:
            try:
                self._run(plan, readers, workers)
            except BaseException:
                readers.shutdown(cancel_futures=True)
                workers.shutdown(cancel_futures=True)
                raise
            finally:
                sandbox().rest()
        self._output.flush()
        return self.totals

    def _run(self, plan: Iterable[Found], readers: ThreadPoolExecutor, workers: ThreadPoolExecutor) -> None:
        jobs = self._jobs(plan, readers)
        ahead: deque[_Job] = deque()
        while True:
            if self._control.stopped:
                jobs.close()
                ahead.clear()
            while _held(ahead) < self._settings.batch_ahead_bytes and len(ahead) < 2 * self._workers:
                job = next(jobs, None)
                if job is None:
                    break
                ahead.append(job)
            while ahead and len(self._begun) < 2 * self._workers:
                self._begin(ahead.popleft(), workers)
            if not self._begun:
                return
            self._settle(self._begun.popleft())
            if self._rest is not None and time.monotonic() - self._rested >= _REST_EVERY_S:
                self._rest()
                self._rested = time.monotonic()

    def _jobs(self, plan: Iterable[Found], readers: ThreadPoolExecutor) -> Generator[_Job, None, None]:
        for one in plan:
            if self._control.stopped:  # what was done before passes by without a turn of the loop in _run
                return
            piece = Piece(one.place, one.size, one.modified_ns)
            if isinstance(one, Skipped):
                yield _Job(piece, outcome=CamidError(one.code, one.message))
            elif self._output.is_done(piece):
                self._settler.kept()
            elif isinstance(one, Video):
                yield from self._video(one, piece)
            else:
                yield _Job(piece, content=readers.submit(read_content, one), held=piece.size)

    def _video(self, video: Video, piece: Piece) -> Iterator[_Job]:
        try:
            with video.open() as path:
                yield from self._frames(path, video.sidecar(), piece)
        except PhotoError as error:
            yield _Job(piece, outcome=error)

    def _frames(self, path: Path, sidecar: bytes, piece: Piece) -> Iterator[_Job]:
        """Those that have no row yet, then the video itself, which says that all of them have."""
        frames, sha256 = 0, hash_file(path)
        original = self._videos.get(sha256) or self._output.place_of(sha256)
        if original is not None:
            yield _Job(piece, outcome=known(piece, sha256, original))
            return
        for moment in key_frames(path, sha256, self._settings):
            frames += 1
            where = Piece(piece.place + moment.fragment, piece.size, piece.modified_ns)
            if not self._output.is_done(where):
                shown = Shown(moment.picture, moment.frame_s, sidecar)
                yield _Job(where, shown=shown, held=moment.picture.pixels.nbytes)
        self._videos[sha256] = piece.place
        yield _Job(piece, outcome=video_row(piece, sha256, frames))

    def _begin(self, job: _Job, workers: ThreadPoolExecutor) -> None:
        """Decides what is to be done about a file and starts it."""
        self._begun.append(job)
        if job.shown is not None:
            job.rows = workers.submit(self._classifier.frame, job.piece, job.shown)
            job.shown = None
        if job.content is None:
            return
        try:
            content = job.content.result()
        except PhotoError as error:
            job.outcome = error
            return
        job.content, job.sha256 = None, content.sha256
        job.original = next(
            (one for one in self._begun if one is not job and one.rows and one.sha256 == job.sha256), None
        )
        place = self._output.place_of(job.sha256)
        if place is not None:
            job.outcome = known(job.piece, job.sha256, place)
        elif job.original is None:
            job.rows = workers.submit(self._classifier.photo, job.piece, content)

    def _settle(self, job: _Job) -> None:
        job.outcome = self._outcome(job)
        self._settler.settle(job.piece, job.outcome)

    def _outcome(self, job: _Job) -> Outcome:
        """Raises: CamidError: without models, or room for answers, no photo has one, so the run ends."""
        if job.original is not None and job.original.outcome is not None:
            original = job.original.outcome
            if isinstance(original, CamidError):
                return original
            return duplicate_row(job.piece, job.sha256, job.original.piece.place)
        if job.rows is None:
            assert job.outcome is not None
            return job.outcome
        return rows_or_cause(job.piece, job.rows.result)


def _held(ahead: Iterable[_Job]) -> int:
    """Bytes that were read, or are being read, for nothing but waiting."""
    return sum(job.held for job in ahead)
