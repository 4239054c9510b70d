"""What the service knows of a batch: what it is about, where it stands, what it has found so far."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class BatchState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    DONE = "done"
    FAILED = "failed"


UNDER_WAY = frozenset({BatchState.RUNNING, BatchState.PAUSING, BatchState.CANCELLING})
"""The worker has it in hand; there is one such batch at most."""
SETTLED = frozenset({BatchState.CANCELLED, BatchState.DONE})
"""It has all that it will have; an archive that was sent for it is not needed any more."""


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder, or an archive, on the service's machine. ``given`` is what the client wrote."""

    given: str


@dataclass(frozen=True, slots=True)
class UploadSource:
    """An archive that was sent. ``name`` is the client's and only shown."""

    name: str
    size: int


BatchSource = FolderSource | UploadSource


@dataclass(frozen=True, slots=True)
class BatchSpec:
    """``min_score`` replaces the shipped threshold of the detector; ``created_at`` is ISO 8601 in UTC."""

    id: str
    name: str
    source: BatchSource
    min_score: float | None
    created_at: str


@dataclass(frozen=True, slots=True)
class Progress:
    """``settled`` files of ``files`` came to their end (None: still being counted); the rest says as what.
    ``rate`` is in photos and frames a second, 0 where nothing runs."""

    files: int | None = None
    settled: int = 0
    photos: int = 0
    frames: int = 0
    videos: int = 0
    duplicates: int = 0
    unreadable: int = 0
    cameras: int = 0
    identified: int = 0
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class BatchProblem:
    """Why a batch failed; ``message`` names no folder of the service."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Batch:
    """``since`` is when the state began, ISO 8601 in UTC. A failed batch goes on if it is resumed."""

    spec: BatchSpec
    state: BatchState
    since: str
    progress: Progress = Progress()
    problem: BatchProblem | None = None
