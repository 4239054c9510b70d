"""Detector and second look together: threshold, order and limit."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from edge.domain import Box, Housing, Pixels
from edge.settings import Settings
from edge.vision.finder import CANDIDATE_SCORE, HousingFinder

PIXELS = np.zeros((40, 40, 3), np.uint8)


@dataclass
class Detector:
    asked: list[tuple[float, bool]] = field(default_factory=list)

    def detect(self, _: Pixels, *, min_score: float, tiled: bool) -> list[Housing]:
        self.asked.append((min_score, tiled))
        return [Housing(Box(k, 0, k + 5, 5), 0.5) for k in range(5)]


class Verifier:
    def verify(self, _: Pixels, found: list[Housing]) -> list[Housing]:
        return [Housing(housing.box, 0.9 - 0.2 * k) for k, housing in enumerate(found)]


def finder(detector: Detector, **limits: int) -> HousingFinder:
    return HousingFinder(detector, Verifier(), Settings(**limits))  # type: ignore[arg-type]


def test_the_threshold_is_on_the_second_score() -> None:
    assert [h.score for h in finder(Detector()).find(PIXELS, 0.5)] == [0.9, 0.7, 0.5]


def test_the_limit_keeps_the_best() -> None:
    assert [h.score for h in finder(Detector(), max_cameras=2).find(PIXELS, 0.0)] == [0.9, 0.7]


def test_the_detector_is_asked_for_all_that_deserves_a_second_look() -> None:
    detector = Detector()
    finder(detector).find(PIXELS, 0.8, tiled=False)
    assert detector.asked == [(CANDIDATE_SCORE, False)]
