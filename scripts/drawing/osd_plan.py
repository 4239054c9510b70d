"""Plans one picture: which maker's habits, which lines and marks, and what the label will say."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime

from scripts.drawing import osd_negatives
from scripts.drawing.osd_layers import Layer
from scripts.drawing.osd_layout import Layout
from scripts.drawing.osd_scenery import Footage
from scripts.drawing.osd_splits import Split
from scripts.drawing.osd_stamps import any_moment
from scripts.drawing.osd_vendors import STYLES

KINDS = {"camera": 60, "nvr": 8, "stranger": 5, "none": 7, "software": 8, "caption": 7, "sign": 5}
"""Weights of what a picture may be. A stranger is a camera with nobody's mark; a sign stands in the scene."""


@dataclass(frozen=True, slots=True)
class Plan:
    """``negative_class`` as in the labels of the real frames: none, caption, software."""

    kind: str
    footage: Footage
    layers: tuple[Layer, ...]
    start: datetime
    style_vendor: str | None = None
    overlay_by: str | None = None
    negative_class: str | None = None
    scene_text: str | None = None


def plan(split: Split, footage: Footage, chance: random.Random) -> Plan:
    kind = chance.choices(tuple(KINDS), tuple(KINDS.values()))[0]
    blank = Plan(kind, footage, (), any_moment(chance))
    layout = Layout(split, (footage.width, footage.height), blank.start, chance)
    if kind in ("camera", "nvr", "stranger"):
        return _recording(blank, layout)
    return _negative(blank, layout)


def _recording(blank: Plan, layout: Layout) -> Plan:
    if blank.kind == "nvr":
        return replace(blank, layers=layout.recorded(), overlay_by="nvr")
    if blank.kind == "stranger":
        return replace(blank, layers=layout.strangers(), overlay_by="software")
    vendor = layout.split.vendor(layout.chance)
    style = next(style for style in STYLES if style.vendor == vendor)
    return replace(blank, layers=layout.cameras(style), style_vendor=vendor, overlay_by="camera")


def _negative(blank: Plan, layout: Layout) -> Plan:
    split, footage, chance = layout.split, blank.footage, layout.chance
    if blank.kind == "software":
        layers = osd_negatives.software(split, footage, chance)
        return replace(blank, layers=layers, overlay_by="software", negative_class="software")
    if blank.kind == "caption":
        under = layout.recorded() if chance.random() < 0.3 else ()
        layers = (*under, *osd_negatives.caption(split, footage, chance))
        return replace(blank, layers=layers, overlay_by="software", negative_class="caption")
    if blank.kind == "sign":
        text, base = osd_negatives.with_sign(footage, split, chance)
        footage = replace(footage, base=base)
        return replace(blank, footage=footage, negative_class="none", scene_text=text)
    return replace(blank, negative_class="none")
