"""Blurred parts: unrecognisable, and nothing else touched."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import Box
from edge.report.blur import BLOCKS, around_face, blurred

NOISE = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)


def test_only_the_part_changes_and_its_detail_is_gone() -> None:
    found = blurred(NOISE, [Box(40, 30, 100, 90)])
    outside = np.ones(NOISE.shape[:2], bool)
    outside[30:90, 40:100] = False
    assert np.array_equal(found[outside], NOISE[outside])
    assert found[30:90, 40:100].std() < 0.2 * NOISE[30:90, 40:100].std()


def test_two_pictures_that_differ_in_detail_only_are_the_same_afterwards() -> None:
    """Nothing but the mean of each patch is left."""
    cell = 60 // BLOCKS
    other = NOISE.copy()
    part = other[30:90, 40:100].reshape(BLOCKS, cell, BLOCKS, cell, 3)
    other[30:90, 40:100] = part[:, ::-1, :, ::-1].reshape(60, 60, 3)
    first, second = (blurred(one, [Box(40, 30, 100, 90)]) for one in (NOISE, other))
    assert np.abs(first.astype(int) - second).max() <= 1


@given(st.floats(-50, 200), st.floats(-50, 200), st.floats(0.01, 300), st.floats(0.01, 300))
def test_any_box_is_taken(x0: float, y0: float, width: float, height: float) -> None:
    assert blurred(NOISE, [Box(x0, y0, x0 + width, y0 + height)]).shape == NOISE.shape


def test_a_face_is_blurred_with_its_surroundings() -> None:
    assert around_face(Box(10, 10, 20, 20)).width > 12
