"""What is wrong with a picture that arrives: black, frozen, blurred, or the infrared filter stuck.

The thresholds were measured on real frames with on-screen displays and on drawn ones; figures and limits
stand in docs/design/streams.md. The display itself must not hide a fault, nor be one: all measures look at
many tiles of the picture and at what most of them say.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import Pixels
from edge.streams.state import PictureFault
from edge.streams.stillness import Stillness

Grey = NDArray[np.float32]

BLACK_BELOW = 32.0
"""Grey level that 95 % of the tiles' medians stay under. Darkest of 762 real pictures: 65."""

BLURRED_FROM = 0.64
"""Blur of the median tile. Sharpest picture that is none: 0.61 of 162 real frames."""

GREY_BELOW = 3.0
"""Chroma (distance from grey in Cr and Cb) that 95 % of a grey picture stay under."""

TINT_CR, TINT_CB = 6.0, 3.0
"""Cr and Cb, less 128, that three quarters of a picture are above if the infrared filter is missing:
everything turns magenta. At most 2 for both in 762 real pictures."""

DAY_HOURS = range(9, 16)
"""Local hours at which it is day everywhere that people live, and in all seasons."""

_SMALL = (160, 90)
_TILES = (9, 16)
_SHARP_WIDTH = 640
_SHARP_TILES = (16, 12)
_LEAST_CONTRAST = 1.0
_LEAST_TILES = 8


@dataclass(frozen=True, slots=True)
class Measure:
    """Of one picture. ``bright`` is the grey level of its brightest tiles, ``chroma`` the colour of its most
    colourful parts, ``cr`` and ``cb`` what three quarters of it are above, less 128; ``blur`` is 0 to 1, None
    where too little of the picture has any texture to tell."""

    bright: float
    chroma: float
    cr: float
    cb: float
    blur: float | None

    @property
    def black(self) -> bool:
        return self.bright < BLACK_BELOW

    @property
    def blurred(self) -> bool:
        return self.blur is not None and self.blur >= BLURRED_FROM

    @property
    def grey(self) -> bool:
        return self.chroma < GREY_BELOW

    @property
    def tinted(self) -> bool:
        return self.cr >= TINT_CR and self.cb >= TINT_CB


def measure(pixels: Pixels) -> Measure:
    small = cv2.cvtColor(cv2.resize(pixels, _SMALL, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2YCrCb)
    luma, cr, cb = (small[..., channel].astype(np.float32) for channel in range(3))
    medians = [
        float(np.median(tile))
        for row in np.array_split(luma, _TILES[0], axis=0)
        for tile in np.array_split(row, _TILES[1], axis=1)
    ]
    return Measure(
        bright=float(np.percentile(medians, 95)),
        chroma=float(np.percentile(np.hypot(cr - 128, cb - 128), 95)),
        cr=float(np.percentile(cr, 25)) - 128,
        cb=float(np.percentile(cb, 25)) - 128,
        blur=_blur(pixels),
    )


@dataclass(slots=True)
class PictureWatch:
    """The pictures of one stream over time: a fault must show in the last ``memory`` of them."""

    memory: int = 8
    still: Stillness = field(default_factory=Stillness)
    _measures: deque[Measure] = field(default_factory=deque)

    def add(self, pixels: Pixels, seconds: float, keys: int | None = None) -> None:
        """See ``Stillness.add``."""
        self._measures.append(measure(pixels))
        if len(self._measures) > self.memory:
            self._measures.popleft()
        self.still.add(pixels, seconds, keys)

    def faults(
        self, daytime: bool | None = None, *, has_clock: bool = False, clock_stands: bool = False
    ) -> tuple[PictureFault, ...]:
        """What holds for all of the last pictures; a black one is nothing else beside. ``daytime``: whether
        it is day where the camera is, None: not known. ``has_clock``: the display has a clock;
        ``clock_stands``: it was read, and does not tick."""
        if not self._measures:
            return ()
        if all(one.black for one in self._measures):
            return (PictureFault.BLACK,)
        still = self.still
        clock_froze = (still.silent and has_clock) or (still.stands and clock_stands)
        found = {
            PictureFault.FROZEN: still.equal or clock_froze,
            PictureFault.BLURRED: all(one.blurred for one in self._measures),
            PictureFault.IR_STUCK: all(one.tinted or (one.grey and bool(daytime)) for one in self._measures),
        }
        return tuple(fault for fault, holds in found.items() if holds)


def _blur(pixels: Pixels) -> float | None:
    """How little of the picture's variation a further blur takes away, in the median tile of those with
    texture, at 640 pixels width. The measure is that of Crété-Roffet et al., The Blur Effect (SPIE 2007)."""
    height, width = pixels.shape[:2]
    size = (_SHARP_WIDTH, max(_SHARP_TILES[1], round(height * _SHARP_WIDTH / width)))
    shrunk = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(shrunk, cv2.COLOR_BGR2GRAY).astype(np.float32)
    across, along = _variation(grey, axis=0), _variation(grey, axis=1)
    total, lost = across[0] + along[0], across[1] + along[1]
    textured = total > _LEAST_CONTRAST
    if int(textured.sum()) < _LEAST_TILES:
        return None
    return float(np.median(1 - lost[textured] / total[textured]))


def _variation(grey: Grey, axis: int) -> tuple[Grey, Grey]:
    """Of each tile along ``axis``: the variation between neighbours, and how much of it a blur takes away."""
    blurred = cv2.blur(grey, (1, 9) if axis == 0 else (9, 1))
    before, after = np.abs(np.diff(grey, axis=axis)), np.abs(np.diff(blurred, axis=axis))
    lost = np.maximum(0.0, before - after)
    return _tiles(before), _tiles(lost)


def _tiles(values: Grey) -> Grey:
    return cast(Grey, cv2.resize(values, _SHARP_TILES, interpolation=cv2.INTER_AREA))
