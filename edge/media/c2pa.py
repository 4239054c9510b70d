"""Content Credentials in a photo: that they are there, and what made them by their own words.

Written from the public specification (C2PA 2.1, JUMBF: ISO/IEC 19566-5). Nothing is validated: neither the
signature, nor who signed, nor that the picture is still the one that was signed. Whoever wrote the bytes may
have written anything, so all sizes are bounded.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from edge.errors import PhotoError
from edge.media.cbor import CborError, Value, read_cbor
from edge.media.formats import Format, sniff

_MAX_STORE = 32 * 1024 * 1024
_MAX_BOXES = 4_000
_MAX_TEXT = 300
_MAX_LABELS = 60
_STORE, _CLAIM = "c2pa", ("c2pa.claim", "c2pa.claim.v2")
_ASSERTIONS = "c2pa.assertions"
_HAS_LABEL = 0x02
_SCAN, _END = 0xDA, 0xD9
_APP11 = 0xEB
_UUID_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_LARGE = 1
"""In the place of a box's length: the length follows as eight bytes."""

SEARCHED = frozenset({Format.JPEG, Format.PNG, Format.WEBP, Format.HEIC, Format.AVIF})
"""The formats in which credentials are looked for."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the last manifest of a photo says of itself; ``fault``, a sentence, where it could not be read.

    ``generator`` is the program or device that claims to have made it; ``assertions`` are the labels of what
    is claimed; ``manifests`` counts those in the store, one for each step that kept the history.
    """

    manifests: int
    title: str | None = None
    generator: str | None = None
    assertions: tuple[str, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class _Box:
    """A JUMBF superbox: ``parts`` are the kinds and contents of what follows its description."""

    label: str
    parts: tuple[tuple[bytes, bytes], ...]

    def inner(self, budget: _Budget) -> Iterator[_Box]:
        for kind, content in self.parts:
            if kind == b"jumb":
                yield _superbox(content, budget)


@dataclass(slots=True)
class _Budget:
    """Boxes that may still be opened."""

    left: int = _MAX_BOXES


class _DamagedError(ValueError):
    pass


def read_credentials(data: bytes) -> Credentials | None:
    """What Content Credentials are in the photo ``data``; None where there are none, or where its format is
    none of ``SEARCHED``. Never raises for what the bytes hold."""
    try:
        store = _find(data)
    except (_DamagedError, struct.error):
        return Credentials(0, fault="The file is too unusual to tell whether there are any.")
    if store is None:
        return None
    try:
        return _described(store)
    except (_DamagedError, CborError, struct.error):
        return Credentials(0, fault="Some are in the file, damaged or of a form that is not read here.")


def _find(data: bytes) -> bytes | None:
    try:
        kind = sniff(data)
    except PhotoError:
        return None
    match kind:
        case Format.JPEG:
            return _in_jpeg(data)
        case Format.PNG:
            return _in_png(data)
        case Format.WEBP:
            return _in_webp(data)
        case Format.HEIC | Format.AVIF:
            return _in_bmff(data)
        case _:
            return None


def _in_jpeg(data: bytes) -> bytes | None:
    """The store is cut into APP11 segments, each with the box's own head again."""
    found: dict[int, bytearray] = {}
    total = 0
    for marker, content in _segments(data):
        if marker != _APP11 or content[:2] != b"JP" or len(content) < 16:
            continue
        number = int.from_bytes(content[2:4], "big")
        head = 16 if int.from_bytes(content[8:12], "big") == _LARGE else 8
        if number in found:
            found[number] += content[8 + head :]
        else:
            found[number] = bytearray(content[8:])
        total += len(content)
        if total > _MAX_STORE or len(found) > _MAX_BOXES:
            raise _DamagedError
    return next((bytes(one) for one in found.values() if _is_store(bytes(one))), None)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker in (_SCAN, _END):
            return
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2:
            return
        yield marker, data[at + 4 : at + 2 + length]
        at += 2 + length


def _in_png(data: bytes) -> bytes | None:
    at = 8
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"caBX":
            return data[at + 8 : at + 8 + length]
        at += 12 + length
    return None


def _in_webp(data: bytes) -> bytes | None:
    at = 12
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        if kind == b"C2PA":
            return data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    return None


def _in_bmff(data: bytes) -> bytes | None:
    """A ``uuid`` box: its id, version and flags, a purpose that ends in zero, an offset, the store."""
    for kind, content in _boxes(data, _Budget()):
        if kind == b"uuid" and content[:16] == _UUID_BOX:
            purpose, _, rest = content[20:].partition(b"\0")
            if purpose == b"manifest":
                return rest[8:]
    return None


def _boxes(data: bytes, budget: _Budget) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each box in ``data``, one after the other."""
    at = 0
    while at + 8 <= len(data):
        budget.left -= 1
        length, kind = struct.unpack_from(">I4s", data, at)
        head = 8
        if length == _LARGE:
            length, head = struct.unpack_from(">Q", data, at + 8)[0], 16
        elif length == 0:
            length = len(data) - at
        if length < head or length > len(data) - at or budget.left < 0:
            raise _DamagedError
        yield kind, data[at + head : at + length]
        at += length


def _superbox(content: bytes, budget: _Budget) -> _Box:
    parts = list(_boxes(content, budget))
    if not parts or parts[0][0] != b"jumd" or len(parts[0][1]) < 17:
        raise _DamagedError
    about = parts[0][1]
    label = about[17:].partition(b"\0")[0] if about[16] & _HAS_LABEL else b""
    return _Box(label.decode("utf-8", "replace"), tuple(parts[1:]))


def _is_store(data: bytes) -> bool:
    """Whether this is a superbox labelled ``c2pa``; other boxes may stand in APP11 as well."""
    return data[4:8] == b"jumb" and _STORE.encode() + b"\0" in data[8:64]


def _described(data: bytes) -> Credentials:
    budget = _Budget()
    store = next((_superbox(one, budget) for kind, one in _boxes(data, budget) if kind == b"jumb"), None)
    manifests = [] if store is None else list(store.inner(budget))
    if not manifests:
        return Credentials(0, fault="Some are in the file, without a manifest.")
    boxes = list(manifests[-1].inner(budget))  # the last one is the active one
    claim = next((_claim(box) for box in boxes if box.label in _CLAIM), None)
    if claim is None:
        return Credentials(
            len(manifests), fault="Some are in the file, and the last manifest makes no claim."
        )
    stores = (box for box in boxes if box.label == _ASSERTIONS)
    labels = [_short(one.label) for box in stores for one in box.inner(budget)]
    return Credentials(
        len(manifests),
        title=_text(claim.get("dc:title")),
        generator=_generator(claim),
        assertions=tuple(label for label in labels if label)[:_MAX_LABELS],
    )


def _claim(box: _Box) -> dict[str, Value] | None:
    for kind, content in box.parts:
        if kind == b"cbor":
            claim = read_cbor(content)
            return claim if isinstance(claim, dict) else None
    return None


def _generator(claim: dict[str, Value]) -> str | None:
    """By name and version where the claim has them, as newer ones do, else the older line of text."""
    info = claim.get("claim_generator_info")
    named = info if isinstance(info, list) else [info]
    names = [_named(one) for one in named[:5] if isinstance(one, dict)]
    return ", ".join(name for name in names if name) or _text(claim.get("claim_generator"))


def _named(info: dict[str, Value]) -> str | None:
    name, version = _text(info.get("name")), _text(info.get("version"))
    return f"{name} {version}" if name and version else name


def _text(value: Value) -> str | None:
    return _short(value) or None if isinstance(value, str) else None


def _short(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in text[:_MAX_TEXT])
