"""Pictures that a batch keeps beside its rows: copies with boxes, and crops of the cameras that it found.

They are made while a picture is in memory, before its rows are committed; a run that goes on after a kill
makes those of the pictures that it does again. Named by content, so that no name of a file matters.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from edge.disk import full_disk
from edge.domain import Box, Picture, Pixels
from edge.report.annotate import annotate
from edge.report.contract import PhotoV1
from edge.report.sentence import Names, display_names
from edge.vendors.catalogue import load_catalogue

CROP_SIDE = 200
"""Pixels of the longer side of a crop, at most."""
_MARGIN = 0.2
"""Share of the housing's sides that is shown around it."""
_QUALITY = 88
_SURE = 0.999
_FULL = "The disk of the output is full: a copy of a picture was not written."


def annotated_path(root: Path, sha256: str) -> Path:
    return root / "annotated" / sha256[:2] / f"{sha256}.jpg"


def crop_path(root: Path, sha256: str, camera: int) -> Path:
    """``camera`` counts from 0, as in the rows."""
    return root / "crops" / sha256[:2] / f"{sha256}-{camera}.jpg"


class Copies:
    """Called with each picture in which cameras may be; several threads may call at once."""

    def __init__(self, root: Path, *, annotated: bool, crops: bool, names: Names | None = None) -> None:
        self._root = root
        self._annotated, self._crops = annotated, crops
        self._names: Names = display_names(load_catalogue()) if names is None else names

    def __call__(self, picture: Picture, answer: PhotoV1) -> None:
        """Raises: CamidError: ``store_full``."""
        sha256 = picture.source.sha256
        if self._annotated and (answer.cameras or answer.marks):
            _write(annotate(picture, answer, self._names), annotated_path(self._root, sha256))
        if self._crops:
            for number, camera in enumerate(answer.cameras):
                crop = crop_of(picture.pixels, Box(*camera.box))
                if crop is not None:
                    _write(crop, crop_path(self._root, sha256, number))


def percent(probability: float) -> str:
    """None is shown as 100 %: nothing here was measured to be that certain."""
    return "over 99.9 %" if probability > _SURE else f"{100 * probability:.1f} %"


def crop_of(pixels: Pixels, box: Box) -> Pixels | None:
    """The housing with a margin, its longer side at most ``CROP_SIDE``; None where nothing is left of it."""
    height, width = pixels.shape[:2]
    inside = box.grown(_MARGIN).clipped(width, height)
    if inside is None:
        return None
    x0, y0 = int(inside.x0), int(inside.y0)
    part = pixels[y0 : max(y0 + 1, round(inside.y1)), x0 : max(x0 + 1, round(inside.x1))]
    scale = CROP_SIDE / max(part.shape[:2])
    if scale >= 1:
        return np.ascontiguousarray(part)
    size = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)


def _write(pixels: Pixels, place: Path) -> None:
    """There whole or not at all; not synced, for it can be made again."""
    ok, data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
    if not ok:  # JPEG holds 65,500 pixels a side
        return
    with full_disk(_FULL):
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary = place.with_suffix(".tmp")
        try:
            temporary.write_bytes(data.tobytes())
            temporary.replace(place)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
