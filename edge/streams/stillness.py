"""Whether a picture stands still, and whether that is a fault.

A still scene and a frozen picture look alike: a codec changes a picture from one key frame to the next by
more than the noise of a clean sensor does, and removes that noise at low bit rates. What tells them apart is
a clock in the display, which ticks in a scene and stands in a frozen picture, and pictures that are equal in
every pixel over several key frames, which no sensor delivers. Without either a still picture is an
observation and no fault. Figures stand in docs/design/streams.md.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import Pixels

Grey = NDArray[np.float32]

STILL_S = 8.0
"""Seconds without any change after which a picture stands still."""

STILL_BELOW = 6.0
"""Grey levels by which the mean of a block of 16 pixels may change in a scene that stands still. The codec's
own changes stay under it but at starved bit rates; a digit of the clock changes a block by 10 and more."""

SILENT_BELOW = 2.5
"""The same if no digit ticks either: small, thin ones change a block by 3 and more."""

_LEAST_SAMPLES = 4
_LEAST_KEYS = 2
"""Key frames within a run of equal pictures: between two of them a codec may repeat a picture as it is."""
_LEAST_CONTRAST = 4.0
"""Standard deviation of the blocks under which a picture shows too little to differ."""
_BLOCK = 16


@dataclass(slots=True)
class Stillness:
    """``seconds`` is for how long the scene has stood still, clock and all."""

    seconds: float = 0.0
    _began: float = 0.0
    _first: Grey | None = None
    _loudest: float = 0.0
    _samples: int = 0
    _digest: int | None = None
    _equal_since: float = 0.0
    _equal_from: int = 0
    _equal_s: float = 0.0
    _equal_keys: int = 0
    _pictures: int = 0

    def add(self, pixels: Pixels, seconds: float, keys: int | None = None) -> None:
        """A picture that was shown at ``seconds`` of any clock. ``keys`` counts the stream's key frames up to
        it; None: each picture is one."""
        blocks = _blocks(pixels)
        change = np.inf if self._first is None else _change(self._first, blocks)
        if change >= STILL_BELOW:
            self._began, self._first, self._loudest, self._samples, change = seconds, blocks, 0.0, 0, 0.0
        self._loudest = max(self._loudest, float(change))
        self._samples += 1
        self.seconds = max(0.0, seconds - self._began)
        self._pictures += 1
        self._compare(pixels, seconds, self._pictures if keys is None else keys)

    @property
    def stands(self) -> bool:
        return self.seconds >= STILL_S and self._samples >= _LEAST_SAMPLES

    @property
    def silent(self) -> bool:
        """Whether nothing moved, and no clock ticked either."""
        return self.stands and self._loudest < SILENT_BELOW

    @property
    def equal(self) -> bool:
        """Whether the pictures are the same in every pixel, over key frames too."""
        assert self._first is not None
        shows_something = float(self._first.std()) >= _LEAST_CONTRAST
        return self._equal_s >= STILL_S and self._equal_keys >= _LEAST_KEYS and shows_something

    def _compare(self, pixels: Pixels, seconds: float, keys: int) -> None:
        digest = zlib.crc32(np.ascontiguousarray(pixels).data)
        if digest != self._digest:
            self._digest, self._equal_since, self._equal_from = digest, seconds, keys
        self._equal_s, self._equal_keys = seconds - self._equal_since, keys - self._equal_from


def _blocks(pixels: Pixels) -> Grey:
    """The mean of each block of 16 × 16 pixels: a codec's own changes cancel out in it, a clock's do not."""
    height, width = pixels.shape[:2]
    size = (max(1, width // _BLOCK), max(1, height // _BLOCK))
    grey = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.float32)
    return cast(Grey, cv2.resize(grey, size, interpolation=cv2.INTER_AREA))


def _change(one: Grey, other: Grey) -> float:
    return float(np.abs(one - other).max()) if one.shape == other.shape else np.inf
