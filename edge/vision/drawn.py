"""How lettering is drawn: what sets the letters of a display apart from those in the scene.

A display has letters of one flat colour, often with an outline, on whatever lies behind it; a sign in the
scene has a ground of its own, and light and distance on its letters.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import Box, Pixels

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]
MARGIN = 0.35
"""Share of a line's height that is looked at around it."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Grey levels 0 to 255. ``contrast``: between letters and what lies around them; ``ink``: the letters'
    level; ``colour``: how far the letters are from grey; ``flat``: how far their level varies in the middle
    of the strokes; ``ground``: how far the surroundings vary."""

    contrast: float
    ink: float
    colour: float
    flat: float
    ground: float


def drawn(pixels: Pixels, box: Box) -> Drawn:
    """Measures the lettering in ``box`` (pixels of the picture)."""
    crop = _cut(pixels, box)
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    letters = _letters(grey)
    core = _core(grey, letters)
    around = ~cv2.dilate(letters.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool)
    level = float(np.median(grey[core])) if core.any() else 0.0
    behind = grey[around] if around.any() else grey[~letters]
    ground = float(np.median(behind)) if behind.size else level
    chroma = np.ptp(crop[core].astype(np.int16), axis=1) if core.any() else np.zeros(1)
    return Drawn(
        contrast=abs(level - ground),
        ink=level,
        colour=float(np.median(chroma)),
        flat=_spread(grey[core]),
        ground=_spread(behind),
    )


def _cut(pixels: Pixels, box: Box) -> Pixels:
    rim = MARGIN * min(box.height, box.width)
    grown = Box(box.x0 - rim, box.y0 - rim, box.x1 + rim, box.y1 + rim)
    inside = grown.clipped(pixels.shape[1], pixels.shape[0])
    if inside is None:
        raise ValueError(f"{box} lies outside the picture")
    return pixels[int(inside.y0) : int(np.ceil(inside.y1)), int(inside.x0) : int(np.ceil(inside.x1))]


def _letters(grey: NDArray[np.uint8]) -> Mask:
    """The class of Otsu's two that the rim of the crop has less of."""
    _, bright = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    rim = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
    letters: Mask = bright.astype(bool) if rim.mean() < 0.5 else ~bright.astype(bool)
    return letters


def _core(grey: NDArray[np.uint8], letters: Mask) -> Mask:
    """The middle of the strokes; all of them where they are too thin to have one."""
    core: Mask = cv2.erode(letters.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    if core.sum() >= 0.1 * max(1, letters.sum()):
        return core
    if not letters.any():
        return letters
    inner = np.abs(grey.astype(np.float32) - float(np.median(grey[~letters])) if (~letters).any() else 0)
    thin: Mask = letters & (inner >= np.percentile(inner[letters], 60))
    return thin


def _spread(levels: NDArray[np.uint8]) -> float:
    """Half the range of the middle four fifths: one stray pixel says nothing."""
    if levels.size == 0:
        return 0.0
    low, high = np.percentile(levels, (10, 90))
    return float(high - low) / 2
