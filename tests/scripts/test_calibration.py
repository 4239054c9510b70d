from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as Xml

import numpy as np
import pytest

from edge.domain import Box, Verdict
from edge.vendors.catalogue import load_catalogue
from scripts import calibrate
from scripts.evaluation.calibration import diagram, error_by_chance, reliability
from scripts.evaluation.cases import PRODUCTS, SCENES, Case, Truth
from scripts.evaluation.observations import Observation, Seen
from scripts.evaluation.shares import Share
from scripts.fit_housing import calibrate as fitted

HERE, THERE = Box(0, 0, 40, 40), Box(100, 0, 140, 40)


def test_error_is_the_weighted_gap_of_the_bins() -> None:
    one = reliability([0.95] * 4 + [0.15] * 6, [True, True, True, False] + [False] * 6)
    assert [bin.right for bin in one.bins] == [Share(0, 6), Share(3, 4)]
    assert one.error == pytest.approx((6 * 0.15 + 4 * 0.20) / 10)


def test_certainty_that_comes_true_has_no_error() -> None:
    assert reliability([0.0, 1.0], [False, True]).error == 0
    assert reliability([], []).error == 0


def test_as_many_outcomes_as_probabilities() -> None:
    with pytest.raises(ValueError, match="as many"):
        reliability([0.5], [])


def test_true_probabilities_err_by_chance_and_certain_ones_do_not() -> None:
    chance = np.random.default_rng(3)
    stated = chance.uniform(0, 1, 300)
    right = chance.uniform(0, 1, 300) < stated
    mean, most = error_by_chance(stated.tolist())
    assert 0 < mean < most < 0.15
    assert reliability(stated.tolist(), right.tolist()).error < 2 * most
    assert error_by_chance([0.0, 1.0]) == (0, 0)


def test_the_diagram_is_well_formed_and_inside_its_frame() -> None:
    one = reliability([0.1, 0.9, 1.0], [False, True, True])
    root = Xml.fromstring(diagram([("a", one), ("b", one)]))
    width = float(root.get("width", 0))
    discs = root.findall("{http://www.w3.org/2000/svg}circle")
    assert len(discs) == 2 * len(one.bins)
    assert all(0 < float(disc.get("cx", 0)) < width for disc in discs)


def test_weights_come_back_from_answers_that_were_drawn_by_them() -> None:
    chance = np.random.default_rng(5)
    score, logit = chance.uniform(0.02, 0.98, 6000), chance.normal(0, 2, 6000)
    joined = 0.8 * np.log(score / (1 - score)) + 0.6 * logit - 0.5
    camera = chance.uniform(0, 1, 6000) < 1 / (1 + np.exp(-joined))
    assert fitted(score.astype(np.float32), logit.astype(np.float32), camera) == pytest.approx(
        (0.8, 0.6, -0.5), abs=0.12
    )


def test_weights_are_finite_where_everything_can_be_told_apart() -> None:
    score, logit = np.array([0.9, 0.95, 0.05, 0.1], np.float32), np.array([30, 40, -30, -40], np.float32)
    weights = fitted(score, logit, np.array([True, True, False, False]))
    assert all(np.isfinite(weights))


def test_answers_of_the_dev_sets_are_judged_by_their_labels() -> None:
    scene = Case(SCENES, Path("a.jpg"), "field", (Truth(HERE, "dahua"),))
    hit = Seen(HERE, 0.8, Verdict.CANDIDATES, likely=(("dahua", 0.6), ("axis", 0.2)))
    miss = Seen(THERE, 0.4)
    product = Case(PRODUCTS, Path("b.jpg"), "product", (Truth(None, "secret"),))
    named = Seen(HERE, 0.9, Verdict.IDENTIFIED, "axis", "axis", likely=(("axis", 0.95),))
    told = calibrate.answered(
        [(scene, Observation((hit, miss), (hit, miss), 0.3)), (product, Observation((named,), (), 0.3))],
        load_catalogue(),
    )
    assert told["housings told"].stated == [0.8, 0.4]
    assert told["housings told"].right == [True, False]
    makers = sorted(zip(told["makers"].stated, told["makers"].right, strict=True))
    assert makers == [(0.2, False), (0.6, True), (0.95, False)]
