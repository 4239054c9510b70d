"""What a process of a cluster does with an assignment: read, ask whose the content is, classify.

Nothing is written here but what ``keep`` keeps: outcomes go back to the one process that writes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.batch.assign import Assigned, Assignment
from edge.batch.classify import (
    Classifier,
    Country,
    Keep,
    PhotoIdentifier,
    Shown,
    read_content,
    rows_or_cause,
)
from edge.batch.ledger import Claim
from edge.batch.rows import Piece, Rows, video_row
from edge.errors import CamidError, ErrorCode, PhotoError
from edge.media.archive import Entry, Skipped, Video
from edge.media.frames import hash_file, key_frames
from edge.settings import Settings, load_settings


@dataclass(frozen=True, slots=True)
class WorkerSpec:
    """All that a worker needs to begin, to be pickled. ``load`` makes its identifier."""

    settings: Settings
    load: Callable[[Settings], PhotoIdentifier]
    min_score: float | None = None
    country: Country | None = None
    keep: Keep | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One row's worth of a file: a photo is one, a video one for each frame and one for itself."""

    piece: Piece
    outcome: Rows | CamidError


@dataclass(frozen=True, slots=True)
class Judged:
    """What a worker says of a file. ``sha256`` is empty where it could not be read. Without ``parts`` its
    content is a copy of what was, or is being, classified elsewhere."""

    position: int
    piece: Piece
    sha256: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What became of an assignment; ``fatal`` ends the run."""

    judged: tuple[Judged, ...]
    kept: int = 0
    fatal: CamidError | None = None


ClaimContent = Callable[[int, str, int | None], Claim]
"""``Ledger.claim``, wherever the ledger lives."""


class Worker:
    """Several threads may call at once. The models are loaded at the first call."""

    def __init__(self, spec: WorkerSpec, claim: ClaimContent) -> None:
        self._spec = spec
        self._claim = claim
        self._lock = threading.Lock()
        self._loaded: Classifier | None = None

    def __call__(self, assignment: Assignment) -> Report:
        judged: list[Judged] = []
        try:
            classifier = self._classifier()
            finished: int | None = None
            for file in assignment.files:
                judged.append(_File(classifier, self._claim, file, finished).judge())
                finished = file.position
        except CamidError as error:
            return Report(tuple(judged), fatal=error)
        return Report(tuple(judged), assignment.kept)

    def _classifier(self) -> Classifier:
        with self._lock:
            if self._loaded is None:
                spec, settings = self._spec, here(self._spec.settings)
                self._loaded = Classifier(
                    spec.load(settings), settings, spec.min_score, spec.country, spec.keep
                )
            return self._loaded


def here(settings: Settings) -> Settings:
    """Settings of another machine as they hold on this one: the models lie where this Camid has them, but
    for a folder that was named."""
    if "models_dir" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"models_dir": load_settings().models_dir})


@dataclass(frozen=True, slots=True)
class _File:
    classifier: Classifier
    claim: ClaimContent
    file: Assigned
    finished: int | None

    def judge(self) -> Judged:
        """Raises: CamidError: what ends the run."""
        match self.file.open():
            case Skipped() as skipped:
                return self._without_content(CamidError(skipped.code, skipped.message))
            case Video() as video:
                return self._video(video)
            case Entry() as entry:
                return self._photo(entry)

    def _photo(self, entry: Entry) -> Judged:
        try:
            content = read_content(entry)
        except PhotoError as error:
            return self._without_content(error)
        match self._claimed(content.sha256):
            case Claim.COPY:
                return self._judged(content.sha256)
            case Claim.DEADLY:
                return self._judged(content.sha256, Part(self.file.piece, _DEADLY))
        piece = self.file.piece
        rows = rows_or_cause(piece, lambda: self.classifier.photo(piece, content))
        return self._judged(content.sha256, Part(piece, rows))

    def _video(self, video: Video) -> Judged:
        try:
            with video.open() as path:
                return self._opened_video(path, video.sidecar())
        except PhotoError as error:
            return self._without_content(error)

    def _opened_video(self, path: Path, sidecar: bytes) -> Judged:
        sha256 = hash_file(path)
        match self._claimed(sha256):
            case Claim.COPY:
                return self._judged(sha256)
            case Claim.DEADLY:
                return self._judged(sha256, Part(self.file.piece, _DEADLY))
        return self._judged(sha256, *self._frames(path, sha256, sidecar))

    def _frames(self, path: Path, sha256: str, sidecar: bytes) -> Iterator[Part]:
        """Of frames that have no row yet, then of the video itself."""
        piece, frames = self.file.piece, 0
        try:
            for moment in key_frames(path, sha256, self.classifier.settings):
                frames += 1
                where = Piece(piece.place + moment.fragment, piece.size, piece.modified_ns)
                if where.place not in self.file.done:
                    yield self._frame(where, Shown(moment.picture, moment.frame_s, sidecar))
        except PhotoError as error:
            yield Part(piece, error)
            return
        yield Part(piece, video_row(piece, sha256, frames))

    def _frame(self, where: Piece, shown: Shown) -> Part:
        return Part(where, rows_or_cause(where, lambda: self.classifier.frame(where, shown)))

    def _claimed(self, sha256: str) -> Claim:
        return self.claim(self.file.position, sha256, self.finished)

    def _without_content(self, error: CamidError) -> Judged:
        return self._judged("", Part(self.file.piece, error))

    def _judged(self, sha256: str, *parts: Part) -> Judged:
        return Judged(self.file.position, self.file.piece, sha256, parts)


_DEADLY = CamidError(
    ErrorCode.INTERNAL, "The worker that had this file in hand died, three times; it is left alone."
)
