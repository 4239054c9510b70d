"""Runs the OCR cascade over the sets of the research data and keeps what it read, a line of JSON a housing.

``python -m scripts.reading_cache SET...`` with sets of ``SETS``; ``--cache`` is the folder of the results.
Fitting and measuring read them from there, for OCR takes a second a picture and matching a millisecond.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from edge.domain import Box, Pixels, TextLine
from edge.settings import load_settings
from edge.vision.text import CASCADE, Pass, TextReader, load_text_reader

SETS = (
    "products/train",
    "scenes/train",
    "negatives/train",
    "backgrounds",
    "osd/train",
    "products/dev",
    "scenes/dev",
    "negatives/dev",
)
SAMPLED = {"backgrounds": 120, "osd/train": 80}
"""Sets without cameras from which a seeded sample is enough."""
SEED = 5
STUDIED = (
    Pass(320),
    Pass(640),
    Pass(320, flipped=True),
    Pass(640, flipped=True),
    Pass(640, contrast=True),
    Pass(640, contrast=True, flipped=True),
    Pass(480, turn=90),
    Pass(480, turn=90, flipped=True),
)
"""All passes of which the cascade is a choice; ``--studied`` runs them all."""


MARKED = {
    "nd03125079.jpg": "dahua",
    "n9a0b57948.jpg": "dahua",
    "nb4a11990c.jpg": "dahua",
    "nfe22a32fb.jpg": "canon",
    "nadccda0be.jpg": "canon",
    "n0b270ae0e.jpg": "aqara",
    "6cfff07e4b.jpg#0": "uniarch",
    "e5963898d4.jpg#0": "dahua",
}
"""Train pictures with a maker's mark that their labels do not name (alarm panels, sirens), seen by eye."""


@dataclass(frozen=True, slots=True)
class PassReading:
    step: Pass
    lines: tuple[TextLine, ...]
    pixels: int
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class HousingReading:
    """What was read on one labelled housing (or whole picture); ``brands`` are the labels that name it."""

    key: str
    brands: tuple[str, ...]
    mark_text: str | None
    readable: bool
    open_set: bool
    passes: tuple[PassReading, ...]

    def lines(self, cascade: Sequence[Pass] = CASCADE) -> list[TextLine]:
        return [line for step in cascade for p in self.passes if p.step == step for line in p.lines]


@dataclass(frozen=True, slots=True)
class _Task:
    key: str
    path: Path
    box: Box | None
    label: dict[str, Any]


def load_readings(cache: Path, name: str) -> list[HousingReading]:
    with _file(cache, name).open(encoding="utf-8") as rows:
        return [_parse(json.loads(row)) for row in rows]


def _file(cache: Path, name: str) -> Path:
    return cache / f"{name.replace('/', '_')}.jsonl"


def _parse(row: dict[str, Any]) -> HousingReading:
    passes = tuple(
        PassReading(
            Pass(*p["step"]),
            tuple(TextLine(t, s, Box(*b), h, turn) for t, s, b, h, turn in p["lines"]),
            p["pixels"],
            p["cpu_ms"],
        )
        for p in row["passes"]
    )
    marked = MARKED.get(row["key"])
    return HousingReading(
        key=row["key"],
        brands=(marked,) if marked else tuple(row["brands"]),
        mark_text=row["mark_text"],
        readable=row["readable"] or marked is not None,
        open_set=row["open_set"],
        passes=passes,
    )


def tasks(data: Path, name: str) -> Iterator[_Task]:
    with (data / name / "labels.jsonl").open(encoding="utf-8") as rows:
        labels = [json.loads(row) for row in rows]
    if name in SAMPLED:
        random.Random(SEED).shuffle(labels)
        labels = labels[: SAMPLED[name]]
    for label in labels:
        path = data / name / label["file"]
        if "boxes" not in label:
            yield _Task(label["file"], path, None, label)
            continue
        for number, (box, vendor) in enumerate(zip(label["boxes"], label["vendors"], strict=True)):
            yield _Task(
                f"{label['file']}#{number}",
                path,
                Box(*box),
                {"vendor": vendor, "mark_readable": vendor is not None},
            )


def load_pixels(path: Path) -> Pixels:
    """Any label file as BGR, transparency over white."""
    raw = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if raw is None:
        raise ValueError(f"{path} is no picture")
    if raw.dtype == np.uint16:
        raw = (raw / 257).astype(np.uint8)
    if raw.ndim == 2:
        raw = cv2.cvtColor(raw, cv2.COLOR_GRAY2BGR)
    if raw.shape[2] == 4:
        alpha = raw[:, :, 3:].astype(np.float32) / 255
        raw = raw[:, :, :3] * alpha + 255 * (1 - alpha)
    return np.ascontiguousarray(raw.astype(np.uint8))


def read_set(reader: TextReader, data: Path, name: str, cache: Path) -> None:
    target = _file(cache, name)
    done = {reading.key for reading in load_readings(cache, name)} if target.exists() else set()
    with target.open("a", encoding="utf-8") as out:
        for task in tasks(data, name):
            if task.key not in done:
                out.write(json.dumps(_read(reader, task), ensure_ascii=False) + "\n")
                out.flush()


def _read(reader: TextReader, task: _Task) -> dict[str, Any]:
    pixels = load_pixels(task.path)
    box = task.box or Box(0, 0, pixels.shape[1], pixels.shape[0])
    passes = []
    started = time.process_time()
    for step, lines, spent in reader.passes(pixels, box):
        ended = time.process_time()
        passes.append(
            {
                "step": [step.long_side, step.turn, step.contrast, step.flipped],
                "pixels": spent,
                "cpu_ms": round(1000 * (ended - started), 1),
                "lines": [
                    [x.text, round(x.score, 4), _rounded(x.box), round(x.height, 1), x.turn] for x in lines
                ],
            }
        )
        started = time.process_time()
    label = task.label
    return {
        "key": task.key,
        "brands": [b for b in (label.get("vendor"), label.get("sub_brand")) if b],
        "mark_text": label.get("mark_text"),
        "readable": bool(label.get("mark_readable")),
        "open_set": bool(label.get("open_set")),
        "passes": passes,
    }


def _rounded(box: Box) -> list[float]:
    return [round(side, 1) for side in box.as_tuple()]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="+", choices=SETS)
    parser.add_argument("--data", type=Path, required=True, help="folder of the research data")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--studied", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    reader = load_text_reader(load_settings(threads=options.threads), STUDIED if options.studied else CASCADE)
    for name in options.sets:
        read_set(reader, options.data, name, options.cache)


if __name__ == "__main__":
    main()
