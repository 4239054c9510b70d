from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.vision.text_detection import (
    MULTIPLE,
    DetectionParameters,
    Quad,
    reading_order,
    rectify,
    regions,
    searched_pixels,
)


def rectangle(x: float, y: float, width: float, height: float, angle: float) -> np.ndarray:
    return np.asarray(cv2.boxPoints(((x, y), (width, height), angle)), np.float32)


def heat_of(corners: np.ndarray) -> np.ndarray:
    heat = np.zeros((160, 320), np.float32)
    cv2.fillPoly(heat, [corners.astype(np.int32)], 0.9)
    return heat


def test_a_region_is_grown_by_the_unclip_ratio() -> None:
    heat = heat_of(rectangle(100, 80, 80, 10, 0))
    ((corners, score),) = regions(heat, DetectionParameters())
    grown = 80 * 10 * 1.6 / 90
    (_, _), sides, _ = cv2.minAreaRect(corners)
    assert max(sides) == pytest.approx(80 + grown, abs=3)
    assert min(sides) == pytest.approx(10 + grown, abs=3)
    assert score == pytest.approx(0.9, abs=0.1)


def test_noise_and_faint_regions_are_dropped() -> None:
    heat = np.zeros((64, 64), np.float32)
    heat[10, 10] = 1.0
    heat[30:40, 10:50] = 0.35
    assert regions(heat, DetectionParameters()) == []


def test_regions_come_best_first_and_never_more_than_allowed() -> None:
    heat = np.zeros((160, 160), np.float32)
    for row in range(8):
        heat[4 + row * 20 : 12 + row * 20, 10:100] = 0.6 + row * 0.05
    found = regions(heat, DetectionParameters(max_regions=3))
    scores = [score for _, score in found]
    assert len(found) == 3
    assert scores == sorted(scores, reverse=True)


@given(angle=st.floats(-180, 180), turn=st.integers(0, 3))
@settings(deadline=None, max_examples=60)
def test_reading_order_runs_clockwise_along_the_longer_side(angle: float, turn: int) -> None:
    corners = np.roll(rectangle(100, 100, 60, 12, angle), turn, axis=0)
    quad = Quad(reading_order(corners), 1.0)
    along, across = quad.corners[1] - quad.corners[0], quad.corners[3] - quad.corners[0]
    assert quad.width == pytest.approx(60, rel=1e-3)
    assert quad.height == pytest.approx(12, rel=1e-3)
    assert along[0] * across[1] - along[1] * across[0] > 0
    assert along[0] > -0.1


def test_rectify_straightens_a_turned_line_and_turns_it_on_demand() -> None:
    picture = np.full((200, 200, 3), 255, np.uint8)
    corners = reading_order(rectangle(100, 100, 120, 30, 30))
    cv2.circle(picture, tuple(int(v) for v in corners[0] * 0.9 + corners[2] * 0.1), 6, (0, 0, 0), -1)
    quad = Quad(corners, 1.0)
    straight, flipped = rectify(picture, quad), rectify(picture, quad, 180)
    assert straight.shape == (30, 120, 3)
    assert straight[:10, :30].min() < 60
    assert flipped[-10:, -30:].min() < 60
    assert rectify(picture, quad, 90).shape == (120, 30, 3)


@given(width=st.integers(1, 5000), height=st.integers(1, 5000), side=st.sampled_from([320, 480, 640]))
def test_what_is_searched_is_bounded_by_the_size_asked_for(width: int, height: int, side: int) -> None:
    pixels = searched_pixels(width, height, side)
    assert pixels % (MULTIPLE * MULTIPLE) == 0
    assert MULTIPLE * MULTIPLE <= pixels <= (side + MULTIPLE) ** 2
