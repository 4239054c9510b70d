"""Faces in a picture, for blurring them before it leaves the house: CenterFace (Xu et al., 2019).

The network gives, for each point of a grid of a quarter of the picture's size, how likely a face has its
middle there, and its height and width as logarithms in grid steps. It never takes part in an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from edge.domain import Box, Pixels
from edge.settings import Settings
from edge.vision.embedding import Runs
from edge.vision.manifest import load_manifest
from edge.vision.runtime import open_session

FOLDER = "faces"
"""Of the models: with a manifest of its own, so that it is no part of what an answer depends on."""
INPUT = "input.1"
STEP = 4
"""Pixels a step of the grid."""
LEAST_SCORE = 0.35
"""A face too many costs a blurred patch, a face too few somebody's privacy: lower than usual (0.5)."""
SIDES = (640, 1280, 2560)
"""Long sides at which a picture is searched: large faces at the small ones, far ones at the large."""
SAME = 0.3
"""Intersection over union from which two finds are one face."""
_MULTIPLE = 32


@dataclass(frozen=True, slots=True)
class Face:
    box: Box
    score: float


class FaceFinder:
    def __init__(self, session: Runs, sides: Sequence[int] = SIDES, least: float = LEAST_SCORE) -> None:
        self._session = session
        self._sides = tuple(sides)
        self._least = least

    def find(self, pixels: Pixels) -> list[Face]:
        """The faces in a BGR picture, surest first.

        Raises:
            ModelError: ``model_broken`` if the network cannot run.
        """
        found = [face for side in self._useful(pixels) for face in self._look(pixels, side)]
        kept: list[Face] = []
        for face in sorted(found, key=lambda one: (-one.score, one.box.as_tuple())):
            if all(face.box.iou(other.box) < SAME for other in kept):
                kept.append(face)
        return kept

    def _useful(self, pixels: Pixels) -> Iterator[int]:
        """The sides up to the picture's own: enlarging it further shows nothing new."""
        yield self._sides[0]
        for smaller, side in pairwise(self._sides):
            if max(pixels.shape[:2]) > smaller:
                yield side

    def _look(self, pixels: Pixels, side: int) -> Iterator[Face]:
        height, width = pixels.shape[:2]
        scale = side / max(height, width)
        size = [max(_MULTIPLE, round(length * scale / _MULTIPLE) * _MULTIPLE) for length in (width, height)]
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        sized = cv2.resize(pixels, (size[0], size[1]), interpolation=way)
        planes = np.ascontiguousarray(sized.transpose(2, 0, 1)[None], np.float32)
        heat, sizes, offsets = self._session.run({INPUT: planes})
        across, down = width / size[0], height / size[1]
        for row, column in np.argwhere(heat[0, 0] >= self._least):
            # The network's first channel is vertical, its second horizontal.
            tall, wide = np.exp(sizes[0, :, row, column]) * STEP
            y, x = ((row, column) + offsets[0, :, row, column] + 0.5) * STEP
            box = Box(
                float((x - wide / 2) * across),
                float((y - tall / 2) * down),
                float((x + wide / 2) * across),
                float((y + tall / 2) * down),
            )
            if (inside := box.clipped(width, height)) is not None:
                yield Face(inside, float(min(1.0, heat[0, 0, row, column])))


def load_face_finder(settings: Settings) -> FaceFinder:
    """Raises:
    ModelError: if the model is missing, altered or cannot be run.
    """
    entry = load_manifest(settings.models_dir / FOLDER).entry("faces")
    return FaceFinder(open_session(entry, settings))
