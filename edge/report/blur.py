"""Makes parts of a picture unrecognisable, for good."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from edge.domain import Box, Pixels

MARGIN = 0.2
"""Share of a face's box added on each side: hair, chin and ears tell of a person too."""
BLOCKS = 5
"""Patches across a blurred part: of a face or a plate so few show neither features nor letters."""


def blurred(pixels: Pixels, boxes: Iterable[Box]) -> Pixels:
    """A copy with each of ``boxes`` reduced to a few soft patches. The detail is gone, not hidden: only the
    mean of each patch is left."""
    copy = pixels.copy()
    for box in boxes:
        inside = box.clipped(pixels.shape[1], pixels.shape[0])
        if inside is not None:
            x0, y0, x1, y1 = int(inside.x0), int(inside.y0), int(np.ceil(inside.x1)), int(np.ceil(inside.y1))
            copy[y0:y1, x0:x1] = _patches(pixels[y0:y1, x0:x1])
    return copy


def around_face(box: Box) -> Box:
    """The part to blur for a face found at ``box``."""
    return box.grown(MARGIN)


def _patches(part: Pixels) -> Pixels:
    height, width = part.shape[:2]
    scale = BLOCKS / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    means = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(means, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
