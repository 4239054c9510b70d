"""A detector's file alone, on whole photos shrunk to its input: no tiles, no second look.

For comparing files of detectors with each other; the figures of Camid are those of ``scripts.evaluate``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge.domain import Box, Housing, Pixels
from scripts.evaluation.detection import FALSE_BOXES_A_PHOTO
from scripts.evaluation.matching import average_precision, match, threshold_for
from scripts.evaluation.shares import Share
from scripts.training.whole import best, letterboxed, planes

FLOOR = 0.01
MOST = 50


class Labelled(Protocol):
    """A photo with the boxes of its cameras, N×4 in its pixels."""

    @property
    def pixels(self) -> Pixels: ...
    @property
    def boxes(self) -> NDArray[np.float32]: ...


@dataclass(frozen=True, slots=True)
class BareFigures:
    """``recall`` at ``FALSE_BOXES_A_PHOTO`` false boxes a photo."""

    ap50: float
    recall: Share


@dataclass(frozen=True, slots=True)
class BareDetector:
    session: Any
    side: int

    @classmethod
    def open(cls, file: Path) -> Self:
        """On one thread."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        return cls(session, int(session.get_inputs()[0].shape[2]))

    def find(self, pixels: Pixels) -> list[Housing]:
        """Boxes in pixels of the photo, best first."""
        scale = self.side / max(pixels.shape[:2])
        inputs = planes(letterboxed(pixels, self.side))
        boxes, scores = (rows[0] for rows in self.session.run(None, {self._name: inputs}))
        return [
            Housing(Box(*(boxes[k] / scale).tolist()), min(1.0, float(scores[k])))
            for k in best(boxes, scores, FLOOR, MOST)
        ]

    @property
    def _name(self) -> str:
        return str(self.session.get_inputs()[0].name)


def measure_bare(detector: BareDetector, photos: Sequence[Labelled]) -> BareFigures:
    scored, cameras = [], 0
    for photo in photos:
        truths = [Box(*(float(side) for side in box)) for box in photo.boxes]
        cameras += len(truths)
        scored += match(truths, detector.find(photo.pixels))
    at_false = threshold_for(scored, int(FALSE_BOXES_A_PHOTO * len(photos)))
    found = sum(one.truth is not None and one.score >= at_false for one in scored)
    return BareFigures(average_precision(scored, cameras), Share(found, cameras))
