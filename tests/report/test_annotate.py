from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from edge.domain import Box, Identification, Mark, Picture, Pixels, Reading, Source
from edge.report.annotate import Drawing, Item, annotate
from edge.report.contract import photo_contract
from tests.support.reports import CANDIDATES, IDENTIFIED, camera, one_of_each, report

NAMES = {"hikvision": "Hikvision", "dahua": "Dahua", "uniview": "Uniview"}
GREY = 128


def _picture(width: int, height: int) -> Picture:
    pixels = np.full((height, width, 3), GREY, np.uint8)
    return Picture(pixels, Source("photo", "a.jpg", "00" * 32, width, height))


def _painted(pixels: Pixels) -> Pixels:
    return np.asarray((pixels != GREY).any(axis=2), np.uint8)


def test_it_draws_on_a_copy() -> None:
    picture = _picture(640, 480)
    drawn = annotate(picture, one_of_each(), NAMES)
    assert (picture.pixels == GREY).all()
    assert drawn.shape == picture.pixels.shape
    assert drawn.dtype == np.uint8
    assert _painted(drawn).any()


def test_the_housing_itself_stays_visible() -> None:
    box = Box(300, 200, 400, 260)
    drawn = annotate(_picture(640, 480), report(camera(Identification.undetermined(), box)), NAMES)
    assert not _painted(drawn)[201:259, 301:399].any()
    assert _painted(drawn)[230, 290:300].any()


def test_verdicts_differ_in_colour() -> None:
    colours = set()
    for found in (IDENTIFIED, CANDIDATES, Identification.undetermined()):
        drawn = annotate(_picture(640, 480), report(camera(found, Box(300, 200, 400, 260))), NAMES)
        left = drawn[230, 285:300].reshape(-1, 3)
        colours.add(tuple(left[(left != GREY).any(axis=1) & (left != 0).any(axis=1)][0]))
    assert len(colours) == 3


def test_the_stored_answer_draws_the_same_picture() -> None:
    picture, answer = _picture(640, 480), one_of_each()
    assert np.array_equal(annotate(picture, answer, NAMES), annotate(picture, photo_contract(answer), NAMES))


@pytest.mark.parametrize(("width", "height"), [(16, 16), (90, 60), (300, 1200), (4000, 3000), (2000, 20)])
def test_any_size_and_any_lettering_can_be_drawn(width: int, height: int) -> None:
    marks = (
        Mark(Box(0, 0, width / 2, height / 2), 0.7, "海康威视 \u202e\x07", None),
        Mark(Box(1, 1, 2, 2), 0.5, None, None),
    )
    cameras = (
        camera(IDENTIFIED, Box(-5, -5, 8, 8)),
        camera(CANDIDATES, Box(width - 4, height - 4, width + 9, height + 9), Reading.TOO_SMALL),
    )
    drawn = annotate(
        _picture(width, height), report(*cameras, width=width, height=height, marks=marks), NAMES
    )
    factor = drawn.shape[1] // width
    assert drawn.shape == (height * factor, width * factor, 3)
    assert max(drawn.shape) >= 640
    assert _painted(drawn).any()


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.floats(0, 780), st.floats(0, 580), st.floats(2, 200), st.text(min_size=1, max_size=60)),
        min_size=1,
        max_size=8,
    )
)
def test_labels_stay_on_the_canvas(things: list[tuple[float, float, float, str]]) -> None:
    drawing = Drawing(Image.new("RGB", (800, 600)))
    drawing.draw([Item(Box(x, y, x + s, y + s), text, "7", (9, 9, 9), True) for x, y, s, text in things], [])
    assert len(drawing.labels) == len(things)
    for label in drawing.labels:
        assert label.x0 >= 0
        assert label.y0 >= 0
        assert label.x1 <= 800
        assert label.y1 <= 600


def test_labels_of_neighbours_do_not_cover_each_other() -> None:
    drawing = Drawing(Image.new("RGB", (800, 600)))
    drawing.draw(
        [Item(Box(300 + 6 * i, 300, 340, 340), f"camera {i}", str(i), (9, 9, 9), False) for i in range(5)], []
    )
    labels = drawing.labels
    assert not any(a.intersection(b) for a in labels for b in labels if a is not b)
