"""What the validation of one camera found, and how it was judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.domain import Camera, Identification, Osd
from edge.domain_streams import Exchange, StreamInfo, StreamStatistics
from edge.errors import StreamFault
from edge.media.address import Address
from edge.streams.clock_offset import ClockOffset
from edge.streams.state import NOTHING_EXPECTED, Expectation, PictureFault


@dataclass(frozen=True, slots=True)
class Target:
    """One camera to validate, or a recording in its place. ``onvif_port``: None asks no ONVIF service;
    ``pinned_ip`` see ``StreamSpec``."""

    name: str
    address: Address
    expect: Expectation = NOTHING_EXPECTED
    onvif_port: int | None = 80
    pinned_ip: str | None = None


@dataclass(frozen=True, slots=True)
class Device:
    """What the camera says it is, over ONVIF or RTSP; None: it does not say."""

    manufacturer: str | None = None
    model: str | None = None
    firmware: str | None = None
    serial: str | None = None
    mac: str | None = None


NOT_STATED = Device()


class Login(StrEnum):
    """What the camera asked for before it showed its stream."""

    NONE = "none"
    """Nothing: anybody may look."""
    BASIC = "basic"
    DIGEST = "digest"
    NOT_KNOWN = "not_known"


@dataclass(frozen=True, slots=True)
class Observation:
    """All that was seen of one camera while it was watched for ``seconds``.

    ``fault`` ended the watch, or kept it from beginning; ``message`` says more, without credentials. ``day``
    says whether it was day where the camera is, None: not known. ``still_s`` is for how long the scene had
    stood still at the end; ``silent``: so still that no clock ticked either.
    """

    target: Target
    began: datetime
    seconds: float
    login: Login = Login.NOT_KNOWN
    fault: StreamFault | None = None
    message: str | None = None
    exchange: Exchange | None = None
    info: StreamInfo | None = None
    statistics: StreamStatistics | None = None
    identification: Identification | None = None
    device: Device = NOT_STATED
    osd: Osd | None = None
    clock: ClockOffset | None = None
    overlay_by: str | None = None
    intermediary: str | None = None
    cameras: tuple[Camera, ...] = ()
    picture_faults: tuple[PictureFault, ...] = ()
    still_s: float = 0.0
    silent: bool = False
    day: bool | None = None
    snapshot: bytes | None = None

    @property
    def seen(self) -> bool:
        """Whether any picture came."""
        return self.snapshot is not None


class CheckId(StrEnum):
    REACHABLE = "reachable"
    LOGIN = "login"
    STREAM = "stream"
    FRAME_RATE = "frame_rate"
    KEY_FRAMES = "key_frames"
    JITTER = "jitter"
    LOSS = "loss"
    CLOCK = "clock"
    NOT_BLACK = "not_black"
    NOT_FROZEN = "not_frozen"
    SHARP = "sharp"
    COLOUR = "colour"
    VENDOR = "vendor"
    MODEL = "model"
    FIRMWARE = "firmware"


class Outcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_CHECKED = "not_checked"
    """There was nothing to judge by; ``message`` says why."""


@dataclass(frozen=True, slots=True)
class Check:
    """``message`` says in a few words what was found, and what was expected where it failed."""

    id: CheckId
    outcome: Outcome
    message: str


@dataclass(frozen=True, slots=True)
class StreamReport:
    observation: Observation
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.outcome is Outcome.FAILED)

    @property
    def reachable(self) -> bool:
        return not any(check.id is CheckId.REACHABLE for check in self.failed)
