"""The detector over the shipped model: its geometry, and that an answer depends on the picture alone."""

import numpy as np
import pytest

from edge.domain import Pixels
from edge.settings import load_settings
from edge.vision.cascade import Cascade
from edge.vision.detector import Detector, fill, load_detector, pyramid
from edge.vision.manifest import load_manifest
from edge.vision.runtime import open_session
from edge.vision.tiling import PAD

SETTINGS = load_settings()
ENTRY = load_manifest(SETTINGS.models_dir).entry("detector")
SESSION = open_session(ENTRY, SETTINGS, threads=1)
FLOOR = 0.003


def detector(lanes: int = 1, batch: int = 1) -> Detector:
    side = ENTRY.integer("input")
    return Detector(SESSION, side=side, min_score=FLOOR, settings=SETTINGS, lanes=lanes, batch=batch)


@pytest.fixture(scope="module")
def street() -> Pixels:
    """A made-up picture with edges and blobs at many sizes."""
    rng = np.random.default_rng(5)
    pixels = np.full((700, 1300, 3), 170, np.uint8)
    for _ in range(150):
        x, y = rng.integers(0, 1250), rng.integers(0, 650)
        w, h = np.exp(rng.uniform(1.5, 5, 2)).astype(int)
        pixels[y : y + h, x : x + w] = rng.integers(0, 255, 3)
    return pixels


def test_lanes_and_batches_change_nothing(street: Pixels) -> None:
    alone = detector().detect(street)
    assert alone
    assert detector(lanes=2).detect(street) == alone
    assert detector(lanes=3, batch=4).detect(street) == alone
    assert detector(batch=5).detect(street) == alone


def test_answers_lie_inside_the_picture_and_come_best_first(street: Pixels) -> None:
    found = detector().detect(street)
    for housing in found:
        assert housing.box.clipped(1300, 700) == housing.box
    scores = [housing.score for housing in found]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) >= FLOOR


def test_threshold_and_limit_are_kept(street: Pixels) -> None:
    some = detector().detect(street)
    assert detector().detect(street, min_score=some[0].score) == some[:1]
    few = Detector(
        SESSION, side=ENTRY.integer("input"), min_score=FLOOR, settings=load_settings(max_candidates=2)
    )
    assert few.detect(street) == some[:2]


@pytest.mark.parametrize("size", [(1, 1), (1, 1300), (1300, 1), (416, 416), (17, 300)])
def test_pictures_of_any_shape(size: tuple[int, int]) -> None:
    for housing in detector().detect(np.full((*size, 3), 90, np.uint8)):
        assert housing.box.clipped(size[1], size[0]) == housing.box


def test_inputs_are_bgr_planes_padded_at_right_and_bottom() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    pixels[..., 0], pixels[..., 1], pixels[..., 2] = 10, 20, 30
    plan = detector().plan(200, 100)
    side = plan.side
    inputs = fill(np.empty((2, 3, side, side), np.float32), plan, pyramid(pixels, plan), range(1))
    assert inputs.shape == (1, 3, side, side)
    assert np.array_equal(inputs[0, :, 0, 0], [10, 20, 30])
    assert np.all(inputs[0, :, side // 2 :] == PAD)
    assert np.all(inputs[0, 2, : side // 2] == 30)


def test_no_row_of_the_buffer_is_left_from_the_last_tile(street: Pixels) -> None:
    plan = detector().plan(1300, 700)
    levels = pyramid(street, plan)
    last = range(len(plan.tiles) - 1, len(plan.tiles))
    shape = (1, 3, plan.side, plan.side)
    dirty = fill(np.full(shape, 7, np.float32), plan, levels, last)
    assert np.array_equal(dirty, fill(np.zeros(shape, np.float32), plan, levels, last))


def test_the_whole_picture_alone(street: Pixels) -> None:
    assert len(detector().plan(1300, 700, tiled=False).tiles) == 1
    assert len(detector().plan(1300, 700).tiles) > 1
    assert detector().detect(street, tiled=False) == detector(lanes=2).detect(street, tiled=False)


@pytest.mark.parametrize("size", ["nano", "small"])
def test_the_shipped_detector_loads_in_each_size(size: str) -> None:
    shipped = load_detector(load_settings(threads=2, detector=size), 0.3)
    session = shipped.session
    first = session.first if isinstance(session, Cascade) else session
    assert first.sha256 == ENTRY.sha256
    assert isinstance(session, Cascade) == (size == "small")
    assert shipped.detect(np.zeros((64, 64, 3), np.uint8)) == []
