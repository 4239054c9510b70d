"""What a test camera is, and what it can be made to do wrong. These travel to its process, so they import
nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Faults:
    """All off by default. They may be set while the camera runs and act on clients that are already there."""

    stalled: bool = False
    """Stays connected and sends no more pictures."""
    silent: bool = False
    """Accepts connections and never answers a request."""
    loss: float = 0.0
    """Share of the RTP packets that are not sent; their sequence numbers are used up."""
    garbage: float = 0.0
    """Share of the RTP packets whose payload, but for its first two bytes, is noise."""
    wrong_password: bool = False
    """Every login is answered 401."""
    without_parameter_sets: bool = False
    """Neither SDP nor stream carry VPS, SPS and PPS. Acts on clients that come later."""
    first_key_after_s: float = 0.0
    """A new client gets no key frame for that long."""
    not_found: bool = False
    """DESCRIBE is answered 404."""
    redirect: str | None = None
    """DESCRIBE is answered 302 with this URL."""
    status: int | None = None
    """DESCRIBE is answered with this status."""
    endless: Literal["headers", "body"] | None = None
    """The answer to DESCRIBE comes for ever, a line every tenth of a second."""
    sdp_bytes: int = 0
    """The SDP is filled up with attributes to this length."""
    audio_only: bool = False
    """No video in the SDP; the camera plays silence."""
    jump_s: float = 0.0
    """Before each key frame the RTP time jumps by this much, forward or back."""
    end_after_s: float | None = None
    """The stream ends that long after PLAY, in the way ``end`` says."""
    end: Literal["bye", "teardown", "close", "reset"] = "bye"
    """How it ends: RTCP BYE, a TEARDOWN sent by the server, a closed connection, a reset one."""


@dataclass(frozen=True, slots=True)
class Sdp:
    """The lines of the SDP that makers fill in their own way. ``attributes`` stand before the first media
    description, ``media_attributes`` in that of the video; each without its ``a=``."""

    session: str = "Media Presentation"
    origin: str = "- 1109162014219182 1109162014219192 IN IP4 127.0.0.1"
    information: str | None = None
    attributes: tuple[str, ...] = ()
    media_attributes: tuple[str, ...] = ()
    control: str = "trackID=1"
    base: str = "*"


@dataclass(frozen=True, slots=True)
class CameraSpec:
    """A camera. ``starts`` is the moment that the clock of the clip's first frame shows: where it is given,
    the clip plays in step with the clock of this machine (and a new client waits for the next key frame);
    otherwise it plays from ``phase_s`` at the start of the camera, and a new client gets a key frame at once.

    ``user_data`` goes before each key frame as an SEI message of unregistered user data: a UUID of 16 bytes,
    then anything.
    """

    clip: Path
    server: str | None = "Test RTSP Server"
    realm: str = "camera"
    auth: Literal["basic", "digest"] | None = None
    user: str = "admin"
    password: str = field(default="a-password", repr=False)
    path: str = "/stream1"
    public: str = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN"
    headers: tuple[tuple[str, str], ...] = ()
    sdp: Sdp = Sdp()
    faults: Faults = Faults()
    starts: datetime | None = None
    phase_s: float = 0.0
    user_data: bytes | None = None
    port: int = 0
    certificate: Path | None = None
    """A PEM file with key and certificate: the camera speaks TLS."""


@dataclass(frozen=True, slots=True)
class Counters:
    """``connections`` were accepted since the process started, ``open`` are now, ``clients`` play now.
    ``requests`` counts by method; ``skipped`` frames were not sent to a client that reads too slowly."""

    connections: int = 0
    open: int = 0
    clients: int = 0
    requests: tuple[tuple[str, int], ...] = ()
    skipped: int = 0
    cpu_s: float = 0.0
    """Processor time of the camera's whole process."""
    at: float = 0.0
    """When this was counted, seconds of a monotonic clock."""
