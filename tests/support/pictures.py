"""Builders of pictures for tests: plain ones, odd ones and hostile ones, all made here, none stored."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Mapping
from fractions import Fraction

import cv2
import numpy as np
import pillow_heif
from PIL import Image, TiffImagePlugin
from PIL.ExifTags import GPS, IFD, Base

from edge.domain import Pixels

MARKER_COLOURS = ((0, 0, 255), (0, 255, 0), (255, 0, 0), (0, 255, 255))
"""BGR of the top-left, top-right, bottom-left and bottom-right quarter of ``quarters``."""


def quarters(width: int = 96, height: int = 64) -> Pixels:
    """Red, green / blue, yellow: shows at once which way up a picture is and whether channels are swapped."""
    pixels = np.empty((height, width, 3), np.uint8)
    half_h, half_w = height // 2, width // 2
    pixels[:half_h, :half_w], pixels[:half_h, half_w:] = MARKER_COLOURS[:2]
    pixels[half_h:, :half_w], pixels[half_h:, half_w:] = MARKER_COLOURS[2:]
    return pixels


def textured(width: int, height: int, seed: int = 0) -> Pixels:
    """Soft blotches with fine grain: compresses like a photo."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(0, 256, (max(2, height // 40), max(2, width // 40), 3), np.uint8)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.int16)
    grain = generator.integers(-6, 7, (height, width, 1), np.int16)
    return np.asarray((smooth + grain).clip(0, 255), np.uint8)


def image(pixels: Pixels) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(pixels[..., ::-1]))


def encoded(picture: Image.Image | Pixels, kind: str, **options: object) -> bytes:
    """``kind`` is Pillow's name of the format: JPEG, PNG, WEBP, AVIF, GIF, BMP, TIFF, MPO."""
    picture = image(picture) if isinstance(picture, np.ndarray) else picture
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def jpeg(pixels: Pixels | None = None, exif: bytes = b"", quality: int = 95, **options: object) -> bytes:
    pixels = quarters() if pixels is None else pixels
    return encoded(pixels, "JPEG", exif=exif, quality=quality, subsampling=0, **options)


def heic(pixels: Pixels | None = None, exif: bytes | None = None) -> bytes:
    """A HEIC file; an orientation in ``exif`` becomes the container's own rotation, as phones write it."""
    pixels = quarters() if pixels is None else pixels
    heif = pillow_heif.from_pillow(image(pixels))
    file = io.BytesIO()
    options: dict[str, object] = {"quality": 90, "chroma": 444}
    if exif is not None:
        options["exif"] = exif
    heif.save(file, **options)
    return file.getvalue()


def exif_block(
    orientation: int | None = None,
    taken: str | None = None,
    offset: str | None = None,
    gps: Mapping[int, object] | None = None,
) -> bytes:
    """An EXIF block with its ``Exif\\0\\0`` prefix, from the tags as they are written."""
    exif = Image.Exif()
    if orientation is not None:
        exif[Base.Orientation] = orientation
    details = exif.get_ifd(IFD.Exif)
    if taken is not None:
        details[Base.DateTimeOriginal] = taken
    if offset is not None:
        details[Base.OffsetTimeOriginal] = offset
    for tag, value in (gps or {}).items():
        exif.get_ifd(IFD.GPSInfo)[tag] = value
    return exif.tobytes()


def position(latitude: float, longitude: float) -> dict[int, object]:
    """The four GPS tags of a position in degrees."""
    return {
        GPS.GPSLatitudeRef: "S" if latitude < 0 else "N",
        GPS.GPSLatitude: _sexagesimal(abs(latitude)),
        GPS.GPSLongitudeRef: "W" if longitude < 0 else "E",
        GPS.GPSLongitude: _sexagesimal(abs(longitude)),
    }


def rational(value: float) -> TiffImagePlugin.IFDRational:
    fraction = Fraction(value).limit_denominator(10_000)
    return TiffImagePlugin.IFDRational(fraction.numerator, fraction.denominator)


def _sexagesimal(degrees: float) -> tuple[TiffImagePlugin.IFDRational, ...]:
    minutes = degrees % 1 * 60
    return rational(int(degrees)), rational(int(minutes)), rational(minutes % 1 * 60)


def with_app1(data: bytes, payload: bytes) -> bytes:
    """The JPEG ``data`` with an APP1 segment put first."""
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + data[2:]


def cmyk_jpeg(width: int = 64, height: int = 48, cyan: int = 0, black: int = 0) -> bytes:
    return encoded(Image.new("CMYK", (width, height), (cyan, 0, 0, black)), "JPEG", quality=95)


def two_frame_mpo(first: Pixels, second: Pixels) -> bytes:
    return encoded(first, "MPO", save_all=True, append_images=[image(second)], quality=95, subsampling=0)


def animated_gif(frames: int = 3, width: int = 64, height: int = 48) -> bytes:
    shades = [Image.new("L", (width, height), shade * 40) for shade in range(frames)]
    return encoded(shades[0], "GIF", save_all=True, append_images=shades[1:], duration=100)


def png_chunk(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", zlib.crc32(name + payload))


def png(
    width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 2, pixels: bytes = b""
) -> bytes:
    """A PNG from its parts: header, ``chunks``, then ``pixels`` (filtered rows, not yet deflated)."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = png_chunk(b"IDAT", zlib.compress(pixels, 9))
    return (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + b"".join(chunks) + body + png_chunk(b"IEND", b"")
    )


def png_text_bomb(megabytes: int = 100) -> bytes:
    """A small picture with compressed text that unpacks to ``megabytes``."""
    packed = zlib.compress(bytes(megabytes << 20), 9)
    return png(32, 32, png_chunk(b"zTXt", b"note\0\0" + packed), pixels=bytes(32 * (1 + 32 * 3)))


def png_profile_bomb(megabytes: int = 100) -> bytes:
    packed = zlib.compress(bytes(megabytes << 20), 9)
    return png(32, 32, png_chunk(b"iCCP", b"profile\0\0" + packed), pixels=bytes(32 * (1 + 32 * 3)))


def sixteen_bit_png(values: np.ndarray[tuple[int, ...], np.dtype[np.uint16]]) -> bytes:
    """Grey (H×W) or BGR (H×W×3) with 16 bits a channel."""
    done, data = cv2.imencode(".png", values)
    assert done
    return data.tobytes()


def header_bomb(kind: str, side: int = 30_000) -> bytes:
    """A few bytes that announce ``side`` × ``side`` pixels: PNG, JPEG, WEBP, GIF or BMP."""
    if kind == "PNG":
        return png(side, side, pixels=bytes(1000))
    if kind == "BMP":
        info = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 24, 0, 0, 0, 0, 0, 0)
        return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info
    small = encoded(quarters(), kind)
    if kind == "JPEG":
        at = small.index(b"\xff\xc0") + 5
        return small[:at] + struct.pack(">HH", side, side) + small[at + 4 :]
    if kind == "GIF":
        return small[:6] + struct.pack("<HH", side, side) + small[10:]
    canvas = (side - 1).to_bytes(3, "little") * 2
    chunk = b"VP8X" + struct.pack("<I", 10) + bytes(4) + canvas
    return b"RIFF" + struct.pack("<I", len(small) - 8 + len(chunk)) + b"WEBP" + chunk + small[12:]


def scan_bomb(scans: int = 2000) -> bytes:
    """A progressive JPEG that goes over its pixels ``scans`` times."""
    data = jpeg(quarters(256, 256), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * scans + b"\xff\xd9"


def flipped(data: bytes, at: int, bit: int = 0) -> bytes:
    """``data`` with one bit turned over."""
    at %= len(data)
    return data[:at] + bytes([data[at] ^ (1 << bit % 8)]) + data[at + 1 :]
