"""Decodes one HEIC, AVIF or TIFF picture in a process of its own, with limits on memory and processor time.

Run as a script by ``sandbox.py``: ``worker.py FORMAT MAX_PIXELS MIN_SIDE MEMORY_BYTES SECONDS``. The file
comes on the standard input. The answer on the standard output is one line of JSON (``Reply``), then the EXIF
block, then the pixels, uint8 H×W×C with C = 1 (grey), 3 (BGR) or 4 (BGRA). It imports nothing of Camid, so
that it starts fast and holds nothing worth stealing.
"""

from __future__ import annotations

import io
import json
import sys
import warnings
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL.Image import Exif, Image

NO_PLUGIN = "no_plugin"
ANIMATED = "animated"
REFUSED_SIZE = "refused_size"
FAULT = "fault"
UNSUPPORTED = "unsupported"


class Reply(TypedDict):
    """``error`` is one of this module's codes or empty; sizes are 0 where they are not known."""

    error: str
    detail: str
    width: int
    height: int
    channels: int
    orientation: int
    exif_bytes: int


class RefusalError(Exception):
    """Ends the work with an error code of this module."""

    def __init__(self, error: str, detail: str = "", width: int = 0, height: int = 0) -> None:
        super().__init__(error)
        self.reply = _reply(error, detail, (height, width, 0))


def _reply(
    error: str = "",
    detail: str = "",
    shape: tuple[int, int, int] = (0, 0, 0),
    orientation: int = 1,
    exif_bytes: int = 0,
) -> Reply:
    height, width, channels = shape
    return Reply(
        error=error,
        detail=detail,
        width=width,
        height=height,
        channels=channels,
        orientation=orientation,
        exif_bytes=exif_bytes,
    )


def _limit(memory: int, seconds: int) -> None:
    try:
        import resource  # noqa: PLC0415 - absent on Windows, where only the time limit of the parent holds
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _check(width: int, height: int, max_pixels: int, min_side: int) -> None:
    if width * height > max_pixels or min(width, height) < min_side:
        raise RefusalError(REFUSED_SIZE, width=width, height=height)


def _heic(data: bytes, max_pixels: int, min_side: int) -> tuple[NDArray[np.uint8], bytes, int]:
    """Primary picture, EXIF, orientation: always 1, for libheif applies the container's own turns."""
    try:
        import pillow_heif  # noqa: PLC0415 - optional, and only this format needs it
    except ImportError as error:
        raise RefusalError(NO_PLUGIN, str(error)) from None
    image = pillow_heif.open_heif(data, convert_hdr_to_8bit=True, bgr_mode=True)
    width, height = image.size
    _check(width, height, max_pixels, min_side)
    pixels = np.asarray(image)
    if pixels.dtype != np.uint8:  # monochrome of 10 or 12 bits comes spread over 16
        pixels = (pixels >> 8).astype(np.uint8)
    return pixels, image.info.get("exif") or b"", 1


def _avif(data: bytes, max_pixels: int, min_side: int) -> tuple[NDArray[np.uint8], bytes, int]:
    """Picture, EXIF, orientation by the container, which outranks that of EXIF.

    Pillow's decoder without its plug-in class: that one gives up on a broken EXIF block.
    """
    try:
        from PIL import _avif as avif  # noqa: PLC0415 - left out of some builds of Pillow
    except ImportError as error:
        raise RefusalError(NO_PLUGIN, str(error)) from None
    try:
        decoder = avif.AvifDecoder(data, "auto", 2)
    except ValueError as error:
        if "Exif" not in str(error):
            raise
        decoder = avif.AvifDecoder(data.replace(b"Exif", b"skip", 1), "auto", 2)  # an item of unknown type
    (width, height), frames, mode, _, exif, orientation, _ = decoder.get_info()
    _check(width, height, max_pixels, min_side)
    if frames > 1:
        raise RefusalError(ANIMATED)
    channels = len(mode)
    pixels = np.frombuffer(decoder.get_frame(0)[0], np.uint8).reshape(height, width, channels)
    order = [2, 1, 0, 3][:channels] if channels >= 3 else [0]
    return pixels[..., order], exif or b"", int(orientation)


_MAX_PAGES = 64
_REDUCED_OR_MASK = 0b101
_SUBFILE, _EXIF, _GPS = 0x00FE, 0x8769, 0x8825
_LABELS = (0x010F, 0x0110, 0x0131)
"""Make, model, software."""


def _tiff(data: bytes, max_pixels: int, min_side: int) -> tuple[NDArray[np.uint8], bytes, int]:
    """The first full page, EXIF, orientation: always 1, for Pillow turns a TIFF when it loads it."""
    from PIL import Image, TiffImagePlugin  # noqa: PLC0415 - the other formats do without

    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # the caller's limit holds
    with TiffImagePlugin.TiffImageFile(io.BytesIO(data)) as image:
        for page in range(min(image.n_frames, _MAX_PAGES)):
            image.seek(page)
            if not int(image.tag_v2.get(_SUBFILE, 0)) & _REDUCED_OR_MASK:
                break
        _check(*image.size, max_pixels, min_side)
        exif = image.getexif()
        image.load()
        return _eight_bits(image), _short(exif), 1


def _eight_bits(image: Image) -> NDArray[np.uint8]:
    """Grey, BGR or BGRA."""
    if image.mode.startswith("I"):
        return np.asarray(np.asarray(image).clip(0, 65535) >> 8, np.uint8)
    if image.mode == "F":
        raise RefusalError(UNSUPPORTED, "its values are fractions")
    if image.has_transparency_data:
        return np.asarray(image.convert("RGBA"))[..., [2, 1, 0, 3]]
    if image.mode in ("L", "1"):
        return np.asarray(image.convert("L"))
    return np.asarray(image.convert("RGB"))[..., ::-1]


def _short(full: Exif) -> bytes:
    """Only what is read of it: a TIFF's own directory also holds its strips, previews and profiles."""
    from PIL import Image  # noqa: PLC0415

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


_DECODERS = {"HEIC": _heic, "AVIF": _avif, "TIFF": _tiff}


def main(arguments: list[str]) -> None:
    kind, max_pixels, min_side, memory, seconds = arguments[0], *map(int, arguments[1:])
    _limit(memory, seconds)
    decode = _DECODERS[kind]
    body = b""
    exif = b""
    try:
        pixels, exif, orientation = decode(sys.stdin.buffer.read(), max_pixels, min_side)
        pixels = pixels if pixels.ndim == 3 else pixels[..., None]
        height, width, channels = pixels.shape
        body = pixels.tobytes()
        reply = _reply("", "", (height, width, channels), orientation, len(exif))
    except RefusalError as refusal:
        reply = refusal.reply
    except Exception as error:
        reply = _reply(FAULT, str(error) or type(error).__name__)
    sys.stdout.buffer.write(json.dumps(reply).encode() + b"\n")
    sys.stdout.buffer.write(exif if not reply["error"] else b"")
    sys.stdout.buffer.write(body)


if __name__ == "__main__":
    main(sys.argv[1:])
