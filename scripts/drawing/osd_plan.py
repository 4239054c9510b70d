"""Plans one picture: which maker's habits, which lines and marks, and what the label will say."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import datetime

from scripts.drawing import osd_negatives, osd_trail
from scripts.drawing.osd_layers import Layer
from scripts.drawing.osd_layout import Layout
from scripts.drawing.osd_scenery import Footage, Light
from scripts.drawing.osd_splits import Split
from scripts.drawing.osd_stamps import any_moment
from scripts.drawing.osd_vendors import STYLES

KINDS = {
    "camera": 56, "trail": 5, "nvr": 8, "stranger": 5, "none": 7, "software": 8, "caption": 7, "sign": 5,
}  # fmt: skip
"""Weights of what a picture may be. Trail is a trail camera with its info bar, a stranger a camera with
nobody's mark; a sign stands in the scene."""


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
    grey: bool = False
    """The camera sends no colour, also not the overlay's."""


def plan(split: Split, footage: Footage, chance: random.Random) -> Plan:
    kind = chance.choices(tuple(KINDS), tuple(KINDS.values()))[0]
    if kind == "trail" and not osd_trail.bars(split):
        kind = "camera"
    grey = footage.light is Light.INFRARED and chance.random() < 0.4
    blank = Plan(kind, footage, (), any_moment(chance), grey=grey)
    layout = Layout(split, (footage.width, footage.height), blank.start, chance)
    if kind in ("camera", "trail", "nvr", "stranger"):
        return _recording(blank, layout)
    return _negative(blank, layout)


def _recording(blank: Plan, layout: Layout) -> Plan:
    if blank.kind == "nvr":
        return replace(blank, layers=layout.recorded(), overlay_by="nvr")
    if blank.kind == "stranger":
        return replace(blank, layers=layout.strangers(), overlay_by="software")
    if blank.kind == "trail":
        bar = layout.chance.choice(osd_trail.bars(layout.split))
        layers = osd_trail.trail_overlay(bar, layout.split, layout.size, blank.start, layout.chance)
        return replace(blank, layers=layers, style_vendor=bar.vendor, overlay_by="camera")
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
        signed = replace(blank, footage=replace(footage, base=base), scene_text=text)
        if chance.random() < 0.5:
            return replace(signed, layers=layout.recorded(), overlay_by="nvr")
        return replace(signed, negative_class="none")
    return replace(blank, negative_class="none")
