"""Decodes one HEIC or AVIF picture in a process of its own, with limits on memory and processor time.

Run as a script by ``sandbox.py``: ``worker.py FORMAT MAX_PIXELS MIN_SIDE MEMORY_BYTES SECONDS``. The file
comes on the standard input. The answer on the standard output is one line of JSON (``Reply``), then the EXIF
block, then the pixels, uint8 H×W×C with C = 1 (grey), 3 (BGR) or 4 (BGRA). It imports nothing of Camid, so
that it starts fast and holds nothing worth stealing.
"""

from __future__ import annotations

import json
import sys
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

NO_PLUGIN = "no_plugin"
ANIMATED = "animated"
REFUSED_SIZE = "refused_size"
FAULT = "fault"


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


def main(arguments: list[str]) -> None:
    kind, max_pixels, min_side, memory, seconds = arguments[0], *map(int, arguments[1:])
    _limit(memory, seconds)
    decode = _heic if kind == "HEIC" else _avif
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
