"""Marks of one's own on the disk, and what they change in the gallery: nothing about the shipped ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from edge.domain import Box, Pixels, TextLine
from edge.errors import CamidError, ErrorCode
from edge.vision.embedding import Embedder, display_strip, mark_strip, unit
from edge.vision.enrolled import (
    DISPLAY_VECTORS,
    MARKS,
    PICTURES,
    VECTORS,
    EnrolledMark,
    MarkShelf,
    mark_id,
    mark_png,
)
from edge.vision.gallery import EnrolledMarks, Gallery, best_matches

AXES = np.eye(4, dtype=np.float32)


class Counting:
    """A network that counts the crops it is given; the mean of a crop and ``length`` make its vector."""

    def __init__(self, length: int = 3) -> None:
        self.length = length
        self.crops = 0

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        self.crops += len(inputs["crops"])
        means = inputs["crops"].reshape(len(inputs["crops"]), -1).mean(axis=1) / 255
        return [np.stack([np.full(self.length, mean) + np.arange(self.length) for mean in means])]


def plain(shade: int) -> Pixels:
    picture = np.full((20, 60, 3), 240, np.uint8)
    picture[5:15, 5 : 5 + shade] = 20
    return picture


def enrol(shelf: MarkShelf, *shades: int) -> tuple[EnrolledMark, ...]:
    pngs = [mark_png(plain(shade)) for shade in shades]
    marks = tuple(EnrolledMark(mark_id(png), "norvane", "a.jpg", "NORVANE", "2026-11-28") for png in pngs)
    shelf.put(marks, pngs)
    return marks


def test_marks_are_kept_with_their_pictures(tmp_path: Path) -> None:
    shelf = MarkShelf(tmp_path)
    assert shelf.marks() == ()
    marks = enrol(shelf, 10, 30)
    assert shelf.marks() == marks
    assert np.array_equal(shelf.picture(marks[1]), plain(30))
    shelf.put(marks[:1])
    assert [file.stem for file in (tmp_path / PICTURES).iterdir()] == [marks[0].id]


def test_embeddings_are_made_once_and_anew_for_another_network(tmp_path: Path) -> None:
    shelf, first, second = MarkShelf(tmp_path), Counting(3), Counting(5)
    marks = enrol(shelf, 10, 30)
    vectors = shelf.vectors(marks, Embedder(first, mark_strip), "one")
    assert vectors.shape == (2, 3)
    assert np.allclose(shelf.vectors(marks, Embedder(first, mark_strip), "one"), vectors)
    assert first.crops == 2
    assert shelf.vectors(marks, Embedder(second, mark_strip), "two").shape == (2, 5)
    (tmp_path / VECTORS).write_bytes(b"torn")
    assert shelf.vectors(marks, Embedder(second, mark_strip), "two").shape == (2, 5)
    assert second.crops == 4


def test_two_networks_keep_their_embeddings_beside_each_other(tmp_path: Path) -> None:
    shelf, first, second = MarkShelf(tmp_path), Counting(3), Counting(5)
    marks = enrol(shelf, 10, 30)
    for _ in range(2):
        shelf.vectors(marks, Embedder(first, mark_strip), "one")
        shelf.vectors(marks, Embedder(second, display_strip), "two", kept_in=DISPLAY_VECTORS)
    assert (first.crops, second.crops) == (2, 2)


def test_no_marks_need_no_network(tmp_path: Path) -> None:
    network = Counting()
    assert MarkShelf(tmp_path).vectors((), Embedder(network, mark_strip), "one").shape == (0, 0)
    assert network.crops == 0


def test_a_damaged_list_or_picture_is_said(tmp_path: Path) -> None:
    shelf = MarkShelf(tmp_path)
    (mark,) = enrol(shelf, 10)
    (tmp_path / PICTURES / f"{mark.id}.png").write_bytes(mark_png(plain(11)))
    with pytest.raises(CamidError, match="not the picture") as refused:
        shelf.picture(mark)
    assert refused.value.code is ErrorCode.SETTINGS_INVALID
    (tmp_path / MARKS).write_text("{")
    with pytest.raises(CamidError, match=r"marks\.json"):
        shelf.marks()


def line(x: float) -> TextLine:
    return TextLine("", 0.9, Box(x, 0, x + 40, 10), 10.0)


def test_an_enrolled_mark_counts_where_it_is_nearest() -> None:
    shipped = Gallery(AXES[:2], ("a", "b"))
    gallery = replace(shipped, enrolled=EnrolledMarks(AXES[2:3], ("own",)))
    seen = unit(np.array([[0.1, 0.0, 0.9, 0.0], [0.9, 0.0, 0.3, 0.0]]))
    matches = best_matches([line(0), line(100)], seen, gallery)
    assert [match.brand for match in matches] == ["a", "a", "own"]
    assert matches[2].box == line(0).box
    assert matches[2].margin == pytest.approx(float(seen[0, 2] - seen[0, 0]))


def test_more_pictures_of_a_shipped_brand_are_no_rivals_of_it() -> None:
    gallery = Gallery(AXES[:2], ("a", "b"), EnrolledMarks(AXES[2:3], ("a",)))
    seen = unit(np.array([[0.6, 0.0, 0.8, 0.0]]))
    *_, own = best_matches([line(0)], seen, gallery)
    assert own.brand == "a"
    assert own.similarity == pytest.approx(0.8)
    assert own.margin == pytest.approx(0.8)


def test_a_gallery_wants_a_brand_for_each_vector() -> None:
    with pytest.raises(ValueError, match="one brand"):
        EnrolledMarks(AXES, ("a",))


_rows = hnp.arrays(np.float32, (3, 4), elements=st.floats(-1, 1, width=16))


@given(_rows, _rows)
def test_nothing_that_is_said_of_shipped_marks_changes(
    seen: NDArray[np.float32], own: NDArray[np.float32]
) -> None:
    shipped = Gallery(AXES[:3], ("a", "b", "c"))
    gallery = replace(shipped, enrolled=EnrolledMarks(unit(own), ("own", "own", "b")))
    views = [line(0), line(20), line(100)]
    before = best_matches(views, unit(seen), shipped)
    assert best_matches(views, unit(seen), gallery)[: len(before)] == before
