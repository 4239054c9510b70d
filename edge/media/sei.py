"""Units of H.264 and H.265: damage, and SEI messages ``user_data_unregistered`` (H.264 D.2.7, H.265 D.3.7).

Cameras and encoders write their names into these. The bytes are hostile: all is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MAX_MESSAGES = 8
MAX_BYTES = 1024
"""Of one message, the UUID of 16 bytes included; the rest is cut off."""

_SEARCHED = 64 * 1024
_MAX_UNITS = 64
_UNREGISTERED = 5
_UUID = 16
_RESERVED = frozenset((*range(10, 16), *range(22, 32), *range(41, 48)))
"""Types of H.265 units that mean nothing yet (table 7-1)."""
_START_CODE = re.compile(rb"\x00\x00\x01")


def user_data(access_unit: bytes | memoryview, codec: str) -> tuple[bytes, ...]:
    """The messages before the picture of an access unit in the byte stream format (Annex B); UUID first."""
    head = bytes(access_unit[:_SEARCHED])
    found: list[bytes] = []
    for unit in _units(head):
        if _is_picture(unit, codec):
            break
        if _is_sei(unit, codec):
            found += _messages(_unescaped(unit[1 if codec == "h264" else 2 :]))
    return tuple(dict.fromkeys(found))[:MAX_MESSAGES]


def is_garbled(access_unit: bytes | memoryview, codec: str) -> bool:
    """Whether a unit of an access unit (Annex B) begins as none of H.264 or H.265 may."""
    return any(not _is_possible(unit, codec) for unit in _units(bytes(access_unit[:_SEARCHED])))


def annex_b(access_unit: bytes | memoryview, extradata: bytes | None, codec: str) -> bytes:
    """The head of an access unit of an MP4 file, whose units bear their lengths, as a byte stream. Of other
    files it is one already."""
    head = bytes(access_unit[:_SEARCHED])
    place = {"h264": 4, "hevc": 21}[codec]
    if not extradata or extradata[0] != 1 or len(extradata) <= place:
        return head
    size = (extradata[place] & 3) + 1
    units: list[bytes] = []
    position = 0
    while position + size < len(head) and len(units) < _MAX_UNITS:
        start = position + size
        position = start + int.from_bytes(head[position:start], "big")
        units.append(head[start:position])
    return b"".join(b"\x00\x00\x01" + unit for unit in units)


def _units(data: bytes) -> Iterator[bytes]:
    starts = [match.end() for _, match in zip(range(_MAX_UNITS), _START_CODE.finditer(data), strict=False)]
    ends = [start - 3 for start in starts[1:]] + [len(data)]
    for start, end in zip(starts, ends, strict=False):  # without a start code there is one end too many
        if end - start > 2:
            yield data[start:end]


def _is_picture(unit: bytes, codec: str) -> bool:
    kind = unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F
    return 1 <= kind <= 5 if codec == "h264" else kind <= 31


def _is_possible(unit: bytes, codec: str) -> bool:
    """Whether the header is one that the standard allows; a unit of a private type is."""
    if unit[0] & 0x80:
        return False
    if codec == "h264":
        return unit[0] & 0x1F != 0
    layer, temporal = (unit[0] & 1) << 5 | unit[1] >> 3, unit[1] & 7
    return layer == 0 and temporal != 0 and unit[0] >> 1 & 0x3F not in _RESERVED


def _is_sei(unit: bytes, codec: str) -> bool:
    return unit[0] & 0x1F == 6 if codec == "h264" else unit[0] >> 1 & 0x3F in (39, 40)


def _unescaped(data: bytes) -> bytes:
    return data.replace(b"\x00\x00\x03", b"\x00\x00")


def _messages(payload: bytes) -> list[bytes]:
    """Type and size are sums of bytes of which the last is not 255."""
    found: list[bytes] = []
    position = 0
    while position + 2 < len(payload) and len(found) < MAX_MESSAGES:
        kind, position = _sum(payload, position)
        size, position = _sum(payload, position)
        body = payload[position : position + size]
        position += size
        if kind == _UNREGISTERED and len(body) == size and size > _UUID:
            found.append(body[:MAX_BYTES])
    return found


def _sum(payload: bytes, position: int) -> tuple[int, int]:
    total = 0
    while position < len(payload):
        total += payload[position]
        position += 1
        if payload[position - 1] != 0xFF:
            break
    return total, position
