"""Collect the crops that the housing network learns from: candidates of the detector on composed pictures.

    python -m scripts.mine_crops --data ../shared/data --detector runs/detector.onnx --out runs/crops.npz \\
        --pictures 6000

Each composed picture gives its cameras (boxes jittered as a detector would place them) and the detector's own
best finds that are no camera, which are the mistakes to be told apart. ``--split validation`` takes the
held-out training pictures, undistorted, for the calibration; ``--plain`` takes training pictures likewise,
for the sharp crops that a composed picture cannot give. No dev picture is touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge.domain import Box, Pixels
from edge.vision.housing import surroundings
from scripts.training.command import described
from scripts.training.compose import GREY, Composer, Sample
from scripts.training.sources import UNKNOWN_FORM, Photo, Sources, load
from scripts.training.verifier import CROP

SIZE = 416
FLOOR = 0.01
NEGATIVES = 5
POSITIVES = 6


@dataclass(frozen=True, slots=True)
class Crop:
    pixels: Pixels
    camera: bool
    form: int
    score: float
    """The detector's, or 0 for a box that it did not find."""


def suppressed(boxes: NDArray[np.float32], scores: NDArray[np.float32], most: int) -> list[int]:
    """Indices of the best boxes of which none overlaps a better one by half."""
    rectangles = [(float(b[0]), float(b[1]), float(b[2] - b[0]), float(b[3] - b[1])) for b in boxes]
    return [int(k) for k in cv2.dnn.NMSBoxes(rectangles, scores.tolist(), FLOOR, 0.5)][:most]


def overlap(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """IoU of a box with each of N others."""
    extent = (np.minimum(box[2:], others[:, 2:]) - np.maximum(box[:2], others[:, :2])).clip(0)
    shared = extent.prod(1)
    areas = (others[:, 2:] - others[:, :2]).prod(1) + (box[2:] - box[:2]).prod()
    return np.asarray(shared / (areas - shared + 1e-9), np.float32)


@dataclass(frozen=True, slots=True)
class View:
    """What the detector sees, and the photo behind it, ``scale`` times as large in each direction's inverse:
    one pixel of the view is ``1 / scale`` pixels of ``photo``. The second look is at the photo."""

    sample: Sample
    photo: Pixels
    scale: float


@dataclass(slots=True)
class Miner:
    session: onnxruntime.InferenceSession
    rng: np.random.Generator

    def candidates(self, pixels: Pixels) -> list[tuple[NDArray[np.float32], float]]:
        """The detector's finds in one SIZE × SIZE picture, best first."""
        images = pixels.transpose(2, 0, 1)[None].astype(np.float32)
        boxes, scores = (output[0] for output in self.session.run(None, {"images": images}))
        likely = scores > FLOOR
        boxes, scores = boxes[likely], scores[likely]
        return [(boxes[k], float(scores[k])) for k in suppressed(boxes, scores, 20)]

    def crops(self, view: View, jitter: int) -> Iterator[Crop]:
        """Its cameras, each ``jitter`` times beside the true box and once where the detector puts it, and the
        detector's mistakes."""
        sample = view.sample
        finds = self.candidates(sample.pixels)
        for k in self.rng.permutation(len(sample.boxes))[:POSITIVES]:
            truth, form = sample.boxes[k], int(sample.forms[k])
            met = [find for find in finds if overlap(find[0], truth[None])[0] >= 0.5]
            score = met[0][1] if met else 0.0
            for _ in range(jitter):
                yield _crop(view, self._jittered(truth), True, form, score)
            if met:
                yield _crop(view, met[0][0], True, form, score)
        spared = np.concatenate((sample.boxes, sample.ignored))
        wrong = [(b, s) for b, s in finds if not len(spared) or overlap(b, spared).max() < 0.3]
        for box, score in wrong[:NEGATIVES]:
            if box[2] - box[0] > 3 and box[3] - box[1] > 3:
                yield _crop(view, box, False, UNKNOWN_FORM, score)
        if jitter and self.rng.random() < 0.3:
            yield from self._random_crop(view, spared)

    def _random_crop(self, view: View, spared: NDArray[np.float32]) -> Iterator[Crop]:
        side = float(np.exp(self.rng.uniform(np.log(10), np.log(250))))
        x, y = self.rng.uniform(0, SIZE - side, 2)
        box = np.array([x, y, x + side, y + side * self.rng.uniform(0.6, 1.0)], np.float32)
        if not len(spared) or overlap(box, spared).max() < 0.1:
            yield _crop(view, box, False, UNKNOWN_FORM, 0.0)

    def _jittered(self, truth: NDArray[np.float32]) -> NDArray[np.float32]:
        width, height = truth[2] - truth[0], truth[3] - truth[1]
        shift = self.rng.normal(0, 0.06, 4) * np.array([width, height, width, height])
        box = (truth + shift).astype(np.float32)
        return box if box[2] - box[0] > 4 and box[3] - box[1] > 4 else truth


def _crop(view: View, box: NDArray[np.float32], camera: bool, form: int, score: float) -> Crop:
    in_photo = Box(*(float(side) / view.scale for side in box))
    return Crop(surroundings(view.photo, in_photo, CROP), camera, form, score)


def composed_views(sources: Sources, count: int, rng: np.random.Generator) -> Iterator[View]:
    composer = Composer(sources, SIZE, rng)
    for _ in range(count):
        sample = composer.sample()
        yield View(sample, sample.pixels, 1.0)


def plain_views(sources: Sources) -> Iterator[View]:
    """Every picture as the detector sees it whole, and as if it stood two and four times farther off."""
    for photo in (*sources.scenes, *sources.products, *sources.empty):
        for share in (1.0, 0.5, 0.25):
            scale = SIZE * share / max(photo.pixels.shape[:2])
            if share < 1.0:
                small = cv2.resize(photo.pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
                yield View(letterboxed(photo, scale), np.asarray(small, np.uint8), scale / share)
            else:
                yield View(letterboxed(photo, scale), photo.pixels, scale)


def letterboxed(photo: Photo, scale: float) -> Sample:
    small = cv2.resize(photo.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)[:SIZE, :SIZE]
    canvas = np.full((SIZE, SIZE, 3), GREY, np.uint8)
    canvas[: small.shape[0], : small.shape[1]] = small
    boxes = photo.boxes * scale
    large = (boxes[:, 2:] - boxes[:, :2]).max(1, initial=0) >= 8
    return Sample(canvas, boxes[large], photo.forms[large], boxes[~large])


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--drawn", type=Path, help="folder that draw_cutouts.py made")
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pictures", type=int, default=6000)
    parser.add_argument("--split", choices=("train", "validation"), default="train")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--seed", type=int, default=2)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    session_options = onnxruntime.SessionOptions()
    session_options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(options.detector), session_options)
    rng = np.random.default_rng(options.seed)
    train, validation = load(options.data, options.drawn)
    if options.split == "validation":
        views, jitter = plain_views(validation), 0
    elif options.plain:
        views, jitter = plain_views(train), 2
    else:
        views, jitter = composed_views(train, options.pictures, rng), 1
    miner, crops = Miner(session, rng), []
    for count, view in enumerate(views, start=1):
        crops += list(miner.crops(view, jitter))
        if count % 500 == 0:
            print(f"{count} pictures, {len(crops)} crops", flush=True)
    np.savez(
        options.out,
        pixels=np.stack([crop.pixels for crop in crops]),
        camera=np.array([crop.camera for crop in crops]),
        form=np.array([crop.form for crop in crops]),
        score=np.array([crop.score for crop in crops], np.float32),
    )
    print(f"{len(crops)} crops, {sum(crop.camera for crop in crops)} of cameras")


if __name__ == "__main__":
    main()
