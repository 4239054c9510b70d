"""Where displays show marks: boxes in the four corners of a frame, found by a small network of our own.

It finds what the text reader cannot: symbols, stylised names, lettering of a few pixels. Whose mark a box
holds, and whether it holds one at all, is told by the embedding of what stands in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import Box, Pixels
from edge.settings import Settings
from edge.vision.embedding import Runs
from edge.vision.loop import InferenceLoop
from edge.vision.manifest import load_manifest
from edge.vision.runtime import open_session

HEIGHT, WIDTH = 192, 512
"""Most pixels of a corner as the network sees it."""
SHARE = 0.30
"""Share of the frame's width that a corner is wide; more of a small frame, for it is not enlarged."""
MULTIPLE = 16
LEAST_SCORE = 0.2
"""Score from which a box is worth an embedding."""
MOST = 2
"""Boxes of a corner: a display has one mark there, if any."""
COVERS = 0.4
"""Share of the smaller of two boxes that the other covers from which they are one."""
SMALLEST = 96
"""Pixels of a side below which a picture has no display that could be read."""


@dataclass(frozen=True, slots=True)
class FoundMark:
    """A box in the frame's pixels; ``score`` from 0 to 1."""

    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class _Corner:
    """Where a corner begins in the frame, and its grey pixels at the frame's size."""

    x: int
    y: int
    pixels: NDArray[np.uint8]


class MarkFinder:
    """``session`` takes ``corners`` uint8 (N, 1, H, W), sides multiples of 16, and gives float32
    (N, 5, H / 8, W / 8): for each cell a score and x0, y0, x1, y1 in pixels."""

    def __init__(self, session: Runs) -> None:
        self._session = session

    def find(self, frame: Pixels) -> list[FoundMark]:
        """What may be a mark in the corners of ``frame``, the surest first.

        Raises:
            ModelError: ``model_broken`` if the network cannot run.
        """
        height, width = frame.shape[:2]
        if min(height, width) < SMALLEST:
            return []
        scale = min(1.0, WIDTH / (SHARE * width))
        corners = list(_corners(frame, scale))
        batch = np.stack([_prepared(corner.pixels, scale) for corner in corners])
        (answers,) = self._session.run({"corners": batch})
        found = [mark for corner, answer in zip(corners, answers, strict=True)
                 for mark in _in_frame(corner, answer, scale, (width, height))]  # fmt: skip
        return _distinct(found, len(corners) * MOST)


def load_mark_finder(
    settings: Settings, threads: int | None = None, loop: InferenceLoop | None = None
) -> MarkFinder:
    """The shipped network.

    Raises:
        ModelError: see ``open_session``.
    """
    entry = load_manifest(settings.models_dir).entry("mark_finder")
    return MarkFinder(open_session(entry, settings, threads=threads, loop=loop))


def _corners(frame: Pixels, scale: float) -> Iterator[_Corner]:
    height, width = frame.shape[:2]
    across, down = min(width, round(WIDTH / scale)), min(height, round(HEIGHT / scale))
    for y in sorted({0, height - down}):
        for x in sorted({0, width - across}):
            grey = cv2.cvtColor(frame[y : y + down, x : x + across], cv2.COLOR_BGR2GRAY)
            yield _Corner(x, y, np.asarray(grey, np.uint8))


def _prepared(corner: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    """The corner as the network wants it, (1, H, W), its lower and right rim repeated."""
    if scale < 1.0:
        size = (max(1, round(corner.shape[1] * scale)), max(1, round(corner.shape[0] * scale)))
        corner = np.asarray(cv2.resize(corner, size, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = corner.shape
    return np.pad(corner, ((0, -height % MULTIPLE), (0, -width % MULTIPLE)), mode="edge")[None]


def _in_frame(
    corner: _Corner, answer: NDArray[np.float32], scale: float, size: tuple[int, int]
) -> list[FoundMark]:
    """The surest boxes of one corner that do not cover each other."""
    rows = answer.reshape(5, -1).T
    rows = rows[rows[:, 0] >= LEAST_SCORE]
    rows = rows[np.argsort(-rows[:, 0], kind="stable")][:60]
    marks = []
    for score, *sides in rows.astype(float).tolist():
        x0, y0, x1, y1 = (side / scale for side in sides)
        if x1 - x0 >= 1.0 and y1 - y0 >= 1.0:
            box = Box(x0 + corner.x, y0 + corner.y, x1 + corner.x, y1 + corner.y).clipped(*size)
            if box is not None:
                marks.append(FoundMark(box, score))
    return _distinct(marks, MOST)


def _distinct(marks: list[FoundMark], most: int) -> list[FoundMark]:
    kept: list[FoundMark] = []
    for mark in sorted(marks, key=lambda mark: (-mark.score, mark.box.as_tuple())):
        if len(kept) < most and not any(covers(mark.box, other.box) for other in kept):
            kept.append(mark)
    return kept


def covers(one: Box, other: Box) -> bool:
    """Whether two boxes show the same thing."""
    return one.intersection(other) > COVERS * min(one.area, other.area)
