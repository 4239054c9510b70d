"""A glance at a picture: is it still the same scene? Costs a millisecond where reading costs hundreds."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import Pixels

Thumbnail = NDArray[np.float32]
"""Grey, shape (18, 32), 0 to 255."""

_SIZE = (32, 18)

LEAST_LIKENESS = 0.65
"""Correlation of two thumbnails under which the scene is another one: measured in docs/design/streams.md."""

_FAINT = 2.0
"""Contrast (standard deviation in grey levels) under which a thumbnail shows nothing to compare."""


def thumbnail(pixels: Pixels) -> Thumbnail:
    small = cv2.resize(pixels, _SIZE, interpolation=cv2.INTER_AREA)
    return cast(Thumbnail, cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32))


def likeness(one: Thumbnail, other: Thumbnail) -> float:
    """Correlation of the two, -1 to 1: brightness and contrast play no part, for a cloud is no new scene."""
    faint = [float(picture.std()) < _FAINT for picture in (one, other)]
    if any(faint):
        return 1.0 if all(faint) else 0.0
    a, b = one - one.mean(), other - other.mean()
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum()))


def changed(one: Thumbnail, other: Thumbnail) -> bool:
    return likeness(one, other) < LEAST_LIKENESS
