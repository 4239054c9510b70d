"""The housings in a picture: the detector's finds, each looked at again, with one calibrated score."""

from __future__ import annotations

from dataclasses import dataclass

from edge.domain import Housing, Pixels
from edge.settings import Settings
from edge.vision.detector import SUSPICION, Detector, load_detector
from edge.vision.housing import Verifier, load_verifier
from edge.vision.loop import InferenceLoop
from edge.vision.runtime import usable_cores

CANDIDATE_SCORE = SUSPICION
"""The detector's own score from which a find is worth a second look."""


@dataclass(frozen=True, slots=True)
class HousingFinder:
    detector: Detector
    verifier: Verifier
    settings: Settings

    def find(self, pixels: Pixels, min_score: float, *, tiled: bool = True) -> list[Housing]:
        """Housings of ``min_score`` or more, best first, at most ``settings.max_cameras``. Without ``tiled``
        the picture is seen as a whole only.

        Raises:
            ModelError: ``model_broken`` if a model cannot run.
        """
        candidates = self.detector.detect(pixels, min_score=CANDIDATE_SCORE, tiled=tiled)
        checked = self.verifier.verify(pixels, candidates)
        return [housing for housing in checked if housing.score >= min_score][: self.settings.max_cameras]


def load_finder(
    settings: Settings, loop: InferenceLoop | None = None, threads: int | None = None
) -> HousingFinder:
    """The shipped models; their calls go through ``loop``. ``threads`` are those of one second look; None,
    as many as there are cores.

    Raises:
        ModelError: see ``open_session``.
    """
    return HousingFinder(
        load_detector(settings, CANDIDATE_SCORE, loop),
        load_verifier(settings, threads or usable_cores(settings), loop),
        settings,
    )
