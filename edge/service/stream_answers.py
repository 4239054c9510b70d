"""What the service answers about streams; never a password, never a user name."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from edge.domain import Verdict
from edge.errors import STREAM_OUTCOMES, StreamFault
from edge.report.contract import (
    CameraV1,
    IdentificationV1,
    OsdV1,
    camera_contract,
    identification_contract,
    iso,
    osd_contract,
)
from edge.report.sentence import Names, recorder_sentence
from edge.report.stream_contract import (
    CheckV1,
    StreamInfoV1,
    StreamV1,
    check_contract,
    info_contract,
    stream_contract,
)
from edge.service.stream_requests import ExpectV1
from edge.service.watched import WatchedStream
from edge.streams.checks import vendor_check
from edge.streams.findings import StreamReport
from edge.streams.state import PictureFault, StreamState, StreamStatus
from edge.vendors.catalogue import Catalogue

STREAM_EXAMPLE: JsonDict = {
    "id": "8d0c1c6f1c0f4a52a2b1f4d2c9e8b7a6",
    "name": "Back door",
    "url": "rtsp://192.168.1.10/stream1",
    "has_credentials": True,
    "enabled": True,
    "expect": {"vendor": "dahua", "model": None, "firmware": None},
    "created_at": "2026-03-14T09:20:11.042Z",
    "state": "asleep",
    "since": "2026-03-14T09:26:53Z",
    "fault": None,
    "message": None,
    "info": {
        "codec": "h264",
        "profile": "High",
        "width": 1920,
        "height": 1080,
        "announced_fps": 25.0,
        "transport": "tcp",
        "decoder": None,
    },
    "identification": {
        "verdict": "identified",
        "brand": None,
        "platform": "dahua",
        "confidence": 0.998,
        "candidates": [],
        "evidence": [
            {
                "kind": "protocol",
                "value": "Login to 5A01C7",
                "box": None,
                "strength": "strong",
                "supports": {"dahua": 6.9},
                "note": None,
            }
        ],
        "advisories": [],
    },
    "sentence": "a camera built by Dahua, brand not shown, because it answered “Login to 5A01C7”",
    "settled": True,
    "osd": {"timestamp_text": "2026-03-14 09:26:50", "channel_text": "IPC"},
    "overlay_by": None,
    "intermediary": None,
    "cameras": [],
    "picture_faults": [],
    "checks": [{"id": "vendor", "outcome": "passed", "message": "Dahua"}],
    "looks": 4,
    "last_look": "2026-03-14T09:26:53Z",
    "next_look": "2026-03-14T09:31:53Z",
}


class WatchedStreamV1(BaseModel):
    """A stream that is watched, and what is known of it."""

    model_config = ConfigDict(json_schema_extra={"example": STREAM_EXAMPLE})

    id: str = Field(description="Random and unguessable.")
    name: str
    url: str = Field(description="Without credentials, also none of those in its path or query.")
    has_credentials: bool
    enabled: bool
    expect: ExpectV1
    created_at: str
    state: StreamState
    since: str = Field(description="When this state began.")
    fault: StreamFault | None = Field(description="What was wrong at the last look; null: nothing.")
    message: str | None = Field(description="The fault in words, or why the stream is not watched.")
    info: StreamInfoV1 | None
    identification: IdentificationV1 | None = Field(
        description="The camera that records the stream; null before the first look."
    )
    sentence: str | None = Field(description="The verdict and its reason for people.")
    settled: bool = Field(description="Further looks are not expected to change the verdict.")
    osd: OsdV1 | None
    overlay_by: str | None = Field(description="Software that drew the display, which then names no camera.")
    intermediary: str | None = Field(description="A server that stands between us and the camera.")
    cameras: list[CameraV1] = Field(description="Cameras seen in the picture.")
    picture_faults: list[PictureFault]
    checks: list[CheckV1] = Field(
        description="Whether it is what it should be; none while that is not known."
    )
    looks: int
    last_look: str | None
    next_look: str | None


class WatchedStreamsV1(BaseModel):
    """All streams, in the order in which they were added."""

    model_config = ConfigDict(json_schema_extra={"example": {"streams": [STREAM_EXAMPLE]}})

    streams: list[WatchedStreamV1]


class RemovedV1(BaseModel):
    """A stream that was removed."""

    id: str


class ValidatedV1(StreamV1):
    """What ``camid stream --json`` says, and the verdict in words."""

    sentence: str | None = Field(description="Whose camera it is, and the reason, for people.")


def validation_answer(report: StreamReport, names: Names) -> ValidatedV1:
    answer = stream_contract(report)
    found = answer.recorded_by
    said = recorder_sentence(found, names, answer.intermediary) if found else None
    return ValidatedV1.model_validate({**answer.model_dump(by_alias=True), "sentence": said})


def stream_answer(stream: WatchedStream, names: Names, catalogue: Catalogue) -> WatchedStreamV1:
    """``stream`` in the form that leaves the service; ``names`` are those of makers in its sentence."""
    spec, status = stream.spec, stream.status
    found = identification_contract(status.identification) if status.identification else None
    return WatchedStreamV1(
        id=spec.id,
        name=spec.name,
        url=spec.address.redacted,
        has_credentials=spec.address.has_credentials,
        enabled=spec.enabled,
        expect=ExpectV1(vendor=spec.expect.vendor, model=spec.expect.model, firmware=spec.expect.firmware),
        created_at=stream.created_at,
        state=status.state,
        since=iso(status.since) or "",
        fault=status.fault,
        message=_message(status),
        info=info_contract(status.info) if status.info else None,
        identification=found,
        sentence=recorder_sentence(found, names, status.intermediary) if found else None,
        settled=status.settled,
        osd=osd_contract(status.osd),
        overlay_by=status.overlay_by,
        intermediary=status.intermediary,
        cameras=[camera_contract(camera) for camera in status.cameras],
        picture_faults=list(status.picture_faults),
        checks=_checks(stream, catalogue),
        looks=status.looks,
        last_look=iso(status.last_look),
        next_look=iso(status.next_look),
    )


def streams_answer(
    streams: tuple[WatchedStream, ...], names: Names, catalogue: Catalogue
) -> WatchedStreamsV1:
    return WatchedStreamsV1(streams=[stream_answer(one, names, catalogue) for one in streams])


def _checks(stream: WatchedStream, catalogue: Catalogue) -> list[CheckV1]:
    """Of the maker alone: model and firmware are what a validation asks for."""
    vendor, status = stream.spec.expect.vendor, stream.status
    brand = catalogue.brand_of(vendor) if vendor is not None else None
    found = status.identification
    certain = status.settled or (found is not None and found.verdict is Verdict.IDENTIFIED)
    if brand is None or not certain:
        return []
    return [check_contract(vendor_check(found, brand, catalogue))]


def _message(status: StreamStatus) -> str | None:
    """What is wrong, and what to do about it."""
    if status.message is None or status.fault is None:
        return status.message
    return f"{status.message} {STREAM_OUTCOMES[status.fault].advice}"
