"""The face detector: its decoding, on a network that we make, and the real one on shared pictures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.domain import Box
from edge.settings import load_settings
from edge.vision.faces import INPUT, STEP, FaceFinder, load_face_finder
from tests.support.shared import shared_data


class BrightSpot:
    """A network that takes the brightest point of the grid for a face of 40 × 20 pixels of its input."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        planes = inputs[INPUT]
        self.shapes.append(planes.shape)
        grid = planes[0].mean(0)[STEP // 2 :: STEP, STEP // 2 :: STEP]
        heat = np.where(grid == grid.max(), 0.9, 0.0)[None, None].astype(np.float32)
        sizes = np.zeros((1, 2, *grid.shape), np.float32)
        sizes[0, 0], sizes[0, 1] = np.log(40 / STEP), np.log(20 / STEP)
        return [heat, sizes, np.zeros_like(sizes)]


def test_boxes_come_back_in_pixels_of_the_picture() -> None:
    picture = np.zeros((300, 640, 3), np.uint8)
    picture[98:104, 398:404] = 255
    (face,) = FaceFinder(BrightSpot(), sides=(640,)).find(picture)
    assert face.score == pytest.approx(0.9)
    # The middle lies on the grid, and the height of the input is a multiple of 32: some pixels off.
    assert face.box.iou(Box(391, 82, 411, 120)) > 0.6


def test_a_small_picture_is_looked_at_once_and_a_large_one_at_each_size() -> None:
    network = BrightSpot()
    finder = FaceFinder(network, sides=(64, 128, 256))
    finder.find(np.zeros((40, 60, 3), np.uint8))
    finder.find(np.zeros((100, 130, 3), np.uint8))
    assert [shape[3] for shape in network.shapes] == [64, 64, 128, 256]
    assert all(shape[2] % 32 == shape[3] % 32 == 0 for shape in network.shapes)


def test_the_shipped_model_finds_no_face_in_a_drawing() -> None:
    assert load_face_finder(load_settings(threads=1)).find(np.full((200, 300, 3), 200, np.uint8)) == []


@pytest.mark.shared
def test_the_shipped_model_finds_faces_in_photos() -> None:
    """Pictures in which a person counted the faces that can be made out."""
    folder = shared_data() / "backgrounds"
    names = {json.loads(line)["file"] for line in (folder / "labels.jsonl").read_text().splitlines()}
    counted = {name: count for name, count in FACES.items() if name in names}
    finder = load_face_finder(load_settings(threads=1))
    for name, count in counted.items():
        picture = cv2.imread(str(folder / name))
        assert picture is not None
        assert len(finder.find(np.asarray(picture, np.uint8))) >= count, name


FACES: Mapping[str, int] = {
    "b94d0d8d78.jpg": 1,
    "b2c4c85422.jpg": 2,
    "bb6ccf5433.jpg": 5,
    "bccdfada5c.jpg": 3,
    "b57f19c6ac.jpg": 1,
    "b270b31584.jpg": 1,
}
