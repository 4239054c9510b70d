"""The layers of an overlay: lines of text (some tick) and marks, each with its place in the frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import cv2
import numpy as np

from scripts.drawing.osd_fonts import Face, Ink, Line, stretched
from scripts.drawing.osd_marks import Mark
from scripts.drawing.osd_paint import (
    Box,
    Colour,
    Finish,
    Frame,
    Paint,
    floats,
    paint_line,
    paint_mark,
    stands_off,
    sturdier,
)
from scripts.drawing.osd_stamps import StampFormat
from scripts.drawing.osd_vendors import Corner

LEFT = (Corner.TOP_LEFT, Corner.BOTTOM_LEFT)
RIGHT = (Corner.TOP_RIGHT, Corner.BOTTOM_RIGHT)
TOP = (Corner.TOP_LEFT, Corner.TOP, Corner.TOP_RIGHT)
LEGIBLE = {Finish.EMBOSSED: 10.0, Finish.OUTLINE: 30.0}
"""Grey levels by which paint must stand off its ground; 24 where nothing is said. Twice that below SMALL."""
SMALL = 16
"""Pixels."""


@dataclass(frozen=True, slots=True)
class Place:
    """A corner, the margins from it in pixels, and how far further inwards (pixels) it begins."""

    corner: Corner
    x: int
    y: int
    inwards: int = 0

    def at(self, frame: tuple[int, int], width: int, height: int) -> tuple[int, int]:
        """Upper left corner of something of that size in a ``frame`` of width and height."""
        free = frame[0] - width
        x = self.x if self.corner in LEFT else free - self.x if self.corner in RIGHT else free // 2
        down = self.y + self.inwards
        return x, down if self.corner in TOP else frame[1] - height - down


class Layer(Protocol):
    @property
    def role(self) -> str:
        """timestamp, channel, watermark or other."""

    def paint_on(self, frame: Frame, when: datetime) -> Box: ...


@dataclass(frozen=True, slots=True)
class TextLayer:
    """``text`` is fixed, or a format that the clock fills. ``stretch`` is across and down."""

    role: str
    text: str | StampFormat
    face: Face
    px: int
    place: Place
    paint: Paint
    stretch: tuple[float, float] = (1.0, 1.0)

    def shown(self, when: datetime) -> str:
        return self.text.text(when) if isinstance(self.text, StampFormat) else self.text

    def line(self, when: datetime) -> Line:
        line = self.face.line(self.shown(when), self.px)
        return line if self.stretch == (1.0, 1.0) else stretched(line, *self.stretch)

    def paint_on(self, frame: Frame, when: datetime) -> Box:
        line = self.line(when)
        x, y = self.place.at(size_of(frame), line.ink.shape[1], line.ink.shape[0])
        return paint_line(frame, line, x, y, self.paint)

    def box_in(self, frame: tuple[int, int], when: datetime) -> Box:
        """Where it lies in a frame of that width and height, maybe beyond its rim."""
        return _box(self.place, frame, self.line(when).ink)


@dataclass(frozen=True, slots=True)
class MarkLayer:
    """``own_colours``: the mark's, not the paint's; ``px`` is its height."""

    role: str
    mark: Mark
    px: int
    place: Place
    paint: Paint
    own_colours: bool = False

    def ink(self) -> tuple[Ink, Frame | None]:
        height, width = self.mark.ink.shape
        size = (max(4, round(width * self.px / height)), self.px)
        how = cv2.INTER_AREA if self.px < height else cv2.INTER_LINEAR
        ink = np.asarray(cv2.resize(self.mark.ink, size, interpolation=how), np.float32)
        if not self.own_colours or self.mark.colour is None:
            return ink, None
        return ink, np.asarray(cv2.resize(self.mark.colour, size, interpolation=how), np.float32)

    def paint_on(self, frame: Frame, when: datetime) -> Box:  # noqa: ARG002  (a mark does not tick)
        ink, colour = self.ink()
        x, y = self.place.at(size_of(frame), ink.shape[1], ink.shape[0])
        return paint_mark(frame, ink, colour, x, y, self.paint)

    def box_in(self, frame: tuple[int, int], when: datetime) -> Box:  # noqa: ARG002
        return _box(self.place, frame, self.ink()[0])


@dataclass(frozen=True, slots=True)
class PanelLayer:
    """A filled area, or with ``line_px`` its rim."""

    box: Box
    colour: Colour
    opacity: float = 1.0
    line_px: int = 0
    role: str = "other"

    def paint_on(self, frame: Frame, when: datetime) -> Box:  # noqa: ARG002
        x0, y0, x1, y1 = self.box
        t = self.line_px
        sides = ((x0, y0, x1, y0 + t), (x0, y1 - t, x1, y1), (x0, y0, x0 + t, y1), (x1 - t, y0, x1, y1))
        for left, top, right, bottom in sides if t else (self.box,):
            part = frame[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
            part += (floats(self.colour) - part) * np.float32(self.opacity)
        return self.box


@dataclass(frozen=True, slots=True)
class ShapeLayer:
    """A filled polygon of x, y in pixels: play buttons and other symbols."""

    points: tuple[tuple[float, float], ...]
    colour: Colour
    opacity: float = 1.0
    role: str = "other"

    def paint_on(self, frame: Frame, when: datetime) -> Box:  # noqa: ARG002
        corners = np.round(np.array(self.points) * 16).astype(np.int32)
        alpha = np.zeros(frame.shape[:2], np.uint8)
        cv2.fillPoly(alpha, [corners], 255, cv2.LINE_AA, 4)
        frame += (floats(self.colour) - frame) * (alpha[..., None] * np.float32(self.opacity / 255))
        x, y, width, height = cv2.boundingRect(corners // 16)
        return x, y, x + width, y + height


def size_of(frame: Frame) -> tuple[int, int]:
    """Width and height."""
    return frame.shape[1], frame.shape[0]


def _box(place: Place, frame: tuple[int, int], ink: Ink) -> Box:
    height, width = ink.shape
    x, y = place.at(frame, width, height)
    return x, y, x + width, y + height


def legible(layer: Layer, ground: Frame, when: datetime) -> Layer:
    """The layer; text and marks with an outline where they would sink into this ground."""
    if not isinstance(layer, TextLayer | MarkLayer):
        return layer
    painted = ground.copy()
    box = layer.paint_on(painted, when)
    ink = layer.line(when).ink if isinstance(layer, TextLayer) else layer.ink()[0]
    needed = LEGIBLE.get(layer.paint.finish, 24.0) * (2 if ink.shape[0] < SMALL else 1)
    if stands_off(painted, box, ink) >= needed:
        return layer
    if isinstance(layer, MarkLayer):
        return replace(layer, paint=sturdier(layer.paint), own_colours=False)
    return replace(layer, paint=sturdier(layer.paint))


def overlap(one: Box, other: Box, gap: int = 4) -> bool:
    return (
        one[0] - gap < other[2]
        and other[0] - gap < one[2]
        and one[1] - gap < other[3]
        and other[1] - gap < one[3]
    )
