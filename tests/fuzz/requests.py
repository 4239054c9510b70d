"""Targets: what clients send to the service."""

from __future__ import annotations

import asyncio
import atexit
import shutil
from functools import cache
from types import SimpleNamespace

from fastapi import Request
from pydantic import BaseModel

from edge.errors import ErrorCode
from edge.report.contract import PhotoV1
from edge.service.answers import PHOTO_EXAMPLE
from edge.service.batch_requests import NewBatchV1
from edge.service.form import Form
from edge.service.json_body import read_json
from edge.service.review_word import ReviewV1, checked
from edge.service.sightings import HandPlaceV1, JoinV1, TakenV1
from edge.service.stream_requests import NewStreamV1, StreamChangeV1, ValidationV1, WatchTimeV1
from edge.settings import Settings
from edge.streams.state import StreamSpec
from edge.vendors.catalogue import load_catalogue
from tests.fuzz.target import Target, refusing, scratch

SETTINGS = Settings(max_photo_bytes=4096, max_photos_per_request=4)
BOUNDARY = "b0"
BODIES: tuple[type[BaseModel], ...] = (
    NewStreamV1,
    StreamChangeV1,
    ValidationV1,
    WatchTimeV1,
    NewBatchV1,
    ReviewV1,
    JoinV1,
    TakenV1,
    HandPlaceV1,
)
"""Every body that is read as JSON; the first byte of an input chooses."""


def json_body(data: bytes) -> None:
    model = BODIES[data[0] % len(BODIES)] if data else NewStreamV1
    with refusing(ErrorCode.BAD_REQUEST):
        body = _loop().run_until_complete(read_json(_request(data[1:]), model))
        _use(body)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    atexit.register(loop.close)
    return loop


def _request(body: bytes) -> Request:
    """As the server hands it on; only what reading it needs of the application is there."""
    app = SimpleNamespace(state=SimpleNamespace(parts=SimpleNamespace(settings=SETTINGS)))
    headers = [(b"content-type", b"application/json; charset=utf-8")]
    sent = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, object]:
        return sent.pop() if sent else {"type": "http.disconnect"}

    return Request({"type": "http", "method": "POST", "headers": headers, "app": app}, receive)


def _use(body: BaseModel) -> None:
    """What the service does with it first."""
    match body:
        case NewStreamV1() | ValidationV1():
            name = body.spec().name
            assert name
            assert name.isprintable()
        case StreamChangeV1():
            changed = body.applied_to(_spec())
            assert changed.address.host == _spec().address.host
            assert changed.name.strip()
        case ReviewV1():
            _check_review(body)


@cache
def _spec() -> StreamSpec:
    return NewStreamV1.model_validate({"url": "rtsp://192.0.2.1/a", "name": "Door"}).spec()


def _check_review(body: ReviewV1) -> None:
    photo = PhotoV1.model_validate(PHOTO_EXAMPLE)
    for camera in checked(body, photo, load_catalogue()).cameras:
        assert 0 <= camera.box[0] < camera.box[2] <= (photo.source.width or 0)
        assert 0 <= camera.box[1] < camera.box[3] <= (photo.source.height or 0)


def form(data: bytes) -> None:
    """The first byte says how large the pieces are in which the body comes."""
    step, body = (data[0] or 1) * 4 if data else 4, data[1:]
    folder = scratch() / "incoming"
    folder.mkdir()
    try:
        made = Form(f"multipart/form-data; boundary={BOUNDARY}", folder, SETTINGS)
        try:
            with refusing(ErrorCode.BAD_REQUEST, ErrorCode.EMPTY, ErrorCode.TOO_MANY_PHOTOS):
                for at in range(0, len(body), step):
                    made.feed(body[at : at + step])
                made.finish()
                _check_uploads(made)
        finally:
            made.discard()
        assert not any(folder.iterdir())
    finally:
        shutil.rmtree(folder)


def _check_uploads(made: Form) -> None:
    assert len(made.uploads) <= SETTINGS.max_photos_per_request
    for upload in made.uploads:
        assert upload.name.isprintable()
        assert not set(upload.name) & set("/\\")
        if upload.error is None:
            assert upload.path.stat().st_size == upload.size <= SETTINGS.max_photo_bytes


def form_type(data: bytes) -> None:
    """The header that names the boundary."""
    with refusing(ErrorCode.BAD_REQUEST):
        Form(data.decode("latin-1"), scratch(), SETTINGS)


TARGETS = (
    Target("json-body", json_body),
    Target("form", form),
    Target("form-type", form_type, 1024),
)
