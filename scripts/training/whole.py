"""Whole photos as a detector's input, and the boxes that its answer holds."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import Pixels
from scripts.training.compose import GREY

OVERLAP = 0.5


def letterboxed(pixels: Pixels, side: int, scale: float | None = None) -> Pixels:
    """``side`` × ``side`` × 3: the picture in the upper left, ``scale`` times its size (as large as fits, by
    default), grey where it ends."""
    scale = side / max(pixels.shape[:2]) if scale is None else scale
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=how)[:side, :side]
    canvas = np.full((side, side, 3), GREY, np.uint8)
    canvas[: small.shape[0], : small.shape[1]] = small
    return canvas


def planes(pixels: Pixels) -> NDArray[np.float32]:
    """H×W×3 → 1×3×H×W float, what an exported detector takes."""
    return pixels.transpose(2, 0, 1)[None].astype(np.float32)


def best(boxes: NDArray[np.float32], scores: NDArray[np.float32], floor: float, most: int) -> list[int]:
    """Indices of the best of N×4 boxes above ``floor`` of which none overlaps a better one by half."""
    rectangles = np.hstack((boxes[:, :2], boxes[:, 2:] - boxes[:, :2])).tolist()
    kept = cv2.dnn.NMSBoxes(rectangles, scores.tolist(), floor, OVERLAP)
    return [int(k) for k in kept][:most]
