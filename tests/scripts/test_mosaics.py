"""Mosaics: shelves without gaps or overlaps, cameras of the wanted size, the same from the same seed."""

import json
import random
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.domain import Box, Housing
from scripts.mosaic_scores import Canvas, match, score, table, wilson
from scripts.mosaics import LONGEST, SHORTEST, Piece, lay_out, load_pieces, make
from tests.support.shared import shared_data

SCENES = [
    Piece(Path("a"), 800, 600, (Box(100, 100, 220, 180),)),
    Piece(Path("b"), 500, 700, (Box(300, 50, 360, 90), Box(20, 400, 60, 470))),
    Piece(Path("c"), 900, 500, (Box(10, 10, 20, 20), Box(100, 100, 700, 400))),  # fits at no scale
]
NEGATIVES = [Piece(Path("n"), 640, 480), Piece(Path("m"), 300, 900)]


@pytest.mark.parametrize("seed", range(5))
def test_every_pixel_is_covered_once(seed: int) -> None:
    covered = np.zeros((900, 1300), np.uint8)
    for place in lay_out(SCENES, NEGATIVES, 1300, 900, random.Random(seed)):
        covered[place.y : place.y + place.height, place.x : place.x + place.shown] += 1
        assert place.x + place.shown <= 1300
        assert place.shown <= place.width
    assert (covered == 1).all()


@pytest.mark.parametrize("seed", range(5))
def test_cameras_have_the_wanted_length_and_stay_inside(seed: int) -> None:
    placed = lay_out(SCENES, NEGATIVES, 1300, 900, random.Random(seed))
    boxes = [box for place in placed for box in place.boxes()]
    assert boxes
    for box in boxes:
        assert SHORTEST - 1 <= box.long_side <= LONGEST + 1
        assert box.clipped(1300, 900) == box
    assert all(place.piece.path != Path("c") for place in placed)


def test_scenes_are_never_cut() -> None:
    for place in lay_out(SCENES, NEGATIVES, 1300, 900, random.Random(1)):
        assert place.shown == place.width or not place.piece.boxes


def research_data(root: Path) -> Path:
    rng = np.random.default_rng(1)
    for folder, name in (("scenes", "s.png"), ("negatives", "n.png")):
        (root / folder / "dev").mkdir(parents=True)
        cv2.imwrite(str(root / folder / "dev" / name), rng.integers(0, 255, (300, 400, 3), np.uint8))
    scene = {"file": "s.png", "width": 400, "height": 300, "boxes": [[50, 50, 110, 90]], "complete": True}
    part = scene | {"complete": False}
    labels = "\n".join(json.dumps(row) for row in (scene, part))
    (root / "scenes" / "dev" / "labels.jsonl").write_text(labels, "utf-8")
    (root / "negatives" / "dev" / "labels.jsonl").write_text(json.dumps({"file": "n.png"}), "utf-8")
    return root


def test_the_same_seed_makes_the_same_files(tmp_path: Path) -> None:
    data = research_data(tmp_path / "data")
    assert len(load_pieces(data, "dev")[0]) == 1
    for out in ("one", "two"):
        make(data, tmp_path / out, "dev", 2, 5, 700, 500)
    for name in ("00.jpg", "01.jpg", "labels.jsonl"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def found(*rows: tuple[float, float, float, float, float]) -> tuple[Housing, ...]:
    return tuple(Housing(Box(*row[:4]), row[4]) for row in rows)


CAMERAS = (Box(0, 0, 20, 15), Box(100, 100, 140, 140))


def test_each_camera_is_met_once() -> None:
    canvas = Canvas(12.0, CAMERAS, found((0, 0, 20, 15, 0.9), (1, 0, 20, 15, 0.8), (300, 300, 320, 320, 0.7)))
    assert match(canvas) == [0, None, None]


def test_recall_by_size_at_an_allowance_of_false_boxes() -> None:
    wrong = [(500 + 50 * i, 0, 530 + 50 * i, 30, 0.9 - i / 100) for i in range(5)]
    canvas = Canvas(
        2.0, CAMERAS, found(*wrong[:2], (0, 0, 20, 15, 0.885), *wrong[2:], (100, 100, 140, 140, 0.5))
    )
    three, ten, default = score([canvas], "tiles", 0.4)
    assert [r.value for r in three.recall] == [1.0, 0.0]
    assert three.false_a_canvas == 3
    assert three.false_a_megapixel == 1.5
    assert [r.value for r in ten.recall] == [1.0, 1.0]
    assert (default.threshold, default.false_a_canvas) == (0.4, 5)
    assert "3 a canvas" in table([three, ten, default])
    assert json.loads(json.dumps(three.as_json()))["recall"][0]["cameras"] == 1


def test_wilson_interval_of_a_known_case() -> None:
    low, high = wilson(8, 10)  # 0.490 to 0.943, as textbooks give it
    assert (round(low, 3), round(high, 3)) == (0.490, 0.943)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.shared
def test_the_real_scenes_fill_a_canvas() -> None:
    scenes, negatives = load_pieces(shared_data(), "train")
    placed = lay_out(scenes, negatives, 4000, 3000, random.Random(3))
    assert sum(place.shown * place.height for place in placed) == 4000 * 3000
    assert sum(len(place.piece.boxes) for place in placed) > 50
