"""Untrusted bytes in, an upright ``Picture`` out.

Cheap checks come first: bytes, magic number, size in the header; only then is memory spent on pixels.
"""

from __future__ import annotations

import hashlib
import stat
import time
from pathlib import Path

from edge.domain import FileTags, Picture, Source
from edge.errors import ErrorCode, PhotoError
from edge.media.camera_raw import decode_cr3, decode_raf, decode_tiff_raw
from edge.media.exif import parse_exif
from edge.media.formats import Format, sniff
from edge.media.jpeg import decode_jpeg
from edge.media.raster import decode_raster, decode_webp
from edge.media.raw import Raw, upright
from edge.media.sandbox import decode_apart
from edge.media.tiff import read_tiff
from edge.settings import Settings

_MAX_NAME = 255


def decode(data: bytes, name: str, settings: Settings, kind: str = "photo") -> Picture:
    """Decodes a JPEG (of an MPO file the first picture), PNG, WebP, HEIC, AVIF, BMP, still GIF or TIFF of
    one page, or the largest preview in a camera RAW file.

    Args:
        data: the whole file; ``source.sha256`` is of these bytes.
        name: what to call the picture; it is never used as a path, and unprintable characters are replaced.
        kind: goes into ``source.kind``.

    Raises:
        PhotoError: ``empty``, ``too_many_bytes``, ``not_a_picture``, ``unsupported_format``,
            ``too_many_pixels``, ``too_small`` or ``corrupt``.
    """
    started = time.perf_counter()
    if not data:
        raise PhotoError(ErrorCode.EMPTY, "The file has no content.")
    _check_bytes(len(data), settings)
    try:
        raw = _decode(data, sniff(data), settings)
    except MemoryError:
        raise PhotoError(ErrorCode.TOO_MANY_PIXELS, "There is not enough memory for the picture.") from None
    exif = parse_exif(raw.exif)
    pixels = upright(raw.pixels, exif.orientation if raw.orientation is None else raw.orientation)
    source = Source(
        kind=kind,
        name=_printable(name),
        sha256=hashlib.sha256(data).hexdigest(),
        width=pixels.shape[1],
        height=pixels.shape[0],
        taken_at=exif.taken_at,
        gps=exif.gps,
    )
    tags = FileTags(exif.make, exif.model, exif.software, raw.comments)
    return Picture(pixels, source, decode_ms=(time.perf_counter() - started) * 1000, tags=tags)


def read(path: Path, settings: Settings) -> Picture:
    """Reads and decodes a file; its name without folders goes into ``source.name``.

    Raises:
        PhotoError: ``not_readable``, and all that ``decode`` raises.
    """
    return decode(read_bytes(path, settings), path.name, settings)


def read_bytes(path: Path, settings: Settings) -> bytes:
    """The content of a file, or one byte more than a photo may have.

    Raises:
        PhotoError: ``not_readable``, ``too_many_bytes``.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # opening a pipe or a device might never return
            raise PhotoError(ErrorCode.NOT_READABLE, "This is no regular file.")
        _check_bytes(status.st_size, settings)
        with path.open("rb") as file:
            return file.read(settings.max_photo_bytes + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise PhotoError(ErrorCode.NOT_READABLE, f"The file cannot be read ({reason}).") from None
    except ValueError:
        raise PhotoError(ErrorCode.NOT_READABLE, "The name of the file holds a zero byte.") from None


def _check_bytes(count: int, settings: Settings) -> None:
    if count > settings.max_photo_bytes:
        raise PhotoError(
            ErrorCode.TOO_MANY_BYTES,
            f"The file has {count:,} bytes, above the limit of {settings.max_photo_bytes:,}.",
        )


def _decode(data: bytes, kind: Format, settings: Settings) -> Raw:  # noqa: PLR0911 - one for each format
    match kind:
        case Format.JPEG:
            return decode_jpeg(data, settings)
        case Format.WEBP:
            return decode_webp(data, settings)
        case Format.HEIC | Format.AVIF:
            return decode_apart(data, kind, settings)
        case Format.PNG | Format.GIF | Format.BMP:
            return decode_raster(data, kind, settings)
        case Format.CR3:
            return decode_cr3(data, settings)
        case Format.RAF:
            return decode_raf(data, settings)
        case Format.TIFF | Format.RAW:
            return _decode_tiff(data, settings)


def _decode_tiff(data: bytes, settings: Settings) -> Raw:
    tiff = read_tiff(data)
    if tiff.is_raw:
        return decode_tiff_raw(data, tiff, settings)
    if tiff.pages > 1:
        raise PhotoError(
            ErrorCode.UNSUPPORTED_FORMAT, f"The TIFF file has {tiff.pages} pages; only one is read."
        )
    return decode_apart(data, Format.TIFF, settings)


def _printable(name: str) -> str:
    """The name as it may stand in JSON and on a terminal: no control characters, no lone surrogates."""
    return "".join(c if c.isprintable() else "\ufffd" for c in name[:_MAX_NAME])
