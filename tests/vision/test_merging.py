"""Merging across tiles: one box a camera, whatever the order in which tiles report."""

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.vision.merging import Sightings, merge, sightings_in_tile
from edge.vision.tiling import plan_tiles

Row = tuple[int, int, int, int, int, bool]
rows = st.lists(
    st.tuples(
        st.integers(0, 300),
        st.integers(0, 300),
        st.integers(1, 120),
        st.integers(1, 120),
        st.integers(0, 20),
        st.booleans(),
    ),
    max_size=40,
)


def sightings(values: list[Row], dx: int = 0, dy: int = 0) -> Sightings:
    table = np.array([v[:5] for v in values], np.float64).reshape(-1, 5)
    x, y, w, h, score = table.T
    boxes = np.stack([x + dx, y + dy, x + w + dx, y + h + dy], axis=1)
    return Sightings(boxes, score / 20, np.array([v[5] for v in values], np.bool_))


def as_rows(seen: Sightings) -> list[tuple[float, ...]]:
    return [(*box, score) for box, score in zip(seen.boxes.tolist(), seen.scores.tolist(), strict=True)]


@given(rows)
def test_merging_twice_changes_nothing(values: list[Row]) -> None:
    once = merge([sightings(values)])
    assert as_rows(merge([once])) == as_rows(once)


@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_the_tiles_does_not_matter(values: list[Row], rng: Random) -> None:
    mixed = list(values)
    rng.shuffle(mixed)
    half = len(mixed) // 2
    assert as_rows(merge([sightings(mixed[:half]), sightings(mixed[half:])])) == as_rows(
        merge([sightings(values)])
    )


@given(rows, st.integers(-500, 500), st.integers(-500, 500))
def test_moving_every_box_moves_the_answer(values: list[Row], dx: int, dy: int) -> None:
    still = merge([sightings(values)])
    moved = merge([sightings(values, dx, dy)])
    assert np.array_equal(moved.boxes, still.boxes + np.array([dx, dy, dx, dy]))
    assert np.array_equal(moved.scores, still.scores)


@given(rows)
def test_what_is_left_was_seen_and_comes_best_first(values: list[Row]) -> None:
    seen = sightings(values)
    left = merge([seen])
    assert set(as_rows(left)) <= set(as_rows(seen))
    assert left.scores.tolist() == sorted(left.scores.tolist(), reverse=True)


def test_a_cut_box_gives_way_to_the_whole_one_even_with_a_better_score() -> None:
    whole = (100, 100, 100, 40, 10, False)
    part = (100, 100, 55, 40, 19, True)
    assert as_rows(merge([sightings([part, whole])])) == [(100, 100, 200, 140, 0.5)]


def test_a_cut_box_without_a_whole_one_stays() -> None:
    assert len(merge([sightings([(100, 100, 55, 40, 19, True)])])) == 1


def test_two_neighbouring_cameras_stay_two() -> None:
    assert len(merge([sightings([(0, 0, 40, 40, 10, False), (45, 0, 40, 40, 12, False)])])) == 2


def test_nothing_seen_merges_to_nothing() -> None:
    assert len(merge([])) == 0


PLAN = plan_tiles(1000, 800, 100, overlap=0.2, max_tiles=1000)


def seen_in(tile: int, box: tuple[float, float, float, float]) -> Sightings:
    return sightings_in_tile(PLAN, tile, np.array([box], np.float32), np.array([0.9], np.float32), 0.5)


def test_boxes_are_moved_to_the_picture() -> None:
    tile = PLAN.tiles[13]
    assert as_rows(seen_in(13, (10, 20, 30, 40)))[0][:4] == (
        tile.x0 + 10,
        tile.y0 + 20,
        tile.x0 + 30,
        tile.y0 + 40,
    )


def test_boxes_of_a_coarse_level_are_scaled_to_the_picture() -> None:
    whole = len(PLAN.tiles) - 1
    assert np.allclose(seen_in(whole, (10, 20, 30, 50)).boxes, [[100, 200, 300, 500]])


def test_an_inner_edge_cuts_and_the_edge_of_the_picture_does_not() -> None:
    assert not seen_in(0, (0, 20, 20, 40)).cut[0]
    assert seen_in(0, (80, 20, 99.5, 40)).cut[0]


def test_a_large_camera_is_left_to_the_coarse_levels_and_a_small_one_to_the_fine() -> None:
    whole = len(PLAN.tiles) - 1
    assert len(seen_in(0, (5, 5, 60, 40))) == 0
    assert len(seen_in(whole, (5, 5, 60, 40))) == 1
    assert len(seen_in(0, (5, 5, 9, 9))) == 1
    assert len(seen_in(whole, (5, 5, 9, 9))) == 0


def test_low_scores_and_boxes_outside_the_tile_are_left_out() -> None:
    boxes = np.array([[10, 10, 20, 20], [110, 10, 130, 20]], np.float32)
    assert len(sightings_in_tile(PLAN, 0, boxes, np.array([0.4, 0.9], np.float32), 0.5)) == 0
