"""Photos: send them in, ask for results and for pictures of them again."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response

from edge.errors import CamidError, ErrorCode
from edge.report.contract import UnreadableV1, photo_contract, unreadable_contract
from edge.service.answers import GUARDED, UNAUTHORISED, PhotoAnswer, PhotosAnswer, photo_answer, problem_doc
from edge.service.auth import Reader, Uploader
from edge.service.form import Upload
from edge.service.parts import Parts, parts
from edge.service.problems import problem_of
from edge.service.reception import received
from edge.service.sendings import KEY_PATTERN
from edge.service.store import Sender, StoredPhoto

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

_SHARING: dict[int | str, dict[str, object]] = {
    401: UNAUTHORISED,
    404: _UNKNOWN,
    422: _WRONG,
    507: _REFUSALS[507],
}

_JPEG: dict[int | str, dict[str, object]] = {
    200: {"description": "A JPEG picture.", "content": {"image/jpeg": {}}},
    401: UNAUTHORISED,
    404: _UNKNOWN,
    422: _WRONG,
}

router = APIRouter(prefix="/api/v1/photos", tags=["photos"], responses=GUARDED)
PartsOf = Annotated[Parts, Depends(parts)]
Id = Annotated[str, Path(description="The id of the result.", examples=["5f0c1c6f1c0f4a52a2b1f4d2c9e8b7a6"])]
Key = Annotated[
    str,
    Path(
        pattern=KEY_PATTERN,
        description="The `Idempotency-Key` of the sending.",
        examples=["1b9d6bcdbbfd4b2d9b5dab8dfbbd4bed"],
    ),
]
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
async def send_photos(
    request: Request,
    caller: Uploader,
    service: PartsOf,
    shared: Annotated[
        bool, Query(description="Whether every token with the scope read may see them.")
    ] = False,
    key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            pattern=KEY_PATTERN,
            description="A random name of a single photo: sent again with it, it is not kept again.",
        ),
    ] = None,
) -> PhotosAnswer:
    """Looks for cameras in one photo or many and keeps photos and results.

    With several photos each has its own entry, a result or an `error`, and the status is 200. With a single
    one that cannot be read, the status is that of its error. They belong to the token that sent them.
    """
    sender = Sender(caller.id, shared, key)
    service.check_ready()
    with service.engine.admitted():
        async with received(request, service.data.incoming, service.settings, service.metrics) as uploads:
            if key is not None:
                return PhotosAnswer(photos=[await _result_once(uploads, key, sender, service)])
            if len(uploads) == 1:
                return PhotosAnswer(photos=[await _result(uploads[0], sender, service)])
            return PhotosAnswer(
                photos=[await _result_or_error(upload, sender, service) for upload in uploads]
            )


async def _result_once(uploads: list[Upload], key: str, sender: Sender, service: Parts) -> PhotoAnswer:
    """The result of the only upload; the one from before if it arrived already with this key."""
    if len(uploads) != 1:
        raise CamidError(ErrorCode.BAD_REQUEST, "An Idempotency-Key goes with a single photo.")
    async with service.sendings.alone(sender.owner, key):
        before = await asyncio.to_thread(service.store.sent, sender.owner, key)
        if before is None:
            return await _result(uploads[0], sender, service)
    if await asyncio.to_thread(_hash, uploads[0]) != before.body.source.sha256:
        raise CamidError(ErrorCode.BAD_REQUEST, "This Idempotency-Key was used for another photo.")
    return photo_answer(before, service.names)


def _hash(upload: Upload) -> str | None:
    """SHA-256 in hexadecimal; None for what was refused while it came in."""
    if upload.error is not None:
        return None
    with upload.path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _result_or_error(upload: Upload, sender: Sender, service: Parts) -> PhotoAnswer | UnreadableV1:
    try:
        return await _result(upload, sender, service)
    except CamidError as error:
        return unreadable_contract(upload.name, error)


async def _result(upload: Upload, sender: Sender, service: Parts) -> PhotoAnswer:
    """Identifies and keeps one photo; it is on the disk when this returns.

    Raises:
        CamidError: why there is no result; nothing of the photo is kept then.
    """
    try:
        picture, report = await service.engine.identify(upload)
        stored = await asyncio.to_thread(service.store.add, upload.path, photo_contract(report), sender)
    except Exception as error:
        problem = problem_of(error)
        service.metrics.photos.labels(problem.code).inc()
        raise problem from (None if problem is error else error)
    service.metrics.photo_done(report)
    service.pictures.remember(stored.id, picture)
    return photo_answer(stored, service.names)


@router.get(
    "/sent/{key}",
    summary="What became of a sending",
    response_description="The result, as it was or would have been answered.",
    responses={401: UNAUTHORISED, 404: _UNKNOWN, 422: _WRONG},
)
async def read_sent(key: Key, caller: Uploader, service: PartsOf) -> PhotoAnswer:
    """For a sender whose connection broke: `not_found` means that the photo has to be sent again. Waits while
    it is still being identified."""
    async with service.sendings.alone(caller.id, key):
        found = await asyncio.to_thread(service.store.sent, caller.id, key)
    if found is None:
        raise CamidError(ErrorCode.NOT_FOUND, "No photo arrived with this key.")
    return photo_answer(found, service.names)


async def _stored(photo_id: Id, caller: Reader, service: PartsOf) -> StoredPhoto:
    """Another's photo is answered like one that is not there."""
    photo = await asyncio.to_thread(service.store.get, photo_id)
    if not caller.sees(photo):
        raise CamidError(ErrorCode.NOT_FOUND, "There is no photo with this id.")
    return photo


Stored = Annotated[StoredPhoto, Depends(_stored)]


async def _own(photo: Stored, caller: Uploader) -> StoredPhoto:
    """Who sees a photo because it was shared cannot change that."""
    if caller.only not in (None, photo.owner):
        raise CamidError(ErrorCode.FORBIDDEN, "The photo belongs to another token.")
    return photo


Own = Annotated[StoredPhoto, Depends(_own)]


@router.get(
    "/{photo_id}",
    summary="A result again",
    response_description="The result.",
    responses={401: UNAUTHORISED, 404: _UNKNOWN, 422: _WRONG},
)
async def read_photo(photo: Stored, service: PartsOf) -> PhotoAnswer:
    """The result exactly as it was answered when the photo was sent."""
    return photo_answer(photo, service.names)


@router.delete(
    "/{photo_id}",
    status_code=204,
    summary="Delete a photo",
    response_description="It is gone.",
    responses=_SHARING,
)
async def delete_photo(photo: Own, service: PartsOf) -> Response:
    """With its bytes, its result, its reviews and its part in sightings; a line in the audit log stays.
    Bytes that another result shares stay with that one."""
    await asyncio.to_thread(service.store.kept.remove, photo.id)
    service.pictures.forget_photo(photo.id)
    return Response(status_code=204)


@router.put(
    "/{photo_id}/shared",
    status_code=204,
    summary="Share a photo",
    response_description="Every token with the scope `read` sees it.",
    responses=_SHARING,
)
async def share_photo(photo: Own, service: PartsOf) -> Response:
    """With its result and its reviews."""
    await asyncio.to_thread(service.store.share, photo.id, True)
    return Response(status_code=204)


@router.delete(
    "/{photo_id}/shared",
    status_code=204,
    summary="Share a photo no longer",
    response_description="Only the token that sent it, and admins, see it.",
    responses=_SHARING,
)
async def unshare_photo(photo: Own, service: PartsOf) -> Response:
    """From now on."""
    await asyncio.to_thread(service.store.share, photo.id, False)
    return Response(status_code=204)


def _picture(data: bytes) -> Response:
    return JpegResponse(data)


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
