"""PNG, WebP, still GIF and BMP.

Pillow's plug-in classes are called directly: ``Image.open`` would warn about large pictures by its own limit,
and ours is checked from the header anyway. Colour profiles are ignored: the models learned from pixels as
coded.
"""

from __future__ import annotations

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import BmpImagePlugin, GifImagePlugin, Image, ImageFile, PngImagePlugin

from edge.errors import PhotoError
from edge.media.exif import quiet
from edge.media.formats import Format
from edge.media.raw import Raw, SizeLimits, animated, check_size, corrupt, to_bgr

_PLUGINS: dict[Format, type[ImageFile.ImageFile]] = {
    Format.PNG: PngImagePlugin.PngImageFile,
    Format.GIF: GifImagePlugin.GifImageFile,
    Format.BMP: BmpImagePlugin.BmpImageFile,
}

_MAX_CHUNKS = 64
"""A WebP has a handful; a hostile file may hold millions."""


def decode_raster(data: bytes, kind: Format, limits: SizeLimits) -> Raw:
    """Decodes PNG, GIF or BMP; 16-bit channels are scaled to 8, transparent parts laid on grey.

    Raises:
        PhotoError: ``corrupt``, ``too_many_pixels``, ``too_small``, ``unsupported_format`` for an animation.
    """
    try:
        with quiet():
            image = _PLUGINS[kind](io.BytesIO(data))
        with image:
            check_size(*image.size, limits)
            if getattr(image, "is_animated", False):
                raise animated(f"{kind} file")
            image.load()
            exif = image.info.get("exif", b"")
            return Raw(to_bgr(_array(image)), exif if isinstance(exif, bytes) else b"")
    except PhotoError:
        raise
    except Exception as error:  # Pillow's parsers fail in as many ways as files can be broken
        raise corrupt(f"The {kind} file cannot be decoded ({str(error) or type(error).__name__}).") from None


def _array(image: Image.Image) -> NDArray[np.uint8]:
    """Grey, BGR or BGRA of a loaded image of any mode."""
    if image.mode.startswith("I"):  # 16-bit grey: 65535 becomes 255
        wide = np.asarray(image).clip(0, 65535).astype(np.uint32)
        return np.asarray((wide * 255 + 32767) // 65535, np.uint8)
    if image.has_transparency_data:
        return np.asarray(image.convert("RGBA"))[..., [2, 1, 0, 3]]
    if image.mode in ("L", "1"):
        return np.asarray(image.convert("L"))
    return np.asarray(image.convert("RGB"))[..., ::-1]


def decode_webp(data: bytes, limits: SizeLimits) -> Raw:
    """Decodes a still WebP by OpenCV, which writes BGR at once in half of Pillow's time and memory.

    Raises:
        PhotoError: ``corrupt``, ``too_many_pixels``, ``too_small``, ``unsupported_format`` for an animation.
    """
    if len(data) < int.from_bytes(data[4:8], "little") + 8:
        raise corrupt("The WebP file stops early.")
    width, height, moves = _webp_header(data)
    if moves:
        raise animated("WebP file")
    check_size(width, height, limits)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise corrupt(f"The WebP file cannot be decoded ({error.err}).") from None
    if pixels is None or pixels.shape[:2] != (height, width):
        raise corrupt("The WebP file cannot be decoded.")
    return Raw(to_bgr(pixels.astype(np.uint8, copy=False)), _webp_exif(data))


def _webp_header(data: bytes) -> tuple[int, int, bool]:
    """Width, height and whether it is animated, from the first chunk, as libwebp does (RFC 9649, 2.5-2.7)."""
    name, head = data[12:16], data[20:30]
    if len(head) == 10 and name == b"VP8X":
        return (
            int.from_bytes(head[4:7], "little") + 1,
            int.from_bytes(head[7:], "little") + 1,
            bool(head[0] & 2),
        )
    if len(head) == 10 and name == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, False
    if len(head) == 10 and name == b"VP8 ":
        width, height = int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:], "little")
        return width & 0x3FFF, height & 0x3FFF, False
    raise corrupt("The WebP file holds no picture.")


def _webp_exif(data: bytes) -> bytes:
    """The payload of the first EXIF chunk, or nothing (RFC 9649, 2.3)."""
    at = 12
    for _ in range(_MAX_CHUNKS):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"EXIF":
            return data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return b""
