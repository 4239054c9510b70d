"""What each split may use. Train and test share no typeface, no colour, no margin, no treatment of a mark, no
background and no held-out drawing of a logo.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.vendors.catalogue import Brand, Catalogue, load_catalogue
from scripts.drawing import osd_fonts
from scripts.drawing.osd_fonts import Face
from scripts.drawing.osd_marks import Logos, split_logos, vendors_with_marks
from scripts.drawing.osd_paint import Colour, Finish, Paint
from scripts.drawing.osd_scenery import Background, backgrounds
from scripts.drawing.osd_vendors import OFTEN, STYLES


@dataclass(frozen=True, slots=True)
class Treatment:
    """How a mark is put on: in its ``own`` colours or in one of ``colours``."""

    finish: Finish
    own: bool = False
    colours: tuple[Colour, ...] = ((255, 255, 255),)
    lit: int = 1
    edge: Colour = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Split:
    """``margins`` are intervals in thousandths of the frame's width; ``colours`` are text's."""

    name: str
    seed: int
    text_faces: tuple[Face, ...]
    mark_faces: tuple[Face, ...]
    colours: tuple[Colour, ...]
    margins: tuple[tuple[float, float], ...]
    treatments: tuple[Treatment, ...]
    backgrounds: tuple[Background, ...]
    logos: Logos
    brands: dict[str, Brand]
    often: tuple[str, ...]
    others: tuple[str, ...]

    def face(self, chance: random.Random, *, cjk: bool = False) -> Face:
        return chance.choice([face for face in self.text_faces if not cjk or face.covers("摄像头")])

    def colour(self, chance: random.Random) -> Colour:
        return self.colours[0] if chance.random() < 0.72 else chance.choice(self.colours[1:])

    def margin(self, chance: random.Random, width: int) -> int:
        """Pixels."""
        low, high = chance.choice(self.margins)
        return round(width * chance.uniform(low, high) / 1000)

    def vendor(self, chance: random.Random) -> str:
        return chance.choice(self.often if chance.random() < 0.75 or not self.others else self.others)


_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)
_COLOURS: dict[str, tuple[Colour, ...]] = {
    "train": (
        _WHITE,
        (245, 245, 245),
        (0, 255, 255),
        (60, 255, 60),
        (20, 20, 20),
        (255, 255, 0),
        (230, 230, 235),
    ),
    "test": ((250, 250, 250), (238, 240, 238), (90, 240, 250), (120, 250, 140), (5, 5, 5), (80, 200, 255)),
}
_MARGINS = {"train": ((0, 6), (14, 24), (38, 60)), "test": ((7, 13), (26, 36))}
_TREATMENTS = {
    "train": (
        Treatment(Finish.PLAIN, own=True),
        Treatment(Finish.PLAIN, colours=(_WHITE, (245, 245, 245))),
        Treatment(Finish.OUTLINE, colours=(_WHITE,)),
        Treatment(Finish.EMBOSSED, colours=((210, 210, 210), _WHITE)),
        Treatment(
            Finish.BOX, own=True, colours=((30, 30, 30), (130, 60, 10), (20, 20, 190)), edge=(250, 250, 250)
        ),
    ),
    "test": (
        Treatment(Finish.OUTLINE, own=True, colours=((25, 25, 30), (110, 50, 15)), edge=(240, 240, 240)),
        Treatment(Finish.PLAIN, colours=((250, 250, 250), (225, 228, 230))),
        Treatment(Finish.SHADOW, colours=((252, 252, 252), (235, 235, 235))),
        Treatment(Finish.EMBOSSED, colours=((190, 190, 190),), lit=-1),
        Treatment(Finish.BOX, colours=((250, 250, 250),), edge=(15, 15, 15)),
    ),
}


def load_split(name: str, data: Path, seed: int) -> Split:
    """Raises FileNotFoundError where the shared data are not."""
    catalogue = load_catalogue()
    logos = split_logos(data / "logos", catalogue, name)
    return make_split(name, seed, tuple(backgrounds(data, name)), logos, catalogue)


def make_split(
    name: str, seed: int, pool: tuple[Background, ...], logos: Logos, catalogue: Catalogue
) -> Split:
    train = name == "train"
    able = vendors_with_marks(logos, catalogue, (style.vendor for style in STYLES))
    return Split(
        name,
        seed * 2 + (not train),
        _here(osd_fonts.TRAIN_TEXT if train else osd_fonts.TEST_TEXT),
        _here(osd_fonts.TRAIN_MARK if train else osd_fonts.TEST_MARK),
        _COLOURS[name],
        _MARGINS[name],
        _TREATMENTS[name],
        pool,
        logos,
        dict(catalogue.brands),
        tuple(vendor for vendor in able if vendor in OFTEN),
        tuple(vendor for vendor in able if vendor not in OFTEN),
    )


def _here(faces: Sequence[Face]) -> tuple[Face, ...]:
    return tuple(osd_fonts.here(faces))


def text_paint(split: Split, chance: random.Random, px: int) -> Paint:
    """How a line of text is put on."""
    finish = chance.choices(
        (Finish.OUTLINE, Finish.PLAIN, Finish.INVERTED, Finish.SHADOW, Finish.BOX), (46, 20, 14, 10, 10)
    )[0]
    colour = split.colour(chance)
    dark = sum(colour) < 300
    edge: Colour = (250, 250, 250) if dark else (0, 0, 0)
    return Paint(
        finish,
        colour,
        edge,
        max(1, round(px / chance.uniform(14, 26))),
        chance.choice((1.0, 1.0, 1.0, 0.9, 0.75)),
        chance.uniform(0.3, 1.0),
        chance.uniform(110, 165),
    )
