"""Stand-ins for cameras and models, so that looks at streams can be played without either.

``Cameras`` is what ``open_stream`` reaches; each camera's fields may be changed between looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import numpy as np

from edge.domain import (
    Box,
    Candidate,
    Evidence,
    EvidenceKind,
    Identification,
    Osd,
    Pixels,
    Strength,
    Verdict,
)
from edge.domain_streams import (
    Answer,
    Exchange,
    Frame,
    StreamInfo,
    StreamLook,
    StreamStatistics,
    Transport,
)
from edge.errors import StreamError, StreamFault
from edge.media.address import Address, StreamAddress
from edge.media.clock import SYSTEM_CLOCK, Clock
from edge.settings import Settings
from edge.streams.state import StreamSpec

WORDMARK = Box(500, 300, 600, 330)


def spec(stream: str = "door", **fields: object) -> StreamSpec:
    given: dict[str, object] = {
        "id": stream,
        "name": stream.title(),
        "address": StreamAddress.parse(f"rtsp://user:a-secret@{stream}/live"),
    }
    return StreamSpec(**{**given, **fields})  # type: ignore[arg-type]


def scene(seed: int = 0, width: int = 640, height: int = 360) -> Pixels:
    """Another scene for each seed."""
    blocks = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return np.ascontiguousarray(np.kron(blocks, np.ones((height // 6, width // 8, 1), np.uint8)))


def info(codec: str = "h264", width: int = 640, height: int = 360, **fields: object) -> StreamInfo:
    given: dict[str, object] = {"profile": "Main", "announced_fps": 25.0, "transport": Transport.TCP}
    return StreamInfo(codec, width=width, height=height, **{**given, **fields})  # type: ignore[arg-type]


def exchange(server: str = "Rtsp Server") -> Exchange:
    return Exchange((Answer("DESCRIBE", 200, "OK", (("Server", server),), "v=0\r\n"),))


def proof(platform: str, kind: EvidenceKind = EvidenceKind.PROTOCOL, **fields: object) -> Evidence:
    """Evidence that suffices for a name."""
    given: dict[str, object] = {
        "value": platform.upper(),
        "box": None,
        "strength": Strength.STRONG,
        "supports": {platform: 8.0},
        "origin": f"{kind}:a",
    }
    return Evidence(kind, **{**given, **fields})  # type: ignore[arg-type]


def wordmark(platform: str, box: Box = WORDMARK, **fields: object) -> Evidence:
    given: dict[str, object] = {"box": box, "origin": f"osd:{box.x0:.0f},{box.y0:.0f}"}
    return proof(platform, EvidenceKind.OSD, **{**given, **fields})


@dataclass
class FakeCamera:
    """``answers`` and ``display`` are what the models will find in its answers and in its picture."""

    info: StreamInfo = field(default_factory=info)
    exchange: Exchange = field(default_factory=exchange)
    pixels: Pixels = field(default_factory=scene)
    answers: tuple[Evidence, ...] = ()
    display: tuple[Evidence, ...] = ()
    osd: Osd | None = None
    fault: StreamFault | None = None
    error: Exception | None = None
    described: int = 0
    opened: int = 0
    open: int = 0


class FakeStream:
    def __init__(self, camera: FakeCamera, clock: Clock) -> None:
        self._camera, self._clock = camera, clock
        self._closed = False

    @property
    def info(self) -> StreamInfo:
        return self._camera.info

    @property
    def exchange(self) -> Exchange | None:
        return self._camera.exchange

    def latest(self, timeout_s: float, after: Frame | None = None) -> Frame:
        _raise_fault(self._camera)
        if self._closed:
            raise StreamError(StreamFault.ENDED, "The stream was closed.")
        if after is not None:
            self._clock.sleep(min(1.0, timeout_s))
        return Frame(self._camera.pixels, self._clock.monotonic(), self._clock.now(), None, True)

    def statistics(self) -> StreamStatistics:
        return StreamStatistics(0, 0, 0, 0, 0, None, None, None, None, None, None, 0, {})

    def close(self) -> None:
        if not self._closed:
            self._camera.open -= 1
        self._closed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Cameras:
    """By host name; a host that is not there cannot be reached."""

    def __init__(self, **cameras: FakeCamera) -> None:
        self.by_host = cameras

    def open_stream(
        self,
        address: Address,
        settings: Settings,
        clock: Clock = SYSTEM_CLOCK,
        **named: Any,
    ) -> FakeStream:
        del settings
        camera = self._reach(address)
        camera.described += named.get("exchange") is None
        camera.opened += 1
        camera.open += 1
        return FakeStream(camera, clock)

    def _reach(self, address: Address) -> FakeCamera:
        assert isinstance(address, StreamAddress)
        camera = self.by_host.get(address.host)
        if camera is None:
            raise StreamError(StreamFault.UNREACHABLE, f"{address} cannot be reached.")
        _raise_fault(camera)
        return camera


def _raise_fault(camera: FakeCamera) -> None:
    if camera.error is not None:
        raise camera.error
    if camera.fault is not None:
        refused = camera.fault in (StreamFault.AUTH_FAILED, StreamFault.AUTH_REQUIRED)
        raise StreamError(
            camera.fault, f"The camera says {camera.fault}.", camera.exchange if refused else None
        )


class FakeIdentifier:
    """Finds in frames and exchanges what their camera holds ready for it. ``readings`` counts readings of a
    display, by the number of frames; ``streams`` are those that looks named."""

    def __init__(self, cameras: Cameras) -> None:
        self._cameras = cameras
        self.readings: list[int] = []
        self.streams: list[str | None] = []
        self.error: Exception | None = None

    def look(
        self,
        frames: Sequence[Frame],
        exchange: Exchange | None,
        info: StreamInfo | None,
        *,
        read_osd: bool = True,
        find_cameras: bool = False,
        stream: str | None = None,
    ) -> StreamLook:
        del info, find_cameras
        self.streams.append(stream)
        found = [e for c in self._cameras.by_host.values() if c.exchange is exchange for e in c.answers]
        osd = None
        if read_osd:
            if self.error is not None:
                raise self.error
            self.readings.append(len(frames))
            shown = next(c for c in self._cameras.by_host.values() if c.pixels is frames[-1].pixels)
            found += shown.display
            osd = shown.osd
        return StreamLook(tuple(found), osd=osd)

    def weigh(self, evidence: Sequence[Evidence]) -> Identification:
        """One platform over 5 is a name; several are candidates."""
        supports = {p: v for item in evidence for p, v in item.supports.items() if v > 5}
        if not supports:
            return Identification.undetermined(tuple(evidence))
        if len(supports) > 1:
            candidates = tuple(Candidate(None, p, 0.5) for p in sorted(supports))
            return Identification(
                Verdict.CANDIDATES, confidence=0.5, candidates=candidates, evidence=tuple(evidence)
            )
        return Identification(Verdict.IDENTIFIED, None, next(iter(supports)), 0.99, evidence=tuple(evidence))


def moment(second: int = 0) -> datetime:
    return datetime(2026, 3, 14, 9, 0, second, tzinfo=UTC)
