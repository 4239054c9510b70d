"""Makes parts of a picture unrecognisable, for good."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from edge.domain import Box, Pixels

if TYPE_CHECKING:
    from edge.vision.faces import Face

MARGIN = 0.2
"""Share of a face's box added on each side: hair, chin and ears tell of a person too."""
BLOCKS = 5
"""Patches across a blurred part: of a face or a plate so few show neither features nor letters."""

INSIDE = 0.7
"""Share of a face's box that a camera must cover to make it a part of that camera."""


class Faces(Protocol):
    """What is needed of ``edge.vision.faces.FaceFinder``."""

    def find(self, pixels: Pixels) -> list[Face]: ...


def blurred(pixels: Pixels, boxes: Iterable[Box]) -> Pixels:
    """A copy with each of ``boxes`` reduced to a few soft patches. The detail is gone, not hidden: only the
    mean of each patch is left."""
    copy = pixels.copy()
    for box in boxes:
        inside = box.clipped(pixels.shape[1], pixels.shape[0])
        if inside is not None:
            x0, y0, x1, y1 = int(inside.x0), int(inside.y0), int(np.ceil(inside.x1)), int(np.ceil(inside.y1))
            copy[y0:y1, x0:x1] = _patches(pixels[y0:y1, x0:x1])
    return copy


def around_face(box: Box) -> Box:
    """The part to blur for a face found at ``box``."""
    return box.grown(MARGIN)


def outside_cameras(faces: Iterable[Face], cameras: Sequence[Box]) -> list[Box]:
    """What to blur for ``faces``, less those inside a camera: lenses are sometimes taken for faces, and of a
    blurred camera nothing can be told."""
    return [
        around_face(face.box)
        for face in faces
        if not any(face.box.coverage_by(camera) > INSIDE for camera in cameras)
    ]


def _patches(part: Pixels) -> Pixels:
    height, width = part.shape[:2]
    scale = BLOCKS / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    means = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(means, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
