"""What the table of marks on displays is fitted on."""

from __future__ import annotations

from pathlib import Path

from edge.domain import Box
from edge.vision.gallery import GalleryMatch
from edge.vision.overlay import Overlay
from scripts.evaluation.osd import OsdLabel, OsdReading
from scripts.fit_osd import mark_table

CORNER, AMID = Box(1140, 660, 1240, 700), Box(600, 300, 700, 340)


def reading(vendor: str | None, *matches: GalleryMatch) -> OsdReading:
    label = OsdLabel(Path("a.jpg"), "drawn", vendor, vendor, None, False, None, None, vendor is None, None)
    return OsdReading(label, Overlay(1280, 720, 1), matches)


def match(brand: str, similarity: float, box: Box = CORNER) -> GalleryMatch:
    return GalleryMatch(box, brand, similarity, 0.3)


def test_likelier_marks_weigh_more() -> None:
    right = [reading("axis", match("axis", 0.9), match("axis", 0.6)) for _ in range(40)]
    wrong = [reading(None, match("dahua", 0.57), match("yi", 0.56)) for _ in range(20)]
    vague = [reading("axis", match("axis", 0.57)) for _ in range(10)]
    steps = mark_table([*right, *wrong, *vague])
    assert [step.n for step in steps if step.at_least >= 0.8] == [40]
    values = [step.value for step in steps]
    assert values == sorted(values)
    assert values[-1] > 4.0


def test_what_does_not_lie_in_a_corner_does_not_count() -> None:
    steps = mark_table([
        *[reading("axis", match("axis", 0.9), match("dahua", 0.9, AMID)) for _ in range(10)],
        reading(None, match("yi", 0.57)),
    ])  # fmt: skip
    assert sum(step.n for step in steps if step.at_least >= 0.8) == 10
