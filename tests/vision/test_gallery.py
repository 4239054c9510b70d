from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.domain import Box, Pixels, TextLine
from edge.errors import ErrorCode, ModelError
from edge.vision.embedding import Embedder, mark_strip, unit
from edge.vision.gallery import MAX_REGIONS, Gallery, distinct, load_gallery, match_marks, upright
from edge.vision.manifest import ModelEntry


class Shrunk:
    """A network that just shrinks the strip: good enough to tell drawn marks apart."""

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        small = [cv2.resize(strip[0], (20, 8), interpolation=cv2.INTER_AREA) for strip in inputs["crops"]]
        vectors = np.stack(small).reshape(len(small), -1).astype(np.float32)
        return [vectors - vectors.mean(axis=1, keepdims=True)]


EMBEDDER = Embedder(Shrunk(), mark_strip)


def _mark(kind: str) -> Pixels:
    crop = np.full((40, 120, 3), 220, np.uint8)
    if kind == "bar":
        cv2.rectangle(crop, (5, 12), (60, 28), (30, 30, 30), -1)
    else:
        cv2.circle(crop, (95, 20), 14, (30, 30, 30), -1)
    return crop


def _gallery() -> Gallery:
    return Gallery(EMBEDDER.embed([_mark("bar"), _mark("disc")]), ("bar", "disc"))


def _scene(angle: float) -> tuple[Pixels, TextLine]:
    """The bar on a housing, turned anticlockwise by ``angle`` degrees, with the line that covers it."""
    scene = np.full((300, 300, 3), 220, np.uint8)
    scene[130:170, 90:210] = _mark("bar")
    matrix = cv2.getRotationMatrix2D((149.5, 149.5), angle, 1.0)
    scene = cv2.warpAffine(scene, matrix, (300, 300), borderValue=(220, 220, 220))
    cos, sin = abs(np.cos(np.radians(angle))), abs(np.sin(np.radians(angle)))
    width, height = 120 * cos + 40 * sin, 120 * sin + 40 * cos
    box = Box(149.5 - width / 2, 149.5 - height / 2, 149.5 + width / 2, 149.5 + height / 2)
    return scene, TextLine("", 0.5, box, 40.0, round(angle) % 360)


@pytest.mark.parametrize("angle", [0, 12, -30, 60, 90, 135, 180, 270])
def test_a_turned_mark_is_laid_straight_and_matched(angle: float) -> None:
    scene, line = _scene(angle)
    crop = upright(scene, line)
    assert crop.shape[1] / crop.shape[0] == pytest.approx(130 / 50, rel=0.1)
    assert crop[:, : crop.shape[1] // 2].mean() < crop[:, crop.shape[1] // 2 :].mean() - 20
    (match,) = match_marks(scene, [line], EMBEDDER, _gallery())
    assert match.brand == "bar"
    assert match.similarity > 0.6
    assert match.margin > 0.3


def test_one_region_read_at_two_turns_keeps_its_best_match() -> None:
    scene, line = _scene(180)
    wrong = TextLine("", 0.9, line.box, line.height, 0)
    (match,) = match_marks(scene, [wrong, line], EMBEDDER, _gallery())
    (alone,) = match_marks(scene, [line], EMBEDDER, _gallery())
    assert match.similarity == pytest.approx(alone.similarity, abs=1e-5)


def test_no_lines_no_matches() -> None:
    assert match_marks(np.zeros((9, 9, 3), np.uint8), [], EMBEDDER, _gallery()) == []


def test_a_line_at_the_rim_of_the_picture() -> None:
    scene, _ = _scene(0)
    line = TextLine("", 0.5, Box(-5, 290, 60, 310), 20.0)
    assert len(match_marks(scene, [line], EMBEDDER, _gallery())) == 1


def test_views_are_bounded_and_alike_ones_merged() -> None:
    lines = [TextLine("x", 0.5, Box(0, 20 * i, 50, 20 * i + 15), 15.0) for i in range(20)]
    assert len(distinct(lines)) == MAX_REGIONS
    assert len(distinct([lines[0], lines[0], TextLine("y", 0.4, lines[0].box, 15.0, 5)])) == 1
    assert len(distinct([lines[0], TextLine("y", 0.4, lines[0].box, 15.0, 180)])) == 2


def _entry(path: Path) -> ModelEntry:
    data = path.read_bytes()
    return ModelEntry("gallery", path, hashlib.sha256(data).hexdigest(), len(data), "", "", "", {})


def test_a_gallery_file_is_read_back(tmp_path: Path) -> None:
    vectors = unit(np.random.default_rng(0).normal(size=(4, 8)))
    np.savez(tmp_path / "g.npz", vectors=vectors.astype(np.float16), brands=np.array(["a", "a", "b", "c"]))
    gallery = load_gallery(_entry(tmp_path / "g.npz"))
    brand, similarity, margin = gallery.nearest(vectors[2:3])[0]
    assert brand == "b"
    assert similarity == pytest.approx(1.0, abs=1e-3)
    assert margin > 0


@pytest.mark.parametrize("brands", [["a"], ["a", "a", "a"]])
def test_an_unsound_gallery_is_refused(tmp_path: Path, brands: list[str]) -> None:
    np.savez(tmp_path / "g.npz", vectors=np.eye(3, dtype=np.float32), brands=np.array(brands))
    with pytest.raises(ModelError) as caught:
        load_gallery(_entry(tmp_path / "g.npz"))
    assert caught.value.code is ErrorCode.MODEL_BROKEN


def test_a_file_that_is_no_gallery_is_refused(tmp_path: Path) -> None:
    (tmp_path / "g.npz").write_bytes(b"no archive")
    with pytest.raises(ModelError) as caught:
        load_gallery(_entry(tmp_path / "g.npz"))
    assert caught.value.code is ErrorCode.MODEL_BROKEN
