"""What is on pictures and no camera's: overlays that software draws, captions, players' symbols, and makers'
names on signs in the scene. All of it drawn here, all names of agencies and channels invented.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import cv2
import numpy as np

from scripts.drawing.osd_layers import Layer, PanelLayer, Place, ShapeLayer, TextLayer
from scripts.drawing.osd_marks import invented_name
from scripts.drawing.osd_paint import Colour, Finish, Frame, Paint, floats, paint_mark
from scripts.drawing.osd_scenery import Footage
from scripts.drawing.osd_splits import Split
from scripts.drawing.osd_stamps import PLACES, Order, StampFormat
from scripts.drawing.osd_vendors import Corner

_WHITE: Colour = (255, 255, 255)
THINGS = ("person", "car", "dog", "truck", "cat", "bicycle", "package", "bus")
WORDS = (
    "police", "search", "for", "man", "after", "fire", "in", "the", "market", "council", "says", "road",
    "closed", "two", "hurt", "storm", "video", "shows", "moment", "of", "crash", "robbery", "suspect",
    "city", "mayor",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Helps to place text by pixels."""

    split: Split
    width: int
    height: int
    chance: random.Random

    def px(self, low: float, high: float) -> int:
        """Between shares of the height."""
        return max(9, round(self.height * self.chance.uniform(low, high)))

    def text(
        self,
        text: str | StampFormat,
        px: int,
        x: int,
        y: int,
        paint: Paint | None = None,
        role: str = "other",
        corner: Corner = Corner.TOP_LEFT,
        face_seed: int = 0,
    ) -> TextLayer:
        latin = [face for face in self.split.mark_faces if face.covers("a")]
        face = latin[face_seed % len(latin)]
        return TextLayer(role, text, face, px, Place(corner, x, y), paint or Paint(Finish.PLAIN))


def software(split: Split, footage: Footage, chance: random.Random) -> tuple[Layer, ...]:
    """One of: drawtext, a motion detector's text, a recorder program's, a detector's boxes, a player."""
    sheet = _Sheet(split, footage.width, footage.height, chance)
    draw = chance.choice(
        (_drawtext, _motion, _recorder_program, _recorder_program, _detections, _detections, _player)
    )
    return draw(sheet)


def _drawtext(sheet: _Sheet) -> tuple[Layer, ...]:
    chance = sheet.chance
    form = chance.choice((StampFormat(), StampFormat(seconds=True, fraction=3), StampFormat(joint="T")))
    paint = Paint(
        chance.choice((Finish.BOX, Finish.PLAIN)), _WHITE, (0, 0, 0), 1, 1.0, chance.uniform(0.4, 1)
    )
    corner, px, seed = chance.choice(tuple(Corner)), sheet.px(0.03, 0.06), chance.randrange(9)
    if chance.random() < 0.3:
        counter = f"{chance.randrange(3):02d}:{chance.randrange(60):02d}:{chance.randrange(60):02d}.480"
        return (sheet.text(counter, px, 10, 10, paint, corner=corner, face_seed=seed),)
    return (sheet.text(form, px, 10, 10, paint, "timestamp", corner, seed),)


def _motion(sheet: _Sheet) -> tuple[Layer, ...]:
    """Date and time on two lines below right, the camera below left."""
    px, seed = sheet.px(0.025, 0.05), sheet.chance.randrange(9)
    paint = Paint(Finish.OUTLINE, _WHITE, (0, 0, 0), 1)
    stamp = StampFormat()
    name = sheet.text(
        f"CAMERA{sheet.chance.randint(1, 8)}", px, 8, 8, paint, "channel", Corner.BOTTOM_LEFT, seed
    )
    return (sheet.text(stamp, px, 8, 8, paint, "timestamp", Corner.BOTTOM_RIGHT, seed), name)


def _recorder_program(sheet: _Sheet) -> tuple[Layer, ...]:
    chance = sheet.chance
    px, seed = sheet.px(0.025, 0.05), chance.randrange(9)
    american = StampFormat(
        order=Order.MDY, separator="/", padded=chance.random() < 0.5, twelve=True, hour_padded=False
    )
    form = chance.choice(
        (american, StampFormat(order=Order.MDY, separator="/"), StampFormat(short_year=True))
    )
    paint = Paint(Finish.BOX, _WHITE, (0, 0, 0), 1, 1.0, chance.uniform(0.5, 1))
    stamp = sheet.text(
        form, px, 8, 8, paint, "timestamp", chance.choice((Corner.TOP_LEFT, Corner.TOP_RIGHT)), seed
    )
    name = sheet.text(chance.choice(PLACES), px, 8, 8, paint, "channel", Corner.BOTTOM_LEFT, seed)
    return (*(_detections(sheet) if chance.random() < 0.4 else ()), stamp, name)


def _detections(sheet: _Sheet) -> tuple[Layer, ...]:
    chance, layers = sheet.chance, list[Layer]()
    seed, line = chance.randrange(9), max(1, sheet.width // 500)
    for _ in range(chance.randint(1, 4)):
        colour: Colour = chance.choice(
            ((255, 60, 30), (40, 220, 40), (0, 0, 255), (0, 200, 255), (200, 60, 200))
        )
        w, h = int(sheet.width * chance.uniform(0.06, 0.3)), int(sheet.height * chance.uniform(0.1, 0.45))
        x, y = chance.randint(0, sheet.width - w), chance.randint(sheet.height // 10, sheet.height - h)
        px = sheet.px(0.025, 0.045)
        share = chance.choice(("0.%02d", "%d%%")) % chance.randint(31, 98)
        label = f"{chance.choice(THINGS)}{chance.choice((' ', ': '))}{share}"
        layers.append(PanelLayer((x, y, x + w, y + h), colour, 1.0, line * chance.choice((1, 2))))
        layers.append(PanelLayer((x, y - px - 4, x + px * len(label) // 2, y), colour))
        layers.append(sheet.text(label, px, x + 3, max(0, y - px), face_seed=seed))
    return tuple(layers)


def _player(sheet: _Sheet) -> tuple[Layer, ...]:
    """A play button, a bar of progress, or a red pill that says LIVE."""
    chance, width, height = sheet.chance, sheet.width, sheet.height
    r = height * chance.uniform(0.06, 0.12)
    x, y = width / 2, height / 2
    layers: list[Layer] = []
    if chance.random() < 0.6:
        ring = [(x + 1.8 * r * np.cos(t), y + 1.8 * r * np.sin(t)) for t in np.linspace(0, 2 * np.pi, 40)]
        layers += [ShapeLayer(tuple(ring), (20, 20, 20), chance.uniform(0.3, 0.8))]
        layers += [ShapeLayer(((x - 0.6 * r, y - r), (x - 0.6 * r, y + r), (x + r, y)), _WHITE, 0.9)]
    if chance.random() < 0.6:
        top = height - round(height * 0.05)
        done = round(width * chance.uniform(0.1, 0.9))
        layers += [PanelLayer((0, top - 8, width, height), (10, 10, 10), 0.5)]
        layers += [PanelLayer((12, top, width - 12, top + 4), (160, 160, 160), 0.7)]
        layers += [PanelLayer((12, top, done, top + 4), (40, 40, 235))]
        played = f"{chance.randrange(60)}:{chance.randrange(60):02d} / 1:04:10"
        layers += [sheet.text(played, sheet.px(0.025, 0.04), 14, 10, corner=Corner.BOTTOM_LEFT)]
    if not layers or chance.random() < 0.5:
        px = sheet.px(0.03, 0.05)
        left = chance.choice((12, width - 5 * px))
        layers += [PanelLayer((left, 12, left + 4 * px, 12 + 2 * px), (30, 30, 220))]
        layers += [sheet.text("LIVE", px, left + px, 12 + px // 2, face_seed=chance.randrange(9))]
    return tuple(layers)


def caption(split: Split, footage: Footage, chance: random.Random) -> tuple[Layer, ...]:
    """A broadcaster's: lower third, ticker, the channel's bug, or an agency's letters."""
    sheet = _Sheet(split, footage.width, footage.height, chance)
    layers: list[Layer] = []
    if chance.random() < 0.7:
        layers += _lower_third(sheet)
    if chance.random() < 0.4:
        layers += _ticker(sheet)
    if not layers or chance.random() < 0.7:
        layers += _bug(sheet)
    return tuple(layers)


def _headline(chance: random.Random, words: int) -> str:
    text = " ".join(chance.choice(WORDS) for _ in range(words))
    return chance.choice((text.upper(), text.capitalize()))


def _colour(chance: random.Random) -> Colour:
    return (chance.uniform(0, 255), chance.uniform(0, 160), chance.uniform(0, 255))


def _lower_third(sheet: _Sheet) -> list[Layer]:
    chance, seed = sheet.chance, sheet.chance.randrange(9)
    px = sheet.px(0.04, 0.075)
    top = round(sheet.height * chance.uniform(0.68, 0.84))
    left = chance.choice((0, round(sheet.width * 0.08)))
    light = chance.random() < 0.5
    ground: Colour = (240, 240, 240) if light else _colour(chance)
    ink = Paint(Finish.PLAIN, (20, 20, 20) if light else _WHITE)
    layers: list[Layer] = [
        PanelLayer((left, top, sheet.width, top + round(1.6 * px)), ground, chance.uniform(0.8, 1))
    ]
    layers.append(
        sheet.text(_headline(chance, chance.randint(3, 6)), px, left + px, top + px // 3, ink, face_seed=seed)
    )
    if chance.random() < 0.6:
        below = top + round(1.6 * px)
        layers.append(PanelLayer((left, below, sheet.width * 3 // 4, below + px), _colour(chance)))
        layers.append(
            sheet.text(_headline(chance, 5), round(px * 0.6), left + px, below + px // 5, face_seed=seed)
        )
    return layers


def _ticker(sheet: _Sheet) -> list[Layer]:
    px = sheet.px(0.03, 0.045)
    top = sheet.height - round(1.6 * px)
    words = _headline(sheet.chance, 14)
    return [
        PanelLayer((0, top, sheet.width, sheet.height), _colour(sheet.chance)),
        sheet.text(
            words, px, -sheet.chance.randint(0, 2 * px), top + px // 3, face_seed=sheet.chance.randrange(9)
        ),
    ]


def _bug(sheet: _Sheet) -> list[Layer]:
    chance, seed = sheet.chance, sheet.chance.randrange(9)
    px = sheet.px(0.03, 0.07)
    name = invented_name(chance)
    letters = chance.choice(
        (name[:3].upper(), f"{name.upper()} TV", f"{name.capitalize()} {chance.randint(2, 24)}", name)
    )
    finish = chance.choice((Finish.PLAIN, Finish.BOX, Finish.SHADOW))
    colour = chance.choice((_WHITE, (60, 60, 230)))
    paint = Paint(finish, colour, _colour(chance), 2, chance.uniform(0.5, 1), 0.9)
    corner = chance.choice((Corner.TOP_LEFT, Corner.TOP_RIGHT, Corner.BOTTOM_RIGHT))
    return [
        sheet.text(
            letters, px, round(sheet.width * 0.04), round(sheet.height * 0.06), paint, "other", corner, seed
        )
    ]


def with_sign(footage: Footage, split: Split, chance: random.Random) -> tuple[str, Frame]:
    """A plate with a maker's name set into the scene, in perspective; it moves as the camera does. Returns
    what it says and the picture with it."""
    faces = [face for face in split.mark_faces if face.covers("a")]
    brands = [brand for vendor in split.often if (brand := split.brands[vendor]).wordmarks]
    words = [word.text for word in chance.choice(brands).wordmarks if word.text.isascii()]
    text = chance.choice(words) if words else "CCTV"
    ink = chance.choice(faces).line(text, 64).ink
    height, width = ink.shape
    rim = chance.randint(10, 60)
    plate = np.full((height + 2 * rim, width + 2 * rim, 3), _colour(chance), np.float32)
    dark = plate.mean() < 120
    paint_mark(plate, ink, None, rim, rim, Paint(Finish.PLAIN, (245, 245, 245) if dark else (20, 20, 20)))
    return text, _set_in(footage.base, plate, chance)


def _set_in(base: Frame, plate: Frame, chance: random.Random) -> Frame:
    height, width = base.shape[:2]
    across = width * chance.uniform(0.08, 0.35)
    down = across * plate.shape[0] / plate.shape[1] * chance.uniform(0.8, 1.2)
    x, y = chance.uniform(0.05, 0.6) * width, chance.uniform(0.1, 0.6) * height
    lean = [chance.uniform(-0.16, 0.16) for _ in range(8)]
    square = floats([[0, 0], [1, 0], [1, 1], [0, 1]]) + np.reshape(floats(lean), (4, 2))
    goal = square * floats((across, down)) + floats((x, y))
    h, w = plate.shape[:2]
    matrix = cv2.getPerspectiveTransform(floats([[0, 0], [w, 0], [w, h], [0, h]]), goal.astype(np.float32))
    shade = plate * np.float32(min(1.2, 0.35 + base.mean() / 180))
    if float(np.ptp(base.mean(axis=(0, 1)))) < 1:
        shade = np.repeat(shade.mean(axis=2, keepdims=True), 3, axis=2)
    seen = cv2.warpPerspective(shade, matrix, (width, height), flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.ones((h, w), np.float32), matrix, (width, height))
    mask = cv2.GaussianBlur(mask, (0, 0), 0.8)[..., None]
    return np.asarray(base + (seen - base) * mask, np.float32)
