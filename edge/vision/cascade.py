"""Two detectors in the place of one: a small one sees every view, a larger one those in which it suspects
something, and their answers are averaged.

Both give one answer for each cell of the same grid, so cell is averaged with cell: scores by their log odds,
boxes by their odds. What one of them alone is sure of is not believed (an ensemble of two; Dietterich 2000,
doi:10.1007/3-540-45014-9_1). Where the first suspects nothing worth a second look, neither does the mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.vision.runtime import Session, TensorSpec

Floats = NDArray[np.float32]
_LEAST = 1e-6


class Cascade:
    """As ``Session`` is to a detector. ``suspicion`` is the score of the first one from which on the second
    is asked about a view."""

    def __init__(self, first: Session, second: Session, suspicion: float) -> None:
        self.first, self.second = first, second
        self._suspicion = suspicion

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        return self.first.inputs

    @property
    def provider(self) -> str:
        return self.first.provider

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        """Boxes (N, A, 4) and scores (N, A) of N views.

        Raises:
            ModelError: see ``Session.run``.
        """
        boxes, scores = self.first.run(inputs)
        views = np.flatnonzero(scores.max(axis=1) >= self._suspicion)
        if not len(views):
            return [boxes, scores]
        ((_, pixels),) = inputs.items()
        asked = pixels if len(views) == len(pixels) else pixels[views]
        others = self.second.run({self.second.inputs[0].name: asked})
        boxes, scores = boxes.copy(), scores.copy()
        boxes[views], scores[views] = averaged(boxes[views], scores[views], *others)
        return [boxes, scores]

    def warm_up(self) -> None:
        self.first.warm_up()
        self.second.warm_up()


def averaged(boxes: Floats, scores: Floats, more: Floats, surer: Floats) -> tuple[Floats, Floats]:
    """The mean of two answers about the same cells: boxes (…, 4) and scores (…) of each."""
    one, other = _odds(scores), _odds(surer)
    share = (other / (one + other))[..., None]
    odds = np.sqrt(one * other)
    return boxes + share * (more - boxes), odds / (1 + odds)


def _odds(scores: Floats) -> Floats:
    chance = np.clip(scores, _LEAST, 1 - _LEAST)
    return np.asarray(chance / (1 - chance), np.float32)
