"""Photos: send them in, ask for results and for pictures of them again."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from edge.errors import CamidError
from edge.report.contract import UnreadableV1, photo_contract, unreadable_contract
from edge.service.answers import UNAUTHORISED, PhotoAnswer, PhotosAnswer, photo_answer, problem_doc
from edge.service.auth import require_token
from edge.service.form import Upload
from edge.service.parts import Parts, parts
from edge.service.problems import problem_of
from edge.service.reception import received
from edge.service.store import StoredPhoto

_WRONG = problem_doc("bad_request", "A parameter is wrong.", "The request is wrong (…). …")
_UNKNOWN = problem_doc("not_found", "No such photo or crop.", "There is no photo with this id. …")

_REFUSALS: dict[int | str, dict[str, object]] = {
    413: problem_doc("too_many_photos", "A limit was hit.", "The request holds more than 100 photos. …"),
    415: problem_doc("not_a_picture", "The only photo is of no known format.", "This is no picture: …"),
    422: problem_doc(
        "corrupt", "The form or its only photo is damaged or empty.", "The picture is damaged: …"
    ),
    503: problem_doc("busy", "Models still loading, or the queue is full; see Retry-After.", "Try again …"),
    507: problem_doc("store_full", "The disk of the data directory is full.", "Free disk space …"),
}

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "photo": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "Any part with a file name counts, whatever its field is called.",
                        }
                    },
                    "required": ["photo"],
                },
                "encoding": {
                    "photo": {"contentType": "image/jpeg, image/png, image/webp, image/heic, image/avif"}
                },
            }
        },
    }
}

_JPEG: dict[int | str, dict[str, object]] = {
    200: {"description": "A JPEG picture.", "content": {"image/jpeg": {}}},
    401: UNAUTHORISED,
    404: _UNKNOWN,
    422: _WRONG,
}

router = APIRouter(prefix="/api/v1/photos", tags=["photos"], dependencies=[Depends(require_token)])
PartsOf = Annotated[Parts, Depends(parts)]
Id = Annotated[str, Path(description="The id of the result.", examples=["5f0c1c6f1c0f4a52a2b1f4d2c9e8b7a6"])]
Index = Annotated[int, Path(ge=0, le=100_000, description="Counted from 0, in the order of the result.")]


class JpegResponse(Response):
    media_type = "image/jpeg"


@router.post(
    "",
    summary="Identify photos",
    response_description="One entry for each photo.",
    responses={401: UNAUTHORISED, **_REFUSALS},
    openapi_extra=_FORM,
)
async def send_photos(request: Request, service: PartsOf) -> PhotosAnswer:
    """Looks for cameras in one photo or many and keeps photos and results.

    With several photos each has its own entry, a result or an `error`, and the status is 200. With a single
    one that cannot be read, the status is that of its error.
    """
    with service.engine.admitted():
        async with received(request, service.data.incoming, service.settings, service.metrics) as uploads:
            if len(uploads) == 1:
                return PhotosAnswer(photos=[await _result(uploads[0], service)])
            return PhotosAnswer(photos=[await _result_or_error(upload, service) for upload in uploads])


async def _result_or_error(upload: Upload, service: Parts) -> PhotoAnswer | UnreadableV1:
    try:
        return await _result(upload, service)
    except CamidError as error:
        return unreadable_contract(upload.name, error)


async def _result(upload: Upload, service: Parts) -> PhotoAnswer:
    """Identifies and keeps one photo; it is on the disk when this returns.

    Raises:
        CamidError: why there is no result; nothing of the photo is kept then.
    """
    try:
        picture, report = await service.engine.identify(upload)
        stored = await asyncio.to_thread(service.store.add, upload.path, photo_contract(report))
    except Exception as error:
        problem = problem_of(error)
        service.metrics.photos.labels(problem.code).inc()
        raise problem from (None if problem is error else error)
    service.metrics.photo_done(report)
    service.pictures.remember(stored.id, picture)
    return photo_answer(stored, service.names)


async def _stored(photo_id: Id, service: PartsOf) -> StoredPhoto:
    return await asyncio.to_thread(service.store.get, photo_id)


Stored = Annotated[StoredPhoto, Depends(_stored)]


@router.get(
    "/{photo_id}",
    summary="A result again",
    response_description="The result.",
    responses={401: UNAUTHORISED, 404: _UNKNOWN, 422: _WRONG},
)
async def read_photo(photo: Stored, service: PartsOf) -> PhotoAnswer:
    """The result exactly as it was answered when the photo was sent."""
    return photo_answer(photo, service.names)


def _picture(data: bytes) -> Response:
    return JpegResponse(data, headers={"Cache-Control": "private, max-age=600"})


@router.get("/{photo_id}/picture.jpg", summary="The picture", response_class=JpegResponse, responses=_JPEG)
async def read_picture(
    photo: Stored,
    service: PartsOf,
    side: Annotated[int, Query(ge=16, le=16_384, description="Long side in pixels, at most.")] = 2048,
) -> Response:
    """The photo upright, as JPEG without its metadata."""
    return _picture(await service.pictures.whole(photo, side))


@router.get(
    "/{photo_id}/annotated.jpg",
    summary="With boxes and verdicts",
    response_class=JpegResponse,
    responses=_JPEG,
)
async def read_annotated(photo: Stored, service: PartsOf) -> Response:
    """The photo with every camera boxed and its verdict written beside it."""
    return _picture(await service.pictures.annotated(photo))


@router.get(
    "/{photo_id}/cameras/{camera}.jpg", summary="One camera", response_class=JpegResponse, responses=_JPEG
)
async def read_camera(photo: Stored, camera: Index, service: PartsOf) -> Response:
    """The housing with a narrow margin, at its own size."""
    return _picture(await service.pictures.camera(photo, camera))


@router.get(
    "/{photo_id}/cameras/{camera}/evidence/{evidence}.jpg",
    summary="What a name rests on",
    response_class=JpegResponse,
    responses=_JPEG,
)
async def read_evidence(photo: Stored, camera: Index, evidence: Index, service: PartsOf) -> Response:
    """The mark or lettering of one piece of evidence; `not_found` where the evidence has no box."""
    return _picture(await service.pictures.evidence(photo, camera, evidence))


@router.get(
    "/{photo_id}/marks/{mark}.jpg",
    summary="Other lettering",
    response_class=JpegResponse,
    responses=_JPEG,
)
async def read_mark(photo: Stored, mark: Index, service: PartsOf) -> Response:
    """A sign, a carton or other lettering from `marks`."""
    return _picture(await service.pictures.mark(photo, mark))
