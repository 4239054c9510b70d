"""Measures a stream by its packets as they come out of the demuxer, one a picture; nothing is decoded."""

from __future__ import annotations

from collections import Counter, deque
from statistics import median

from edge.domain_streams import StreamStatistics

_MAX_STEP_S = 5.0
"""A longer step of the stream's own time is a jump, and measured with nothing."""

_REMEMBERED_GOPS = 64


class FrameMeter:
    """Fed with each picture's own time, time of arrival (both in seconds), size in bytes and whether it is a
    key frame. Not for several threads at a time. ``live``: the time of arrival means something."""

    def __init__(self, started: float, *, live: bool = True) -> None:
        self._live = live
        self.started = started
        self.frames = 0
        self.key_frames = 0
        self.bytes = 0
        self.corrupt = 0
        self.dropped: Counter[str] = Counter()
        self._last_pts: float | None = None
        self._last_arrival: float | None = None
        self._steps = 0
        self._span = 0.0
        self._deviation = 0.0
        self._since_key = 0
        self._first_arrival: float | None = None
        self._gops: deque[int] = deque(maxlen=_REMEMBERED_GOPS)
        self.last_key: float | None = None
        """When the last key frame came."""

    @property
    def last_arrival(self) -> float | None:
        return self._last_arrival

    def add(self, pts: float | None, arrival: float, size: int, key: bool) -> None:
        self.frames += 1
        self.bytes += size
        self._step(pts, arrival)
        if key:
            self._key(arrival)
        self._since_key += 1

    def _step(self, pts: float | None, arrival: float) -> None:
        if pts is not None and self._last_pts is not None and self._last_arrival is not None:
            step = pts - self._last_pts
            if 0 < step <= _MAX_STEP_S:
                self._steps += 1
                self._span += step
                self._deviation += abs(arrival - self._last_arrival - step)
        if self._first_arrival is None:
            self._first_arrival = arrival
        self._last_arrival = arrival
        self._last_pts = pts if pts is not None else self._last_pts

    def _key(self, arrival: float) -> None:
        if self.key_frames:
            self._gops.append(self._since_key)
        self.key_frames += 1
        self._since_key = 0
        self.last_key = arrival

    @property
    def fps(self) -> float | None:
        """By the stream's own time, so that a burst at the start does not count; jumps left out."""
        return self._steps / self._span if self._steps >= 2 and self._span > 0 else None

    @property
    def gop_frames(self) -> float | None:
        return float(median(self._gops)) if self._gops else None

    @property
    def gop_s(self) -> float | None:
        return self.gop_frames / self.fps if self.gop_frames and self.fps else None

    def statistics(
        self, now: float, *, packets: int | None = None, lost: int | None = None, malformed: int = 0
    ) -> StreamStatistics:
        """``packets``, ``lost`` and ``malformed`` are of the transport, where it was measured."""
        over = self._span + 1 / self.fps if self.fps else 0.0
        return StreamStatistics(
            seconds=max(0.0, now - self.started),
            packets=self.frames if packets is None else packets,
            frames=self.frames,
            key_frames=self.key_frames,
            bytes=self.bytes,
            fps=self.fps,
            bitrate_kbps=self.bytes * 8 / 1000 / over if over else None,
            gop_frames=self.gop_frames,
            gop_s=self.gop_s,
            jitter_ms=self._deviation / self._steps * 1000 if self._steps and self._live else None,
            lost_packets=lost,
            corrupt_packets=self.corrupt + malformed,
            dropped=dict(self.dropped),
        )
