"""How often a thing that bears a maker's name, and is no camera, is taken for a camera, and named.

    python -m scripts.draw_cutouts --out runs/signs-test --count 300 --seed 43 --what signs
    python -m scripts.measure_open_set --signs runs/signs-test --data ../shared/data

Each drawn thing is laid on a street, facade or room of the training backgrounds, a third to two thirds of
the picture high, and Camid is asked as a user would. Drawn with another seed than what the networks learn
from. ``--negatives`` also asks about the negatives of the train set (which the networks have learnt). The
scores of what was named say from which ``[identify] housing`` on nothing is.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.domain import Box, Camera, Picture, Pixels, Source
from edge.identify import Identifier
from edge.settings import load_settings
from scripts.evaluation.shares import Share
from scripts.training.command import described
from scripts.training.sources import rows

HEIGHT = 720


@dataclass(frozen=True, slots=True)
class Thing:
    """A picture with something that is no camera at ``box`` (None: anywhere)."""

    kind: str
    pixels: Pixels
    box: Box | None


def laid_out(signs: Path, data: Path, count: int, seed: int) -> Iterator[Thing]:
    """The first ``count`` signs, each on a background."""
    rng = np.random.default_rng(seed)
    grounds = sorted((data / "backgrounds").glob("*.jpg"))
    for row in list(rows(signs))[:count]:
        cutout = cv2.imread(str(signs / str(row["file"])), cv2.IMREAD_UNCHANGED)
        ground = cv2.imread(str(grounds[int(rng.integers(len(grounds)))]))
        assert cutout is not None
        assert ground is not None
        yield _laid(str(row["form"]), np.asarray(cutout, np.uint8), np.asarray(ground, np.uint8), rng)


def _laid(kind: str, cutout: Pixels, ground: Pixels, rng: np.random.Generator) -> Thing:
    scale = HEIGHT / ground.shape[0]
    canvas = cv2.resize(ground, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    size = HEIGHT * float(rng.uniform(0.33, 0.66)) / max(cutout.shape[:2])
    size = min(size, 0.9 * canvas.shape[1] / cutout.shape[1])
    thing = cv2.resize(cutout, None, fx=size, fy=size, interpolation=cv2.INTER_CUBIC)
    height, width = thing.shape[:2]
    x, y = int(rng.integers(canvas.shape[1] - width)), int(rng.integers(HEIGHT - height))
    part = canvas[y : y + height, x : x + width].astype(np.float32)
    share = thing[..., 3:].astype(np.float32) / 255
    canvas[y : y + height, x : x + width] = (thing[..., :3] * share + part * (1 - share)).astype(np.uint8)
    return Thing(kind, np.asarray(canvas, np.uint8), Box(x, y, x + width, y + height))


def negatives(data: Path) -> Iterator[Thing]:
    for row in rows(data / "negatives/train"):
        pixels = cv2.imread(str(data / "negatives/train" / str(row["file"])))
        assert pixels is not None
        yield Thing("negative", np.asarray(pixels, np.uint8), None)


def picture(pixels: Pixels) -> Picture:
    height, width = pixels.shape[:2]
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    return Picture(pixels, Source("photo", "thing", digest, width, height))


def taken_for_cameras(thing: Thing, cameras: tuple[Camera, ...]) -> list[Camera]:
    return [camera for camera in cameras if thing.box is None or camera.box.coverage_by(thing.box) > 0.5]


def measure(identifier: Identifier, things: Iterator[Thing]) -> None:
    total, taken, named = Counter[str](), Counter[str](), Counter[str]()
    scores: dict[str, list[float]] = defaultdict(list)
    marks = 0
    for thing in things:
        report = identifier.photo(picture(thing.pixels))
        wrong = taken_for_cameras(thing, report.cameras)
        bearing = [c for c in wrong if c.identification.brand or c.identification.platform]
        total[thing.kind] += 1
        taken[thing.kind] += bool(wrong)
        named[thing.kind] += bool(bearing)
        scores[thing.kind] += [round(camera.score, 2) for camera in bearing]
        marks += bool(report.marks)
    for kind in sorted(total):
        shares = Share(taken[kind], total[kind]), Share(named[kind], total[kind])
        print(f"{kind:10} cameras {shares[0]}; named {shares[1]}; scores of the named {sorted(scores[kind])}")
    everything = sum(total.values())
    shares = Share(sum(taken.values()), everything), Share(sum(named.values()), everything)
    print(f"all: cameras {shares[0]}; named {shares[1]}")
    print(f"pictures with a mark reported as such {Share(marks, everything)}")


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--signs", type=Path, required=True, help="a folder of draw_cutouts --what signs")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--negatives", action="store_true", help="also the negatives of the train set")
    options: argparse.Namespace = parser.parse_args()
    identifier = Identifier.load(load_settings())
    measure(identifier, laid_out(options.signs, options.data, options.count, options.seed))
    if options.negatives:
        measure(identifier, negatives(options.data))


if __name__ == "__main__":
    main()
