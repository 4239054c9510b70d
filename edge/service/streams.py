"""Streams: add, change, remove, look at, listen to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from edge.errors import CamidError
from edge.service.answers import GUARDED, UNAUTHORISED, problem_doc
from edge.service.auth import STREAMS
from edge.service.event_stream import event, event_stream
from edge.service.json_body import json_request, read_json
from edge.service.parts import Parts, parts
from edge.service.photos import JpegResponse
from edge.service.stream_answers import (
    RemovedV1,
    ValidatedV1,
    WatchedStreamsV1,
    WatchedStreamV1,
    stream_answer,
    streams_answer,
    validation_answer,
)
from edge.service.stream_requests import NewStreamV1, StreamChangeV1, ValidationV1, WatchTimeV1
from edge.service.watched import WatchedStream
from edge.streams.checks import expected_brand
from edge.streams.findings import Target
from edge.streams.state import StreamSpec

_WRONG = problem_doc("bad_request", "The body is wrong, or the host unknown.", "The request is wrong (…). …")
_UNKNOWN = problem_doc("not_found", "No such stream.", "There is no stream with this id. …")
_FORBIDDEN = problem_doc(
    "host_not_allowed", "The host is outside the private networks.", "The host … is outside …"
)
_MANY = problem_doc("too_many_streams", "A limit was hit.", "There are 256 streams already. …")
_BUSY = problem_doc("busy", "Too much of this at once; see Retry-After.", "Too many changes …")
_FULL = problem_doc("store_full", "The disk of the data directory is full.", "Free disk space …")
_EVENTS: dict[int | str, dict[str, object]] = {
    200: {
        "description": "Server-sent events, until the client ends them.",
        "content": {"text/event-stream": {}},
    },
    401: UNAUTHORISED,
    503: _BUSY,
}
_VALIDATIONS: dict[int | str, dict[str, object]] = {
    401: UNAUTHORISED,
    403: _FORBIDDEN,
    422: _WRONG,
    503: _BUSY,
}

router = APIRouter(prefix="/api/v1/streams", tags=["streams"], dependencies=[STREAMS], responses=GUARDED)
PartsOf = Annotated[Parts, Depends(parts)]
Id = Annotated[str, Path(description="The id of the stream.", examples=["8d0c1c6f1c0f4a52a2b1f4d2c9e8b7a6"])]


async def _new(request: Request) -> NewStreamV1:
    return await read_json(request, NewStreamV1)


async def _change(request: Request) -> StreamChangeV1:
    return await read_json(request, StreamChangeV1)


async def _validation(request: Request) -> ValidationV1:
    return await read_json(request, ValidationV1)


async def _watch_time(request: Request) -> WatchTimeV1:
    return await read_json(request, WatchTimeV1)


@router.post(
    "",
    status_code=201,
    summary="Watch a stream",
    response_description="The stream, with its id.",
    responses={401: UNAUTHORISED, 403: _FORBIDDEN, 409: _MANY, 422: _WRONG, 503: _BUSY, 507: _FULL},
    openapi_extra=json_request(NewStreamV1),
)
async def add_stream(body: Annotated[NewStreamV1, Depends(_new)], service: PartsOf) -> WatchedStreamV1:
    """From now on, also after a restart. The camera is not asked before this is answered: what it says
    follows in `state`, `fault` and the events."""
    spec = body.spec()
    expected_brand(spec.expect, service.catalogue)
    added = await service.streams.in_thread(lambda: service.streams.add(spec))
    return _answer(added, service)


@router.get("", summary="All streams", response_description="All of them.", responses={401: UNAUTHORISED})
async def list_streams(service: PartsOf) -> WatchedStreamsV1:
    """In the order in which they were added."""
    return _all(service)


@router.get("/events", summary="Events of all streams", response_class=EventSourceResponse, responses=_EVENTS)
async def all_events(service: PartsOf) -> EventSourceResponse:
    """First `streams` with all of them, then `stream` with the new state of each that changes, and `removed`
    with the `id` of each that is removed. A slow client misses states in between, never the newest."""
    return event_stream(service.events, service.settings, _tell_all(service))


@router.post(
    "/validate",
    summary="Check a camera once",
    response_description="What `camid stream --json` says of it.",
    responses=_VALIDATIONS,
    openapi_extra=json_request(ValidationV1),
)
async def validate_camera(
    body: Annotated[ValidationV1, Depends(_validation)], service: PartsOf
) -> ValidatedV1:
    """Watches it for some seconds and judges what an installer has to know: reachable, login, frame rate,
    key frames, jitter, loss, clock, picture, maker. The status is 200 also where checks fail. Nothing is
    kept."""
    spec = body.spec()
    expected_brand(spec.expect, service.catalogue)
    pinned = await service.streams.in_thread(lambda: service.streams.policy(spec.address.host))
    return await _validated(replace(spec, pinned_ip=pinned), body.seconds, service)


@router.post(
    "/{stream_id}/validate",
    summary="Check the camera of a stream",
    response_description="What `camid stream --json` says of it.",
    responses={**_VALIDATIONS, 404: _UNKNOWN},
    openapi_extra=json_request(WatchTimeV1),
)
async def validate_stream(
    stream_id: Id, body: Annotated[WatchTimeV1, Depends(_watch_time)], service: PartsOf
) -> ValidatedV1:
    """As above, with the address, credentials and expectation that are kept."""
    return await _validated(service.streams.watchable(stream_id), body.seconds, service)


@router.get(
    "/{stream_id}",
    summary="One stream",
    response_description="The stream.",
    responses={401: UNAUTHORISED, 404: _UNKNOWN, 422: _WRONG},
)
async def read_stream(stream_id: Id, service: PartsOf) -> WatchedStreamV1:
    """What is known of it now."""
    return _answer(service.streams.get(stream_id), service)


@router.patch(
    "/{stream_id}",
    summary="Change a stream",
    response_description="The stream as it is now.",
    responses={401: UNAUTHORISED, 403: _FORBIDDEN, 404: _UNKNOWN, 422: _WRONG, 503: _BUSY, 507: _FULL},
    openapi_extra=json_request(StreamChangeV1),
)
async def change_stream(
    stream_id: Id, body: Annotated[StreamChangeV1, Depends(_change)], service: PartsOf
) -> WatchedStreamV1:
    """Name, credentials, expectation, on or off; what is left out stays. Where it is switched on, its host is
    resolved and checked anew."""
    expected_brand(body.expect.expectation(), service.catalogue)
    changed = await service.streams.in_thread(lambda: service.streams.change(stream_id, body.applied_to))
    return _answer(changed, service)


@router.delete(
    "/{stream_id}",
    status_code=204,
    summary="Remove a stream",
    response_description="It is gone.",
    responses={401: UNAUTHORISED, 404: _UNKNOWN, 422: _WRONG, 503: _BUSY, 507: _FULL},
)
async def remove_stream(stream_id: Id, service: PartsOf) -> Response:
    """With its credentials, its picture and all that was known of it."""
    await service.streams.in_thread(lambda: service.streams.remove(stream_id))
    return Response(status_code=204)


@router.get(
    "/{stream_id}/snapshot.jpg",
    summary="The newest picture",
    response_class=JpegResponse,
    responses={
        200: {"description": "A JPEG picture.", "content": {"image/jpeg": {}}},
        401: UNAUTHORISED,
        404: problem_doc("not_found", "No such stream, or no picture of it yet.", "There is no picture …"),
        422: _WRONG,
    },
)
async def read_snapshot(stream_id: Id, service: PartsOf) -> Response:
    """The last that was looked at, at most 1280 pixels wide; `last_look` says when."""
    return JpegResponse(service.streams.snapshot(stream_id))


@router.get(
    "/{stream_id}/events",
    summary="Events of one stream",
    response_class=EventSourceResponse,
    responses={**_EVENTS, 404: _UNKNOWN, 422: _WRONG},
)
async def events_of_one(stream_id: Id, service: PartsOf) -> EventSourceResponse:
    """`stream` with its state now and with each new one; `removed` and the end when it is removed."""
    service.streams.get(stream_id)
    return event_stream(service.events, service.settings, _tell_one(service, stream_id))


async def _validated(spec: StreamSpec, seconds: float, service: Parts) -> ValidatedV1:
    target = Target(spec.name, spec.address, spec.expect, pinned_ip=spec.pinned_ip)
    return validation_answer(await service.validations.run(target, seconds), service.names)


def _answer(stream: WatchedStream, service: Parts) -> WatchedStreamV1:
    return stream_answer(stream, service.names, service.catalogue)


def _all(service: Parts) -> WatchedStreamsV1:
    return streams_answer(service.streams.all(), service.names, service.catalogue)


async def _tell_all(service: Parts) -> AsyncIterator[ServerSentEvent]:
    with service.events.listen() as listener:
        yield event("streams", _all(service))
        while (stream := await listener.next()) is not None:
            yield _news_of(service, stream)


async def _tell_one(service: Parts, stream_id: str) -> AsyncIterator[ServerSentEvent]:
    with service.events.listen(stream_id) as listener:
        news = _news_of(service, stream_id)
        yield news
        while news.event != "removed" and await listener.next() is not None:
            news = _news_of(service, stream_id)
            yield news


def _news_of(service: Parts, stream_id: str) -> ServerSentEvent:
    """As it is now, not as it was when the event came about."""
    try:
        return event("stream", _answer(service.streams.get(stream_id), service))
    except CamidError:
        return event("removed", RemovedV1(id=stream_id))
