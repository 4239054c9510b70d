"""What would make an answer certain, on drawn housings of known sharpness, size and light."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.advice import LEGIBLE_HEIGHT, LEGIBLE_SIDE, advise, blur
from edge.domain import (
    Advice,
    AdviceCode,
    Box,
    Candidate,
    Evidence,
    EvidenceKind,
    Housing,
    Identification,
    Pixels,
    Reading,
    Strength,
    TextLine,
    Verdict,
)
from edge.vision.text import HousingText
from tests.support.pictures import textured

SIDE = 320
NOBODY = Identification.undetermined()
PROMISE = 0.75


def line(height: float, words: str = "ACME", score: float = 0.9) -> TextLine:
    return TextLine(words, score, Box(10, 10, 90, 10 + height), height)


def told(
    pixels: Pixels,
    *lines: TextLine,
    found: Identification = NOBODY,
    evidence: tuple[Evidence, ...] = (),
    reading: Reading = Reading.READ,
) -> tuple[Advice, ...]:
    height, width = pixels.shape[:2]
    housing = Housing(Box(0, 0, width, height), 0.9)
    return advise(pixels, housing, HousingText(lines, reading), evidence, found, PROMISE)


def edged(side: int, block: int = 16) -> Pixels:
    """Sharp edges, as a drawn housing has."""
    count = -(-side // block)
    tones = np.random.default_rng(1).integers(0, 256, (count, count, 1), np.uint8)
    return np.ascontiguousarray(np.kron(tones, np.ones((block, block, 3), np.uint8))[:side, :side])


def codes(advices: tuple[Advice, ...]) -> list[AdviceCode]:
    return [advice.code for advice in advices]


def candidates(*probabilities: float) -> Identification:
    names = ("hikvision", "dahua", "axis")
    those = tuple(Candidate(None, name, p) for name, p in zip(names, probabilities, strict=False))
    return Identification(Verdict.CANDIDATES, confidence=probabilities[0], candidates=those)


def test_a_name_needs_no_advice() -> None:
    named = Identification(Verdict.IDENTIFIED, brand="axis", platform="axis", confidence=0.99)
    assert told(textured(60, 60), line(5), found=named) == ()


def test_small_lettering_says_how_much_closer() -> None:
    (advice,) = told(textured(SIDE, SIDE), line(8))

    assert advice == Advice(AdviceCode.LETTERING_SMALL, {"height": 8, "wanted": LEGIBLE_HEIGHT, "times": 2.5})


def test_a_small_camera_without_lettering_says_how_much_closer() -> None:
    (advice,) = told(textured(60, 80))

    assert advice == Advice(AdviceCode.CAMERA_SMALL, {"side": 80, "wanted": LEGIBLE_SIDE, "times": 3})


@pytest.mark.parametrize("noise", [line(8, "x"), line(8, "ACME", score=0.4), line(8, "-.-'")])
def test_what_is_hardly_lettering_is_none(noise: TextLine) -> None:
    assert codes(told(textured(60, 80), noise)) == [AdviceCode.CAMERA_SMALL]


def test_lettering_that_speaks_for_a_maker_counts_though_doubted() -> None:
    known = line(9, "HKVISON", score=0.3)
    evidence = Evidence(EvidenceKind.WORDMARK, "HKVISON", known.box, Strength.WEAK, {"hikvision": 3.0})

    advice, *_ = told(textured(60, 80), line(18, "ACME"), known, evidence=(evidence,))

    assert advice.values["height"] == 9


@pytest.mark.parametrize(("found", "promised"), [(candidates(0.5, 0.3), True), (candidates(0.6), False)])
def test_promised_is_what_points_to_the_catalogue(found: Identification, promised: bool) -> None:
    (advice,) = told(textured(60, 80), found=found)
    assert advice.promised is promised


def test_large_sharp_and_lit_leaves_the_other_side() -> None:
    assert codes(told(textured(SIDE, SIDE))) == [AdviceCode.OTHER_SIDE]


def test_too_many_cameras() -> None:
    assert codes(told(textured(60, 80), reading=Reading.OVER_BUDGET)) == [AdviceCode.ALONE]


def test_a_camera_that_was_too_small_to_be_read() -> None:
    (advice,) = told(textured(20, 20), reading=Reading.TOO_SMALL)
    assert advice.values["times"] == 12


@pytest.mark.parametrize(("sigma", "times"), [(0.0, 1), (2.0, 2), (6.0, 4)])
def test_blur_is_told_by_what_a_coarser_picture_loses(sigma: float, times: int) -> None:
    grey = cv2.cvtColor(edged(SIDE), cv2.COLOR_BGR2GRAY).astype(np.float32)
    if sigma:
        grey = np.asarray(cv2.GaussianBlur(grey, (0, 0), sigma), np.float32)
    assert blur(grey) == times


def test_a_blurred_camera_is_as_small_as_what_is_left_of_it() -> None:
    pixels = np.asarray(cv2.GaussianBlur(edged(SIDE), (0, 0), 6), np.uint8)

    small, blurred = told(pixels)

    assert (small.code, small.values["side"]) == (AdviceCode.CAMERA_SMALL, SIDE / 4)
    assert (blurred.code, blurred.values["times"]) == (AdviceCode.BLURRED, 4)


def test_a_plain_surface_is_not_called_blurred() -> None:
    assert codes(told(np.full((SIDE, SIDE, 3), 128, np.uint8))) == [AdviceCode.OTHER_SIDE]


def test_light() -> None:
    dark = (textured(SIDE, SIDE) // 4).astype(np.uint8)
    glare = np.full((SIDE, SIDE, 3), 255, np.uint8)
    glare[:40] = 90

    assert codes(told(dark)) == [AdviceCode.DARK]
    assert codes(told(glare)) == [AdviceCode.GLARE]


def test_a_large_camera_is_judged_at_a_bounded_size() -> None:
    huge = cv2.resize(textured(SIDE, SIDE), None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    assert codes(told(np.asarray(huge, np.uint8))) == [AdviceCode.BLURRED]
