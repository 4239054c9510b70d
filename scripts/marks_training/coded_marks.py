"""Marks that really went through a camera's codec: many on one frame, each cut out with its surroundings."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import cv2
import numpy as np

from edge.vendors.catalogue import Brand
from scripts.drawing.osd_codec import any_coding, decode, encode
from scripts.drawing.osd_fonts import Face
from scripts.drawing.osd_layers import MarkLayer, Place, legible
from scripts.drawing.osd_marks import WORD_PX, Mark, nobodys_mark
from scripts.drawing.osd_paint import LUMA, Finish, Frame, Paint
from scripts.drawing.osd_scenery import any_light, footage
from scripts.drawing.osd_splits import Split
from scripts.drawing.osd_vendors import Corner
from scripts.marks_training.blobs import Grey
from scripts.marks_training.vocabulary import caption, cased, clock, near_misses

SIZES = ((640, 360), (704, 576), (960, 540), (1280, 720))
AROUND = 0.5
"""Share of a mark's height that is kept around it."""
WHEN = datetime(2020, 1, 1)


@dataclass(frozen=True, slots=True)
class CodedMark:
    """``box`` is x0, y0, x1, y1 in ``pixels``; ``vendor`` is empty on what no maker's mark is."""

    pixels: Grey
    box: tuple[int, int, int, int]
    vendor: str
    text: str


def coded_marks(split: Split, faces: Sequence[Face], count: int, seed: int) -> Iterator[CodedMark]:
    """``count`` of them, lettered in ``faces``; three in ten are no maker's mark."""
    chance = random.Random(f"coded/{seed}")
    made = 0
    while made < count:
        for mark in _from_frame(split, faces, chance):
            yield mark
            made += 1
            if made == count:
                return


def _from_frame(split: Split, faces: Sequence[Face], chance: random.Random) -> Iterator[CodedMark]:
    size = chance.choice(SIZES)
    scenery, _ = footage(split.backgrounds, size, any_light(chance), chance)
    number = chance.choice((0, 0, 0, 1, 2, 4))
    frames = list(scenery.frames(number + 1))
    layers = list(_layers(split, faces, size, frames[0], chance))
    grey = chance.random() < 0.2
    for frame in frames:
        for layer in layers:
            layer.paint_on(frame, WHEN)
        if grey:
            frame[:] = (frame @ LUMA)[..., None]
    picture = cv2.cvtColor(decode(encode(frames, any_coding(size, 25, chance)))[number], cv2.COLOR_BGR2GRAY)
    for layer in layers:
        yield _cut(np.asarray(picture, np.uint8), layer, size)


def _layers(
    split: Split, faces: Sequence[Face], size: tuple[int, int], ground: Frame, chance: random.Random
) -> Iterator[MarkLayer]:
    """Row under row, from left to right."""
    width, height = size
    y = 6
    while y < height - 24:
        px = round(8 * 6.0 ** (chance.random() ** 1.4))
        x = chance.randint(4, 40)
        while True:
            mark = _mark(split, faces, chance)
            tall = max(px, 16) if mark.kind == "symbol" or not mark.text.isascii() else px
            wide = round(tall * mark.ink.shape[1] / mark.ink.shape[0])
            if x + wide + 8 > width or y + tall + 8 > height:
                break
            layer = MarkLayer(
                "watermark", mark, tall, Place(Corner.TOP_LEFT, x, y), _paint(split, tall, chance)
            )
            layer = replace(layer, own_colours=mark.colour is not None and chance.random() < 0.3)
            sturdy = legible(layer, ground, WHEN)
            assert isinstance(sturdy, MarkLayer)
            yield sturdy
            x += wide + chance.randint(16, 60) + tall
        y += max(px, 16) + chance.randint(16, 50)


def _paint(split: Split, px: int, chance: random.Random) -> Paint:
    treatment = chance.choice([t for t in split.treatments if t.finish is not Finish.EMBOSSED or px >= 16])
    return Paint(
        treatment.finish,
        chance.choice(treatment.colours),
        treatment.edge,
        max(1, px // 24),
        chance.uniform(0.4, 1.0) if chance.random() < 0.6 else 1.0,
        chance.uniform(0.35, 0.9),
        lit=treatment.lit,
    )


def _mark(split: Split, faces: Sequence[Face], chance: random.Random) -> Mark:
    if chance.random() < 0.3:
        return _none(split, faces, chance)
    vendor = chance.choice(split.often if chance.random() < 0.4 else tuple(split.brands))
    drawings = split.logos.get(vendor, ())
    if drawings and chance.random() < 0.5:
        return chance.choice(drawings)
    return _lettered(split.brands[vendor], faces, chance) or _mark(split, faces, chance)


def _lettered(brand: Brand, faces: Sequence[Face], chance: random.Random) -> Mark | None:
    words = [word.text for word in brand.wordmarks if any(face.covers(word.text) for face in faces)]
    if not words:
        return None
    text = cased(chance.choice(words), chance)
    face = chance.choice([face for face in faces if face.covers(text)])
    return Mark(brand.id, text, "wordmark", face.name, face.line(text, WORD_PX).ink)


def _none(split: Split, faces: Sequence[Face], chance: random.Random) -> Mark:
    kind = chance.random()
    if kind < 0.35:
        return nobodys_mark(faces, chance)
    face = chance.choice(faces)
    text = clock(chance) if kind < 0.5 else caption(chance)
    if kind > 0.75:
        words = [word.text for brand in split.brands.values() for word in brand.wordmarks]
        known = frozenset(word.lower() for word in words)
        text = next(iter(near_misses([chance.choice(words)], 2, chance.getrandbits(30), known)), text)
    return Mark(None, text, "wordmark", face.name, face.line(text, WORD_PX).ink)


def _cut(picture: Grey, layer: MarkLayer, size: tuple[int, int]) -> CodedMark:
    x0, y0, x1, y1 = layer.box_in(size, WHEN)
    rim = round((y1 - y0) * AROUND)
    left, top = max(0, x0 - rim), max(0, y0 - rim)
    pixels = picture[top : min(size[1], y1 + rim), left : min(size[0], x1 + rim)]
    box = (x0 - left, y0 - top, x1 - left, y1 - top)
    return CodedMark(pixels, box, layer.mark.vendor or "", layer.mark.text)
