"""The finder of marks: corners, scales, boxes that cover each other; and the shipped network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.domain import Box, Pixels
from edge.settings import Settings
from edge.vision.mark_finder import HEIGHT, SMALLEST, WIDTH, MarkFinder, load_mark_finder


class Corners:
    """Answers ``rows`` (score, x0, y0, x1, y1 in a corner's pixels) in one corner, nothing elsewhere."""

    def __init__(self, corner: int, *rows: tuple[float, ...]) -> None:
        self.corner, self.rows = corner, rows
        self.seen: NDArray[np.uint8] = np.zeros(0, np.uint8)

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        self.seen = inputs["corners"]
        count, _, height, width = self.seen.shape
        answer = np.zeros((count, 5, height // 8, width // 8), np.float32)
        for place, row in enumerate(self.rows):
            answer[self.corner, :, 0, place] = row
        return [answer]


def frame(width: int, height: int) -> Pixels:
    return np.zeros((height, width, 3), np.uint8)


def test_a_box_is_given_in_the_frames_pixels() -> None:
    network = Corners(3, (0.9, 412, 152, 492, 172))
    (mark,) = MarkFinder(network).find(frame(3840, 2160))
    scale = WIDTH / (0.3 * 3840)
    assert network.seen.shape == (4, 1, HEIGHT, WIDTH)
    assert mark.score == pytest.approx(0.9)
    right, lower = 3840 - 100 / scale, 2160 - 40 / scale
    assert mark.box.x0 == pytest.approx(right, abs=1)
    assert mark.box.y0 == pytest.approx(lower, abs=1)
    assert mark.box.width == pytest.approx(80 / scale, abs=1)


def test_a_small_frame_is_not_enlarged_and_seen_whole() -> None:
    network = Corners(0, (0.9, 10, 10, 60, 30))
    (mark,) = MarkFinder(network).find(frame(300, 150))
    assert network.seen.shape == (1, 1, 160, 304)
    assert mark.box == Box(10, 10, 60, 30)


def test_of_boxes_that_cover_each_other_the_surest_stays() -> None:
    rows = ((0.6, 12, 10, 62, 30), (0.9, 10, 10, 60, 30), (0.5, 200, 10, 260, 30), (0.1, 300, 10, 360, 30))
    found = MarkFinder(Corners(0, *rows)).find(frame(640, 480))
    assert [round(mark.score, 2) for mark in found] == [0.9, 0.5]


def test_boxes_outside_the_frame_or_without_area_are_none() -> None:
    rows = ((0.9, 700, 10, 760, 30), (0.8, 60, 10, 60, 30))
    assert MarkFinder(Corners(1, *rows)).find(frame(640, 480)) == []


def test_a_tiny_picture_is_not_searched() -> None:
    assert MarkFinder(Corners(0)).find(frame(SMALLEST - 1, 400)) == []


def test_the_shipped_network_finds_lettering_in_a_corner_and_none_on_an_even_picture() -> None:
    finder = load_mark_finder(Settings(threads=1), threads=1)
    picture = np.full((720, 1280, 3), 96, np.uint8)
    assert finder.find(picture) == []
    cv2.putText(picture, "reolink", (1100, 690), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (255, 255, 255), 3)
    wanted = Box(1100, 664, 1230, 692)
    assert any(mark.box.iou(wanted) > 0.4 for mark in finder.find(picture))
