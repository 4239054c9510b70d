"""Sends a track to one client in real time, with the faults of its camera."""

from __future__ import annotations

import asyncio
import math
import random
import struct
import time
from collections.abc import Callable

from tests.support.camera.spec import Faults
from tests.support.camera.track import HEAD, SSRC, Track, Unit

MAX_UNSENT = 4 << 20
"""Bytes that may wait for a slow reader; beyond, pictures are left out up to the next key picture."""
REPORT_EVERY_S = 5.0
_NTP = 2_208_988_800


class Player:
    """``first`` is the number of the picture to begin with, due ``delay`` seconds from now. ``faults`` is
    asked again for each picture."""

    def __init__(
        self,
        transport: asyncio.WriteTransport,
        track: Track,
        channel: int,
        faults: Callable[[], Faults],
        *,
        first: int,
        delay: float,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._random = random.Random(1)
        self._transport, self._channel, self._faults = transport, channel, faults
        self.sequence = self._random.getrandbits(16)
        self.skipped = 0
        self._ticks = self._random.getrandbits(32)
        self._packets = self._octets = 0
        self._began = self._loop.time()
        self._reported = -math.inf
        self._behind = False
        self._begin(track, first, self._began + delay)

    @property
    def next_time(self) -> int:
        """The RTP time of the next picture."""
        return self._time_of(self._track.units[self._next % len(self._track.units)])

    def switch(self, track: Track) -> None:
        """Goes on with another track from its first picture, the RTP time running on."""
        now = self._loop.time()
        self._ticks += round((now - self._origin) * self._track.hz)
        self._timer.cancel()
        self._begin(track, 0, now)

    def stop(self) -> None:
        self._timer.cancel()

    def say_bye(self) -> None:
        """Ends the stream by RTCP, with an empty report first: BYE never goes alone (RFC 3550, 6.1)."""
        self._control(struct.pack(">BBHIBBHI", 0x80, 201, 1, SSRC, 0x81, 203, 1, SSRC))

    def _begin(self, track: Track, first: int, due: float) -> None:
        self._track, self._next = track, first
        self._origin = due - track.units[first].ticks / track.hz
        self._timer = self._loop.call_at(due, self._play)

    def _play(self) -> None:
        """Sends the picture that is due, and asks to be called for the next."""
        faults, unit = self._faults(), self._track.units[self._next % len(self._track.units)]
        if unit.key and faults.jump_s:
            self._ticks += round(faults.jump_s * self._track.hz)
        if not (faults.stalled or self._is_held_back(unit, faults)):
            self._send(unit, faults)
        self._next += 1
        rounds, index = divmod(self._next, len(self._track.units))
        due = self._origin + rounds * self._track.seconds + self._track.units[index].ticks / self._track.hz
        self._timer = self._loop.call_at(due, self._play)

    def _is_held_back(self, unit: Unit, faults: Faults) -> bool:
        if unit.key and self._loop.time() < self._began + faults.first_key_after_s:
            return True
        full = self._transport.get_write_buffer_size() > MAX_UNSENT
        self._behind = full or (self._behind and not unit.key)
        self.skipped += self._behind
        return self._behind

    def _send(self, unit: Unit, faults: Faults) -> None:
        if self._loop.time() >= self._reported + REPORT_EVERY_S:
            self._report(unit)
        packets, time_of = bytearray(unit.block), self._time_of(unit)
        for start in unit.starts:
            packets[start + 1] = self._channel
            struct.pack_into(">HI", packets, start + 6, self.sequence, time_of)
            self.sequence = self.sequence + 1 & 0xFFFF
        self._packets += len(unit.starts)
        self._octets += unit.payload_bytes
        damaged = self._damaged(packets, unit, faults) if faults.loss or faults.garbage else packets
        self._transport.write(damaged)

    def _damaged(self, packets: bytearray, unit: Unit, faults: Faults) -> bytes:
        """The packets without those that are lost, others filled with noise."""
        left = []
        for start, end in zip(unit.starts, (*unit.starts[1:], len(packets)), strict=True):
            packet = packets[start:end]
            if self._random.random() < faults.garbage:
                packet[HEAD + 2 :] = self._random.randbytes(max(0, len(packet) - HEAD - 2))
            if self._random.random() >= faults.loss:
                left.append(packet)
        return b"".join(left)

    def _time_of(self, unit: Unit) -> int:
        rounds = self._next // len(self._track.units)
        return self._ticks + rounds * self._track.ticks + unit.ticks & 0xFFFFFFFF

    def _report(self, unit: Unit) -> None:
        """An RTCP sender report."""
        self._reported = self._loop.time()
        seconds, part = divmod(time.time() + _NTP, 1)
        body = (SSRC, int(seconds), int(part * 2**32), self._time_of(unit))
        counts = (self._packets & 0xFFFFFFFF, self._octets & 0xFFFFFFFF)
        self._control(struct.pack(">BBHIIIIII", 0x80, 200, 6, *body, *counts))

    def _control(self, message: bytes) -> None:
        self._transport.write(struct.pack(">cBH", b"$", self._channel + 1, len(message)) + message)
