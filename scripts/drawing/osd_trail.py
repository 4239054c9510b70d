"""Trail cameras' info bars: a strip with the maker's mark, name, temperature, moon and time."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from scripts.drawing.osd_layers import Layer, MarkLayer, PanelLayer, Place, ShapeLayer, TextLayer
from scripts.drawing.osd_marks import wordmark
from scripts.drawing.osd_paint import Colour, Finish, Paint
from scripts.drawing.osd_splits import Split
from scripts.drawing.osd_stamps import Month, Order, StampFormat
from scripts.drawing.osd_vendors import Corner

_WHITE, _BLACK = (255.0, 255.0, 255.0), (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Bar:
    """``plate`` is the ground of the mark, None where it stands on the strip itself; ``tall`` its height in
    strips; ``opacity`` the strip's; ``split`` puts the time on a strip of its own above."""

    vendor: str
    stamp: StampFormat
    ground: Colour
    ink: Colour
    mark: Colour
    plate: Colour | None = None
    rim: Colour | None = None
    tall: float = 1.0
    opacity: float = 1.0
    split: bool = False
    mark_right: bool = False


_GREEN, _GREY = (40.0, 160.0, 40.0), (225.0, 225.0, 225.0)
_ISO_12 = StampFormat(twelve=True, hour_padded=False)
_US = StampFormat(order=Order.MDY)
_US_SLASHED = StampFormat(order=Order.MDY, separator="/")
_US_SHORT = StampFormat(order=Order.MDY, separator="/", twelve=True, seconds=False)
_NAMED = StampFormat(
    Order.DMY, " ", Month.CAPITALS, twelve=True, seconds=False, halves=("am", "pm")
)  # 06 APR 2020 03:03 pm
BARS: tuple[Bar, ...] = (
    Bar("reconyx", StampFormat(), _BLACK, _GREY, _GREEN, _BLACK, _GREEN, 1.6, split=True, mark_right=True),
    Bar("reconyx", _ISO_12, _BLACK, _GREY, _GREEN, _BLACK, _GREEN, 1.6, split=True, mark_right=True),
    Bar("bushnell", _US, _WHITE, _BLACK, _WHITE, (30, 90, 225), tall=2.4),
    Bar("browning", _US_SHORT, _BLACK, _WHITE, (60, 190, 235)),
    Bar("moultrie", _NAMED, _BLACK, _WHITE, (40, 200, 230), _BLACK, (40, 200, 230), 0.8),
    Bar("meidase", _US_SLASHED, (30, 30, 30), _WHITE, (200, 190, 60), None, (200, 190, 60), 0.7, 0.55),
    Bar("scoutguard", _US_SLASHED, _BLACK, _WHITE, (60, 200, 250)),
    Bar("covert", _US, _BLACK, _WHITE, _WHITE),
    Bar("stealth_cam", StampFormat(Order.MDY, "/", twelve=True), _BLACK, _WHITE, (40, 140, 250)),
    Bar("spypoint", _US_SLASHED, _BLACK, _WHITE, (40, 40, 230)),
)


def bars(split: Split) -> list[Bar]:
    """Those of makers that the catalogue has, with letters."""
    known = split.brands
    return [bar for bar in BARS if bar.vendor in known and known[bar.vendor].wordmarks]


def trail_overlay(
    bar: Bar, split: Split, size: tuple[int, int], start: datetime, chance: random.Random
) -> tuple[Layer, ...]:
    width, height = size
    strip = max(20, round(height * chance.uniform(0.025, 0.06)))
    px = max(9, round(strip * 0.72))
    face = split.face(chance)
    paint = Paint(Finish.PLAIN, bar.ink)
    y = max(1, (strip - px) // 2)
    layers: list[Layer] = [PanelLayer((0, height - strip, width, height), bar.ground, bar.opacity)]
    top = Corner.TOP_LEFT if bar.split else Corner.BOTTOM_RIGHT
    if bar.split:
        layers.append(PanelLayer((0, 0, width, strip), bar.ground, bar.opacity))
    left = round(width * 0.015)
    marked, right_of_mark = _mark(bar, split, size, strip, chance)
    layers += marked
    start_of_name = left if bar.mark_right else right_of_mark + 2 * left
    stamp = TextLayer("timestamp", bar.stamp, face, px, Place(top, left, y), paint)
    name = TextLayer("channel", _name(chance), face, px, Place(Corner.BOTTOM_LEFT, start_of_name, y), paint)
    after = name.box_in(size, start)[2] + 2 * left
    before = width if bar.split else stamp.box_in(size, start)[0]
    layers += [stamp, name]
    warmth = TextLayer("other", _warmth(chance), face, px, Place(Corner.BOTTOM_LEFT, after, y), paint)
    if warmth.box_in(size, start)[2] + strip < min(before, width - 8 * strip):
        layers += [warmth, _moon(warmth.box_in(size, start)[2] + strip, height - strip / 2, strip, bar.ink)]
    return tuple(layers)


def _mark(
    bar: Bar, split: Split, size: tuple[int, int], strip: int, chance: random.Random
) -> tuple[list[Layer], int]:
    """The mark on its plate in the strip's corner, and where it ends."""
    mark = wordmark(bar.vendor, split.brands, split.mark_faces, chance)
    if mark is None:
        raise ValueError(f"no wordmark of {bar.vendor}")
    tall = round(strip * bar.tall)
    px = max(10, round(strip * 0.55))
    wide = round(mark.ink.shape[1] * px / mark.ink.shape[0])
    pad = max(3, px // 3)
    corner = Corner.BOTTOM_RIGHT if bar.mark_right else Corner.BOTTOM_LEFT
    x0 = size[0] - wide - 3 * pad if bar.mark_right else pad
    box = (x0 - pad, size[1] - max(tall, px + 4), x0 + wide + pad, size[1] - (0 if bar.tall > 1 else 2))
    layers: list[Layer] = []
    if bar.plate is not None:
        layers.append(PanelLayer(box, bar.plate))
    if bar.rim is not None:
        layers.append(PanelLayer(box, bar.rim, 1.0, max(1, px // 14)))
    margin = size[0] - x0 - wide if bar.mark_right else x0
    rise = max(2, (box[3] - box[1] - px) // 2) if bar.tall > 1 else max(2, (strip - px) // 2)
    layers.append(
        MarkLayer("watermark", mark, px, Place(corner, margin, rise), Paint(Finish.PLAIN, bar.mark))
    )
    return layers, box[2]


def _name(chance: random.Random) -> str:
    shape = chance.choice(("Cam{0}", "CAM{0:02d}", "NRC{0}", "TC-{0:03d}", "SITE {0}", "R{0}", "HC{0}"))
    return shape.format(chance.randint(1, 300))


def _warmth(chance: random.Random) -> str:
    celsius = chance.randint(-15, 38)
    fahrenheit = round(celsius * 9 / 5 + 32)
    return chance.choice(("{0}F{1}C", "{1}C", "{0}F", "{1} C / {0} F")).format(fahrenheit, celsius)


def _moon(x: float, y: float, strip: int, colour: Colour) -> ShapeLayer:
    turn = np.linspace(0, 2 * np.pi, 24)
    r = strip * 0.28
    return ShapeLayer(tuple((x + r * float(np.cos(t)), y + r * float(np.sin(t))) for t in turn), colour)
