"""Untrusted bytes in, an upright ``Picture`` out.

Cheap checks come first: bytes and magic number here, then the size in the header; only then is memory spent
on pixels. All but the first happens in a process that can do nothing else: see ``sandbox.py``.
"""

from __future__ import annotations

import hashlib
import stat
import time
from dataclasses import replace
from pathlib import Path

from edge.domain import FileTags, Picture, Pixels, Source
from edge.errors import ErrorCode, PhotoError
from edge.media.formats import Format, sniff
from edge.media.handover import BASE_MEMORY, PHOTO, Order
from edge.media.replies import PhotoReply, printable
from edge.media.sandbox import sandbox
from edge.settings import Settings

_MAX_NAME = 255
_BYTES_PER_PIXEL = 24
"""Planes as coded, at 16 bits where the picture has 10, the interleaved copy, and the copy that is sent."""


def decode(data: bytes, name: str, settings: Settings, kind: str = "photo", *, together: int = 1) -> Picture:
    """Decodes a JPEG (of an MPO file the first picture), PNG, WebP, HEIC, AVIF, BMP, still GIF or TIFF of
    one page, or the largest preview in a camera RAW file.

    Args:
        data: the whole file; ``source.sha256`` is of these bytes.
        name: what to call the picture; it is never used as a path, and unprintable characters are replaced.
        kind: goes into ``source.kind``.
        together: so many photos one process may decode, one after the other. It is faster; a photo that takes
            the process over could then meddle with the answers about the ones after it.

    Raises:
        PhotoError: ``empty``, ``too_many_bytes``, ``not_a_picture``, ``unsupported_format``,
            ``too_many_pixels``, ``too_small`` or ``corrupt``; ``decoder_died`` or ``decoder_too_slow``.
    """
    started = time.perf_counter()
    if not data:
        raise PhotoError(ErrorCode.EMPTY, "The file has no content.")
    _check_bytes(len(data), settings)
    order = _order(sniff(data), settings, together)
    try:
        reply, pixels, sha256 = _decoded(data, order, settings)
    except PhotoError as error:
        if together == 1 or error.code is not ErrorCode.DECODER_DIED:
            raise
        # What the process died of may be a photo that it had before.
        reply, pixels, sha256 = _decoded(data, replace(order, most=1), settings)
    exif = reply.exif
    source = Source(kind, _name(name), sha256, reply.width, reply.height, exif.taken_at, exif.gps)
    tags = FileTags(exif.make, exif.model, exif.software, reply.comments)
    return Picture(pixels, source, decode_ms=(time.perf_counter() - started) * 1000, tags=tags)


def _decoded(data: bytes, order: Order, settings: Settings) -> tuple[PhotoReply, Pixels, str]:
    """What the file says, its pixels, and its hash."""
    with sandbox().photo(order, data, settings.max_decoders) as child:
        sha256 = hashlib.sha256(data).hexdigest()  # while the other process decodes
        reply = child.reply()
        if not isinstance(reply, PhotoReply):
            raise child.nonsense()
        return reply, child.pixels(reply), sha256


def _order(kind: Format, settings: Settings, together: int) -> Order:
    return Order(
        PHOTO,
        settings.max_photo_pixels,
        settings.min_photo_side,
        BASE_MEMORY + _BYTES_PER_PIXEL * settings.max_photo_pixels,
        settings.max_decode_seconds,
        threads=kind is Format.HEIC,  # libheif does not decode without
        most=together,
    )


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


def _name(name: str) -> str:
    return printable(name[:_MAX_NAME])
