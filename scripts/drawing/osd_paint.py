"""Puts ink onto a frame: fill, outline, shadow, box, strip, inversion by ground, embossing.

Frames are BGR float32 H×W×3 from 0 to 255 here, changed in place; boxes are x0, y0, x1, y1 in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.drawing.osd_fonts import Ink, Line

Frame = NDArray[np.float32]
Colour = tuple[float, float, float]
"""BGR, 0 to 255."""
Box = tuple[int, int, int, int]


def floats(values: Sequence[float] | Sequence[Sequence[float]]) -> Frame:
    return np.asarray(values, np.float32)


LUMA = floats((0.114, 0.587, 0.299))
"""Shares of blue, green and red in grey."""


class Finish(Enum):
    """A strip runs across the whole frame and is a layer of its own, under all text."""

    PLAIN = "plain"
    OUTLINE = "outline"
    SHADOW = "shadow"
    BOX = "box"
    STRIP = "strip"
    INVERTED = "inverted"
    EMBOSSED = "embossed"


@dataclass(frozen=True, slots=True)
class Paint:
    """``edge_px`` is the width of outline or shadow, ``ground`` the opacity of a box or strip (0 to 1) and
    ``bright`` the luma from which inverted characters are black. ``lit`` is where embossing's light comes
    from: 1 above left, −1 below right."""

    finish: Finish = Finish.OUTLINE
    colour: Colour = (255, 255, 255)
    edge: Colour = (0, 0, 0)
    edge_px: int = 1
    opacity: float = 1.0
    ground: float = 0.5
    bright: float = 140.0
    lit: int = 1


def paint_line(frame: Frame, line: Line, x: int, y: int, paint: Paint) -> Box:
    """The line with its upper left corner at ``x``, ``y``; returns the box of the letters themselves."""
    if paint.finish is Finish.INVERTED:
        for x0, x1 in line.cells:
            _inverted(frame, line.ink[:, x0:x1], x + x0, y, paint)
    else:
        _paint_ink(frame, line.ink, x, y, paint)
    height, width = line.ink.shape
    return _clipped(frame, (x, y, x + width, y + height))


def paint_mark(
    frame: Frame, ink: Ink, colour: NDArray[np.float32] | None, x: int, y: int, paint: Paint
) -> Box:
    """A mark in its own ``colour`` (H×W×3) or, where None, in the paint's."""
    if paint.finish is Finish.EMBOSSED:
        _embossed(frame, ink, x, y, paint)
    else:
        _paint_ink(frame, ink, x, y, paint, colour)
    height, width = ink.shape
    return _clipped(frame, (x, y, x + width, y + height))


def _paint_ink(
    frame: Frame, ink: Ink, x: int, y: int, paint: Paint, colour: NDArray[np.float32] | None = None
) -> None:
    height, width = ink.shape
    if paint.finish is Finish.BOX:
        pad = max(2, height // 5)
        left, right = x - pad, x + width + pad
        _blend(
            frame,
            np.full((height + 2 * pad, right - left), paint.ground, np.float32),
            left,
            y - pad,
            paint.edge,
        )
    elif paint.finish is Finish.OUTLINE:
        rim = paint.edge_px
        wide = np.pad(ink, rim)
        kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * rim + 1, 2 * rim + 1))
        edge = np.asarray(cv2.dilate(wide, kernel), np.float32)
        _blend(frame, edge * paint.opacity, x - rim, y - rim, paint.edge)
    elif paint.finish is Finish.SHADOW:
        _blend(frame, ink * paint.opacity * 0.85, x + paint.edge_px, y + paint.edge_px, paint.edge)
    _blend(frame, ink * paint.opacity, x, y, paint.colour if colour is None else colour)


def _inverted(frame: Frame, ink: Ink, x: int, y: int, paint: Paint) -> None:
    """Black where the ground under this character is bright."""
    x0, y0, x1, y1 = _clipped(frame, (x, y, x + ink.shape[1], y + ink.shape[0]))
    if x1 <= x0 or y1 <= y0 or ink.size == 0:
        return
    dark = luma(frame[y0:y1, x0:x1]) > paint.bright
    _blend(frame, ink * paint.opacity, x, y, (8, 8, 8) if dark else paint.colour)


def _embossed(frame: Frame, ink: Ink, x: int, y: int, paint: Paint) -> None:
    """Light and dark rims and a faint filling, as semi-transparent marks are cut."""
    step = max(1, ink.shape[0] // 18)
    soft = np.asarray(cv2.GaussianBlur(np.pad(ink, 2 * step), (0, 0), 0.5 * step), np.float32)
    relief = np.roll(soft, (paint.lit * step, paint.lit * step), (0, 1))
    relief = np.roll(soft, (-paint.lit * step, -paint.lit * step), (0, 1)) - relief
    _blend(frame, np.clip(relief, 0, 1) * paint.opacity, x - 2 * step, y - 2 * step, (255, 255, 255))
    _blend(frame, np.clip(-relief, 0, 1) * paint.opacity, x - 2 * step, y - 2 * step, (0, 0, 0))
    _blend(frame, ink * paint.opacity * 0.45, x, y, paint.colour)


def _blend(frame: Frame, alpha: Ink, x: int, y: int, colour: Colour | NDArray[np.float32]) -> None:
    height, width = alpha.shape
    x0, y0, x1, y1 = _clipped(frame, (x, y, x + width, y + height))
    if x1 <= x0 or y1 <= y0:
        return
    part = np.s_[y0 - y : y1 - y, x0 - x : x1 - x]
    share = alpha[part][..., None]
    paint = colour[part] if isinstance(colour, np.ndarray) else floats(colour)
    here = frame[y0:y1, x0:x1]
    here += (paint - here) * share


def _clipped(frame: Frame, box: Box) -> Box:
    height, width = frame.shape[:2]
    return max(0, box[0]), max(0, box[1]), min(width, box[2]), min(height, box[3])


def luma(part: NDArray[np.float32]) -> float:
    return float(part.mean(axis=(0, 1)) @ LUMA)


def stands_off(frame: Frame, box: Box, ink: Ink) -> float:
    """How far paint lies from the ground around it: least difference of grey levels between the solid ink and
    what it does not cover, over five upright slices of ``box``."""
    x0, y0, x1, y1 = box
    solid = ink[: y1 - y0, : x1 - x0] > 0.5
    grey = frame[y0:y1, x0:x1] @ LUMA
    gaps = []
    for columns in np.array_split(np.arange(x1 - x0), 5):
        inside, outside = solid[:, columns], ~solid[:, columns]
        if inside.any() and outside.any():
            gaps.append(abs(float(grey[:, columns][inside].mean() - grey[:, columns][outside].mean())))
    return min(gaps, default=0.0)


def sturdier(paint: Paint) -> Paint:
    """The same with an outline: what can be read on any ground."""
    dark = sum(paint.colour) / 3 < 110
    edge: Colour = (250, 250, 250) if dark else (0, 0, 0)
    return replace(paint, finish=Finish.OUTLINE, edge=edge, opacity=max(0.8, paint.opacity))
