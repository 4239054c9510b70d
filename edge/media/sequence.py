"""Counts RTP packets by their sequence numbers (RFC 3550, appendix A)."""

from __future__ import annotations

_MODULUS = 1 << 16
_MAX_GAP = 3000
_MAX_DISORDER = 100
_MIN_HEADER = 12


class SequenceCounter:
    """``packets`` came in, ``lost`` numbers are missing; a packet that comes late makes good for its gap. A
    number far off is a restart of the sender, not a loss."""

    def __init__(self) -> None:
        self.packets = 0
        self.lost = 0
        self.malformed = 0
        self._highest: int | None = None

    def add(self, packet: bytes | memoryview) -> None:
        """One RTP packet, its header first."""
        if len(packet) < _MIN_HEADER or packet[0] >> 6 != 2:
            self.malformed += 1
            return
        self.packets += 1
        number = packet[2] << 8 | packet[3]
        ahead = 1 if self._highest is None else (number - self._highest) % _MODULUS
        if 0 < ahead <= _MAX_GAP:
            self.lost += ahead - 1
            self._highest = number
        elif ahead >= _MODULUS - _MAX_DISORDER:
            self.lost = max(0, self.lost - 1)
        elif ahead:
            self._highest = number
