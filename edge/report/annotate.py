"""Draws the answer on a copy of the picture: boxes, verdicts, and where the evidence stands.

Colours are from Okabe and Ito's palette, which colour-blind people can tell apart; the verdict also stands
as text and in the width of the line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from edge.domain import Box, PhotoReport, Picture, Pixels, Verdict
from edge.report.contract import PhotoV1, photo_contract
from edge.report.sentence import Names, camera_label, display_names, mark_label
from edge.vendors.catalogue import load_catalogue

_Colour = tuple[int, int, int]
_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_GREEN, _ORANGE, _BLUE, _PURPLE = (0, 158, 115), (230, 159, 0), (86, 180, 233), (204, 121, 167)
_COLOURS = {Verdict.IDENTIFIED: _GREEN, Verdict.CANDIDATES: _ORANGE, Verdict.UNDETERMINED: _BLUE}
_INK = (0, 0, 0)

_MIN_SIDE = 640
"""Smaller pictures are enlarged, so that labels fit."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to draw: ``box`` in pixels of the canvas, ``number`` for where the label has no room."""

    box: Box
    label: str
    number: str
    colour: _Colour
    bold: bool


def annotate(picture: Picture, report: PhotoReport | PhotoV1, names: Names | None = None) -> Pixels:
    """A copy of ``picture`` with the cameras and marks of ``report`` drawn on it.

    A picture whose longer side is under 640 pixels comes back enlarged by a whole factor. ``names`` are the
    display names of the catalogue's ids, by default those of the shipped catalogue.
    """
    photo = report if isinstance(report, PhotoV1) else photo_contract(report)
    names = display_names(load_catalogue()) if names is None else names
    factor = max(1, -(-_MIN_SIDE // max(picture.width, picture.height)))
    canvas = Image.fromarray(np.ascontiguousarray(picture.pixels[:, :, ::-1]))
    if factor > 1:
        canvas = canvas.resize((canvas.width * factor, canvas.height * factor), Image.Resampling.NEAREST)
    items = [*_marks(photo, names, factor), *_cameras(photo, names, factor)]
    Drawing(canvas).draw(items, list(_evidence_boxes(photo, factor)))
    return np.ascontiguousarray(np.asarray(canvas)[:, :, ::-1])


def _scaled(box: Sequence[float], factor: int) -> Box:
    x0, y0, x1, y1 = (value * factor for value in box)
    return Box(x0, y0, max(x1, x0 + 1), max(y1, y0 + 1))


def _cameras(photo: PhotoV1, names: Names, factor: int) -> Iterator[Item]:
    for number, camera in enumerate(photo.cameras, start=1):
        verdict = camera.identification.verdict
        label = f"{number}: {camera_label(camera, names)}"
        box = _scaled(camera.box, factor)
        yield Item(box, label, str(number), _COLOURS[verdict], verdict is Verdict.IDENTIFIED)


def _marks(photo: PhotoV1, names: Names, factor: int) -> Iterator[Item]:
    for mark in photo.marks:
        yield Item(_scaled(mark.box, factor), mark_label(mark, names), "", _PURPLE, False)


def _evidence_boxes(photo: PhotoV1, factor: int) -> Iterator[tuple[Box, _Colour]]:
    for camera in photo.cameras:
        found = camera.identification
        for evidence in found.evidence:
            if evidence.box is not None and evidence.kind.identifies:
                yield _scaled(evidence.box, factor), _COLOURS[found.verdict]


class Drawing:
    """Lines and letters in proportion to the canvas; every label inside it, clear of others if it can be."""

    def __init__(self, canvas: Image.Image) -> None:
        self._width, self._height = canvas.size
        self._pen = ImageDraw.Draw(canvas)
        side = (self._width * self._height) ** 0.5
        self._line = max(2, round(side / 450))
        self._font = _font(max(11, round(side / 48)))
        self._pad = max(2, self._line)
        self.labels: list[Box] = []
        self._frames: list[Box] = []

    def draw(self, items: Sequence[Item], evidence: Sequence[tuple[Box, _Colour]]) -> None:
        self._frames = [item.box for item in items]
        for item in items:
            self._frame(item.box, item.colour, self._line + self._line // 2 if item.bold else self._line)
        for box, colour in evidence:
            self._frame(box, colour, max(1, self._line // 2))
        for item in items:
            self._label(item)

    def _frame(self, box: Box, colour: _Colour, width: int) -> None:
        """Around the box, a coloured line between two black ones, which stands out on any ground."""
        inside = box.clipped(self._width - 1, self._height - 1)
        if inside is None:
            return
        halo = max(1, width // 2)
        for ink, line, grow in ((_INK, width + 2 * halo, width + 2 * halo), (colour, width, width + halo)):
            self._pen.rectangle(
                (inside.x0 - grow, inside.y0 - grow, inside.x1 + grow, inside.y1 + grow),
                outline=ink,
                width=line,
            )

    def _label(self, item: Item) -> None:
        text, place = self._placed(item)
        self.labels.append(place)
        self._pen.rectangle(place.as_tuple(), fill=item.colour, outline=_INK, width=1)
        self._pen.text((place.x0 + self._pad, place.y0 + self._pad), text, fill=_INK, font=self._font)

    def _placed(self, item: Item) -> tuple[str, Box]:
        texts = [self._fitting(text) for text in (item.label, item.number) if text]
        for text in texts:
            place = self._free_place(item.box, text)
            if place is not None:
                return text, place
        return texts[-1], next(self._places(item.box, texts[-1]))

    def _free_place(self, box: Box, text: str) -> Box | None:
        """A place that covers no other label, and no other box where there is such a one."""
        places = [p for p in self._places(box, text) if not any(p.intersection(t) for t in self.labels)]
        others = [frame for frame in self._frames if frame is not box]
        clear = (p for p in places if not any(p.intersection(frame) for frame in others))
        return next(clear, places[0] if places else None)

    def _places(self, box: Box, text: str) -> Iterator[Box]:
        """Above, below, beside and inside the box, each moved into the canvas."""
        width, height = self._size(text)
        gap = 3 * self._line
        for x, y in (
            (box.x0 - gap, box.y0 - height - gap),
            (box.x0 - gap, box.y1 + gap),
            (box.x1 + gap, box.y0),
            (box.x0 - width - gap, box.y0),
            (box.x1 - width + gap, box.y0 - height - gap),
            (box.x1 - width + gap, box.y1 + gap),
            (box.x0 + gap, box.y0 + gap),
        ):
            left = min(max(0.0, x), max(0.0, self._width - 1 - width))
            top = min(max(0.0, y), max(0.0, self._height - 1 - height))
            yield Box(left, top, left + width, top + height)

    def _size(self, text: str) -> tuple[float, float]:
        _, _, right, _ = self._pen.textbbox((0, 0), text, font=self._font)
        _, _, _, bottom = self._pen.textbbox((0, 0), "Ég", font=self._font)
        return right + 2 * self._pad, bottom + 2 * self._pad

    def _fitting(self, text: str) -> str:
        """``text`` in the letters that the font has, cut where the canvas is too narrow for it."""
        text = "".join(c if _has_glyph(self._font, c) else "?" for c in text)
        if not text or self._size(text)[0] < self._width:
            return text
        while text and self._size(text + "...")[0] >= self._width:
            text = text[:-1]
        return text + "..."


def _font(size: int) -> _Font:
    """Pillow's own font: Latin letters; a Pillow built without FreeType has one small bitmap font instead."""
    try:
        return ImageFont.load_default(size)
    except (ImportError, OSError):
        return ImageFont.load_default()


def _has_glyph(font: _Font, letter: str) -> bool:
    if letter.isascii():
        return True
    try:
        return bytes(font.getmask(letter)) != bytes(font.getmask("\uffff"))
    except UnicodeEncodeError:
        return False
