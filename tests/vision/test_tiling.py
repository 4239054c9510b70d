"""Plans: every pixel is seen, within bounds and budget, and nothing is left to chance."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.vision.tiling import Plan, plan_tiles

sides = st.integers(16, 64)
lengths = st.integers(1, 400)
overlaps = st.floats(0, 0.49)


@given(lengths, lengths, sides, overlaps)
def test_every_pixel_of_every_level_is_in_a_tile(width: int, height: int, side: int, overlap: float) -> None:
    plan = plan_tiles(width, height, side, overlap=overlap, max_tiles=10_000, tile_from=2)
    for index, level in enumerate(plan.levels):
        seen = np.zeros((level.height, level.width), np.bool_)
        for tile in plan.tiles:
            if tile.level == index:
                seen[tile.y0 : tile.y0 + tile.height, tile.x0 : tile.x0 + tile.width] = True
        assert seen.all()


@given(lengths, lengths, sides, overlaps, st.integers(1, 60))
def test_tiles_lie_inside_their_level_and_inside_the_budget(
    width: int, height: int, side: int, overlap: float, max_tiles: int
) -> None:
    plan = plan_tiles(width, height, side, overlap=overlap, max_tiles=max_tiles)
    assert 1 <= len(plan.tiles) <= max_tiles
    for tile in plan.tiles:
        level = plan.levels[tile.level]
        assert tile.x0 >= 0
        assert tile.y0 >= 0
        assert 0 < tile.width <= side
        assert 0 < tile.height <= side
        assert tile.x0 + tile.width <= level.width
        assert tile.y0 + tile.height <= level.height
        inside = (tile.cut_left, tile.cut_top, tile.cut_right, tile.cut_bottom)
        assert inside == (
            tile.x0 > 0,
            tile.y0 > 0,
            tile.x0 + tile.width < level.width,
            tile.y0 + tile.height < level.height,
        )


@given(st.integers(50, 700), st.integers(8, 20), st.floats(0, 0.45))
def test_a_camera_up_to_the_overlap_is_whole_in_some_tile(width: int, side: int, overlap: float) -> None:
    plan = plan_tiles(width, 5, side, overlap=overlap, max_tiles=10_000, tile_from=2)
    tiles = [tile for tile in plan.tiles if tile.level == 0]
    length = int(side * overlap)
    for x0 in range(plan.levels[0].width - length + 1):
        assert any(tile.x0 <= x0 and x0 + length <= tile.x0 + tile.width for tile in tiles)


@given(lengths, lengths, sides)
def test_the_last_level_is_the_whole_picture_in_one_input(width: int, height: int, side: int) -> None:
    plan = plan_tiles(width, height, side, overlap=0.2, max_tiles=10_000)
    whole = plan.levels[-1]
    assert max(whole.width, whole.height) == side
    assert [tile.level for tile in plan.tiles].count(len(plan.levels) - 1) == 1
    assert (plan.tiles[-1].width, plan.tiles[-1].height) == (whole.width, whole.height)


def views(plan: Plan) -> list[tuple[int, int, int]]:
    return [
        (level.width, level.height, sum(tile.level == index for tile in plan.tiles))
        for index, level in enumerate(plan.levels)
    ]


def test_plan_of_a_12_megapixel_photo() -> None:
    plan = plan_tiles(4000, 3000, 416, overlap=0.2, max_tiles=400)
    assert views(plan) == [(4000, 3000, 108), (2000, 1500, 30), (1000, 750, 9), (416, 312, 1)]


def test_a_small_photo_is_seen_as_a_whole_only() -> None:
    assert views(plan_tiles(1240, 930, 416, overlap=0.2, max_tiles=400)) == [(416, 312, 1)]


def test_a_photo_beyond_the_budget_is_tiled_from_a_smaller_copy() -> None:
    plan = plan_tiles(8000, 6000, 416, overlap=0.2, max_tiles=200)
    assert len(plan.tiles) <= 200
    assert plan.levels[0].width < 8000
    assert len(plan.tiles) > 150  # and uses most of what it may


@given(lengths, lengths, sides)
def test_every_size_of_camera_is_some_level_s_to_report(width: int, height: int, side: int) -> None:
    plan = plan_tiles(width, height, side, overlap=0.2, max_tiles=10_000, tile_from=2)
    ranges = [plan.trusted(level) for level in range(len(plan.levels))]
    assert ranges[0][0] == 0
    assert ranges[-1][1] == float("inf")
    assert all(finer[1] > coarser[0] for finer, coarser in pairwise(ranges))


def test_a_strip_one_pixel_high_has_a_plan() -> None:
    assert len(plan_tiles(120_000, 1, 416, overlap=0.2, max_tiles=400).tiles) <= 400


@pytest.mark.parametrize(
    ("width", "height", "side", "overlap", "most"),
    [(0, 5, 4, 0.1, 1), (5, 5, 0, 0.1, 1), (5, 5, 4, 1.0, 1), (5, 5, 4, -0.1, 1), (5, 5, 4, 0.1, 0)],
)
def test_impossible_plans_are_refused(width: int, height: int, side: int, overlap: float, most: int) -> None:
    with pytest.raises(ValueError, match="no plan"):
        plan_tiles(width, height, side, overlap=overlap, max_tiles=most)
