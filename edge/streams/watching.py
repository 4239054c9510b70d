"""Watches one stream for some seconds without a break: pictures measured, display read, faults noticed."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from edge.domain import Camera, Evidence, Osd
from edge.domain_streams import Exchange, Frame, OsdClock, StreamInfo, StreamStatistics, Transport
from edge.errors import StreamError, StreamFault
from edge.media.clock import Clock
from edge.media.stream import Stream
from edge.settings import Settings
from edge.streams.accumulate import Ledger
from edge.streams.faults import PictureWatch
from edge.streams.sources import StreamIdentifier

_SAMPLE_S = 0.45
"""Between the pictures that are measured; no divisor of a second: clocks are read at all parts of it."""

_READINGS = 4
"""Of the display, spread over the watch."""

_FIRST_READING_S = 1.2
"""By then a clock has ticked."""


@dataclass(slots=True)
class Watched:
    """What was seen so far. ``frame`` is the newest."""

    exchange: Exchange | None = None
    info: StreamInfo | None = None
    statistics: StreamStatistics | None = None
    fault: StreamError | None = None
    frame: Frame | None = None
    osd: Osd | None = None
    overlay_by: str | None = None
    intermediary: str | None = None
    cameras: tuple[Camera, ...] = ()
    clocks: list[OsdClock] = field(default_factory=list)
    pictures: PictureWatch = field(default_factory=PictureWatch)
    ledger: Ledger = field(default_factory=Ledger)


class Watcher:
    """Fills one ``Watched``."""

    def __init__(self, identifier: StreamIdentifier, settings: Settings, clock: Clock) -> None:
        self.seen = Watched()
        self._identifier = identifier
        self._settings = settings
        self._clock = clock
        self._recent: deque[Frame] = deque(maxlen=4)
        self._began: float | None = None
        self._readings = 0

    def watch(self, stream: Stream, seconds: float) -> None:
        """Until ``seconds`` of the stream have passed, a fault ends it, or a recording is at its end."""
        seen = self.seen
        seen.exchange = stream.exchange
        try:
            while self._see(stream, seconds) < seconds:
                pass
        except StreamError as error:
            at_end = error.code is StreamFault.ENDED and stream.info.transport is Transport.FILE
            seen.fault = None if at_end and seen.frame is not None else error.anew()
        finally:
            seen.info, seen.statistics = stream.info, stream.statistics()
        if not self._readings and seen.frame is not None:
            self._read(seen.frame)

    def conclude(self, evidence: tuple[Evidence, ...] = ()) -> tuple[Evidence, ...]:
        """All evidence about the camera, with that of its answers and with ``evidence`` from elsewhere."""
        seen = self.seen
        frames = [seen.frame] if seen.frame is not None else []
        if seen.exchange is not None or frames:
            heard = self._identifier.look(frames, seen.exchange, seen.info, read_osd=False)
            seen.ledger.learned(heard.evidence)
            seen.intermediary = heard.intermediary
            seen.overlay_by = seen.overlay_by or heard.overlay_by
        seen.ledger.learned(evidence)
        return seen.ledger.evidence()

    def _see(self, stream: Stream, seconds: float) -> float:
        """Takes the next picture; how much of the stream has passed by then."""
        frame = stream.latest(self._settings.stream_stall_s, after=self.seen.frame)
        self.seen.frame = frame
        now = _time(frame, stream.info)
        self._began = now if self._began is None else self._began
        passed = now - self._began
        if not self._recent or now - _time(self._recent[-1], stream.info) >= _SAMPLE_S:
            self._recent.append(frame)
            self.seen.pictures.add(frame.pixels, now, stream.statistics().key_frames)
        if self._reading_due(passed, seconds):
            self._read(frame)
        if stream.info.transport is not Transport.FILE:
            self._clock.sleep(max(0.0, min(_SAMPLE_S, seconds - passed)))
        return passed

    def _reading_due(self, passed: float, seconds: float) -> bool:
        first = min(_FIRST_READING_S, seconds / 2)
        return self._readings < _READINGS and passed >= first + self._readings * (seconds - first) / _READINGS

    def _read(self, frame: Frame) -> None:
        """The display, in the oldest picture at hand and the newest: between them, a clock ticks."""
        seen = self.seen
        older = [one for one in self._recent if one is not frame and one.pixels.shape == frame.pixels.shape]
        look = self._identifier.look(
            [*older[:1], frame], None, None, read_osd=True, find_cameras=not self._readings
        )
        seen.ledger.read(look.evidence, frame.width, frame.height)
        seen.osd = look.osd or seen.osd
        seen.overlay_by = look.overlay_by or seen.overlay_by
        seen.clocks.extend([look.clock] if look.clock is not None else [])
        seen.cameras = seen.cameras if self._readings else look.cameras
        self._readings += 1


def _time(frame: Frame, info: StreamInfo) -> float:
    """Of a recording its own time, of a camera that of this machine: a camera's own time may jump."""
    return frame.pts if info.transport is Transport.FILE and frame.pts is not None else frame.received
