"""A detector's file alone, on whole photos shrunk to its input: no tiles, no second look.

For comparing files of detectors with each other; the figures of Camid are those of ``scripts.evaluate``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge.domain import Box, Pixels
from edge.vision.tiling import PAD
from scripts.evaluation.detection import FALSE_BOXES_A_PHOTO, average_precision, match, threshold_for
from scripts.evaluation.observations import Seen
from scripts.evaluation.shares import Share

FLOOR = 0.01
MOST = 50
OVERLAP = 0.5


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

    def find(self, pixels: Pixels) -> list[Seen]:
        """Boxes in pixels of the photo, best first."""
        scale = self.side / max(pixels.shape[:2])
        boxes, scores = (rows[0] for rows in self.session.run(None, {self._name: self._input(pixels, scale)}))
        good = np.flatnonzero(scores >= FLOOR)
        boxes, scores = boxes[good], scores[good]
        corners = np.hstack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]]).tolist()
        kept = cv2.dnn.NMSBoxes(corners, scores.tolist(), FLOOR, OVERLAP)
        chosen = [int(k) for k in np.asarray(kept, np.intp).ravel()[:MOST]]
        return [Seen(Box(*(boxes[k] / scale).tolist()), min(1.0, float(scores[k]))) for k in chosen]

    @property
    def _name(self) -> str:
        return str(self.session.get_inputs()[0].name)

    def _input(self, pixels: Pixels, scale: float) -> NDArray[np.float32]:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=how)[: self.side, : self.side]
        canvas = np.full((self.side, self.side, 3), PAD, np.uint8)
        canvas[: small.shape[0], : small.shape[1]] = small
        return canvas.transpose(2, 0, 1)[None].astype(np.float32)


def measure_bare(detector: BareDetector, photos: Sequence[Labelled]) -> BareFigures:
    scored, cameras = [], 0
    for photo in photos:
        truths = [Box(*(float(side) for side in box)) for box in photo.boxes]
        cameras += len(truths)
        scored += match(truths, detector.find(photo.pixels))
    at_false = threshold_for(scored, int(FALSE_BOXES_A_PHOTO * len(photos)))
    found = sum(one.truth is not None and one.score >= at_false for one in scored)
    return BareFigures(average_precision(scored, cameras), Share(found, cameras))
