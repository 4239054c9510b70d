"""Batches: start, follow, pause, end, ask what they found."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import FileResponse
from sse_starlette import EventSourceResponse, ServerSentEvent

from edge.errors import CamidError
from edge.service.answers import GUARDED, UNAUTHORISED, problem_doc
from edge.service.auth import ADMIN_ONLY
from edge.service.batch_answers import (
    BatchCamerasV1,
    BatchErrorsV1,
    BatchesV1,
    BatchV1,
    RemovedBatchV1,
    batch_answer,
)
from edge.service.batch_requests import MinScore, NewBatchV1
from edge.service.batch_results import (
    Export,
    Slice,
    cameras_of,
    check_extra,
    crop_of,
    errors_of,
    export_of,
)
from edge.service.batch_state import Batch
from edge.service.batch_upload import sent_archive
from edge.service.event_stream import event, event_stream
from edge.service.form import safe_name
from edge.service.json_body import read_json
from edge.service.paging import Offset
from edge.service.parts import Parts, parts
from edge.service.photos import JpegResponse
from edge.service.stream_requests import Name

_WRONG = problem_doc("bad_request", "A field or a parameter is wrong.", "The request is wrong (…). …")
_UNKNOWN = problem_doc("not_found", "No such batch.", "There is no batch with this id. …")
_STATE = problem_doc("wrong_state", "It is in a state in which this cannot be.", "The batch is done and …")
_FULL = problem_doc("store_full", "The disk of the data directory is full.", "Free disk space …")
_BUSY = problem_doc("busy", "Too much of this at once; see Retry-After.", "Too many questions …")
_EXTRA = problem_doc("extra_missing", "Camid was installed without archives.", "Archives need duckdb: …")
_REFUSALS: dict[int | str, dict[str, object]] = {
    401: UNAUTHORISED,
    403: problem_doc(
        "path_not_allowed", "The folder is outside `batch_roots`.", "… is outside the folders that may be …"
    ),
    404: problem_doc("not_readable", "There is nothing at that path.", "There is no …"),
    409: problem_doc("too_many_batches", "A limit was hit.", "There are 1000 batches already. …"),
    413: problem_doc("archive_too_large", "A limit was hit.", "The archive is larger than …"),
    415: problem_doc("not_an_archive", "What was sent is no archive.", "What was sent is no archive. …"),
    422: _WRONG,
    501: _EXTRA,
    503: _BUSY,
    507: _FULL,
}
_CHANGES: dict[int | str, dict[str, object]] = {
    401: UNAUTHORISED,
    404: _UNKNOWN,
    409: _STATE,
    422: _WRONG,
    503: _BUSY,
    507: _FULL,
}
_QUESTIONS: dict[int | str, dict[str, object]] = {
    401: UNAUTHORISED,
    404: _UNKNOWN,
    422: _WRONG,
    501: _EXTRA,
    503: _BUSY,
}
_EVENTS: dict[int | str, dict[str, object]] = {
    200: {
        "description": "Server-sent events, until the client ends them.",
        "content": {"text/event-stream": {}},
    },
    401: UNAUTHORISED,
    503: _BUSY,
}
_ARCHIVE = {"schema": {"type": "string", "format": "binary"}}
_START = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": NewBatchV1.model_json_schema()},
            "application/zip": _ARCHIVE,
            "application/x-tar": _ARCHIVE,
            "application/gzip": _ARCHIVE,
            "application/x-7z-compressed": _ARCHIVE,
            "application/octet-stream": _ARCHIVE,
        },
    }
}
_MEDIA_TYPES = {
    Export.CSV: "text/csv; charset=utf-8",
    Export.JSONL: "application/x-ndjson",
    Export.GEOJSON: "application/geo+json",
    Export.SUMMARY: "text/html; charset=utf-8",
}
_SUMMARY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
"""The page carries its style and pictures in itself; whatever else should get into it does nothing."""

router = APIRouter(prefix="/api/v1/batches", tags=["batches"], dependencies=[ADMIN_ONLY], responses=GUARDED)
PartsOf = Annotated[Parts, Depends(parts)]
Id = Annotated[str, Path(description="The id of the batch.", examples=["3b0c1c6f1c0f4a52a2b1f4d2c9e8b7a6"])]
Limit = Annotated[int, Query(ge=1, le=1000, description="Most rows of the answer.")]


@router.post(
    "",
    status_code=201,
    summary="Start a batch",
    response_description="The batch, with its id.",
    responses=_REFUSALS,
    openapi_extra=_START,
)
async def add_batch(
    request: Request,
    service: PartsOf,
    file: Annotated[str, Query(max_length=400, description="Of an archive: its file name.")] = "archive",
    name: Annotated[Name | None, Query(description="Of an archive: what people call the batch.")] = None,
    min_score: Annotated[MinScore, Query(description="Of an archive: as `min_score` of a folder.")] = None,
) -> BatchV1:
    """Of a folder on the service's machine (`application/json`), or of an archive that is the body. One batch
    runs at a time, others wait their turn; photos that are sent meanwhile come first."""
    check_extra()
    service.check_keeping()
    if _is_json(request):
        body = await read_json(request, NewBatchV1)
        return await _changed(
            service, lambda: service.batching.batches.add_folder(body.folder, body.name, body.min_score)
        )
    batches = service.batching.batches
    batches.check_room()
    with service.batching.receiving():
        async with sent_archive(request, service.data.incoming, service.settings, service.metrics) as sent:
            shown = safe_name(file.encode())
            return await _changed(service, lambda: batches.add_upload(sent, shown, name, min_score))


@router.get("", summary="All batches", response_description="All of them.", responses={401: UNAUTHORISED})
async def list_batches(service: PartsOf) -> BatchesV1:
    """In the order in which they were added."""
    return _all(service)


@router.get("/events", summary="Events of all batches", response_class=EventSourceResponse, responses=_EVENTS)
async def all_events(service: PartsOf) -> EventSourceResponse:
    """First `batches` with all of them, then `batch` with the new state of each that changes or gets further
    (at most twice a second), and `removed` with the `id` of each that is removed."""
    return event_stream(service.batching.events, service.settings, _tell_all(service))


@router.get(
    "/{batch_id}",
    summary="One batch",
    response_description="The batch.",
    responses={401: UNAUTHORISED, 404: _UNKNOWN, 422: _WRONG},
)
async def read_batch(batch_id: Id, service: PartsOf) -> BatchV1:
    """Its state, and how far it is."""
    return _answer(service.batching.batches.get(batch_id), service)


@router.get(
    "/{batch_id}/events",
    summary="Events of one batch",
    response_class=EventSourceResponse,
    responses={**_EVENTS, 404: _UNKNOWN, 422: _WRONG},
)
async def events_of_one(batch_id: Id, service: PartsOf) -> EventSourceResponse:
    """`batch` with its state now and with each new one; `removed` and the end when it is removed."""
    service.batching.batches.get(batch_id)
    return event_stream(service.batching.events, service.settings, _tell_one(service, batch_id))


@router.post(
    "/{batch_id}/pause", summary="Pause a batch", response_description="The batch.", responses=_CHANGES
)
async def pause_batch(batch_id: Id, service: PartsOf) -> BatchV1:
    """It ends after the pictures in hand (`pausing`, then `paused`) and lets the next one run. Also after a
    restart it waits until it is resumed."""
    return await _changed(service, lambda: service.batching.batches.pause(batch_id))


@router.post(
    "/{batch_id}/resume", summary="Resume a batch", response_description="The batch.", responses=_CHANGES
)
async def resume_batch(batch_id: Id, service: PartsOf) -> BatchV1:
    """It goes on where it was, after those that wait already. So does one that failed, once the cause is
    mended; one of a folder that is done or was cancelled looks for what is new there."""
    return await _changed(service, lambda: service.batching.batches.resume(batch_id))


@router.post(
    "/{batch_id}/cancel", summary="Cancel a batch", response_description="The batch.", responses=_CHANGES
)
async def cancel_batch(batch_id: Id, service: PartsOf) -> BatchV1:
    """It ends after the pictures in hand. What it found stays; an archive that was sent is deleted."""
    return await _changed(service, lambda: service.batching.batches.cancel(batch_id))


@router.delete(
    "/{batch_id}",
    status_code=204,
    summary="Remove a batch",
    response_description="It is gone.",
    responses={401: UNAUTHORISED, 404: _UNKNOWN, 422: _WRONG, 503: _BUSY, 507: _FULL},
)
async def remove_batch(batch_id: Id, service: PartsOf) -> Response:
    """With all that it found. One that runs is ended first. Nothing in the folder that it read is touched."""
    await service.batching.in_thread(lambda: service.batching.batches.remove(batch_id))
    return Response(status_code=204)


@router.get(
    "/{batch_id}/cameras",
    summary="Cameras that it found",
    response_description="Those that fit.",
    responses=_QUESTIONS,
)
async def batch_cameras(
    batch_id: Id,
    service: PartsOf,
    text: Annotated[
        str,
        Query(
            alias="filter",
            max_length=4000,
            description="As in `camid query`: `vendor=hikvision and year>=2020 and country=RO`. Empty: all.",
        ),
    ] = "",
    limit: Limit = 100,
    offset: Offset = 0,
) -> BatchCamerasV1:
    """Also while it runs, of what is committed by then."""
    out = service.batching.batches.out(batch_id)
    return await service.batching.in_thread(lambda: cameras_of(out, text, Slice(limit, offset)))


@router.get(
    "/{batch_id}/errors",
    summary="Files without an answer",
    response_description="With their causes.",
    responses=_QUESTIONS,
)
async def batch_errors(
    batch_id: Id, service: PartsOf, limit: Limit = 100, offset: Offset = 0
) -> BatchErrorsV1:
    """They are tried again whenever the batch is resumed."""
    out = service.batching.batches.out(batch_id)
    return await service.batching.in_thread(lambda: errors_of(out, Slice(limit, offset)))


@router.get(
    "/{batch_id}/crops/{sha256}/{camera}.jpg",
    summary="A camera that it found",
    response_class=JpegResponse,
    responses={
        200: {"description": "A JPEG picture.", "content": {"image/jpeg": {}}},
        401: UNAUTHORISED,
        404: _UNKNOWN,
        422: _WRONG,
    },
)
async def batch_crop(
    batch_id: Id,
    sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="Of the photo.")],
    camera: Annotated[int, Path(ge=0, le=100_000, description="Counted from 0.")],
    service: PartsOf,
) -> Response:
    """The housing with a margin, its longer side at most 200 pixels."""
    out = service.batching.batches.out(batch_id)
    data = await service.batching.in_thread(lambda: crop_of(out, sha256, camera).read_bytes())
    return JpegResponse(data, headers={"Cache-Control": "private, max-age=600"})


@router.get(
    "/{batch_id}/exports/{export}",
    summary="All that it found, as a file",
    response_class=FileResponse,
    responses={
        200: {
            "description": "The file.",
            "content": {kind.partition(";")[0]: {} for kind in _MEDIA_TYPES.values()},
        },
        **_QUESTIONS,
        404: problem_doc("not_found", "No such batch, or it has classified nothing yet.", "This batch …"),
        507: _FULL,
    },
)
async def batch_export(
    batch_id: Id,
    export: Annotated[Export, Path(description="Which form.")],
    service: PartsOf,
) -> FileResponse:
    """Made when it is asked for: a table, lines of JSON, points on a map in OpenStreetMap's tagging, or a
    page to print with charts and the surest finds."""
    out = service.batching.batches.out(batch_id)
    names, settings = service.names, service.settings
    path = await service.batching.in_thread(lambda: export_of(out, export, names, settings))
    headers = {"Content-Security-Policy": _SUMMARY_POLICY} if export is Export.SUMMARY else {}
    return FileResponse(path, media_type=_MEDIA_TYPES[export], filename=export, headers=headers)


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json"


async def _changed(service: Parts, change: Callable[[], Batch]) -> BatchV1:
    return _answer(await service.batching.in_thread(change), service)


def _answer(batch: Batch, service: Parts) -> BatchV1:
    return batch_answer(batch, service.batching.batches.waits_for(batch.spec.id))


def _all(service: Parts) -> BatchesV1:
    batches = [_answer(one, service) for one in service.batching.batches.all()]
    return BatchesV1(batches=batches, folders=bool(service.settings.batch_roots))


async def _tell_all(service: Parts) -> AsyncIterator[ServerSentEvent]:
    with service.batching.events.listen() as listener:
        yield event("batches", _all(service))
        while (batch := await listener.next()) is not None:
            yield _news_of(service, batch)


async def _tell_one(service: Parts, batch_id: str) -> AsyncIterator[ServerSentEvent]:
    with service.batching.events.listen(batch_id) as listener:
        news = _news_of(service, batch_id)
        yield news
        while news.event != "removed" and await listener.next() is not None:
            news = _news_of(service, batch_id)
            yield news


def _news_of(service: Parts, batch_id: str) -> ServerSentEvent:
    """As it is now, not as it was when the event came about."""
    try:
        return event("batch", _answer(service.batching.batches.get(batch_id), service))
    except CamidError:
        return event("removed", RemovedBatchV1(id=batch_id))
