"""The JSON of a validated stream, schema ``camid-stream/1``: what ``camid stream --json`` prints.

It follows the rules of ``camid/1``: every field is always there, an absent fact is null, never guessed;
fields may be added and are never renamed, removed or given another meaning. Credentials stand in none.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from edge.domain_streams import StreamInfo, StreamStatistics, Transport
from edge.errors import StreamFault
from edge.report.contract import (
    CameraV1,
    IdentificationV1,
    OsdV1,
    camera_contract,
    identification_contract,
    iso,
    osd_contract,
)
from edge.streams.clock_offset import ClockOffset
from edge.streams.findings import Check, CheckId, Device, Login, Outcome, StreamReport
from edge.streams.state import Expectation, PictureFault

SCHEMA: Literal["camid-stream/1"] = "camid-stream/1"

Tenths = Annotated[float, AfterValidator(partial(round, ndigits=1))]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class StreamSourceV1(_Part):
    """The camera, or the recording in its place."""

    kind: Literal["stream", "video"]
    name: str = Field(examples=["Loading bay"])
    address: str = Field(
        description="Without credentials; of a recording the file's name.",
        examples=["rtsp://192.168.1.64/Streaming/Channels/101"],
    )


class FaultV1(_Part):
    code: StreamFault
    message: str


class StreamInfoV1(_Part):
    """What the stream says of itself."""

    codec: str = Field(examples=["h264"])
    profile: str | None = Field(examples=["Main"])
    width: int
    height: int
    announced_fps: Tenths | None
    transport: Transport
    decoder: str | None = Field(description="Device that decoded it; null: the processor.")


class MeasuredV1(_Part):
    """Measured while the stream was watched."""

    seconds: Tenths
    frames: int
    fps: Tenths | None
    bitrate_kbps: Tenths | None
    gop_frames: Tenths | None = Field(description="Median distance of key frames.")
    gop_s: Tenths | None
    jitter_ms: Tenths | None = Field(description="Mean deviation of arrival from the frames' own times.")
    packets: int
    lost_packets: int | None
    corrupt_packets: int
    dropped: dict[str, int] = Field(description="Frames that were not looked at, by cause.")


class ClockV1(_Part):
    """The clock in the display against that of this machine."""

    ahead_s: Tenths = Field(description="Negative: it is behind.")
    uncertainty_s: Tenths
    time_zone_s: int = Field(description="The part of it that is a wrong time zone; 0: none.")
    stands: bool = Field(description="It does not tick.")


class PictureV1(_Part):
    faults: list[PictureFault]
    still_s: Tenths = Field(description="For how long nothing had changed at the end.")


class DeviceV1(_Part):
    """What the camera says it is, over ONVIF or RTSP."""

    manufacturer: str | None
    model: str | None
    firmware: str | None
    serial: str | None
    mac: str | None


class ExpectedV1(_Part):
    vendor: str | None
    model: str | None
    firmware: str | None


class CheckV1(_Part):
    id: CheckId
    outcome: Outcome
    message: str = Field(description="What was found, for people; may be empty.")


class StreamV1(_Part):
    """Everything the validation says about one camera."""

    schema_: Literal["camid-stream/1"] = Field(alias="schema")
    source: StreamSourceV1
    began: str = Field(description="When the watch began, ISO 8601 in UTC.")
    passed: bool = Field(description="No check failed.")
    checks: list[CheckV1]
    fault: FaultV1 | None = Field(description="What ended the watch, or kept it from beginning.")
    login: Login
    stream: StreamInfoV1 | None
    measured: MeasuredV1 | None
    picture: PictureV1
    clock: ClockV1 | None
    osd: OsdV1 | None
    overlay_by: str | None = Field(description="Software that drew the display.")
    intermediary: str | None = Field(description="Software that stands between the camera and us.")
    device: DeviceV1
    recorded_by: IdentificationV1 | None = Field(description="The camera that sends the stream.")
    cameras: list[CameraV1] = Field(description="Cameras seen in its picture.")
    expected: ExpectedV1


def stream_contract(report: StreamReport) -> StreamV1:
    """``report`` in the form that leaves Camid.

    Raises:
        pydantic.ValidationError: if a number in it is not finite.
    """
    seen = report.observation
    address = seen.target.address
    return StreamV1(
        schema=SCHEMA,
        source=StreamSourceV1(
            kind="video" if address.is_file else "stream", name=seen.target.name, address=address.redacted
        ),
        began=iso(seen.began) or "",
        passed=not report.failed,
        checks=[check_contract(check) for check in report.checks],
        fault=FaultV1(code=seen.fault, message=seen.message or "") if seen.fault else None,
        login=seen.login,
        stream=info_contract(seen.info) if seen.info else None,
        measured=_measured(seen.statistics),
        picture=PictureV1(faults=list(seen.picture_faults), still_s=seen.still_s),
        clock=_clock(seen.clock),
        osd=osd_contract(seen.osd),
        overlay_by=seen.overlay_by,
        intermediary=seen.intermediary,
        device=_device(seen.device),
        recorded_by=identification_contract(seen.identification) if seen.identification else None,
        cameras=[camera_contract(camera) for camera in seen.cameras],
        expected=_expected(seen.target.expect),
    )


def stream_json(answer: StreamV1) -> str:
    """One line of JSON."""
    return answer.model_dump_json(by_alias=True)


def info_contract(info: StreamInfo) -> StreamInfoV1:
    return StreamInfoV1(
        codec=info.codec,
        profile=info.profile,
        width=info.width,
        height=info.height,
        announced_fps=info.announced_fps,
        transport=info.transport,
        decoder=info.hardware,
    )


def check_contract(check: Check) -> CheckV1:
    return CheckV1(id=check.id, outcome=check.outcome, message=check.message)


def _measured(statistics: StreamStatistics | None) -> MeasuredV1 | None:
    if statistics is None:
        return None
    return MeasuredV1(
        seconds=statistics.seconds,
        frames=statistics.frames,
        fps=statistics.fps,
        bitrate_kbps=statistics.bitrate_kbps,
        gop_frames=statistics.gop_frames,
        gop_s=statistics.gop_s,
        jitter_ms=statistics.jitter_ms,
        packets=statistics.packets,
        lost_packets=statistics.lost_packets,
        corrupt_packets=statistics.corrupt_packets,
        dropped=dict(statistics.dropped),
    )


def _clock(clock: ClockOffset | None) -> ClockV1 | None:
    if clock is None:
        return None
    return ClockV1(
        ahead_s=clock.seconds,
        uncertainty_s=clock.uncertainty,
        time_zone_s=clock.zone_s,
        stands=clock.stands,
    )


def _device(device: Device) -> DeviceV1:
    return DeviceV1(
        manufacturer=device.manufacturer,
        model=device.model,
        firmware=device.firmware,
        serial=device.serial,
        mac=device.mac,
    )


def _expected(expect: Expectation) -> ExpectedV1:
    return ExpectedV1(vendor=expect.vendor, model=expect.model, firmware=expect.firmware)
