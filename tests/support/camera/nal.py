"""NAL units of H.264 and H.265: taken apart, told by type, cut into RTP payloads (RFC 6184, RFC 7798)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass

MTU = 1400
"""Bytes of an RTP payload, as most cameras send them."""

_START = re.compile(b"\x00\x00\x01")
_EMULATED = re.compile(b"\x00\x00(?=[\x00-\x03])")


@dataclass(frozen=True, slots=True)
class Syntax:
    """Where the two codecs differ: numbers of NAL types, bytes of the NAL header, type of a fragment."""

    header: int
    fragment: int
    parameter_sets: tuple[int, ...]
    dropped: frozenset[int]
    """Access unit delimiters, and SEI messages: those that an encoder of software leaves tell of it."""
    sei: bytes

    def kind(self, nal: bytes) -> int:
        return nal[0] & 0x1F if self.header == 1 else nal[0] >> 1 & 0x3F

    def fragments(self, nal: bytes) -> Iterable[bytes]:
        """The RTP payloads of one NAL unit: itself where it fits, else fragmentation units."""
        if len(nal) <= MTU:
            return [nal]
        kind = self.kind(nal)
        if self.header == 1:
            lead, first = bytes([nal[0] & 0xE0 | self.fragment]), kind
        else:
            lead, first = bytes([nal[0] & 0x81 | self.fragment << 1, nal[1]]), kind
        parts = [nal[at : at + MTU] for at in range(self.header, len(nal), MTU)]
        flags = [first | (0x80 if i == 0 else 0x40 if i == len(parts) - 1 else 0) for i in range(len(parts))]
        return [lead + bytes([flag]) + part for flag, part in zip(flags, parts, strict=True)]

    def user_data(self, data: bytes) -> bytes:
        """An SEI message of type 5, user data unregistered."""
        size = b"\xff" * (len(data) // 255) + bytes([len(data) % 255])
        return self.sei + _EMULATED.sub(b"\x00\x00\x03", b"\x05" + size + data) + b"\x80"


H264 = Syntax(1, 28, (7, 8), frozenset({6, 9}), b"\x06")
H265 = Syntax(2, 49, (32, 33, 34), frozenset({35, 39, 40}), b"\x4e\x01")


def split(stream: bytes) -> list[bytes]:
    """The NAL units of an Annex B byte stream, without start codes."""
    return [nal for part in _START.split(stream)[1:] if (nal := part.rstrip(b"\x00"))]


def h264_parameters(sets: dict[int, bytes]) -> str:
    """The ``fmtp`` parameters of RFC 6184; ``sets`` by NAL type, may be empty."""
    if not sets:
        return "packetization-mode=1"
    level = sets[7][1:4].hex().upper()
    return f"packetization-mode=1;profile-level-id={level};sprop-parameter-sets={_coded(sets[7], sets[8])}"


def h265_parameters(sets: dict[int, bytes]) -> str:
    """The ``fmtp`` parameters of RFC 7798; ``sets`` by NAL type, may be empty."""
    names = {32: "sprop-vps", 33: "sprop-sps", 34: "sprop-pps"}
    return ";".join(f"{names[kind]}={_coded(sets[kind])}" for kind in names if kind in sets)


def _coded(*nals: bytes) -> str:
    return ",".join(base64.b64encode(nal).decode() for nal in nals)
