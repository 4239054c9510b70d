"""Reviews over HTTP: what to look at next, a person's word on a photo, and all of it as a COCO dataset."""

from __future__ import annotations

import asyncio
import secrets
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask

from edge.media.clock import stamp
from edge.report.contract import BoxV1
from edge.service.answers import GUARDED, UNAUTHORISED, problem_doc
from edge.service.auth import ADMIN_ONLY, UPLOAD, Reader
from edge.service.json_body import json_request, read_json
from edge.service.paging import Offset
from edge.service.parts import Parts, parts
from edge.service.photos import Stored
from edge.service.problems import BusyError
from edge.service.review_export import ReviewExport, discard, write_zip
from edge.service.review_store import QueuedPhoto, Review, ReviewState
from edge.service.review_word import KeptCameraV1, ReviewV1, checked

_WRONG = problem_doc("bad_request", "The review is wrong.", "'acme' is no maker of the catalogue. …")
_UNKNOWN = problem_doc("not_found", "No such photo.", "There is no photo with this id. …")
_FULL = problem_doc("store_full", "The disk of the data directory is full.", "Free disk space …")
_BUSY = problem_doc("busy", "Another export runs; see Retry-After.", "Another export is being made. …")

router = APIRouter(tags=["reviews"], responses=GUARDED)
PartsOf = Annotated[Parts, Depends(parts)]


class QueuedV1(BaseModel):
    """A photo in the order of review."""

    id: str
    name: str
    created_at: str
    doubt: float = Field(description="0 to 1: how likely something in its answer is wrong.")
    reviewed_by: str | None
    reviewed_at: str | None


class QueueV1(BaseModel):
    open: int = Field(description="Photos on which nobody has said anything.")
    reviewed: int
    photos: list[QueuedV1]


class ReviewedV1(BaseModel):
    """A person's word, as it is kept."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "number": 7,
                "by": "A. Reporter",
                "at": "2026-11-28T09:26:53Z",
                "complete": True,
                "cameras": [
                    {
                        "machine": 0,
                        "rejected": False,
                        "box": [812.4, 301.0, 961.2, 398.7],
                        "vendor": "hikvision",
                        "form_factor": "bullet",
                        "mark_text": "HIKVISION",
                        "decision": "confirmed",
                    }
                ],
                "blur": [],
            }
        }
    )

    number: int = Field(description="Grows with each review; of one photo the highest counts.")
    by: str
    at: str
    complete: bool
    cameras: list[KeptCameraV1]
    blur: list[BoxV1]


class ReviewsV1(BaseModel):
    """Every word on a photo, the last first: that one counts."""

    reviews: list[ReviewedV1]


async def _word(request: Request) -> ReviewV1:
    return await read_json(request, ReviewV1)


@router.get(
    "/api/v1/reviews",
    summary="Photos to review",
    response_description="The next ones.",
    responses={401: UNAUTHORISED, 422: _WRONG},
)
async def list_queue(
    caller: Reader,
    service: PartsOf,
    state: Annotated[ReviewState, Query(description="open: unseen; done: reviewed; all.")] = ReviewState.OPEN,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Offset = 0,
) -> QueueV1:
    """Those first whose answer is doubtful and teaches most; reviewed ones by the time of their review."""
    store = service.store.reviews
    photos = await asyncio.to_thread(store.queue, state, limit, offset, caller.only)
    unseen, reviewed = await asyncio.to_thread(store.counts, caller.only)
    return QueueV1(open=unseen, reviewed=reviewed, photos=[_queued(one) for one in photos])


@router.get(
    "/api/v1/photos/{photo_id}/reviews",
    summary="What persons said of a photo",
    response_description="Every review of it, the last first.",
    responses={401: UNAUTHORISED, 404: _UNKNOWN, 422: _WRONG},
)
async def read_reviews(photo: Stored, service: PartsOf) -> ReviewsV1:
    """Empty where nobody has reviewed it."""
    found = await asyncio.to_thread(service.store.reviews.of, photo.id)
    return ReviewsV1(reviews=[_reviewed(one) for one in found])


@router.post(
    "/api/v1/photos/{photo_id}/reviews",
    status_code=201,
    summary="Review a photo",
    dependencies=[UPLOAD],
    response_description="The review as it is kept.",
    responses={401: UNAUTHORISED, 404: _UNKNOWN, 422: _WRONG, 507: _FULL},
    openapi_extra=json_request(ReviewV1),
)
async def add_review(
    photo: Stored, body: Annotated[ReviewV1, Depends(_word)], service: PartsOf
) -> ReviewedV1:
    """Kept beside the machine's answer, which stays as it is; earlier reviews stay too, the last one counts.
    A camera that is as the machine said is confirmed, else corrected; one with `machine` null was missed."""
    kept = checked(body, photo.body, service.catalogue)
    now = stamp(datetime.now(UTC))
    review = await asyncio.to_thread(service.store.reviews.add, photo.id, body.by, now, kept)
    return _reviewed(review)


@router.get(
    "/api/v1/reviews/export.zip",
    summary="Reviewed photos as a COCO dataset",
    dependencies=[ADMIN_ONLY],
    response_class=FileResponse,
    responses={
        200: {"description": "annotations.json and images/.", "content": {"application/zip": {}}},
        401: UNAUTHORISED,
        422: _WRONG,
        503: _BUSY,
        507: _FULL,
    },
)
async def export_reviews(
    service: PartsOf,
    faces: Annotated[bool, Query(description="false: only what persons marked is blurred.")] = True,
) -> FileResponse:
    """Upright JPEGs without metadata; faces and what persons marked are blurred for good. One at a time; for
    many photos `camid review export` writes a folder instead."""
    if service.exporting.locked():
        raise BusyError("Another export is being made.", after_s=30)
    async with service.exporting:
        place = await asyncio.to_thread(_export, service, faces)
    return FileResponse(
        place,
        media_type="application/zip",
        filename="camid-reviews.zip",
        background=BackgroundTask(place.unlink, missing_ok=True),
    )


def _export(service: Parts, faces: bool) -> FilePath:
    """The finished archive among the uploads, which a start sweeps."""
    from edge.vision.faces import load_face_finder  # noqa: PLC0415 - the model is wanted here alone

    finder = load_face_finder(service.settings) if faces else None
    for left in service.data.root.glob("export-*"):  # of a process that was killed
        discard(left)
    name = secrets.token_hex(8)
    folder, place = service.data.root / f"export-{name}", service.data.incoming / f"export-{name}.zip"
    try:
        ReviewExport(service.data.photos, service.settings, finder).write(
            service.store.reviews.reviewed(), folder
        )
        write_zip(folder, place)
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    finally:
        discard(folder)
    return place


def _queued(one: QueuedPhoto) -> QueuedV1:
    return QueuedV1(
        id=one.id,
        name=one.name,
        created_at=one.created_at,
        doubt=round(one.doubt, 3),
        reviewed_by=one.reviewed_by,
        reviewed_at=one.reviewed_at,
    )


def _reviewed(one: Review) -> ReviewedV1:
    return ReviewedV1(number=one.number, by=one.by, at=one.at, **one.body.model_dump())
