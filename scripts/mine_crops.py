"""Collect what a detector finds on undistorted training photos: what the second look is judged and fitted on.

    python -m scripts.mine_crops --data ../shared/data --detector runs/detector.onnx --out runs/crops.npz

The sources are parted into folds (``in_folds``), so that a network can be judged on sources that it has not
learnt from (``judge_housing.py``). Every photo is looked at three times, as if it were seen from once, twice
and four times as far. Of the crops, ``unseen`` are those of photos that the detector has not learnt from
either, ``whole`` those of scenes and photos without a camera at full size. No dev picture is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from edge.domain import Box, Pixels
from edge.vision.cascade import averaged
from edge.vision.crops import surroundings
from edge.vision.detector import SUSPICION
from scripts.training.command import described
from scripts.training.compose import Sample
from scripts.training.sources import UNKNOWN_FORM, Photo, in_folds, joined, load
from scripts.training.verifier import CROP
from scripts.training.whole import best, letterboxed, planes

SIZE = 416
FLOOR = 0.01
NEGATIVES = 5
SHARES = (1.0, 0.5, 0.25)
"""How large a photo is in a view, as if it were seen from once, twice and four times as far."""


@dataclass(frozen=True, slots=True)
class Crop:
    """``pixels`` is CROP × CROP × 3; ``score`` is the detector's."""

    pixels: Pixels
    camera: bool
    form: int
    score: float


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


@dataclass(frozen=True, slots=True)
class Miner:
    """With a ``larger`` detector as Camid's ``small`` has one: asked where the other suspects something."""

    session: onnxruntime.InferenceSession
    larger: onnxruntime.InferenceSession | None = None

    def candidates(self, pixels: Pixels) -> list[tuple[NDArray[np.float32], float]]:
        """The detector's finds in one SIZE × SIZE picture, best first."""
        inputs = {"images": planes(pixels)}
        boxes, scores = (output[0] for output in self.session.run(None, inputs))
        if self.larger is not None and scores.max() >= SUSPICION:
            boxes, scores = averaged(boxes, scores, *(output[0] for output in self.larger.run(None, inputs)))
        return [(boxes[k], float(scores[k])) for k in best(boxes, scores, FLOOR, 20)]

    def crops(self, view: View) -> Iterator[Crop]:
        """Its cameras where the detector puts them, and the detector's mistakes."""
        sample = view.sample
        finds = self.candidates(sample.pixels)
        for truth, form in zip(sample.boxes, sample.forms, strict=True):
            met = [find for find in finds if overlap(find[0], truth[None])[0] >= 0.5]
            if met:
                yield _crop(view, met[0][0], True, int(form), met[0][1])
        yield from self._mistakes(view, finds)

    def _mistakes(self, view: View, finds: list[tuple[NDArray[np.float32], float]]) -> Iterator[Crop]:
        spared = np.concatenate((view.sample.boxes, view.sample.ignored))
        wrong = [(b, s) for b, s in finds if not len(spared) or overlap(b, spared).max() < 0.3]
        for box, score in wrong[:NEGATIVES]:
            if box[2] - box[0] > 3 and box[3] - box[1] > 3:
                yield _crop(view, box, False, UNKNOWN_FORM, score)


def _crop(view: View, box: NDArray[np.float32], camera: bool, form: int, score: float) -> Crop:
    in_photo = Box(*(float(side) / view.scale for side in box))
    return Crop(surroundings(view.photo, in_photo, CROP), camera, form, score)


def plain_views(photo: Photo) -> Iterator[View]:
    """A picture as the detector sees it whole, and as if it stood two and four times farther off."""
    for share in SHARES:
        scale = SIZE * share / max(photo.pixels.shape[:2])
        if share < 1.0:
            small = cv2.resize(photo.pixels, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
            yield View(seen_at(photo, scale), np.asarray(small, np.uint8), scale / share)
        else:
            yield View(seen_at(photo, scale), photo.pixels, scale)


def seen_at(photo: Photo, scale: float) -> Sample:
    boxes = photo.boxes * scale
    large = (boxes[:, 2:] - boxes[:, :2]).max(1, initial=0) >= 8
    return Sample(letterboxed(photo.pixels, SIZE, scale), boxes[large], photo.forms[large], boxes[~large])


@dataclass(slots=True)
class Gathered:
    crops: list[Crop] = field(default_factory=list)
    fold: list[int] = field(default_factory=list)
    unseen: list[bool] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)

    def add(self, crops: Iterable[Crop], fold: int, *, unseen: bool, whole: bool) -> None:
        for crop in crops:
            self.crops.append(crop)
            self.fold.append(fold)
            self.unseen.append(unseen)
            self.whole.append(whole)

    def save(self, path: Path) -> None:
        crops = self.crops
        np.savez(
            path,
            pixels=np.stack([crop.pixels for crop in crops]),
            camera=np.array([crop.camera for crop in crops]),
            form=np.array([crop.form for crop in crops]),
            score=np.array([crop.score for crop in crops], np.float32),
            fold=np.array(self.fold),
            unseen=np.array(self.unseen),
            whole=np.array(self.whole),
        )


def opened(file: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(file), options)


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--coco", type=Path, nargs="+", default=(), help="folders of camid review export")
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument("--larger", type=Path, help="the detector that `small` has behind the other")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    larger = None if options.larger is None else opened(options.larger)
    miner, gathered = Miner(opened(options.detector), larger), Gathered()
    train, check = load(options.data, coco=options.coco)
    known = {id(photo) for photo in (*train.scenes, *train.products, *train.empty)}
    for fold, part in enumerate(in_folds(joined([train, check]))):
        for photo in (*part.scenes, *part.products, *part.empty):
            for share, view in zip(SHARES, plain_views(photo), strict=True):
                # The products show what is on a dealer's page, and say nothing of false boxes in a photo.
                whole = share == 1 and not any(photo is product for product in part.products)
                gathered.add(miner.crops(view), fold, unseen=id(photo) not in known, whole=whole)
        print(f"fold {fold}: {len(gathered.crops)} crops so far", flush=True)
    gathered.save(options.out)
    print(f"{len(gathered.crops)} crops, {sum(crop.camera for crop in gathered.crops)} of cameras")


if __name__ == "__main__":
    main()
