"""Corners of drawn frames that went through a codec, with the boxes of their marks: what the finder sees."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from scripts.marks_training.blobs import Grey

HEIGHT, WIDTH = 192, 512
"""Pixels of a corner as the finder gets it."""
SHARE = 0.30
"""Share of the frame's width that a corner is wide; wider for small frames, which are not enlarged."""


@dataclass(frozen=True, slots=True)
class Corner:
    """``boxes`` are the makers' and strangers' marks, ``vague`` channels' names: neither mark nor none."""

    pixels: Grey
    boxes: tuple[tuple[float, float, float, float], ...]
    vague: tuple[tuple[float, float, float, float], ...]
    frame: str


def corners_of(folder: Path) -> Iterator[Corner]:
    """The corners with marks or lettering of every still in ``folder`` (``scripts.draw_osd``)."""
    for line in (folder / "labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        picture = cv2.imread(str(folder / label["file"]), cv2.IMREAD_GRAYSCALE)
        if picture is None:
            raise ValueError(f"{label['file']} is no picture")
        yield from _corners(np.asarray(picture, np.uint8), label)


def _corners(picture: Grey, label: dict[str, object]) -> Iterator[Corner]:
    scale = min(1.0, WIDTH / (SHARE * picture.shape[1]))
    small = picture
    if scale < 1.0:
        small = np.asarray(
            cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
        )
    marks, vague = _scaled(label["watermark_box"], scale), _scaled(label["channel_box"], scale)
    kept_negative = False
    for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
        left = (small.shape[1] - WIDTH) * x if small.shape[1] > WIDTH else 0
        top = (small.shape[0] - HEIGHT) * y if small.shape[0] > HEIGHT else 0
        part = small[top : top + HEIGHT, left : left + WIDTH]
        here = _inside(marks, left, top)
        if not here and kept_negative:
            continue
        kept_negative = kept_negative or not here
        yield Corner(part, here, _inside(vague, left, top), str(label["file"]))


def _scaled(box: object, scale: float) -> tuple[float, ...] | None:
    return tuple(float(side) * scale for side in box) if isinstance(box, list) else None


def _inside(
    box: tuple[float, ...] | None, left: int, top: int
) -> tuple[tuple[float, float, float, float], ...]:
    """The box in the corner's pixels, if most of it lies there."""
    if box is None:
        return ()
    x0, y0, x1, y1 = box[0] - left, box[1] - top, box[2] - left, box[3] - top
    shown = (min(x1, WIDTH) - max(x0, 0)) * (min(y1, HEIGHT) - max(y0, 0))
    if min(x1, WIDTH) <= max(x0, 0) or min(y1, HEIGHT) <= max(y0, 0) or shown < 0.8 * (x1 - x0) * (y1 - y0):
        return ()
    return ((max(0.0, x0), max(0.0, y0), min(float(WIDTH), x1), min(float(HEIGHT), y1)),)
