"""The second look at candidates: crops at the border, calibration, order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.domain import Box, FormFactor, Housing
from edge.vision.crops import PAD, surroundings
from edge.vision.housing import Calibration, Verifier

SIDE = 32


class Network:
    """Says "camera" of bright crops."""

    inputs = (type("Input", (), {"name": "crops"}),)

    def __init__(self) -> None:
        self.seen = 0

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        crops = inputs["crops"]
        assert crops.dtype == np.uint8
        assert crops.shape[1:] == (SIDE, SIDE, 3)
        self.seen += len(crops)
        light = crops[:, SIDE // 2, SIDE // 2, 0].astype(np.float32)
        forms = np.tile(np.array([[0.6, 0.4]], np.float32), (len(crops), 1))
        forms[light < 100] = 0.5, 0.49
        return [(light - 127) / 16, forms]


def verifier(network: Network) -> Verifier:
    return Verifier(
        network,  # type: ignore[arg-type]
        side=SIDE,
        forms=["bullet", "dome"],
        calibration=Calibration(0.5, 1.0, 0.0),
    )


def test_what_the_network_believes_moves_to_the_front() -> None:
    pixels = np.zeros((200, 200, 3), np.uint8)
    pixels[100:140, 100:140] = 255
    found = [Housing(Box(10, 10, 50, 50), 0.6), Housing(Box(100, 100, 140, 140), 0.4)]
    checked = verifier(Network()).verify(pixels, found)
    assert [h.box for h in checked] == [found[1].box, found[0].box]
    assert checked[0].score > 0.99
    assert checked[1].score < 0.01
    assert checked[0].form_factor is FormFactor.BULLET


def test_nothing_found_needs_no_network() -> None:
    network = Network()
    assert verifier(network).verify(np.zeros((60, 60, 3), np.uint8), []) == []
    assert network.seen == 0


@pytest.mark.parametrize(
    "box",
    [
        Box(-5, -5, 3, 3),
        Box(90, 40, 120, 60),
        Box(0, 0, 100, 80),
        Box(99, 79, 100, 80),
        Box(-400, 0, 500, 80),
    ],
)
def test_crops_reach_beyond_the_picture_in_grey(box: Box) -> None:
    crop = surroundings(np.full((80, 100, 3), 200, np.uint8), box, SIDE)
    assert crop.shape == (SIDE, SIDE, 3)
    assert set(np.unique(crop)) <= set(range(PAD, 201))


def test_a_crop_inside_is_centred_on_the_candidate() -> None:
    pixels = np.zeros((400, 400, 3), np.uint8)
    pixels[190:210, 190:210] = 255
    crop = surroundings(pixels, Box(190, 190, 210, 210), SIDE)
    ys, xs = np.nonzero(crop[..., 0] > 127)
    assert ys.mean() == pytest.approx(SIDE / 2, abs=1)
    assert xs.mean() == pytest.approx(SIDE / 2, abs=1)


def test_calibration_is_the_logistic_function_of_both() -> None:
    scores = Calibration(2.0, 0.5, -1.0).score(
        np.array([0.5, 0.9], np.float32), np.array([2.0, -1.0], np.float32)
    )
    expected = [1 / (1 + np.exp(-(0 + 1.0 - 1.0))), 1 / (1 + np.exp(-(2 * np.log(9) - 0.5 - 1.0)))]
    assert scores == pytest.approx(expected, rel=1e-5)


def test_calibration_survives_certainty() -> None:
    scores = Calibration(1.0, 1.0, 0.0).score(
        np.array([0.0, 1.0], np.float32), np.array([-1e9, 1e9], np.float32)
    )
    assert np.isfinite(scores).all()
