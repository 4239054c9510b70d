"""What every decoder gives back, and the checks that all of them make before they decode."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import Pixels
from edge.errors import ErrorCode, PhotoError

BACKDROP = 128
"""Grey value behind transparent parts: a white housing and a black logo both keep their outline on it."""

_ROWS_AT_A_TIME = 256
_TURNS: Mapping[int, Callable[[Pixels], object]] = {
    2: lambda pixels: cv2.flip(pixels, 1),
    3: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_180),
    4: lambda pixels: cv2.flip(pixels, 0),
    5: cv2.transpose,
    6: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_CLOCKWISE),
    7: lambda pixels: cv2.flip(cv2.transpose(pixels), -1),
    8: lambda pixels: cv2.rotate(pixels, cv2.ROTATE_90_COUNTERCLOCKWISE),
}


class SizeLimits(Protocol):
    """What decoders need of the settings."""

    @property
    def max_photo_pixels(self) -> int: ...

    @property
    def min_photo_side(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Raw:
    """Pixels as coded and the EXIF block (empty: none). ``orientation`` is the container's own, which
    outranks that of EXIF; None where the container has none. ``comments`` are texts beside the picture."""

    pixels: Pixels
    exif: bytes = b""
    orientation: int | None = None
    comments: tuple[str, ...] = ()


def check_size(width: int, height: int, limits: SizeLimits) -> None:
    """Applies the limits to the size that the header announces, before any memory is spent on pixels.

    Raises:
        PhotoError: ``too_many_pixels`` or ``too_small``; ``corrupt`` for a side below one.
    """
    if width < 1 or height < 1:
        raise PhotoError(ErrorCode.CORRUPT, f"The header gives a size of {width} × {height} pixels.")
    if width * height > limits.max_photo_pixels:
        raise PhotoError(
            ErrorCode.TOO_MANY_PIXELS,
            f"The picture has {width} × {height} pixels, above the limit of {limits.max_photo_pixels:,}.",
        )
    if min(width, height) < limits.min_photo_side:
        raise PhotoError(
            ErrorCode.TOO_SMALL,
            f"The picture has {width} × {height} pixels, below {limits.min_photo_side} on a side.",
        )


def corrupt(what: str) -> PhotoError:
    return PhotoError(ErrorCode.CORRUPT, what)


def animated(what: str) -> PhotoError:
    return PhotoError(ErrorCode.UNSUPPORTED_FORMAT, f"The {what} is animated; only still pictures are read.")


def to_bgr(pixels: NDArray[np.uint8]) -> Pixels:
    """BGR from grey (H×W), BGR or BGRA; transparent parts are laid on ``BACKDROP``."""
    if pixels.ndim == 2:
        return _pixels(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR))
    if pixels.shape[2] == 3:
        return np.ascontiguousarray(pixels)
    flat = _pixels(cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR))
    if pixels[..., 3].min() < 255:
        for top in range(0, len(flat), _ROWS_AT_A_TIME):  # in bands: the sums need 16 bits a channel
            rows = slice(top, top + _ROWS_AT_A_TIME)
            alpha = pixels[rows, :, 3:].astype(np.uint16)
            flat[rows] = (flat[rows] * alpha + BACKDROP * (255 - alpha) + 127) // 255
    return flat


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Turns pixels as coded by EXIF ``orientation`` (1 to 8, CIPA DC-008 table 6); 1 costs nothing."""
    turn = _TURNS.get(orientation)
    return pixels if turn is None else _pixels(turn(pixels))


def _pixels(array: object) -> Pixels:
    """OpenCV's stubs promise any dtype; here it is always ``uint8``."""
    assert isinstance(array, np.ndarray)
    assert array.dtype == np.uint8
    return array
