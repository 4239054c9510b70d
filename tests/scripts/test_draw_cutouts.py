from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from scripts import draw_cutouts
from scripts.drawing import random_housings


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
