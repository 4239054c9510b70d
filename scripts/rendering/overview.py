"""Pictures to judge renders by: contact sheets, and composed scenes with their boxes as COCO."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from scripts.training.compose import Composer, Sample
from scripts.training.sources import FORMS, Pixels, load, rows

CELL = 192
GROUNDS = ((205, 185, 160), (120, 130, 125), (70, 75, 85))
"""BGR: a bright sky, a wall, dusk."""
RED, GREEN, BLUE = (0, 0, 255), (0, 200, 0), (255, 120, 0)


@dataclass(frozen=True, slots=True)
class Found:
    """One box of a composed scene: x, y, width and height in pixels, and its index into ``FORMS``."""

    box: tuple[float, float, float, float]
    form: int


def sheet(folder: Path, out: Path, count: int) -> None:
    """The last ``count`` renders of ``folder`` beside one another on plain grounds, with boxes and marks."""
    cells = [_cell(folder, row, number) for number, row in enumerate(list(rows(folder))[-count:])]
    _write(out, _tiled(cells))


def scenes(data: Path, drawn: Sequence[Path], out: Path, count: int, size: int, seed: int) -> None:
    """``count`` pictures as the detector is trained on, ``coco.json`` with their boxes, and ``contact.jpg``.

    They show third parties' photos: for looking at here, not for passing on.
    """
    out.mkdir(parents=True, exist_ok=True)
    train, _ = load(data, drawn)
    composer = Composer(train, size, np.random.default_rng(seed))
    samples = [composer.sample() for _ in range(count)]
    names = [f"scene-{seed}-{number:05d}.jpg" for number in range(count)]
    for name, sample in zip(names, samples, strict=True):
        _write(out / name, sample.pixels)
    (out / "coco.json").write_text(coco(names, [found(sample) for sample in samples], size), "utf-8")
    _write(out / "contact.jpg", _tiled([_boxed(sample) for sample in islice(samples, 48)]))


def found(sample: Sample) -> list[Found]:
    pairs = zip(sample.boxes.tolist(), sample.forms.tolist(), strict=True)
    return [Found((x0, y0, x1 - x0, y1 - y0), form) for (x0, y0, x1, y1), form in pairs]


def coco(names: Sequence[str], boxes: Sequence[Sequence[Found]], size: int) -> str:
    """A COCO data set of square pictures; category 0 is a camera of a form that nobody noted."""
    images = [
        {"id": number, "file_name": name, "width": size, "height": size} for number, name in enumerate(names)
    ]
    pairs = [(number, box) for number, row in enumerate(boxes) for box in row]
    annotations = [
        {
            "id": number,
            "image_id": image,
            "category_id": each.form + 1,
            "bbox": [round(value, 1) for value in each.box],
            "area": round(each.box[2] * each.box[3], 1),
            "iscrowd": 0,
        }
        for number, (image, each) in enumerate(pairs)
    ]
    categories = [{"id": number, "name": word} for number, word in enumerate(("camera", *FORMS))]
    return json.dumps({"images": images, "annotations": annotations, "categories": categories})


def _cell(folder: Path, row: dict[str, object], number: int) -> Pixels:
    cut = cv2.imread(str(folder / str(row["file"])), cv2.IMREAD_UNCHANGED)
    if cut is None:
        raise ValueError(f"{row['file']} cannot be read")
    alpha = cut[..., 3:].astype(np.float32) / 255
    ground = np.array(GROUNDS[number % len(GROUNDS)], np.float32)
    pixels = np.ascontiguousarray((cut[..., :3] * alpha + ground * (1 - alpha)).astype(np.uint8))
    body, marks = row["body"], row.get("marks", [])
    if isinstance(body, list):
        _outline(pixels, [body[:2], [body[2], body[1]], body[2:], [body[0], body[3]]], RED)
    if isinstance(marks, list):
        for mark in marks:
            _outline(pixels, mark["corners"], GREEN)
    return _titled(pixels, str(row["form"]))


def _boxed(sample: Sample) -> Pixels:
    pixels = sample.pixels.copy()
    for boxes, colour in ((sample.boxes, RED), (sample.ignored, BLUE)):
        for x0, y0, x1, y1 in boxes.tolist():
            _outline(pixels, [[x0, y0], [x1, y0], [x1, y1], [x0, y1]], colour)
    return _titled(pixels, "")


def _outline(pixels: Pixels, corners: Sequence[Sequence[float]], colour: tuple[int, int, int]) -> None:
    cv2.polylines(pixels, [np.rint(np.array(corners)).astype(np.int32)], True, colour, 1)


def _titled(pixels: Pixels, title: str) -> Pixels:
    """Fitted into a square cell."""
    scale = CELL / max(pixels.shape[:2])
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:CELL, :CELL]
    cell = np.full((CELL, CELL, 3), 40, np.uint8)
    cell[: small.shape[0], : small.shape[1]] = small
    cv2.putText(cell, title, (3, CELL - 5), cv2.FONT_HERSHEY_PLAIN, 0.9, (255, 255, 255), 1)
    return cell


def _tiled(cells: Sequence[Pixels]) -> Pixels:
    across = max(1, math.ceil(math.sqrt(len(cells) * 1.5)))
    blank: Pixels = np.zeros((CELL, CELL, 3), np.uint8)
    lines = list(_lines([*cells, *[blank] * (-len(cells) % across)], across))
    return np.vstack([np.hstack(line) for line in lines])


def _lines(cells: Sequence[Pixels], across: int) -> Iterator[Sequence[Pixels]]:
    return (cells[start : start + across] for start in range(0, len(cells), across))


def _write(path: Path, pixels: Pixels) -> None:
    if not cv2.imwrite(str(path), pixels):
        raise OSError(f"cannot write {path}")
