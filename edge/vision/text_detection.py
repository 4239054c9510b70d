"""Where lettering stands in a picture: the text detector (differentiable binarisation) and its geometry.

The network gives a probability map; post-processing after Liao et al., "Real-time Scene Text Detection with
Differentiable Binarization" (AAAI 2020): threshold, contours, smallest rectangles, grown by the unclip ratio.
Growing a rectangle by a distance is closed form, so no polygon library is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import Box, Pixels
from edge.vision.runtime import Session

INPUT = "x"
MULTIPLE = 32
"""The network halves its input five times."""


@dataclass(frozen=True, slots=True)
class Quad:
    """A rotated rectangle around a line of lettering: corners (4, 2) float32 in pixels of the picture that
    was searched, clockwise from the corner where the line begins if it is read along its longer side."""

    corners: NDArray[np.float32]
    score: float

    @property
    def width(self) -> float:
        """Length of the longer side: along the line."""
        return float(np.linalg.norm(self.corners[1] - self.corners[0]))

    @property
    def height(self) -> float:
        return float(np.linalg.norm(self.corners[3] - self.corners[0]))

    @property
    def box(self) -> Box:
        (x0, y0), (x1, y1) = self.corners.min(axis=0), self.corners.max(axis=0)
        return Box(float(x0), float(y0), float(max(x1, x0 + 1e-3)), float(max(y1, y0 + 1e-3)))


@dataclass(frozen=True, slots=True)
class DetectionParameters:
    """``threshold`` binarises the map; a region whose mean is under ``region_threshold`` is dropped;
    ``unclip`` is the growth of the shrunken regions that the network is trained to give, as a ratio of area
    to perimeter; sides under ``min_side`` pixels of the map are noise."""

    threshold: float = 0.3
    region_threshold: float = 0.5
    unclip: float = 1.6
    min_side: float = 3.0
    max_regions: int = 40


class TextDetector:
    def __init__(self, session: Session, parameters: DetectionParameters | None = None) -> None:
        self._session = session
        self._parameters = parameters or DetectionParameters()

    def with_parameters(self, parameters: DetectionParameters) -> TextDetector:
        """A detector of other sureness on the same network."""
        return TextDetector(self._session, parameters)

    def find(self, pixels: Pixels, long_side: int) -> list[Quad]:
        """Lines of lettering in ``pixels``, best first, searched at a size of ``long_side`` pixels."""
        image = _sized(pixels, long_side)
        tensor = (image.astype(np.float32) / 127.5 - 1.0).transpose(2, 0, 1)[None]
        heat = self._session.run({INPUT: np.ascontiguousarray(tensor)})[0][0, 0]
        scale = np.array([pixels.shape[1] / heat.shape[1], pixels.shape[0] / heat.shape[0]], np.float32)
        return [
            Quad(reading_order(corners * scale), score) for corners, score in regions(heat, self._parameters)
        ]


def searched_pixels(width: int, height: int, long_side: int) -> int:
    """Pixels that the detector is given for a picture of this size."""
    across, down = _network_size(width, height, long_side)
    return across * down


def _network_size(width: int, height: int, long_side: int) -> tuple[int, int]:
    scale = long_side / max(width, height)
    across, down = (max(MULTIPLE, round(side * scale / MULTIPLE) * MULTIPLE) for side in (width, height))
    return across, down


def _sized(pixels: Pixels, long_side: int) -> Pixels:
    across, down = _network_size(pixels.shape[1], pixels.shape[0], long_side)
    shrinks = across * down < pixels.shape[0] * pixels.shape[1]
    resized: Pixels = cv2.resize(
        pixels, (across, down), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    )
    return resized


def regions(
    heat: NDArray[np.float32], parameters: DetectionParameters
) -> list[tuple[NDArray[np.float32], float]]:
    """Rotated rectangles (4, 2) in pixels of the map with their mean probability, best first."""
    mask = cv2.dilate((heat > parameters.threshold).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        (x, y), (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) < parameters.min_side:
            continue
        score = _mean_inside(heat, cv2.boxPoints(((x, y), (width, height), angle)))
        if score < parameters.region_threshold:
            continue
        grow = width * height * parameters.unclip / (width + height)
        corners = cv2.boxPoints(((x, y), (width + grow, height + grow), angle))
        found.append((corners.astype(np.float32), float(min(1.0, score))))
    found.sort(key=lambda region: (-region[1], float(region[0][0, 1]), float(region[0][0, 0])))
    return found[: parameters.max_regions]


def _mean_inside(heat: NDArray[np.float32], corners: NDArray[np.float32]) -> float:
    height, width = heat.shape
    x0, y0 = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, (width - 1, height - 1))
    x1, y1 = np.clip(np.ceil(corners.max(axis=0)).astype(int), 0, (width - 1, height - 1))
    mask = np.zeros((y1 - y0 + 1, x1 - x0 + 1), np.uint8)
    cv2.fillPoly(mask, [(corners - (x0, y0)).astype(np.int32)], 1)
    return float(cv2.mean(heat[y0 : y1 + 1, x0 : x1 + 1], mask)[0])


def reading_order(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """Corners clockwise from the upper-left end of the line; a line is taken to run along the longer side,
    left to right, or upwards where it stands upright."""
    ordered = _clockwise(corners)
    along, across = np.linalg.norm(ordered[1] - ordered[0]), np.linalg.norm(ordered[3] - ordered[0])
    if across > along:
        ordered = np.roll(ordered, 1, axis=0)
    direction = ordered[1] - ordered[0]
    leftwards = direction[0] < -1e-3 * along or (abs(direction[0]) <= 1e-3 * along and direction[1] > 0)
    return np.roll(ordered, 2, axis=0) if leftwards else ordered


def _clockwise(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    centre = corners.mean(axis=0)
    angles = np.arctan2(corners[:, 1] - centre[1], corners[:, 0] - centre[0])
    ordered: NDArray[np.float32] = corners[np.argsort(angles, kind="stable")].astype(np.float32)
    return ordered


def rectify(pixels: Pixels, quad: Quad, turn: int = 0) -> Pixels:
    """The line cut out and laid straight, turned clockwise by ``turn`` (0, 90, 180, 270) degrees."""
    corners = np.roll(quad.corners, turn // 90, axis=0)
    width = max(1, round(float(np.linalg.norm(corners[1] - corners[0]))))
    height = max(1, round(float(np.linalg.norm(corners[3] - corners[0]))))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    straight: Pixels = cv2.warpPerspective(
        pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return straight
