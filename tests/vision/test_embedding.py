from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.domain import Pixels
from edge.vision.embedding import BATCH, MARK_HEIGHT, MARK_WIDTH, Embedder, mark_strip, unit


class Means:
    """A network whose embedding is the mean grey of a strip's left and right half."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        strips = inputs["crops"].astype(np.float32)
        self.batches.append(len(strips))
        half = strips.shape[-1] // 2
        return [
            np.stack(
                [strips[..., :half].mean(axis=(1, 2, 3)), strips[..., half:].mean(axis=(1, 2, 3))], axis=1
            )
        ]


def _word(ground: int, ink: int) -> Pixels:
    crop = np.full((40, 120, 3), ground, np.uint8)
    cv2.putText(crop, "CAMID", (8, 30), cv2.FONT_HERSHEY_SIMPLEX, 1, (ink, ink, ink), 3)
    return crop


def test_vectors_are_of_unit_length_and_batches_bounded() -> None:
    network = Means()
    crops = [_word(200, 20)] * (BATCH + 3)
    vectors = Embedder(network, mark_strip).embed(crops)
    assert vectors.shape == (BATCH + 3, 2)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0)
    assert network.batches == [BATCH, 3]


def test_no_crops_no_vectors() -> None:
    assert len(Embedder(Means(), mark_strip).embed([])) == 0


def test_a_row_of_zeros_stays_finite() -> None:
    assert np.isfinite(unit(np.zeros((2, 4)))).all()


def test_faint_lettering_looks_like_bold() -> None:
    bold, faint = mark_strip(_word(240, 10)), mark_strip(_word(180, 140))
    assert np.abs(bold.astype(int) - faint).mean() < 12


def test_an_even_patch_is_not_blown_up_into_noise() -> None:
    noise = np.random.default_rng(0).integers(126, 130, (30, 60, 3)).astype(np.uint8)
    assert np.ptp(mark_strip(noise)) <= 32


@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 255))
def test_any_crop_fits_the_strip(height: int, width: int, level: int) -> None:
    strip = mark_strip(np.full((height, width, 3), level, np.uint8))
    assert strip.shape == (1, MARK_HEIGHT, MARK_WIDTH)
    assert strip.dtype == np.uint8
