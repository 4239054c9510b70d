"""From a file's bytes to upright pixels, in the process that is confined for it."""

from __future__ import annotations

from dataclasses import dataclass

from edge.domain import Pixels
from edge.errors import ErrorCode, PhotoError
from edge.media.camera_raw import decode_cr3, decode_raf, decode_tiff_raw
from edge.media.codecs import decode_container
from edge.media.exif import Exif, parse_exif
from edge.media.formats import Format, sniff
from edge.media.jpeg import decode_jpeg
from edge.media.raster import decode_raster, decode_webp
from edge.media.raw import Raw, SizeLimits, upright
from edge.media.tiff import read_tiff


@dataclass(frozen=True, slots=True)
class Decoded:
    """``pixels`` are upright, whatever the orientation in ``exif``."""

    pixels: Pixels
    exif: Exif
    comments: tuple[str, ...] = ()


def decode_bytes(data: bytes, limits: SizeLimits) -> Decoded:
    """Raises: PhotoError: as ``photo.decode``."""
    raw = _decode(data, limits)
    exif = parse_exif(raw.exif)
    orientation = exif.orientation if raw.orientation is None else raw.orientation
    return Decoded(upright(raw.pixels, orientation), exif, raw.comments)


def _decode(data: bytes, limits: SizeLimits) -> Raw:  # noqa: PLR0911 - one for each format
    match sniff(data):
        case Format.JPEG:
            return decode_jpeg(data, limits)
        case Format.WEBP:
            return decode_webp(data, limits)
        case (Format.PNG | Format.GIF | Format.BMP) as kind:
            return decode_raster(data, kind, limits)
        case (Format.HEIC | Format.AVIF) as kind:
            return decode_container(data, kind, limits)
        case Format.CR3:
            return decode_cr3(data, limits)
        case Format.RAF:
            return decode_raf(data, limits)
        case Format.TIFF | Format.RAW:
            return _decode_tiff(data, limits)


def _decode_tiff(data: bytes, limits: SizeLimits) -> Raw:
    tiff = read_tiff(data)
    if tiff.is_raw:
        return decode_tiff_raw(data, tiff, limits)
    if tiff.pages > 1:
        raise PhotoError(
            ErrorCode.UNSUPPORTED_FORMAT, f"The TIFF file has {tiff.pages} pages; only one is read."
        )
    return decode_container(data, Format.TIFF, limits)
