from __future__ import annotations

from edge.domain import Box, TextLine
from edge.evidence.off_housing import on_the_housing

HOUSING = Box(100, 100, 200, 160)


def line(text: str, x0: float, y0: float, x1: float, y1: float) -> TextLine:
    return TextLine(text, 0.9, Box(x0, y0, x1, y1), y1 - y0)


OWN = line("DAHUA", 120, 120, 160, 130)


def test_lettering_of_its_own_stays() -> None:
    assert on_the_housing([OWN], HOUSING, []) == [OWN]
    assert on_the_housing([OWN], HOUSING, [OWN, line("EXIT", 300, 10, 360, 30)]) == [OWN]


def test_a_sign_behind_the_camera_lends_it_no_name() -> None:
    sign = line("HIKVISION", 20, 110, 340, 150)
    piece = line("KVIS", 100, 112, 200, 149)
    assert on_the_housing([piece, OWN], HOUSING, [sign]) == [OWN]
    assert on_the_housing([piece], HOUSING, []) == [piece]


def test_a_great_shape_that_was_read_as_a_stroke_takes_nothing_away() -> None:
    stroke = TextLine("1", 0.6, Box(0, 0, 600, 400), 400)
    large = TextLine("one", 0.9, Box(0, 0, 600, 400), 400)
    assert on_the_housing([OWN], HOUSING, [stroke, large]) == [OWN]


def test_letters_a_little_outside_a_tight_box_stay() -> None:
    wide = line("HIKVISION", 92, 120, 180, 135)
    assert on_the_housing([wide], HOUSING, [wide]) == [wide]


def test_words_that_cover_the_picture_like_tiles_are_no_mark() -> None:
    tiles = [line("Dahua", x, y, x + 40, y + 10) for x in (0, 250) for y in (0, 200)]
    assert on_the_housing([OWN], HOUSING, tiles) == []
    assert on_the_housing([OWN], HOUSING, tiles[:2]) == [OWN]
    larger = [line("Dahua", x, y, x + 80, y + 20) for x in (0, 250) for y in (0, 200)]
    assert on_the_housing([OWN], HOUSING, larger) == [OWN]
