"""What the service says about batches and what they found."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from edge.domain import FormFactor, Reading, Verdict
from edge.report.contract import CandidateV1, ErrorV1, EvidenceV1
from edge.service.batch_state import Batch, BatchState, FolderSource

BATCH_EXAMPLE: JsonDict = {
    "id": "3b0c1c6f1c0f4a52a2b1f4d2c9e8b7a6",
    "name": "Demonstrations 2024",
    "source": {"kind": "folder", "name": "photos/2024", "bytes": None},
    "min_score": None,
    "created_at": "2026-03-14T09:26:50.000Z",
    "state": "running",
    "since": "2026-03-14T09:26:51.000Z",
    "waits_for": 0,
    "error": None,
    "progress": {
        "files": 20000,
        "settled": 4211,
        "photos": 4100,
        "frames": 0,
        "videos": 0,
        "duplicates": 96,
        "unreadable": 15,
        "cameras": 1893,
        "identified": 402,
        "rate": 3.1,
    },
}

CAMERA_EXAMPLE: JsonDict = {
    "place": "2024-05/IMG_0412.jpg",
    "sha256": "9f" * 32,
    "camera": 0,
    "box": [812.4, 301.0, 961.2, 398.7],
    "score": 0.91,
    "form_factor": "bullet",
    "verdict": "identified",
    "brand": "hikvision",
    "platform": "hikvision",
    "vendor": "hikvision",
    "confidence": 0.998,
    "candidates": [],
    "evidence": [
        {
            "kind": "wordmark",
            "value": "HIKVISION",
            "box": [841.0, 342.5, 902.3, 353.1],
            "strength": "strong",
            "supports": {"hikvision": 7.1},
            "note": None,
        }
    ],
    "reading": "read",
    "taken_at": "2024-05-01T14:03:09+00:00",
    "year": 2024,
    "latitude": 44.4268,
    "longitude": 26.1025,
    "bearing": 118.0,
    "country": "RO",
    "frame_s": None,
}


class BatchSourceV1(BaseModel):
    """Where its files come from."""

    kind: Literal["folder", "upload"]
    name: str = Field(description="The folder as it was given, or the name of the archive that was sent.")
    bytes: int | None = Field(description="Of the archive that was sent.")


class BatchProgressV1(BaseModel):
    """How far it is. After a restart it counts up again over what is done, which takes moments."""

    files: int | None = Field(description="Of the source; null while they are counted.")
    settled: int = Field(description="Files that came to their end, one way or another.")
    photos: int = Field(description="Photos classified.")
    frames: int = Field(description="Frames of videos classified.")
    videos: int
    duplicates: int = Field(description="Files with the same bytes as another one.")
    unreadable: int = Field(description="Files without an answer; see `errors`.")
    cameras: int
    identified: int = Field(description="Cameras with a named maker.")
    rate: float = Field(description="Photos and frames a second; 0 where nothing runs.")


class BatchV1(BaseModel):
    """A batch, and how far it is."""

    model_config = ConfigDict(json_schema_extra={"example": BATCH_EXAMPLE})

    id: str = Field(description="Random and unguessable.")
    name: str
    source: BatchSourceV1
    min_score: float | None
    created_at: str
    state: BatchState
    since: str = Field(description="When this state began.")
    waits_for: int | None = Field(description="Batches that come before it; null where it does not wait.")
    error: ErrorV1 | None = Field(description="Why it failed.")
    progress: BatchProgressV1


class BatchesV1(BaseModel):
    """All batches, in the order in which they were added."""

    model_config = ConfigDict(json_schema_extra={"example": {"batches": [BATCH_EXAMPLE], "folders": True}})

    batches: list[BatchV1]
    folders: bool = Field(description="Whether folders of the service's machine may be read.")


class RemovedBatchV1(BaseModel):
    """A batch that was removed."""

    id: str


class BatchCameraV1(BaseModel):
    """A camera that was found, with what its photo says of time and place."""

    place: str = Field(description="The file, by its path inside the source.")
    sha256: str = Field(description="Of the file, or of the frame's video and time.")
    camera: int = Field(description="Its number in the photo, from 0.")
    box: tuple[float, float, float, float]
    score: float
    form_factor: FormFactor | None
    verdict: Verdict
    brand: str | None
    platform: str | None
    vendor: str | None = Field(description="The brand, or the platform where no brand is proven.")
    confidence: float | None
    candidates: list[CandidateV1]
    evidence: list[EvidenceV1]
    reading: Reading
    taken_at: str | None
    year: int | None
    latitude: float | None
    longitude: float | None
    bearing: float | None
    country: str | None
    frame_s: float | None = Field(description="Where in a video, in seconds.")


class BatchCamerasV1(BaseModel):
    """Cameras that fit the filter, by the place of their photo."""

    model_config = ConfigDict(json_schema_extra={"example": {"cameras": [CAMERA_EXAMPLE], "more": False}})

    cameras: list[BatchCameraV1]
    more: bool = Field(description="There are more than were asked for: raise `offset`.")


class BatchErrorV1(BaseModel):
    """A file without an answer, and why."""

    place: str
    bytes: int
    code: str
    message: str


class BatchErrorsV1(BaseModel):
    """Files without an answer, by their place."""

    errors: list[BatchErrorV1]
    more: bool = Field(description="There are more than were asked for: raise `offset`.")


def batch_answer(batch: Batch, waits_for: int | None) -> BatchV1:
    spec, progress, problem = batch.spec, batch.progress, batch.problem
    return BatchV1(
        id=spec.id,
        name=spec.name,
        source=_source(batch),
        min_score=spec.min_score,
        created_at=spec.created_at,
        state=batch.state,
        since=batch.since,
        waits_for=waits_for,
        error=ErrorV1(code=problem.code, message=problem.message) if problem else None,
        progress=BatchProgressV1(
            files=progress.files,
            settled=progress.settled,
            photos=progress.photos,
            frames=progress.frames,
            videos=progress.videos,
            duplicates=progress.duplicates,
            unreadable=progress.unreadable,
            cameras=progress.cameras,
            identified=progress.identified,
            rate=round(progress.rate, 1),
        ),
    )


def _source(batch: Batch) -> BatchSourceV1:
    source = batch.spec.source
    if isinstance(source, FolderSource):
        return BatchSourceV1(kind="folder", name=source.given, bytes=None)
    return BatchSourceV1(kind="upload", name=source.name, bytes=source.size)
