"""The bench: its pictures, its arithmetic, and that a rival which cannot run is named and not left out."""

import json
import sys
from pathlib import Path

import cv2
import numpy as np

from edge.settings import load_settings
from edge.vision.detector import load_detector
from scripts.bench import Measure, Rival, Row, peak_rss, table, tile_inputs
from scripts.bench import _row as bench_row
from scripts.bench_pictures import BenchPicture, wall


def jpeg(width: int, height: int) -> bytes:
    return cv2.imencode(".jpg", wall(width, height))[1].tobytes()


def test_the_wall_is_the_same_every_time_and_as_rich_as_a_photo() -> None:
    assert np.array_equal(wall(800, 600), wall(800, 600))
    assert len(jpeg(800, 600)) > 800 * 600 * 0.1


def test_inputs_are_those_of_the_detector_s_plan() -> None:
    detector = load_detector(load_settings(threads=1), 0.3)
    inputs = tile_inputs(detector, jpeg(1400, 900))
    assert len(inputs) == len(detector.plan(1400, 900).tiles) > 1
    assert inputs.shape[1:] == (3, detector.side, detector.side)


def test_ratios_are_taken_round_by_round() -> None:
    picture = BenchPicture("p", b"", reads=True)
    bare = {"decode": [Measure(1, 1), Measure(10, 1)], "inference": [Measure(1, 1), Measure(10, 1)]}
    row = bench_row(picture, "Camid", 3, [Measure(2.2, 2), Measure(24, 4)], bare, "")
    assert (row.ratio_wall, row.ratio_cpu) == ((1.1 + 1.2) / 2, 1.5)
    assert row.wall_ms == 13100


def test_a_rival_that_cannot_run_says_why(tmp_path: Path) -> None:
    rival = Rival(Path(sys.executable), "opencv", tmp_path / "no.onnx", 416, 1)
    assert rival.run(tmp_path / "photo.jpg", tmp_path / "tiles.npy") is None
    assert rival.failed
    rival.close()


def test_opencv_runs_the_shipped_detector(tmp_path: Path) -> None:
    settings = load_settings()
    side = load_detector(settings, 0.3).side
    np.save(tmp_path / "tiles.npy", np.zeros((3, 3, side, side), np.uint8))
    rival = Rival(Path(sys.executable), "opencv", (settings.models_dir / "detector.onnx").resolve(), side, 1)
    answer = rival.run(tmp_path / "photo.jpg", tmp_path / "tiles.npy")
    rival.close()
    assert answer is not None, rival.failed
    assert answer[1] == 3
    assert answer[0].wall > 0


def test_the_table_has_a_line_for_each_row() -> None:
    rows = [Row("p", "decode", 0, 1.0, 1.0), Row("p", "Camid", 9, 3.0, 2.0, 1.1, 1.2, 300, "no camera")]
    assert len(table(rows).splitlines()) == 3
    assert json.dumps(rows[1].rss_mb) == "300"


def test_peak_memory_is_this_process_s_own() -> None:
    assert 10 < peak_rss() < 20_000
