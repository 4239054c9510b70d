"""The composer of training pictures: boxes stay on their cameras, and a seed fixes everything."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from scripts.training.compose import Composer, Sample
from scripts.training.sources import Cutout, Photo, Sources, body_box, cut_from_white, form_index, held_out

SIZE = 128
RED = (0, 0, 255)


def scene(side: int = 300) -> Photo:
    """A grey picture with one pure red "camera"."""
    pixels = np.full((side, side, 3), 90, np.uint8)
    cv2.rectangle(pixels, (120, 100), (179, 139), RED, -1)
    return Photo(pixels, np.array([[120, 100, 180, 140]], np.float32), np.array([0]))


def cutout(body: bool) -> Cutout:
    pixels = np.zeros((60, 100, 4), np.uint8)
    cv2.ellipse(pixels, (50, 30), (45, 25), 0, 0, 360, (*RED, 255), -1)
    return Cutout(pixels, np.array([[5, 5, 95, 55]], np.float32) if body else None, 2)


def sources() -> Sources:
    empty = Photo(np.full((200, 260, 3), 60, np.uint8), np.zeros((0, 4), np.float32), np.zeros(0, np.int64))
    return Sources([scene()], [scene(220)], [empty], [cutout(True)], [cutout(False)])


def samples(count: int, seed: int = 5, paste: bool = True) -> list[Sample]:
    composer = Composer(sources(), SIZE, np.random.default_rng(seed), paste)
    return [composer.sample() for _ in range(count)]


def test_a_seed_fixes_every_sample() -> None:
    for one, other in zip(samples(12), samples(12), strict=True):
        assert np.array_equal(one.pixels, other.pixels)
        assert np.array_equal(one.boxes, other.boxes)


def test_boxes_lie_inside_and_have_a_form_each() -> None:
    for sample in samples(60):
        assert sample.pixels.shape == (SIZE, SIZE, 3)
        assert len(sample.forms) == len(sample.boxes)
        assert (sample.boxes[:, 2:] > sample.boxes[:, :2]).all()
        assert sample.boxes.min(initial=0) >= -1
        assert sample.boxes.max(initial=0) <= SIZE + 1


def test_boxes_hold_what_was_boxed() -> None:
    """With nothing pasted, red stands in every box and nowhere outside boxes and ignored parts."""
    checked = 0
    for sample in samples(80, paste=False):
        pixels = sample.pixels.astype(int)
        red = (pixels[..., 2] - pixels[..., :2].max(2)) > 90
        for x0, y0, x1, y1 in sample.boxes.round().astype(int):
            if min(x1 - x0, y1 - y0) >= 8 and pixels[..., 2].max() - pixels[..., 0].max() > 60:
                assert red[y0 + 2 : y1 - 2, x0 + 2 : x1 - 2].mean() > 0.5
                checked += 1
        for x0, y0, x1, y1 in np.concatenate((sample.boxes, sample.ignored)).round().astype(int):
            red[max(0, y0 - 4) : y1 + 4, max(0, x0 - 4) : x1 + 4] = False
        assert red.mean() < 0.004
    assert checked > 10


def test_a_pasted_look_alike_adds_no_box() -> None:
    only_others = sources()
    only_others.cameras.clear()
    only_others.scenes[0] = only_others.empty[0]
    only_others.products.clear()
    composer = Composer(only_others, SIZE, np.random.default_rng(1))
    assert sum(len(composer.sample().boxes) for _ in range(40)) == 0


def test_the_body_is_boxed_without_its_arm() -> None:
    alpha = np.zeros((200, 300), np.uint8)
    cv2.rectangle(alpha, (20, 60), (180, 140), 255, -1)
    cv2.rectangle(alpha, (180, 90), (290, 110), 255, -1)
    box = body_box(alpha, thin=0.55)
    assert box is not None
    assert box[0] == pytest.approx([20, 60, 180, 140], abs=8)


def test_a_speck_has_no_body() -> None:
    assert body_box(np.zeros((50, 50), np.uint8), thin=0.5) is None


def test_only_a_picture_on_white_is_cut_out() -> None:
    white = np.full((100, 100, 3), 255, np.uint8)
    cv2.circle(white, (50, 50), 20, (40, 40, 40), -1)
    cut = cut_from_white(white)
    assert cut is not None
    assert cut.body is None
    assert cut.pixels.shape[0] == pytest.approx(41, abs=3)
    assert cut_from_white(scene().pixels) is None


def test_labels_words_become_form_factors() -> None:
    assert form_index("turret") == 2
    assert form_index("doorbell") == form_index("indoor")
    assert form_index("unknown") == -1


def test_the_held_out_draw_is_fixed_and_near_its_share() -> None:
    names = [f"{k:010x}.jpg" for k in range(2000)]
    share = sum(held_out(name, 0.15) for name in names) / len(names)
    assert share == pytest.approx(0.15, abs=0.03)
    assert [held_out(n, 0.15) for n in names] == [held_out(n, 0.15) for n in names]
