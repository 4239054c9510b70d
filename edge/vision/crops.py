"""The piece of a picture that the second look gets to see; used by the service and by the training alike."""

from __future__ import annotations

import cv2
import numpy as np

from edge.domain import Box, Pixels

PAD = 114
CONTEXT = 1.4
"""Side of the square that is looked at, in long sides of the candidate, …"""
MARGIN = 16.0
"""… plus this many pixels: a far camera is told by what it hangs on."""


def surroundings(pixels: Pixels, box: Box, side: int) -> Pixels:
    """The candidate and what is around it, as ``side`` × ``side`` × 3; grey where the picture ends."""
    reach = CONTEXT * box.long_side + MARGIN
    x0 = round((box.x0 + box.x1 - reach) / 2)
    y0 = round((box.y0 + box.y1 - reach) / 2)
    span = max(2, round(reach))
    height, width = pixels.shape[:2]
    part = pixels[max(0, y0) : max(0, min(height, y0 + span)), max(0, x0) : max(0, min(width, x0 + span))]
    square = np.full((span, span, 3), PAD, np.uint8) if part.shape[:2] != (span, span) else part
    if square is not part:
        top, left = max(0, -y0), max(0, -x0)
        square[top : top + part.shape[0], left : left + part.shape[1]] = part
    how = cv2.INTER_AREA if span > side else cv2.INTER_LINEAR
    scaled: Pixels = cv2.resize(square, (side, side), interpolation=how)
    return scaled
