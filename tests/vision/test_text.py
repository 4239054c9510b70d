from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest

from edge.domain import Box, Housing, Pixels, Reading, TextLine
from edge.settings import Settings
from edge.vision.text import CASCADE, Pass, TextReader, load_text_reader, promising
from edge.vision.text_detection import Quad, TextDetector
from edge.vision.text_recognition import TextRecogniser


class OneLine(TextDetector):
    """Finds one line in the middle of every picture and counts what it was shown."""

    def __init__(self) -> None:
        self.sides: list[int] = []

    def find(self, pixels: Pixels, long_side: int) -> list[Quad]:
        self.sides.append(long_side)
        height, width = pixels.shape[:2]
        box = [[width * 0.2, height * 0.4], [width * 0.8, height * 0.4]]
        box += [[width * 0.8, height * 0.6], [width * 0.2, height * 0.6]]
        return [Quad(np.array(box, np.float32), 0.9)]


class Parrot(TextRecogniser):
    def __init__(self) -> None:
        pass

    def read(self, lines: Sequence[Pixels]) -> list[tuple[str, float]]:
        return [("mark", 0.9)] * len(lines)


def never(lines: Sequence[TextLine]) -> bool:
    return False


def at_once(lines: Sequence[TextLine]) -> bool:
    return bool(lines)


def housing(x0: float, y0: float, x1: float, y1: float, score: float = 0.9) -> Housing:
    return Housing(Box(x0, y0, x1, y1), score)


PICTURE = np.zeros((400, 1000, 3), np.uint8)
ROW = [housing(10 + i * 200, 10, 150 + i * 200, 150) for i in range(4)]


def reader(detector: OneLine | None = None, cascade: Sequence[Pass] = CASCADE) -> TextReader:
    return TextReader(detector or OneLine(), Parrot(), cascade)


def test_too_small_housings_are_not_read() -> None:
    texts = reader().read(PICTURE, [housing(0, 0, 20, 10), ROW[0]], Settings(), never)
    assert [t.reading for t in texts] == [Reading.TOO_SMALL, Reading.READ]
    assert texts[0].lines == ()


def test_only_so_many_crops_are_read_the_most_promising_first() -> None:
    doubtful = Housing(ROW[0].box, 0.3)
    texts = reader().read(PICTURE, [doubtful, *ROW[1:]], Settings(max_read_crops=3), never)
    assert [t.reading for t in texts] == [Reading.OVER_BUDGET] + [Reading.READ] * 3


def test_the_pixel_budget_ends_reading_and_is_told() -> None:
    one = sum(spent for _, _, spent in reader().passes(PICTURE, ROW[0].box))
    texts = reader().read(PICTURE, ROW, Settings(max_read_pixels=one), never)
    assert Reading.OVER_BUDGET in {t.reading for t in texts}
    assert texts[0].lines


def test_no_budget_reads_nothing() -> None:
    texts = reader().read(PICTURE, ROW, Settings(max_read_pixels=0), never)
    assert {t.reading for t in texts} == {Reading.OVER_BUDGET}


def test_a_settled_housing_leaves_the_cascade() -> None:
    detector = OneLine()
    (text,) = reader(detector).read(PICTURE, ROW[:1], Settings(), at_once)
    assert text.reading is Reading.READ
    assert len(detector.sides) == 1


def test_a_small_crop_is_enlarged_four_times_at_most_and_not_searched_twice_alike() -> None:
    detector = OneLine()
    reader(detector, (Pass(320), Pass(640))).read(PICTURE, [housing(0, 0, 50, 50)], Settings(), never)
    assert detector.sides == [4 * 56]


def test_lines_lie_in_picture_pixels_whatever_the_turn() -> None:
    box = Box(300, 100, 500, 160)
    for step, lines, _ in reader(cascade=(Pass(320), Pass(320, turn=90))).passes(PICTURE, box):
        centre = lines[0].box
        assert (centre.x0 + centre.x1) / 2 == pytest.approx(400, abs=2), step
        assert (centre.y0 + centre.y1) / 2 == pytest.approx(130, abs=2), step


def test_scan_looks_once_at_the_whole_picture_and_never_enlarges_it() -> None:
    detector = OneLine()
    (line,) = reader(detector).scan(PICTURE, 2000)
    assert detector.sides == [1000]
    assert line.box == Box(200, 160, 800, 240)


def test_the_order_does_not_change_the_answers() -> None:
    settings = Settings(max_read_pixels=500_000)
    there = reader().read(PICTURE, ROW, settings, never)
    assert reader().read(PICTURE, ROW, settings, never) == there


def test_promising_prefers_large_and_sure() -> None:
    small, large, unsure = housing(0, 0, 60, 60), housing(0, 0, 200, 200), housing(0, 0, 200, 200, 0.2)
    assert promising([small, unsure, large], Settings()) == [2, 0, 1]


# --- the real models on lettering that we draw ------------------------------------------------------------


def lettered(text: str, turn: int = 0) -> Pixels:
    """A grey housing with dark lettering, turned clockwise."""
    plate = np.full((240, 240, 3), 205, np.uint8)
    cv2.putText(plate, text, (34, 130), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (40, 40, 40), 2, cv2.LINE_AA)
    return np.ascontiguousarray(np.rot90(plate, -turn // 90))


@pytest.fixture(scope="module")
def real() -> TextReader:
    return load_text_reader(Settings(threads=1))


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_lettering_is_read_at_every_turn(real: TextReader, turn: int) -> None:
    (text,) = real.read(lettered("ABC 274", turn), [housing(0, 0, 240, 240)], Settings(), never)
    line = max((x for x in text.lines if x.text.replace(" ", "") == "ABC274"), key=lambda x: x.score)
    assert line.score > 0.8
    assert (line.turn + turn) % 360 in {*range(15), *range(345, 360)}
    assert 15 < line.height < 60


def test_a_blank_housing_has_no_lettering(real: TextReader) -> None:
    (text,) = real.read(np.full((200, 200, 3), 128, np.uint8), [housing(0, 0, 200, 200)], Settings(), never)
    assert text.lines == ()
    assert text.reading is Reading.READ
