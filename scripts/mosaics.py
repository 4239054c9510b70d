"""Far cameras: scenes and negatives shrunk until cameras are 12 to 64 pixels long, laid on 12 MP canvases.

    python -m scripts.mosaics make --split dev            # runs/mosaics/dev: JPEG canvases and labels.jsonl
    python -m scripts.mosaics measure --split dev --json  # recall by size, false boxes, tiles and whole

The pieces stand in shelves of one height each, edge to edge: the height follows from a camera length drawn
log-uniformly for the shelf's first scene, and a scene may stand in the shelf only if that height gives each
of its cameras 12 to 64 pixels. Negatives are shrunk to the same height; the piece that closes a shelf is a
negative cut to what is left, so that nothing is covered and no gap remains. Only scenes whose cameras are
all boxed (``complete``) are used. The same scene stands on a canvas several times at several sizes, so the
intervals, which take each camera as one independent case, are narrower than the truth.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.domain import Box, Pixels
from edge.evidence.likelihoods import load_thresholds
from edge.settings import load_settings
from edge.vision.finder import HousingFinder, load_finder
from edge.vision.sizes import detector_size
from scripts.mosaic_scores import Canvas, Score, score, table

CHECKOUT = Path(__file__).resolve().parents[1]
SHORTEST, LONGEST = 12.0, 64.0
FLOOR_SCORE = 0.02


@dataclass(frozen=True, slots=True)
class Piece:
    """A picture to be shrunk. ``boxes`` are its cameras, none on a negative."""

    path: Path
    width: int
    height: int
    boxes: tuple[Box, ...] = ()

    def fits(self, scale: float) -> bool:
        """Whether each camera is of the wanted length at that scale; nothing is ever enlarged."""
        return scale <= 1 and all(SHORTEST <= box.long_side * scale <= LONGEST for box in self.boxes)


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece at ``x, y``, resized to ``width`` × ``height`` and cut on the right to ``shown`` pixels."""

    piece: Piece
    x: int
    y: int
    width: int
    height: int
    shown: int

    def boxes(self) -> list[Box]:
        across, down = self.width / self.piece.width, self.height / self.piece.height
        return [
            Box(b.x0 * across, b.y0 * down, b.x1 * across, b.y1 * down).moved(self.x, self.y)
            for b in self.piece.boxes
        ]


def lay_out(
    scenes: Sequence[Piece], negatives: Sequence[Piece], width: int, height: int, rng: random.Random
) -> list[Placed]:
    """Fills a canvas with shelves. Scenes and negatives come in proportion to their numbers."""
    placed: list[Placed] = []
    y = 0
    while y < height:
        tall = _shelf_height(scenes, rng)
        if height - (y + tall) < 48:  # what would be left is too low for another shelf
            tall = height - y
        tall = min(tall, height - y)
        placed += _shelf(scenes, negatives, y, tall, width, rng)
        y += tall
    return placed


def _shelf_height(scenes: Sequence[Piece], rng: random.Random) -> int:
    while True:
        scene = rng.choice(scenes)
        longest = max(box.long_side for box in scene.boxes)
        scale = math.exp(rng.uniform(math.log(SHORTEST), math.log(LONGEST))) / longest
        if scene.fits(scale) and 48 <= scene.height * scale <= 900:
            return round(scene.height * scale)


def _shelf(
    scenes: Sequence[Piece], negatives: Sequence[Piece], y: int, tall: int, width: int, rng: random.Random
) -> Iterator[Placed]:
    fitting = [scene for scene in scenes if scene.fits(tall / scene.height)]
    x = 0
    while x < width:
        left = width - x
        scene_next = rng.random() < len(scenes) / (len(scenes) + len(negatives))
        piece = rng.choice(fitting) if scene_next and fitting else rng.choice(negatives)
        wide = max(1, round(piece.width * tall / piece.height))
        if wide <= left and left - wide not in range(1, 32):
            yield Placed(piece, x, y, wide, tall, wide)
            x += wide
        elif not piece.boxes:  # a negative may be cut; one that is too narrow is widened by a few pixels
            yield Placed(piece, x, y, max(wide, left), tall, left)
            x += left


def paint(placed: Sequence[Placed], width: int, height: int) -> Pixels:
    canvas = np.zeros((height, width, 3), np.uint8)
    for place in placed:
        picture = read_picture(place.piece.path)
        how = cv2.INTER_AREA if place.height <= picture.shape[0] else cv2.INTER_LINEAR
        small = cv2.resize(picture, (place.width, place.height), interpolation=how)
        canvas[place.y : place.y + place.height, place.x : place.x + place.shown] = small[:, : place.shown]
    return canvas


def read_picture(path: Path) -> Pixels:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if pixels is None:
        raise SystemExit(f"{path} cannot be read.")
    return np.asarray(pixels, np.uint8)


def load_pieces(data: Path, split: str) -> tuple[list[Piece], list[Piece]]:
    """Scenes and negatives of a split of the research data."""
    scenes = [
        Piece(
            data / "scenes" / split / row["file"],
            row["width"],
            row["height"],
            tuple(Box(*box) for box in row["boxes"]),
        )
        for row in _rows(data / "scenes" / split)
        if row["complete"] and row["boxes"]
    ]
    negatives = []
    for row in _rows(data / "negatives" / split):
        path = data / "negatives" / split / str(row["file"])
        tall, wide = read_picture(path).shape[:2]
        negatives.append(Piece(path, wide, tall))
    return scenes, negatives


def _rows(folder: Path) -> list[dict]:  # type: ignore[type-arg]
    return [json.loads(line) for line in (folder / "labels.jsonl").read_text("utf-8").splitlines()]


def make(data: Path, out: Path, split: str, canvases: int, seed: int, width: int, height: int) -> None:
    scenes, negatives = load_pieces(data, split)
    rng = random.Random(f"{split}/{seed}")
    out.mkdir(parents=True, exist_ok=True)
    with (out / "labels.jsonl").open("w", encoding="utf-8") as labels:
        for number in range(canvases):
            placed = lay_out(scenes, negatives, width, height, rng)
            name = f"{number:02d}.jpg"
            cv2.imwrite(str(out / name), paint(placed, width, height), [cv2.IMWRITE_JPEG_QUALITY, 92])
            boxes = [[round(v, 2) for v in box.as_tuple()] for place in placed for box in place.boxes()]
            row = {"file": name, "width": width, "height": height, "pieces": len(placed), "boxes": boxes}
            labels.write(json.dumps(row) + "\n")
            print(f"{out / name}: {len(placed)} pieces, {len(boxes)} cameras")


def measure(folder: Path, finder: HousingFinder, *, tiled: bool) -> list[Canvas]:
    """Every canvas of a folder with the housings found on it, down to ``FLOOR_SCORE``."""
    measured = []
    for row in _rows(folder):
        pixels = read_picture(folder / row["file"])
        found = finder.find(pixels, FLOOR_SCORE, tiled=tiled)
        cameras = [Box(*box) for box in row["boxes"]]
        measured.append(Canvas(row["width"] * row["height"] / 1e6, tuple(cameras), tuple(found)))
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("make", "measure"))
    parser.add_argument("--split", choices=("dev", "train"), default="dev")
    parser.add_argument("--data", type=Path, default=CHECKOUT.parent / "shared" / "data")
    parser.add_argument("--out", type=Path, help="default: runs/mosaics/SPLIT")
    parser.add_argument("--canvases", type=int, default=12)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--width", type=int, default=4000)
    parser.add_argument("--height", type=int, default=3000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    out: Path = options.out or CHECKOUT / "runs" / "mosaics" / options.split
    if options.what == "make":
        make(options.data, out, options.split, options.canvases, options.seed, options.width, options.height)
        return
    settings = load_settings(max_cameras=100_000)
    finder = load_finder(settings)
    threshold = load_thresholds(settings.models_dir).detect(detector_size(settings))
    scores: list[Score] = []
    for tiled in (True, False):
        canvases = measure(out, finder, tiled=tiled)
        scores += score(canvases, "tiles" if tiled else "whole", threshold)
    print(json.dumps([s.as_json() for s in scores], indent=1) if options.json else table(scores))


if __name__ == "__main__":
    main()
