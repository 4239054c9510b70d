"""Draws on-screen displays that went through a codec: ``python -m scripts.draw_osd --split train --out DIR``.

Stills as JPEG or PNG with ``labels.jsonl`` beside them, clips under ``clips/`` with their own, in the form of
the real frames in ``DATA/osd``. Backgrounds and logos come from the shared research data: nothing that is
drawn here may be published. A run that was broken off goes on where it stopped; the same seed gives the same
pixels. Needs the training environment, for the SVG logos.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
from rich.progress import track

from scripts.drawing.osd_shots import Label, Shot, as_line, clip, still
from scripts.drawing.osd_splits import Split, load_split

SEED = 21
PNG_SHARE = 8
"""Every eighth still is kept without further loss."""


def draw_stills(split: Split, out: Path, count: int, jobs: int = 1) -> None:
    _draw(partial(_kept_still, split, out), out, count, jobs, "stills")


def draw_clips(split: Split, out: Path, count: int, jobs: int = 1) -> None:
    _draw(partial(_kept_clip, split, out / "clips"), out / "clips", count, jobs, "clips")


def _draw(keep: Callable[[int], Label], out: Path, count: int, jobs: int, what: str) -> None:
    """Draws what is missing; a label is written once its picture is whole."""
    out.mkdir(parents=True, exist_ok=True)
    labels = out / "labels.jsonl"
    lines = _whole_lines(labels)
    missing = [number for number in range(count) if number not in lines]
    with labels.open("w", encoding="utf-8") as file:
        file.writelines(lines[number] for number in sorted(lines))
        file.flush()
        for label in track(_each(keep, missing, jobs), what, total=len(missing), disable=not missing):
            line = json.dumps(as_line(label), ensure_ascii=False) + "\n"
            lines[_number(label.file)] = line
            file.write(line)
            file.flush()
    labels.write_text("".join(lines[number] for number in sorted(lines)), "utf-8")


def _each(keep: Callable[[int], Label], numbers: Iterable[int], jobs: int) -> Iterator[Label]:
    if jobs < 2:
        yield from map(keep, numbers)
        return
    # The split with its logos goes to each process once; sent along with every number it would cost seconds.
    with multiprocessing.get_context("spawn").Pool(jobs, _inherit, (keep,)) as pool:
        yield from pool.imap_unordered(_keep_one, numbers)


_inherited: list[Callable[[int], Label]] = []


def _inherit(keep: Callable[[int], Label]) -> None:
    _inherited[:] = [keep]


def _keep_one(number: int) -> Label:
    return _inherited[0](number)


def _whole_lines(labels: Path) -> dict[int, str]:
    """By number, the labels whose pictures are there; a line that was cut off is none."""
    found = {}
    for line in labels.read_text("utf-8").splitlines(keepends=True) if labels.exists() else ():
        if line.endswith("}\n"):
            file = str(json.loads(line)["file"])
            if (labels.parent / file).exists():
                found[_number(file)] = line
    return found


def _number(file: str) -> int:
    return int(Path(file).stem[1:])


def _kept_still(split: Split, out: Path, number: int) -> Label:
    cv2.setNumThreads(1)
    shot = still(split, number)
    label = shot.label
    if number % PNG_SHARE == 0:
        label = replace(label, file=label.file.replace(".jpg", ".png"))
    _write(out / label.file, _encoded(shot, label.file, number))
    return label


def _kept_clip(split: Split, out: Path, number: int) -> Label:
    cv2.setNumThreads(1)
    shot = clip(split, number)
    _write(out / shot.label.file, shot.file or b"")
    return shot.label


def _encoded(shot: Shot, file: str, number: int) -> bytes:
    quality = [cv2.IMWRITE_JPEG_QUALITY, 88 + number % 10] if file.endswith(".jpg") else []
    return bytes(cv2.imencode(Path(file).suffix, shot.picture, quality)[1])


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all."""
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--split", choices=("train", "test"), required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the shared research data")
    parser.add_argument("--count", type=int, default=600, help="stills")
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    options = parser.parse_args()
    split = load_split(options.split, options.data, options.seed)
    draw_stills(split, options.out, options.count, options.jobs)
    draw_clips(split, options.out, options.clips, options.jobs)


if __name__ == "__main__":
    main()
