from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.domain import Box
from edge.settings import load_settings
from edge.vision.manifest import load_manifest
from scripts import bench_models
from scripts.bench import Measure
from scripts.bench_models import Contender
from scripts.evaluation.bare import BareDetector, measure_bare


def contender(file: Path, engine: str, times: Iterator[Measure | None]) -> Contender:
    return Contender(file, engine, lambda: next(times), lambda: None, lambda: "no such layer")


def test_ratios_are_those_of_the_same_round(tmp_path: Path) -> None:
    file = tmp_path / "some.onnx"
    file.write_bytes(b"12345")
    slow = [Measure(9, 9), Measure(1, 1), Measure(4, 2), Measure(2, 2)]  # the first round warms up
    twice = [Measure(9, 9), Measure(2, 2), Measure(8, 4), Measure(4, 4)]
    rows = bench_models.measure(
        [contender(file, "onnxruntime", iter(slow)), contender(file, "openvino", iter(twice))], 3
    )
    assert [row.ratio_wall for row in rows] == [1.0, 2.0]
    assert rows[1].ratio_cpu == 2.0
    assert rows[0].size == 5
    assert rows[0].wall_ms == pytest.approx(2000 / bench_models.VIEWS)


def test_an_engine_that_fails_is_told_with_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "some.onnx"
    file.write_bytes(b"")
    fine = [Measure(1, 1)] * 2
    rows = bench_models.measure(
        [contender(file, "onnxruntime", iter(fine)), contender(file, "opencv", iter([None, None]))], 1
    )
    assert "no such layer" in bench_models.table(rows)


def test_every_engine_gets_the_same_views() -> None:
    views = bench_models.scenery(64)
    assert views.shape == (bench_models.VIEWS, 3, 64, 64)
    assert np.array_equal(views, bench_models.scenery(64))
    assert views.std() > 20


def test_a_detector_alone_finds_in_pixels_of_the_photo() -> None:
    detector = BareDetector.open(load_manifest(load_settings().models_dir).entry("detector").path)
    assert detector.side == 416
    blank = bench_models.DevPhoto(np.full((900, 700, 3), 90, np.uint8), np.zeros((0, 4), np.float32))
    figures = measure_bare(detector, [blank])
    assert figures.recall.total == 0
    assert all(isinstance(seen.box, Box) for seen in detector.find(blank.pixels))
