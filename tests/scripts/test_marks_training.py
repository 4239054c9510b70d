"""What marks are trained on: words from glyphs, what they may say, and how a corner is cut from a frame."""

from __future__ import annotations

import json
import random
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from scripts.drawing.osd_fonts import TEST_MARK, TEST_TEXT, OutlineFace
from scripts.marks_training import vocabulary
from scripts.marks_training.blobs import encoded, packed, unpacked
from scripts.marks_training.corners import HEIGHT, WIDTH, corners_of
from scripts.marks_training.faces import FONTS, HELD_OUT, TRAIN
from scripts.marks_training.lettering import Glyph, load_glyphs, save_glyphs, word
from scripts.marks_training.signs import buttons, symbol


def block(width: int, height: int, top: int = 0) -> Glyph:
    return Glyph(np.full((height, width), 255, np.uint8), 1, top, width + 2.0)


GLYPHS = {"i": block(4, 30), "l": block(6, 40), ".": block(3, 3, 37)}


def test_a_word_is_as_wide_as_its_letters() -> None:
    ink = word("il.", GLYPHS)
    assert ink is not None
    assert ink.shape == (40, 4 + 2 + 6 + 2 + 3)


def test_tracking_parts_the_letters() -> None:
    near, far = word("il", GLYPHS), word("il", GLYPHS, tracking=5.0)
    assert near is not None
    assert far is not None
    assert far.shape[1] == near.shape[1] + 5


@pytest.mark.parametrize("text", ["", " ", "ix"])
def test_no_word_without_its_letters(text: str) -> None:
    assert word(text, GLYPHS) is None


def test_glyphs_are_kept_as_they_are(tmp_path: Path) -> None:
    save_glyphs(tmp_path / "glyphs.npz", {"a face": GLYPHS, "another": {"i": block(9, 9)}})
    kept = load_glyphs(tmp_path / "glyphs.npz")
    assert set(kept) == {"a face", "another"}
    for character, glyph in GLYPHS.items():
        assert (kept["a face"][character].ink == glyph.ink).all()
        assert kept["a face"][character].advance == glyph.advance


def test_no_invented_name_is_a_makers() -> None:
    names = vocabulary.invented(300, 3, frozenset({"reolink"}))
    assert len(set(names)) == 300
    assert names == vocabulary.invented(300, 3, frozenset({"reolink"}))
    assert "reolink" not in {name.lower() for name in names}


def test_near_misses_are_near_and_miss() -> None:
    known = frozenset({"hikvision", "dahua"})
    found = list(vocabulary.near_misses(["HIKVISION", "Dahua", "UNV"], 20, 5, known))
    assert len(found) > 30
    assert not known & {text.lower() for text in found}
    assert {abs(len(text) - len("HIKVISION")) for text in found if text.isupper()} <= {0, 1, 2}


def test_clocks_hold_digits() -> None:
    chance = random.Random(2)
    assert all(any(c.isdigit() for c in vocabulary.clock(chance)) for _ in range(50))


def test_pictures_come_out_of_a_pack() -> None:
    pictures = [np.full((8, 9), 40, np.uint8), np.full((20, 4), 200, np.uint8)]
    out = unpacked(*packed([encoded(picture, ".png") for picture in pictures]))
    assert all((a == b).all() for a, b in zip(pictures, out, strict=True))


def test_symbols_differ_and_repeat() -> None:
    assert (symbol(5) == symbol(5)).all()
    shapes = {symbol(number).tobytes() for number in range(20)}
    assert len(shapes) == 20
    assert all(min(ink.shape) > 8 for ink in buttons())


def test_no_face_is_trained_on_that_is_held_out_or_tested() -> None:
    tested = {Path(face.file).name for face in (*TEST_MARK, *TEST_TEXT) if isinstance(face, OutlineFace)}
    assert not tested & {*TRAIN, *HELD_OUT}
    assert not {*TRAIN} & {*HELD_OUT}
    assert all(folder.is_absolute() for folder in FONTS)


def frame(folder: Path, size: tuple[int, int], box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    picture = np.full((size[1], size[0]), 90, np.uint8)
    picture[box[1] : box[3], box[0] : box[2]] = 250
    cv2.imwrite(str(folder / "f.png"), picture)
    label = {"file": "f.png", "watermark_box": box, "channel_box": None}
    (folder / "labels.jsonl").write_text(json.dumps(label) + "\n", "utf-8")
    return picture


@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (2560, 1440)])
def test_the_mark_is_where_the_box_says(tmp_path: Path, size: tuple[int, int]) -> None:
    box = (size[0] - 130, size[1] - 60, size[0] - 20, size[1] - 20)
    frame(tmp_path, size, box)
    corners = list(corners_of(tmp_path))
    (marked,) = (corner for corner in corners if corner.boxes)
    assert marked.pixels.shape[0] <= HEIGHT
    assert marked.pixels.shape[1] <= WIDTH
    x0, y0, x1, y1 = (round(side) for side in marked.boxes[0])
    assert marked.pixels[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2].mean() > 240
    assert marked.pixels[y0 - 12 : y0 - 4, x0:x1].mean() < 100
    assert len(corners) == 2  # and one without
