"""Camera RAW files: the finished JPEG that the camera itself laid beside the sensor's data.

Sensor data are never developed here. What the camera shows on its screen is what it saw; the largest such
picture counts. Read are the formats built like TIFF (CR2, NEF, ARW, DNG, PEF, SRW, RW2 …), Canon's CR3 and
Fujifilm's RAF.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from edge.errors import ErrorCode, PhotoError
from edge.media.exif import MAX_EXIF_BYTES
from edge.media.formats import Format
from edge.media.jpeg import decode_jpeg
from edge.media.raw import Raw, SizeLimits
from edge.media.tiff import Span, Tiff, largest_first

_MAX_BOXES = 1024
_FOLDERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
_PREVIEWS = bytes.fromhex("eaf42b5e1c984b88b9fbb7dc406e4d16")
_METADATA = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
"""Canon's boxes of type ``uuid``."""


def decode_tiff_raw(data: bytes, tiff: Tiff, limits: SizeLimits) -> Raw:
    """The largest preview; its turn, time and place are those of the file around it.

    Raises:
        PhotoError: ``unsupported_format`` where there is no preview; all that ``decode_jpeg`` raises.
    """
    # The directories of cameras stand at the beginning; the sensor's data need not be carried around.
    return _decoded(data, tiff.previews, data[:MAX_EXIF_BYTES], limits)


def decode_cr3(data: bytes, limits: SizeLimits) -> Raw:
    """As ``decode_tiff_raw``; of the metadata only the turn, make and model are read."""
    spans = set(_cr3_previews(data))
    exif = next((data[one.start : one.end] for name, one in _boxes(data) if name == b"CMT1"), b"")
    return _decoded(data, largest_first(spans, data), exif, limits)


def decode_raf(data: bytes, limits: SizeLimits) -> Raw:
    """As ``decode_tiff_raw``; the preview carries the metadata itself. Its place stands at byte 84."""
    start, size = int.from_bytes(data[84:88]), int.from_bytes(data[88:92])
    return _decoded(data, largest_first({Span(start, min(start + size, len(data)))}, data), b"", limits)


def _decoded(data: bytes, previews: tuple[Span, ...], exif: bytes, limits: SizeLimits) -> Raw:
    if not previews:
        raise PhotoError(
            ErrorCode.UNSUPPORTED_FORMAT,
            f"The {Format.RAW} file holds no JPEG preview, and is not developed.",
        )
    raw = decode_jpeg(data[previews[0].start : previews[0].end], limits)
    return replace(raw, exif=exif or raw.exif)


def _cr3_previews(data: bytes) -> Iterator[Span]:
    """The preview of Canon's own box, and the full picture that is the first sample of a track."""
    sizes: tuple[int, ...] = ()
    for name, box in _boxes(data):
        match name:
            case b"PRVW":
                size = int.from_bytes(data[box.start + 12 : box.start + 16])
                yield Span(box.start + 16, min(box.start + 16 + size, box.end))
            case b"stsz":
                one, first = (int.from_bytes(data[box.start + at : box.start + at + 4]) for at in (4, 12))
                sizes = (one or first,)
            case b"co64":
                start = int.from_bytes(data[box.start + 8 : box.start + 16])
                yield from (Span(start, min(start + size, len(data))) for size in sizes)


def _boxes(data: bytes) -> Iterator[tuple[bytes, Span]]:
    """Name and content of the boxes of an ISO base media file (ISO/IEC 14496-12), those inside too."""
    waiting = [Span(0, len(data))]
    for _ in range(_MAX_BOXES):
        if not waiting:
            return
        rest = waiting.pop()
        head = 8
        size = int.from_bytes(data[rest.start : rest.start + 4])
        name = data[rest.start + 4 : rest.start + 8]
        if size == 1:
            head, size = 16, int.from_bytes(data[rest.start + 8 : rest.start + 16])
        end = rest.end if size == 0 else rest.start + size
        if rest.start + head > end or end > rest.end:
            continue
        waiting.append(Span(end, rest.end))
        content = Span(rest.start + head, end)
        inside = _inside(data, name, content)
        if inside is not None:
            waiting.append(inside)
        else:
            yield name, content


def _inside(data: bytes, name: bytes, content: Span) -> Span | None:
    """Where the boxes inside a box begin, if it holds boxes that matter."""
    if name in _FOLDERS:
        return content
    if name == b"uuid":
        kind = data[content.start : content.start + 16]
        if kind == _PREVIEWS:
            return Span(content.start + 24, content.end)
        if kind == _METADATA:
            return Span(content.start + 16, content.end)
    return None
