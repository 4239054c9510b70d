"""Lays out the lines and marks of one overlay so that none lies on another."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from scripts.drawing.osd_layers import SMALL, Layer, MarkLayer, PanelLayer, Place, TextLayer, overlap
from scripts.drawing.osd_marks import Mark, nobodys_mark, wordmark
from scripts.drawing.osd_paint import Box, Finish, Paint
from scripts.drawing.osd_splits import Split, text_paint
from scripts.drawing.osd_stamps import StampFormat, any_format, channel_name, numbered
from scripts.drawing.osd_vendors import Corner, Style

CORNERS = tuple(Corner)


class Layout:
    """``size`` is the frame's width and height; ``start`` the moment that decides how wide a stamp is."""

    def __init__(self, split: Split, size: tuple[int, int], start: datetime, chance: random.Random) -> None:
        self.split, self.start, self.chance = split, start, chance
        self.size = size
        self.taken: list[Box] = []
        self.layers: list[TextLayer | MarkLayer] = []
        self.face = split.face(chance, cjk=chance.random() < 0.3)
        self.cjk = self.face.covers("摄像头")
        self.px = self._text_px()
        self.paint = text_paint(split, chance, self.px)
        self.margin = split.margin(chance, size[0]), split.margin(chance, size[0])
        self.stretch = (1.0, 1.0)
        if chance.random() < 0.2:
            self.stretch = chance.uniform(0.8, 1.4), chance.uniform(0.85, 1.2)

    def cameras(self, style: Style) -> tuple[Layer, ...]:
        """As a camera of this maker does, mostly: some are set otherwise by whoever mounted them."""
        chance = self.chance
        habit = chance.random() < 0.7
        if style.strip and chance.random() < 0.5:
            self.paint = replace(self.paint, finish=Finish.STRIP, colour=(250, 250, 250), edge=(0, 0, 0))
        marked = chance.random() < 0.72
        if chance.random() < 0.85 or not marked:
            formats = style.chinese if self.cjk and style.chinese and chance.random() < 0.6 else style.formats
            form = chance.choice(formats) if habit else any_format(chance, cjk=self.cjk)
            self._text("timestamp", form, style.stamp if habit else CORNERS)
        if style.names and chance.random() < 0.65:
            own = habit and chance.random() < 0.6
            name = numbered(chance, style.names) if own else channel_name(chance, cjk=self.cjk)
            self._text("channel", name, style.name if habit else CORNERS)
        if marked:
            self._mark(self._makers_mark(style.vendor), style.mark if chance.random() < 0.8 else CORNERS)
        return (*self._strips(), *self.layers)

    def _strips(self) -> Iterator[PanelLayer]:
        """Across the frame behind each line of text; all of them before any text, which they would cover."""
        if self.paint.finish is not Finish.STRIP:
            return
        for layer, (_, y0, _, y1) in zip(self.layers, self.taken, strict=True):
            if isinstance(layer, TextLayer):
                pad = max(2, (y1 - y0) // 5)
                box = (0, max(0, y0 - pad), self.size[0], min(self.size[1], y1 + pad))
                yield PanelLayer(box, self.paint.edge, self.paint.ground)

    def recorded(self) -> tuple[Layer, ...]:
        """What a recorder prints."""
        chance = self.chance
        if chance.random() < 0.9:
            self._text("timestamp", any_format(chance, cjk=self.cjk), CORNERS)
        if chance.random() < 0.8:
            name = numbered(chance, ("CH", "CAM", "Cam", "CAMERA", "Camera", "D"))
            self._text("channel", name, CORNERS)
        if chance.random() < 0.15:
            self._text("other", chance.choice(("REC", "PLAY", "4X", "LIVE", "M", "FPS: 12")), CORNERS)
        return tuple(self.layers)

    def strangers(self) -> tuple[Layer, ...]:
        """A camera's overlay with the mark of a portal, an installer or an agency."""
        if self.chance.random() < 0.6:
            self._text("timestamp", any_format(self.chance, cjk=self.cjk), CORNERS)
        if self.chance.random() < 0.4:
            self._text("channel", channel_name(self.chance, cjk=self.cjk), CORNERS)
        self._mark(nobodys_mark(self.split.mark_faces, self.chance), CORNERS)
        return tuple(self.layers)

    def _text_px(self) -> int:
        share = 0.02 * math.pow(3.2, self.chance.random())
        return max(9, round(self.size[1] * share))

    def _text(self, role: str, text: str | StampFormat, corners: Sequence[Corner]) -> None:
        face = self.face
        shown = text.text(self.start) if isinstance(text, StampFormat) else text
        if not face.covers(shown):
            able = [face for face in self.split.text_faces if face.covers(shown)]
            if not able:
                return
            face = self.chance.choice(able)
        px = (
            self.px if self.chance.random() < 0.85 else max(9, round(self.px * self.chance.uniform(0.7, 1.4)))
        )
        least = 8 if shown.isascii() else 13
        for smaller in (1.0, 0.7, 0.5):
            for corner in self._order(corners):
                place = Place(corner, *self.margin, inwards=self._inwards(corner))
                layer = TextLayer(
                    role, text, face, max(least, round(px * smaller)), place, self.paint, self.stretch
                )
                if self._fits(layer):
                    return

    def _mark(self, mark: Mark, corners: Sequence[Corner]) -> None:
        width = self.size[0]
        share = 0.03 * (0.16 / 0.03) ** self.chance.random()
        wide = width * share * mark.ink.shape[0] / mark.ink.shape[1]
        px = round(min(60, max(10 if mark.text.isascii() else 18, wide)))
        able = [t for t in self.split.treatments if t.finish is not Finish.EMBOSSED or px >= SMALL]
        treatment = self.chance.choice(able)
        paint = Paint(
            treatment.finish,
            self.chance.choice(treatment.colours),
            treatment.edge,
            max(1, px // 24),
            self.chance.uniform(0.4, 1.0) if self.chance.random() < 0.6 else 1.0,
            self.chance.uniform(0.35, 0.9),
            lit=treatment.lit,
        )
        margin = self.split.margin(self.chance, width), self.split.margin(self.chance, width)
        for corner in (*self._order(corners), *self._order(CORNERS)):
            place = Place(corner, *margin, inwards=self._inwards(corner))
            if self._fits(MarkLayer("watermark", mark, px, place, paint, treatment.own)):
                return

    def _makers_mark(self, vendor: str) -> Mark:
        """Logos and letterings in equal parts; symbols alone are rare on screens."""
        logos = self.split.logos.get(vendor, ())
        drawings = [mark for mark in logos if mark.kind == "logo"]
        symbols = [mark for mark in logos if mark.kind == "symbol"]
        lettered = wordmark(vendor, self.split.brands, self.split.mark_faces, self.chance)
        if drawings and (lettered is None or self.chance.random() < 0.55):
            return self.chance.choice(drawings)
        if symbols and (lettered is None or self.chance.random() < 0.15):
            return self.chance.choice(symbols)
        if lettered is None:
            raise ValueError(f"no mark of {vendor}")
        return lettered

    def _order(self, corners: Sequence[Corner]) -> list[Corner]:
        return self.chance.sample(list(corners), len(corners))

    def _inwards(self, corner: Corner) -> int:
        """Below (or above) what already stands in that corner, half of the time."""
        used = [layer for layer in self.layers if layer.place.corner is corner]
        return round(len(used) * self.px * 1.35) if used and self.chance.random() < 0.5 else 0

    def _fits(self, layer: TextLayer | MarkLayer) -> bool:
        box = layer.box_in(self.size, self.start)
        gap = max(4, (box[3] - box[1]) // 3)  # Boxes behind the letters are that much larger.
        inside = min(box) >= 0 and box[2] <= self.size[0] and box[3] <= self.size[1]
        if not inside or any(overlap(box, other, gap) for other in self.taken):
            return False
        self.taken.append(box)
        self.layers.append(layer)
        return True
