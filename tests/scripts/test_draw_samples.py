"""The sample photos: they are what the drawer draws, and keep to what their README promises."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.media.photo import read
from edge.settings import Settings
from scripts import draw_samples
from scripts.drawing import tracer
from scripts.drawing.scenes import Scene, scenes

SCENES = {scene.name: scene for scene in scenes()}
LABELS = {
    line["file"]: line
    for line in map(json.loads, (draw_samples.SAMPLES / "labels.jsonl").read_text().splitlines())
}


def smaller(scene: Scene, width: int) -> Scene:
    return dataclasses.replace(scene, width=width, height=width * scene.height // scene.width)


@pytest.mark.parametrize("name", SCENES)
def test_sample_has_its_size_and_its_labels(name: str) -> None:
    scene, path = SCENES[name], draw_samples.SAMPLES / f"{name}.jpg"
    picture = read(path, Settings())
    label = LABELS[path.name]
    assert (picture.width, picture.height) == (scene.width, scene.height)
    assert (label["width"], label["height"]) == (scene.width, scene.height)
    assert label["texts"] == [rig.text for rig in scene.rigs]
    assert label["vendors"] == [rig.vendor for rig in scene.rigs]
    for x0, y0, x1, y1 in label["boxes"]:
        assert 0 <= x0 < x1 <= scene.width
        assert 0 <= y0 < y1 <= scene.height
    assert path.stat().st_size < (2_500_000 if scene.width > 2000 else 600_000)


def test_same_seed_same_pixels_another_seed_other_pixels() -> None:
    scene = smaller(SCENES["corner"], 80)
    first, labels = draw_samples.draw(scene)
    again, labels_again = draw_samples.draw(scene)
    other, _ = draw_samples.draw(scene, seed=8)
    assert np.array_equal(first, again)
    assert labels == labels_again
    assert not np.array_equal(first, other)


def test_committed_sample_is_what_the_code_draws() -> None:
    """In small, for the wall's grain depends on the size: the housings lie where the labels say."""
    scene = smaller(SCENES["corner"], 160)
    pixels, labels = draw_samples.draw(scene)
    committed = LABELS["corner.jpg"]["boxes"]
    for label, box in zip(labels, committed, strict=True):
        assert np.abs(np.array(label.box) * 10 - box).max() <= 25
    stored = cv2.imread(str(draw_samples.SAMPLES / "corner.jpg"))
    assert stored is not None
    x0, y0, x1, y1 = (round(side / 10) for side in committed[1])
    small = cv2.resize(stored, (160, 120), interpolation=cv2.INTER_AREA)[y0:y1, x0:x1]
    assert np.abs(small.astype(int) - pixels[y0:y1, x0:x1]).mean() < 25


def test_main_writes_one_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = smaller(SCENES["street"], 160)
    monkeypatch.setattr(draw_samples, "scenes", lambda: [scene])
    monkeypatch.setattr("sys.argv", ["draw_samples", "--out", str(tmp_path)])
    draw_samples.main()
    assert read(tmp_path / "street.jpg", Settings()).width == 160
    assert json.loads((tmp_path / "labels.jsonl").read_text())["boxes"] == []


def test_trace_finds_a_sphere() -> None:
    ball = [tracer.Part(tracer.sphere((0, 0, 1), 0.5), tracer.plain(1, 1, 1))]
    rays = tracer.unit(tracer.floats([[0, 0, -1], [1, 0, -1]]))
    away = tracer.trace(ball, tracer.floats([0, 0, 3]), rays)
    assert away[0] == pytest.approx(1.5, abs=0.005)
    assert np.isinf(away[1])
