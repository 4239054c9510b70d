from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from scripts import draw_cutouts
from scripts.drawing import prints, random_housings, random_signs, tracer


@pytest.mark.parametrize("index", range(6))
def test_cutout_has_its_body_inside_the_picture(index: int) -> None:
    cutout = draw_cutouts.draw(5, index, side=40)
    height, width, channels = cutout.pixels.shape
    x0, y0, x1, y1 = cutout.body
    assert channels == 4
    assert max(height, width) == 40
    assert 0 <= x0 < x1 <= width
    assert 0 <= y0 < y1 <= height
    alpha = cutout.pixels[..., 3]
    assert alpha[y0:y1, x0:x1].mean() > 60
    assert not alpha[:, 0].any()
    assert not alpha[:, -1].any()


def test_same_seed_and_index_draw_the_same() -> None:
    first, again, other = (draw_cutouts.draw(5, index, side=32) for index in (3, 3, 4))
    assert np.array_equal(first.pixels, again.pixels)
    assert first.body == again.body
    assert not np.array_equal(first.pixels, other.pixels)


def test_a_bracket_is_no_part_of_the_body() -> None:
    for index in range(40):
        housing = random_housings.random_housing(np.random.default_rng(index))
        if housing.wall is not None and housing.form in {"bullet", "box"}:
            assert {part.housing for part in housing.parts} == {True, False}
            return
    pytest.fail("no housing on a wall arm among forty")


def test_a_second_run_draws_only_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw_cutouts, "_LONGEST", (24, 24))
    (tmp_path / "labels.jsonl").write_text(draw_cutouts.write(tmp_path, 5, 0) + "\n", "utf-8")
    assert draw_cutouts.missing(tmp_path, 5, 2) == [1]
    label = json.loads((tmp_path / "labels.jsonl").read_text("utf-8"))
    picture = cv2.imread(str(tmp_path / label["file"]), cv2.IMREAD_UNCHANGED)
    assert picture is not None
    assert picture.shape[2] == 4
    assert label["form"] in {"bullet", "box", "turret", "dome", "ptz"}
    assert len(label["body"]) == 4


@pytest.mark.parametrize("index", range(4))
def test_a_sign_is_drawn_and_is_no_camera(
    index: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draw_cutouts, "_LONGEST", (48, 48))
    label = json.loads(draw_cutouts.write(tmp_path, 7, index, what="signs"))
    picture = cv2.imread(str(tmp_path / label["file"]), cv2.IMREAD_UNCHANGED)
    assert label["body"] is None
    assert picture is not None
    assert (picture[..., 3] > 200).mean() > 0.1


def test_a_name_on_a_camera_changes_its_paint_and_not_its_shape() -> None:
    for index in range(4):
        plain = random_housings.random_housing(np.random.default_rng(index))
        marked = random_signs.marked_housing(np.random.default_rng(index))
        assert (marked.form, len(marked.parts)) == (plain.form, len(plain.parts))
        points = np.random.default_rng(1).normal(0, 0.05, (4000, 3)).astype(np.float32)
        near = tracer.nearest(plain.parts, points)
        assert np.array_equal(near, tracer.nearest(marked.parts, points))
        assert any(
            not np.array_equal(a.colour(points), b.colour(points))
            for a, b in zip(plain.parts, marked.parts, strict=True)
        )


def test_a_decal_reads_the_right_way_round_from_both_sides() -> None:
    ink = np.zeros((8, 16), np.float32)
    ink[:, :8] = 1.0  # its left half
    colour = prints.decal(tracer.plain(0, 0, 0), ink, np.ones(3, np.float32), 0, (0.0, 0.0), 0.2)
    # Seen from +x the viewer's left is +z, from −x it is −z.
    points = np.array([[0.1, 0, 0.05], [0.1, 0, -0.05], [-0.1, 0, -0.05], [-0.1, 0, 0.05]], np.float32)
    assert colour(points)[:, 0].round().tolist() == [1, 0, 1, 0]
