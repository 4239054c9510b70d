"""The drawing of results: every label and find is in it, nothing of the picture is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.domain import Box, Verdict
from edge.vendors.catalogue import load_catalogue
from scripts.evaluation.cases import NEGATIVES, PRODUCTS, SCENES, Case, Truth
from scripts.evaluation.observations import Observation, Seen
from scripts.show_results import DRAWN, LABEL, RIGHT, UNJUDGED, WRONG, drawn_by_lot, sheet

CAMERA = Box(10, 10, 60, 60)
NAMED = Seen(CAMERA, 0.9, Verdict.IDENTIFIED, "hikvision", "hikvision")
FALSE = Seen(Box(100, 20, 140, 60), 0.4)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "picture.png"
    cv2.imwrite(str(file), np.zeros((100, 200, 3), np.uint8))
    return file


def drawn(case: Case, *cameras: Seen) -> str:
    """One cell, without the legend."""
    return sheet([(case, Observation(cameras, (), 0.23))], load_catalogue()).split("\n", 2)[2]


def test_labels_and_finds_are_drawn_in_their_colours(path: Path) -> None:
    case = Case(SCENES, path, "field", (Truth(CAMERA, "hikvision"), Truth(Box(70, 70, 90, 90), None)))
    svg = drawn(case, FALSE, NAMED)
    assert [svg.count(colour) for colour in (LABEL, RIGHT, WRONG)] == [2 + 1, 2 + 1, 2 + 1]  # and the legend
    assert "0.90 Hikvision" in svg
    assert "2 labelled, 1 found, 1 false" in svg
    assert "field: Hikvision" in svg


def test_finds_on_products_are_not_judged_for_nobody_boxed_them(path: Path) -> None:
    case = Case(PRODUCTS, path, "product", (Truth(None, "uniview", "uniarch"),), readable=True)
    svg = drawn(case, NAMED)
    assert svg.count(UNJUDGED) == 2 + 1
    assert "Uniarch" in svg
    assert "products/dev, readable" in svg


def test_what_is_on_a_thing_without_a_camera_is_false(path: Path) -> None:
    svg = drawn(Case(NEGATIVES, path, "lamp & spot", ()), FALSE)
    assert "0 labelled, 0 found, 1 false" in svg
    assert "lamp &amp; spot" in svg


def test_the_lot_draws_so_many_of_each_set_and_a_seed_fixes_it(path: Path) -> None:
    answers = [
        (Case(name, path.with_name(f"{k}.png"), "any", ()), Observation((), (), 0.23))
        for name in DRAWN
        for k in range(30)
    ]
    once = drawn_by_lot(answers, 4)
    assert Counter(case.set for case, _ in once) == DRAWN
    assert once == drawn_by_lot(answers, 4)
    assert once != drawn_by_lot(answers, 5)
