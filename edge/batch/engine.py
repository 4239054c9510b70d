"""The local engine: a few threads that read and identify, one that decides and writes, all in plan order.

Reading and hashing run ahead by a bounded number of bytes; whether content is new is decided in plan order,
so that the first of several copies is the same in every run; identifying runs in as many threads as keep the
cores full, all through the inference loop of the one ``Identifier``; rows come out in plan order and are
committed in parts. Memory is bounded by what runs ahead, whatever the size of the archive.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from edge.batch.output import Output
from edge.batch.rows import Piece, Rows, duplicate_row, rows_of, video_row
from edge.domain import PhotoReport, Picture
from edge.errors import CamidError, ErrorCode, ModelError, PhotoError
from edge.media.archive import Entry, Found, Skipped, Video
from edge.media.facts import PhotoFacts, facts_of
from edge.media.frames import hash_file, key_frames
from edge.media.photo import decode
from edge.report.contract import PhotoV1, photo_contract
from edge.report.sentence import printable
from edge.settings import Settings

_log = logging.getLogger("edge.batch")


class PhotoIdentifier(Protocol):
    """What is needed of ``edge.identify.Identifier``."""

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport: ...


Country = Callable[[PhotoFacts], str | None]
Keep = Callable[[Picture, PhotoV1], None]
"""Keeps something of a picture beside its rows; called in a worker before the rows are committed."""


@dataclass(slots=True)
class Totals:
    """What became of the files so far; ``done`` of an earlier run are ``kept``."""

    photos: int = 0
    cameras: int = 0
    identified: int = 0
    duplicates: int = 0
    failed: int = 0
    kept: int = 0
    videos: int = 0
    frames: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Photos and frames a second, duplicates included."""
        seconds = time.monotonic() - self.started
        return (self.photos + self.frames + self.duplicates) / seconds if seconds > 0 else 0.0


@dataclass(frozen=True, slots=True)
class _Content:
    """Of a file that was read. ``sha256`` names it."""

    data: bytes
    sha256: str
    sidecar: bytes


@dataclass(frozen=True, slots=True)
class _Shown:
    """A frame of a video."""

    picture: Picture
    frame_s: float
    sidecar: bytes


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A file whose time of change is another and whose content is that of its row."""


Outcome = Rows | Unchanged | CamidError


@dataclass(slots=True)
class _Job:
    """One file on its way, from being read to having an outcome. A copy of content that is still being
    classified has its job as ``original`` and waits for its outcome, which comes first in plan order."""

    piece: Piece
    content: Future[_Content] | None = None
    shown: _Shown | None = None
    held: int = 0
    sha256: str = ""
    original: _Job | None = None
    rows: Future[Rows] | None = None
    outcome: Outcome | None = None


class LocalEngine:
    """Classifies entries into ``output``. ``progress`` hears of every file that came to its end."""

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
    ) -> None:
        self._identifier = identifier
        self._output = output
        self._settings = settings
        self._workers = workers
        self._min_score = min_score
        self._country = country
        self._keep = keep
        self._videos: dict[str, str] = {}
        self._progress = progress
        self._begun: deque[_Job] = deque()
        self.totals = Totals()

    def run(self, plan: Iterable[Found]) -> Totals:
        """Everything of ``plan`` that is not done yet; commits all of it.

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
        self._output.flush()
        return self.totals

    def _run(self, plan: Iterable[Found], readers: ThreadPoolExecutor, workers: ThreadPoolExecutor) -> None:
        jobs = self._jobs(plan, readers)
        ahead: deque[_Job] = deque()
        while True:
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

    def _jobs(self, plan: Iterable[Found], readers: ThreadPoolExecutor) -> Iterator[_Job]:
        for one in plan:
            piece = Piece(one.place, one.size, one.modified_ns)
            if isinstance(one, Skipped):
                yield _Job(piece, outcome=CamidError(one.code, one.message))
            elif self._output.is_done(piece):
                self.totals.kept += 1
                self._tell()
            elif isinstance(one, Video):
                yield from self._video(one, piece)
            else:
                yield _Job(piece, content=readers.submit(_content, one), held=piece.size)

    def _video(self, video: Video, piece: Piece) -> Iterator[_Job]:
        """Its frames that have no row yet, then the video itself, which says that all of them have."""
        frames = 0
        try:
            sha256, sidecar = hash_file(video.path), video.sidecar()
            original = self._videos.get(sha256) or self._output.place_of(sha256)
            if original is not None:
                yield _Job(piece, outcome=_known(piece, sha256, original))
                return
            for moment in key_frames(video.path, sha256, self._settings):
                frames += 1
                where = Piece(piece.place + moment.fragment, piece.size, piece.modified_ns)
                if not self._output.is_done(where):
                    shown = _Shown(moment.picture, moment.frame_s, sidecar)
                    yield _Job(where, shown=shown, held=moment.picture.pixels.nbytes)
        except PhotoError as error:
            yield _Job(piece, outcome=error)
            return
        self._videos[sha256] = piece.place
        yield _Job(piece, outcome=video_row(piece, sha256, frames))

    def _begin(self, job: _Job, workers: ThreadPoolExecutor) -> None:
        """Decides what is to be done about a file and starts it."""
        self._begun.append(job)
        if job.shown is not None:
            job.rows = workers.submit(self._frame_rows, job.piece, job.shown)
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
            job.outcome = _known(job.piece, job.sha256, place)
        elif job.original is None:
            job.rows = workers.submit(self._rows, job.piece, content)

    def _rows(self, piece: Piece, content: _Content) -> Rows:
        picture = decode(content.data, piece.place.rsplit("/", 1)[-1], self._settings)
        facts = facts_of(picture.source, content.data, content.sidecar)
        return rows_of(piece, content.sha256, self._answer(picture), facts, self._country_of(facts))

    def _frame_rows(self, piece: Piece, shown: _Shown) -> Rows:
        picture = shown.picture
        facts = facts_of(picture.source, b"", shown.sidecar)
        answer, country = self._answer(picture), self._country_of(facts)
        return rows_of(piece, picture.source.sha256, answer, facts, country, shown.frame_s)

    def _answer(self, picture: Picture) -> PhotoV1:
        answer = photo_contract(self._identifier.photo(picture, self._min_score))
        if self._keep is not None:
            self._keep(picture, answer)
        return answer

    def _country_of(self, facts: PhotoFacts) -> str | None:
        return self._country(facts) if self._country else None

    def _settle(self, job: _Job) -> None:
        job.outcome = self._outcome(job)
        if isinstance(job.outcome, CamidError):
            self._output.fail(job.piece, str(job.outcome.code), str(job.outcome))
            self.totals.failed += 1
        elif isinstance(job.outcome, Unchanged):
            self._output.keep(job.piece)
            self.totals.kept += 1
        else:
            self._output.add(job.outcome)
            self._count(job.outcome)
        if self._output.pending >= self._settings.batch_part_rows:
            self._output.flush()
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self.totals)

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
        try:
            return job.rows.result()
        except ModelError:
            raise
        except CamidError as error:
            if error.code is ErrorCode.STORE_FULL:
                raise
            return error
        except Exception as error:
            # A defect that one photo brings out must not cost the answers about the others.
            _log.exception("Unexpected error in %s", printable(job.piece.place))
            return CamidError(
                ErrorCode.INTERNAL, f"Something unexpected went wrong ({type(error).__name__})."
            )

    def _count(self, rows: Rows) -> None:
        if rows.photo["duplicate_of"] is not None:
            self.totals.duplicates += 1
            return
        if rows.photo.get("frames") is not None:
            self.totals.videos += 1
            return
        if rows.photo["frame_s"] is None:
            self.totals.photos += 1
        else:
            self.totals.frames += 1
        self.totals.cameras += int(rows.photo["cameras"])
        self.totals.identified += int(rows.photo["identified"])


def _known(piece: Piece, sha256: str, place: str) -> Rows | Unchanged:
    """The outcome for content that has its answer at ``place``."""
    return Unchanged() if place == piece.place else duplicate_row(piece, sha256, place)


def _content(entry: Entry) -> _Content:
    data = entry.read()
    return _Content(data, hashlib.sha256(data).hexdigest(), entry.sidecar())


def _held(ahead: Iterable[_Job]) -> int:
    """Bytes that were read, or are being read, for nothing but waiting."""
    return sum(job.held for job in ahead)
