from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge.domain import (
    Box,
    Camera,
    Candidate,
    Evidence,
    EvidenceKind,
    Gps,
    Housing,
    Identification,
    Mark,
    Picture,
    Reading,
    Source,
    Strength,
    TextLine,
    Verdict,
)
from tests.support.reports import boxes

BOX = Box(0, 0, 10, 20)


@pytest.mark.parametrize(
    "sides",
    [
        (0, 0, 0, 1),
        (0, 0, 1, 0),
        (5, 0, 1, 1),
        (0, 5, 1, 1),
        (math.nan, 0, 1, 1),
        (0, 0, math.inf, 1),
    ],
)
def test_a_box_has_an_area(sides: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="box"):
        Box(*sides)


def test_the_measures_of_a_box() -> None:
    assert (BOX.width, BOX.height, BOX.area, BOX.long_side) == (10, 20, 200, 20)
    assert BOX.as_tuple() == (0, 0, 10, 20)
    assert BOX.iou(Box(5, 0, 15, 20)) == pytest.approx(1 / 3)
    assert BOX.coverage_by(Box(0, 0, 10, 5)) == 0.25
    assert BOX.grown(0.5) == Box(-5, -10, 15, 30)
    assert BOX.moved(1, -1) == Box(1, -1, 11, 19)


@given(boxes(), boxes())
def test_overlap_is_symmetrical_and_bounded(a: Box, b: Box) -> None:
    assert a.iou(b) == pytest.approx(b.iou(a))
    assert 0 <= a.iou(b) <= 1 + 1e-9
    assert 0 <= a.coverage_by(b) <= 1 + 1e-9
    assert a.intersection(b) <= min(a.area, b.area) * (1 + 1e-9)


@given(boxes())
def test_a_box_overlaps_itself_wholly(box: Box) -> None:
    assert box.iou(box) == pytest.approx(1)
    assert box.coverage_by(box) == pytest.approx(1)


@given(boxes(), st.floats(-100, 100), st.floats(-100, 100))
def test_moving_keeps_the_size(box: Box, dx: float, dy: float) -> None:
    moved = box.moved(dx, dy)
    assert moved.width == pytest.approx(box.width)
    assert moved.height == pytest.approx(box.height)


@given(boxes(), st.floats(0, 2))
def test_a_grown_box_covers_the_box(box: Box, share: float) -> None:
    assert box.coverage_by(box.grown(share)) == pytest.approx(1)


@given(boxes(), st.integers(1, 4000), st.integers(1, 4000))
def test_a_clipped_box_lies_in_the_picture(box: Box, width: int, height: int) -> None:
    clipped = box.clipped(width, height)
    overlaps = box.x0 < width and box.y0 < height and box.x1 > 0 and box.y1 > 0
    assert (clipped is not None) == overlaps
    if clipped is not None:
        assert clipped.x0 >= 0
        assert clipped.y0 >= 0
        assert clipped.x1 <= width
        assert clipped.y1 <= height
        assert clipped.clipped(width, height) == clipped


@pytest.mark.parametrize("value", [-0.01, 1.01, math.nan])
def test_scores_and_probabilities_lie_between_0_and_1(value: float) -> None:
    found = Identification.undetermined()
    for build in (
        lambda: Housing(BOX, value),
        lambda: TextLine("x", value, BOX, 9),
        lambda: Mark(BOX, value, None, None),
        lambda: Candidate(None, "dahua", value),
        lambda: Identification(Verdict.UNDETERMINED, confidence=value),
        lambda: Camera(BOX, value, None, found, Reading.READ),
    ):
        with pytest.raises(ValueError, match=r"must lie in 0\.\.1"):
            build()


@pytest.mark.parametrize("verdict", [Verdict.CANDIDATES, Verdict.UNDETERMINED])
@pytest.mark.parametrize("names", [("dahua", None), (None, "dahua"), ("lorex", "dahua")])
def test_no_name_without_the_verdict(verdict: Verdict, names: tuple[str | None, str | None]) -> None:
    with pytest.raises(ValueError, match="verdict"):
        Identification(verdict, *names)


def test_no_verdict_without_a_name() -> None:
    with pytest.raises(ValueError, match="verdict"):
        Identification(Verdict.IDENTIFIED)


def test_only_the_look_of_a_housing_never_identifies() -> None:
    assert [kind for kind in EvidenceKind if not kind.identifies] == [EvidenceKind.LOOK]


def test_evidence_keeps_its_own_copy_of_what_it_supports() -> None:
    supports = {"dahua": 1.0}
    evidence = Evidence(EvidenceKind.MARK, "dahua", None, Strength.WEAK, supports)
    supports["dahua"] = 9.0
    assert evidence.supports["dahua"] == 1.0
    with pytest.raises(TypeError):
        evidence.supports["dahua"] = 9.0  # type: ignore[index]


@given(st.floats(-1000, 1000), st.floats(-1000, 1000))
def test_a_position_is_on_the_earth(latitude: float, longitude: float) -> None:
    assume(abs(latitude) > 90 or abs(longitude) > 180)
    with pytest.raises(ValueError, match="position"):
        Gps(latitude, longitude)


def test_a_picture_agrees_with_its_source() -> None:
    source = Source("photo", "a.jpg", "00" * 32, width=4, height=3)
    picture = Picture(np.zeros((3, 4, 3), np.uint8), source)
    assert (picture.width, picture.height) == (4, 3)
    with pytest.raises(ValueError, match="disagree"):
        Picture(np.zeros((4, 3, 3), np.uint8), source)
    with pytest.raises(ValueError, match="uint8"):
        Picture(np.zeros((3, 4), np.uint8), source)
    with pytest.raises(ValueError, match="uint8"):
        Picture(np.zeros((3, 4, 3), np.float32), source)
