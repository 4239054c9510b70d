"""The types of streams: what a camera answers, what it sends, and what one look at it showed.

Times named ``received`` are seconds of a monotonic clock; moments are aware datetimes in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from edge.domain import Camera, Evidence, Osd, Pixels


class Transport(StrEnum):
    TCP = "tcp"
    UDP = "udp"
    FILE = "file"
    """A recording in the place of a camera."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of an RTSP server. ``headers`` keep order, case and repetitions; credentials never stand in
    them, for they come from the camera."""

    method: str
    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: str = ""

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.headers if key.lower() == name.lower())


@dataclass(frozen=True, slots=True)
class Exchange:
    """The OPTIONS and DESCRIBE answers of one camera, the refused ones too, in the order they came."""

    answers: tuple[Answer, ...]

    @property
    def description(self) -> str | None:
        """The SDP, if DESCRIBE was answered with one."""
        bodies = (a.body for a in self.answers if a.method == "DESCRIBE" and a.status == 200 and a.body)
        return next(bodies, None)


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What the stream says of itself. ``announced_fps`` is that of the SDP or of the codec's headers;
    ``hardware`` names the decoder's device, None: the processor; ``user_data`` holds SEI messages."""

    codec: str
    profile: str | None
    width: int
    height: int
    announced_fps: float | None
    transport: Transport
    hardware: str | None = None
    user_data: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture: BGR, upright. ``pts`` is the stream's own time in seconds, None where it has
    none."""

    pixels: Pixels
    received: float
    taken: datetime
    pts: float | None
    key: bool

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True)
class StreamStatistics:
    """Counted while the stream was watched, for ``seconds``. ``gop_frames`` and ``gop_s`` are medians between
    key frames, ``jitter_ms`` the mean deviation of arrival from the frames' own times, ``lost_packets`` gaps
    in the sequence numbers; None: not measured. ``dropped`` counts frames that were not looked at, by
    cause."""

    seconds: float
    packets: int
    frames: int
    key_frames: int
    bytes: int
    fps: float | None
    bitrate_kbps: float | None
    gop_frames: float | None
    gop_s: float | None
    jitter_ms: float | None
    lost_packets: int | None
    corrupt_packets: int
    dropped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class OsdClock:
    """The time that an on-screen display shows: ``text`` as read, ``moment`` as the display means it (without
    a zone), ``received`` when the frame that showed it came in."""

    text: str
    moment: datetime
    received: datetime


@dataclass(frozen=True, slots=True)
class StreamLook:
    """What one look at a stream showed. ``evidence`` is about the camera that *records*; ``cameras`` are
    those seen in its picture. ``overlay_by`` names software that drew the display, ``intermediary`` a server
    that stands between us and the camera."""

    evidence: tuple[Evidence, ...]
    osd: Osd | None = None
    clock: OsdClock | None = None
    overlay_by: str | None = None
    intermediary: str | None = None
    cameras: tuple[Camera, ...] = ()
