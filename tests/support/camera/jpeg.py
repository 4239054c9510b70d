"""JPEG pictures as RTP payloads: RFC 2435."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from tests.support.camera.nal import MTU

_TABLES_IN_BAND = 255
_TYPES = {0x21: 0, 0x22: 1}
"""RFC 2435's type by the sampling of the luma: 4:2:2 and 4:2:0."""


@dataclass(frozen=True, slots=True)
class _Parts:
    kind: int
    width: int
    height: int
    tables: bytes
    scan: bytes


def payloads(data: bytes) -> list[bytes]:
    """The RTP payloads of one baseline JPEG with the standard's Huffman tables and sides that are multiples
    of 8."""
    parts = _parts(data)
    sides = bytes([parts.kind, _TABLES_IN_BAND, parts.width // 8, parts.height // 8])
    tables = struct.pack(">BBH", 0, 0, len(parts.tables)) + parts.tables
    cut = []
    for at in range(0, len(parts.scan), MTU):
        head = struct.pack(">I", at) + sides + (b"" if at else tables)
        cut.append(head + parts.scan[at : at + MTU])
    return cut


def _parts(data: bytes) -> _Parts:
    at, tables, kind, width, height = 2, {}, 0, 0, 0
    while True:
        marker, size = struct.unpack_from(">HH", data, at)
        body = data[at + 4 : at + 2 + size]
        if marker == 0xFFDB:
            for start in range(0, len(body), 65):
                tables[body[start]] = body[start + 1 : start + 65]
        elif marker == 0xFFC0:
            height, width = struct.unpack_from(">HH", body, 1)
            kind = _TYPES[body[7]]
        elif marker == 0xFFDA:
            scan = data[at + 2 + size : data.rindex(b"\xff\xd9")]
            both = tables[0] + tables.get(1, tables[0])
            return _Parts(kind, width, height, both, scan)
        at += 2 + size
