"""When a name in a corner is an advertisement's."""

from __future__ import annotations

import pytest

from edge.domain import Box, Housing
from edge.recorder import on_a_housing, shows_off


@pytest.mark.parametrize(("side", "shown"), [(100, False), (500, True)])
def test_a_picture_shows_off_a_camera_that_takes_much_of_it(side: int, shown: bool) -> None:
    assert shows_off([Housing(Box(0, 0, side, side), 0.9)], 1280 * 720) is shown
    assert not shows_off([], 1280 * 720)


def test_lettering_on_a_housing_is_not_of_the_display() -> None:
    housings = [Housing(Box(0, 0, 100, 100), 0.9)]
    assert on_a_housing(Box(10, 10, 40, 30), housings)
    assert not on_a_housing(Box(90, 10, 140, 30), housings)
