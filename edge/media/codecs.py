"""HEIC, AVIF and TIFF: their pixels, their EXIF, and the turn that their containers give."""

from __future__ import annotations

import io
import warnings
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from edge.errors import ErrorCode, PhotoError
from edge.media.exif import MAX_EXIF_BYTES
from edge.media.formats import Format
from edge.media.raw import Raw, SizeLimits, animated, check_size, corrupt, to_bgr

_MAX_PAGES = 64
_REDUCED_OR_MASK = 0b101
_SUBFILE, _EXIF, _GPS = 0x00FE, 0x8769, 0x8825
_LABELS = (0x010F, 0x0110, 0x0131)
"""Make, model, software."""


def decode_container(data: bytes, kind: Format, limits: SizeLimits) -> Raw:
    """Decodes HEIC, AVIF or the first full page of a TIFF.

    Raises:
        PhotoError: ``corrupt``; ``unsupported_format`` where the decoder is not installed or the picture is
            animated; ``too_many_pixels``; ``too_small``.
    """
    try:
        match kind:
            case Format.HEIC:
                return _heic(data, limits)
            case Format.AVIF:
                return _avif(data, limits)
            case _:
                return _tiff(data, limits)
    except (PhotoError, MemoryError):
        raise
    except Exception as error:  # these parsers fail in as many ways as files can be broken
        fault = str(error).rstrip(".") or type(error).__name__
        raise corrupt(f"The {kind} file cannot be decoded ({fault}).") from None


def load_plugins() -> None:
    """Loads what the first picture would load, where it is installed: later no file can be opened."""
    with suppress(ImportError):
        import pillow_heif  # noqa: F401, PLC0415
    with suppress(ImportError):
        from PIL import _avif  # noqa: F401, PLC0415


def _heic(data: bytes, limits: SizeLimits) -> Raw:
    """Of several pictures the primary one; libheif applies the container's own turns."""
    try:
        import pillow_heif  # noqa: PLC0415 - optional, and only this format needs it
    except ImportError:
        raise _no_plugin(Format.HEIC, "pillow-heif") from None
    image = pillow_heif.open_heif(data, convert_hdr_to_8bit=True, bgr_mode=True)
    width, height = image.size
    check_size(width, height, limits)
    pixels = np.asarray(image)
    if pixels.dtype != np.uint8:  # monochrome of 10 or 12 bits comes spread over 16
        pixels = (pixels >> 8).astype(np.uint8)
    return Raw(_flat(pixels), _bounded(image.info.get("exif")), 1)


def _avif(data: bytes, limits: SizeLimits) -> Raw:
    """The container's turn outranks that of EXIF. Pillow's decoder without its plug-in class: that one gives
    up on a broken EXIF block."""
    try:
        from PIL import _avif as avif  # noqa: PLC0415 - left out of some builds of Pillow
    except ImportError:
        raise _no_plugin(Format.AVIF, "a Pillow built with AVIF") from None
    threads = 1
    try:
        decoder = avif.AvifDecoder(data, "auto", threads)
    except ValueError as error:
        if "Exif" not in str(error):
            raise
        skipped = data.replace(b"Exif", b"skip", 1)  # an item of unknown type
        decoder = avif.AvifDecoder(skipped, "auto", threads)
    (width, height), frames, mode, _, exif, orientation, _ = decoder.get_info()
    check_size(width, height, limits)
    if frames > 1:
        raise animated(f"{Format.AVIF} file")
    channels = len(mode)
    pixels = np.frombuffer(decoder.get_frame(0)[0], np.uint8).reshape(height, width, channels)
    order = [2, 1, 0, 3][:channels] if channels >= 3 else [0]
    return Raw(_flat(pixels[..., order]), _bounded(exif), int(orientation))


def _tiff(data: bytes, limits: SizeLimits) -> Raw:
    """The first full page; Pillow turns a TIFF when it loads it."""
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # the limits hold
    with TiffImagePlugin.TiffImageFile(io.BytesIO(data)) as image:
        for page in range(min(image.n_frames, _MAX_PAGES)):
            image.seek(page)
            if not int(image.tag_v2.get(_SUBFILE, 0)) & _REDUCED_OR_MASK:
                break
        check_size(*image.size, limits)
        exif = image.getexif()
        image.load()
        return Raw(_flat(_eight_bits(image)), _bounded(_short(exif)), 1)


def _eight_bits(image: Image.Image) -> NDArray[np.uint8]:
    """Grey, BGR or BGRA."""
    if image.mode.startswith("I"):
        return np.asarray(np.asarray(image).clip(0, 65535) >> 8, np.uint8)
    if image.mode == "F":
        raise PhotoError(
            ErrorCode.UNSUPPORTED_FORMAT, "This kind of TIFF is not decoded (its values are fractions)."
        )
    if image.has_transparency_data:
        return np.asarray(image.convert("RGBA"))[..., [2, 1, 0, 3]]
    if image.mode in ("L", "1"):
        return np.asarray(image.convert("L"))
    return np.asarray(image.convert("RGB"))[..., ::-1]


def _short(full: Image.Exif) -> bytes:
    """Only what is read of it: a TIFF's own directory also holds its strips, previews and profiles."""
    short = Image.Exif()
    try:
        for tag in _LABELS:
            if tag in full:
                short[tag] = full[tag]
        for directory in (_EXIF, _GPS):
            if full.get_ifd(directory):
                short.get_ifd(directory).update(full.get_ifd(directory))
        return short.tobytes()
    except Exception:  # broken metadata take nothing else with them
        return b""


def _flat(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """BGR of grey in two or three dimensions, BGR or BGRA."""
    return to_bgr(pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels)


def _bounded(exif: bytes | None) -> bytes:
    return exif if exif and len(exif) <= MAX_EXIF_BYTES else b""


def _no_plugin(kind: Format, package: str) -> PhotoError:
    return PhotoError(
        ErrorCode.UNSUPPORTED_FORMAT, f"{kind} needs {package}, which this installation cannot load."
    )
