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

Grey = NDArray[np.float32]

BLACK_BELOW = 32.0
"""Grey level that 95 % of the tiles' medians stay under. Darkest of 762 real pictures: 65."""

BLURRED_FROM = 0.64
"""Blur of the median tile. Sharpest picture that is none: 0.61 of 162 real frames."""

STILL_BELOW = 6.0
"""Grey levels by which the mean of a block of 16 pixels may change in a scene that stands still. The codec's
own changes stay under it but at starved bit rates; a digit of the clock changes a block by 10 and more."""

SILENT_BELOW = 2.5
"""The same where no clock is known to stand: small, thin digits change a block by 3 and more."""

FROZEN_BELOW = 0.19
"""Standard deviation of these changes between the most alike pictures under which not even sensor noise is
left. Noise of two grey levels makes it 0.23 and more, a codec that gets the same picture again and again 0.04
to 0.18 from one bit a pixel and second on."""

STILL_S = 8.0
"""Seconds without any change after which a picture is frozen."""

GREY_BELOW = 3.0
"""Chroma (distance from grey in Cr and Cb) that 95 % of a grey picture stay under."""

TINT_CR, TINT_CB = 6.0, 3.0
"""Cr and Cb, less 128, that three quarters of a picture are above if the infrared filter is missing:
everything turns magenta. At most 2 for both in 762 real pictures."""

DAY_HOURS = range(9, 16)
"""Local hours at which it is day everywhere that people live, and in all seasons."""

_LEAST_SAMPLES = 4
_APART_S = 2.0
_SMALL = (160, 90)
_TILES = (9, 16)
_BLOCK = 16
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
    """The pictures of one stream over time: a fault must show in the last ``memory`` of them. ``still_s`` is
    for how long the scene has stood still, clock and all."""

    memory: int = 8
    still_s: float = 0.0
    _measures: deque[Measure] = field(default_factory=deque)
    _still: list[tuple[float, Grey]] = field(default_factory=list)
    _samples: int = 0

    def add(self, pixels: Pixels, seconds: float) -> None:
        """A picture that was shown at ``seconds`` of any clock."""
        self._measures.append(measure(pixels))
        if len(self._measures) > self.memory:
            self._measures.popleft()
        blocks = _blocks(pixels)
        if not self._still or _moved(self._still[0][1], blocks):
            self._still.clear()
            self._samples = 0
        self._still.append((seconds, blocks))
        self._samples += 1
        self.still_s = max(0.0, seconds - self._still[0][0])
        if len(self._still) > 3 * self.memory:
            del self._still[1::2]

    def faults(self, daytime: bool | None = None, clock_stands: bool = False) -> tuple[PictureFault, ...]:
        """What holds for all of the last pictures; a black one is nothing else beside. ``daytime``: whether
        it is day where the camera is, None: not known. ``clock_stands``: the display has a clock, and it does
        not tick."""
        if not self._measures:
            return ()
        if all(one.black for one in self._measures):
            return (PictureFault.BLACK,)
        found = {
            PictureFault.FROZEN: self._stands() and (clock_stands or self._silent()),
            PictureFault.BLURRED: all(one.blurred for one in self._measures),
            PictureFault.IR_STUCK: all(one.tinted or (one.grey and bool(daytime)) for one in self._measures),
        }
        return tuple(fault for fault, holds in found.items() if holds)

    def _stands(self) -> bool:
        return self.still_s >= STILL_S and self._samples >= _LEAST_SAMPLES

    def _silent(self) -> bool:
        first = self._still[0][1]
        loudest = max(float(np.abs(blocks - first).max()) for _, blocks in self._still)
        return loudest < SILENT_BELOW and self._noise() < FROZEN_BELOW

    def _noise(self) -> float:
        """Of pictures some seconds apart, how much the most alike differ: a codec comes back to the same
        picture after each key frame, noise never does."""
        apart = [
            _scatter(one - other)
            for number, (at, one) in enumerate(self._still)
            for before, other in self._still[:number]
            if at - before >= _APART_S
        ]
        return float(np.percentile(apart, 10)) if apart else np.inf


def _blocks(pixels: Pixels) -> Grey:
    """The mean of each block of 16 × 16 pixels: a codec's own changes cancel out in it, a clock's do not."""
    height, width = pixels.shape[:2]
    size = (max(1, width // _BLOCK), max(1, height // _BLOCK))
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return cast(Grey, cv2.resize(grey, size, interpolation=cv2.INTER_AREA))


def _scatter(change: Grey) -> float:
    """How unevenly the picture changed; a change of all of it alike is light, or the codec's."""
    return float(np.std(change - np.median(change)))


def _moved(one: Grey, other: Grey) -> bool:
    return one.shape != other.shape or float(np.abs(one - other).max()) >= STILL_BELOW


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
