"""Content Credentials for tests, written byte by byte from the specification; nothing is signed."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

_STORE_ID = b"c2pa" + bytes.fromhex("0011 0010 8000 00aa 0038 9b71")


def cbor(value: object) -> bytes:  # noqa: PLR0911 - one for each kind
    """``value`` as CBOR of definite lengths."""
    match value:
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case bytes():
            return _head(2, len(value)) + value
        case str():
            return _head(3, len(value.encode())) + value.encode()
        case list():
            return _head(4, len(value)) + b"".join(map(cbor, value))
        case dict():
            pairs = b"".join(cbor(key) + cbor(one) for key, one in value.items())
            return _head(5, len(value)) + pairs
        case _:
            raise TypeError(value)


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    fitting = ((24, ">B"), (25, ">H"), (26, ">I"), (27, ">Q"))
    short, layout = next(one for one in fitting if number < 1 << 8 * struct.calcsize(one[1]))
    return bytes([major << 5 | short]) + struct.pack(layout, number)


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def superbox(label: str, identity: bytes, *inner: bytes) -> bytes:
    return box(b"jumb", box(b"jumd", identity + b"\x03" + label.encode() + b"\0") + b"".join(inner))


def manifest(label: str, claim: Mapping[str, object], assertions: Sequence[str]) -> bytes:
    held = [superbox(one, bytes(16), box(b"cbor", cbor({}))) for one in assertions]
    return superbox(
        label,
        bytes(16),
        superbox("c2pa.assertions", bytes(16), *held),
        superbox("c2pa.claim.v2", bytes(16), box(b"cbor", cbor(dict(claim)))),
        superbox("c2pa.signature", bytes(16), box(b"cbor", b"\xd2\x80")),
    )


def store(*manifests: bytes) -> bytes:
    return superbox("c2pa", _STORE_ID, *manifests)


def in_jpeg(photo: bytes, data: bytes, piece: int = 60_000) -> bytes:
    """``photo`` with ``data`` in APP11 segments of at most ``piece`` bytes each, heads apart."""
    head, rest = data[:8], data[8:]
    segments = b"".join(
        _segment(b"JP\0\1" + struct.pack(">I", number) + head + rest[at : at + piece])
        for number, at in enumerate(range(0, max(1, len(rest)), piece), start=1)
    )
    return photo[:2] + segments + photo[2:]


def _segment(content: bytes) -> bytes:
    return b"\xff\xeb" + struct.pack(">H", len(content) + 2) + content
