"""The directories of a TIFF file, and of the camera RAW formats that are built like one.

Only what is needed is read: how many pages there are, whether they hold sensor data, and where the finished
JPEG previews lie. Everything is bounded: directories, entries and values; an offset that leads out of the
file leads nowhere. Structure: TIFF 6.0, section 2; tags: TIFF/EP (ISO 12234-2) and DNG 1.7.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from edge.media.jpeg_size import jpeg_size

_MAX_DIRECTORIES = 64
_MAX_ENTRIES = 512
_MAX_VALUES = 64
_MAX_DEPTH = 3
_MAGIC = {b"II*\0": "<", b"MM\0*": ">", b"IIU\0": "<"}
"""Byte order by the first four bytes; the last are Panasonic's (RW2)."""
_FORMS = {1: "B", 3: "H", 4: "I", 7: "B", 13: "I"}
"""Types of values that are read: BYTE, SHORT, LONG, UNDEFINED, IFD."""

_SUBFILE, _COMPRESSION, _PHOTOMETRIC = 0x00FE, 0x0103, 0x0106
_STRIPS, _STRIP_BYTES, _CHILDREN = 0x0111, 0x0117, 0x014A
_JPEG, _JPEG_BYTES, _EXIF, _DNG = 0x0201, 0x0202, 0x8769, 0xC612
_RW2_JPEG = 0x002E
_JPEG_COMPRESSIONS = frozenset({6, 7})
_SENSOR = frozenset({32803, 34892})
"""Photometric interpretations: colour filter array, linear raw."""
_REDUCED_OR_MASK = 0b101


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the file: bytes ``start`` to ``end``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tiff:
    """``pages`` counts full pictures of the main chain, thumbnails and masks left out; ``previews`` are the
    JPEGs in it that any decoder reads, the one with most pixels first."""

    pages: int
    is_raw: bool
    previews: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class _Directory:
    values: Mapping[int, tuple[int, ...]]
    blobs: Mapping[int, Span]
    is_page: bool

    def first(self, tag: int) -> int | None:
        found = self.values.get(tag)
        return found[0] if found else None


def read_tiff(data: bytes) -> Tiff:
    """Never fails: of a broken file it tells what can still be found."""
    directories = tuple(_directories(data))
    is_raw = data[8:10] == b"CR" or data[:4] == b"IIU\0" or any(map(_holds_sensor_data, directories))
    previews = {span for one in directories for span in _previews(one, data)}
    pages = sum(one.is_page and not (one.first(_SUBFILE) or 0) & _REDUCED_OR_MASK for one in directories)
    return Tiff(pages, is_raw, largest_first(previews, data))


def largest_first(spans: set[Span], data: bytes) -> tuple[Span, ...]:
    """Those that are JPEGs, by their pixels."""
    sized = [(jpeg_size(data, span.start, span.end), span) for span in spans]
    whole = [(size[0] * size[1], span) for size, span in sized if size is not None]
    return tuple(span for _, span in sorted(whole, key=lambda one: (-one[0], one[1].start)))


def _holds_sensor_data(directory: _Directory) -> bool:
    return directory.first(_PHOTOMETRIC) in _SENSOR or directory.first(_DNG) is not None


def _previews(directory: _Directory, data: bytes) -> Iterator[Span]:
    start, size = directory.first(_JPEG), directory.first(_JPEG_BYTES)
    if start and size:
        yield Span(start, min(start + size, len(data)))
    strips, sizes = directory.values.get(_STRIPS, ()), directory.values.get(_STRIP_BYTES, ())
    if len(strips) == len(sizes) == 1 and directory.first(_COMPRESSION) in _JPEG_COMPRESSIONS:
        yield Span(strips[0], min(strips[0] + sizes[0], len(data)))
    if _RW2_JPEG in directory.blobs:
        yield directory.blobs[_RW2_JPEG]


def _directories(data: bytes) -> Iterator[_Directory]:
    """The main chain, each with the directories below it; every offset once, so that loops end."""
    order = _MAGIC.get(data[:4])
    if order is None or len(data) < 8:
        return
    seen: set[int] = set()
    waiting = [(_number(data, 4, order + "I"), 0)]
    while waiting and len(seen) < _MAX_DIRECTORIES:
        at, depth = waiting.pop()
        if at in seen or not 8 <= at <= len(data) - 2:
            continue
        seen.add(at)
        directory, following = _directory(data, at, order, is_page=depth == 0)
        yield directory
        if depth == 0:
            waiting.append((following, 0))
        if depth < _MAX_DEPTH:
            below = (*directory.values.get(_CHILDREN, ()), *directory.values.get(_EXIF, ()))
            waiting.extend((child, depth + 1) for child in reversed(below))


def _directory(data: bytes, at: int, order: str, *, is_page: bool) -> tuple[_Directory, int]:
    """The directory at an offset, and the offset of the next one of the chain; 0: none."""
    announced = _number(data, at, order + "H")
    count = min(announced, _MAX_ENTRIES, (len(data) - at - 2) // 12)
    values, blobs = {}, {}
    for entry in range(at + 2, at + 2 + 12 * count, 12):
        tag, form, number = struct.unpack_from(order + "HHI", data, entry)
        letter = _FORMS.get(form)
        if letter is None:
            continue
        size = number * struct.calcsize(letter)
        start = entry + 8 if size <= 4 else _number(data, entry + 8, order + "I")
        if start + size > len(data):
            continue
        if number <= _MAX_VALUES:
            values[tag] = struct.unpack_from(f"{order}{number}{letter}", data, start)
        else:
            blobs[tag] = Span(start, start + size)
    end = at + 2 + 12 * announced
    following = _number(data, end, order + "I") if end + 4 <= len(data) else 0
    return _Directory(values, blobs, is_page), following


def _number(data: bytes, at: int, form: str) -> int:
    return int(struct.unpack_from(form, data, at)[0])
