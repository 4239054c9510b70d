"""The pictures of the bench: a 12 MP photo without a camera, one with three readable marks, a 720p frame.

The wall is drawn (seeded). The three cameras with marks come from the research data beside the checkout where
it is there, else from ``docs/samples``; they are laid on the wall at their own size.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.domain import Pixels

CHECKOUT = Path(__file__).resolve().parents[1]
QUALITY = 92
MARKED_VENDORS = ("hikvision", "dahua", "reolink")


@dataclass(frozen=True, slots=True)
class BenchPicture:
    """``reads`` says whether lettering is to be read in it (a video frame is only searched for housings)."""

    name: str
    jpeg: bytes
    reads: bool


def bench_pictures(data: Path) -> list[BenchPicture]:
    empty = wall(4000, 3000)
    marked = empty.copy()
    for column, camera in enumerate(_marked_cameras(data)):
        tall, wide = camera.shape[:2]
        y, x = 900 + 150 * column, 400 + 1150 * column
        marked[y : y + tall, x : x + wide] = camera
    frame = cv2.resize(empty[:1800, :3200], (1280, 720), interpolation=cv2.INTER_AREA)
    return [
        BenchPicture("12 MP, no camera", _jpeg(empty), reads=True),
        BenchPicture("12 MP, three marks", _jpeg(marked), reads=True),
        BenchPicture("1280×720 frame", _jpeg(np.asarray(frame, np.uint8)), reads=False),
    ]


def wall(width: int, height: int, seed: int = 3) -> Pixels:
    """A brick wall with windows, stains and grain: as hard to decode as a photo, and no camera in it."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width]
    course = rows // 44
    joint = (rows % 44 < 5) | ((columns + course % 2 * 62) % 124 < 5)
    shade = rng.normal(0, 14, (height // 44 + 1, width // 124 + 2))[
        course, (columns + course % 2 * 62) // 124
    ]
    grey = np.where(joint, 168.0, 112.0 + shade)
    stains = cv2.resize(rng.normal(0, 18, (12, 16)), (width, height), interpolation=cv2.INTER_CUBIC)
    grey += stains + rng.normal(0, 5, (height, width))
    picture = np.stack([grey * 0.72, grey * 0.85, grey * 1.12], axis=-1).clip(0, 255).astype(np.uint8)
    for x in range(300, width - 500, 900):
        for y in range(250, height - 600, 1000):
            cv2.rectangle(picture, (x, y), (x + 420, y + 560), (205, 208, 210), -1)
            for pane in ((x + 24, y + 24), (x + 222, y + 24), (x + 24, y + 292), (x + 222, y + 292)):
                cv2.rectangle(picture, pane, (pane[0] + 174, pane[1] + 244), (122, 96, 78), -1)
    return picture


def _marked_cameras(data: Path) -> list[Pixels]:
    labels = data / "products" / "dev" / "labels.jsonl"
    if not labels.exists():
        return [
            _at_most(_read(path), 900) for path in sorted((CHECKOUT / "docs" / "samples").glob("*.jpg"))[:3]
        ]
    rows = [json.loads(line) for line in labels.read_text("utf-8").splitlines()]
    chosen = [
        next(
            labels.parent / str(row["file"])
            for row in rows
            if row["vendor"] == vendor and row["mark_readable"]
        )
        for vendor in MARKED_VENDORS
    ]
    return [_at_most(_read(path), 900) for path in chosen]


def _at_most(pixels: Pixels, side: int) -> Pixels:
    scale = min(1.0, side / max(pixels.shape[:2]))
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _read(path: Path) -> Pixels:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise SystemExit(f"{path} cannot be read.")
    return np.asarray(pixels, np.uint8)


def _jpeg(pixels: Pixels) -> bytes:
    done, encoded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert done
    return encoded.tobytes()


def names(pictures: Sequence[BenchPicture]) -> list[str]:
    return [picture.name for picture in pictures]
