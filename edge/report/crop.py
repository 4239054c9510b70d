"""Pieces of a picture as files: a housing, a mark, each with some surroundings."""

from __future__ import annotations

import cv2
import numpy as np

from edge.domain import Box, Pixels
from edge.errors import CamidError, ErrorCode

HOUSING_MARGIN = 0.08
EVIDENCE_MARGIN = 0.35
"""Shares of a box's sides that are added around it."""
_QUALITY = 88


def cut(pixels: Pixels, box: Box, margin: float) -> Pixels:
    """The pixels of ``box`` with some surroundings, at their own size; at least one pixel."""
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = box.grown(margin).as_tuple()
    left, top = (min(max(int(v), 0), size - 1) for v, size in ((x0, width), (y0, height)))
    right, bottom = max(left + 1, int(np.ceil(x1))), max(top + 1, int(np.ceil(y1)))
    return np.ascontiguousarray(pixels[top:bottom, left:right])


def shrunk(pixels: Pixels, side: int) -> Pixels:
    """``pixels`` with the long side at most ``side``; smaller ones as they are."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def jpeg(pixels: Pixels) -> bytes:
    """``pixels`` as a JPEG file without any metadata."""
    done, data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
    if not done:
        raise CamidError(ErrorCode.INTERNAL, "The picture could not be encoded.")
    return bytes(data)
