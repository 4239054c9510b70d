"""Choose the detector's default threshold on training pictures that the networks have not seen.

    python -m scripts.choose_detection --data ../shared/data --false-boxes 0.10

Prints the score from which the held-out training pictures (``scripts/training/sources.py``) show at most
that many false boxes a photo, with the recall there: the value of ``[detect] score`` in thresholds.toml.
"""

from __future__ import annotations

from pathlib import Path

import cv2

from edge.domain import Box
from edge.evidence.likelihoods import load_thresholds
from edge.settings import load_settings
from edge.vision.finder import load_finder
from scripts.evaluation.detection import Scored, match
from scripts.evaluation.observations import Seen
from scripts.training.command import described
from scripts.training.sources import Photo, load


def threshold(finds: list[Scored], photos: int, allowed: float) -> float:
    """The lowest score of a find at which false boxes stay within ``allowed`` a photo."""
    wrong, chosen = 0, 1.0
    for find in sorted(finds, key=lambda find: -find.score):
        wrong += find.truth is None
        if wrong > allowed * photos:
            break
        chosen = find.score
    return chosen


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--false-boxes", type=float, default=0.10, help="a photo")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    settings = load_settings()
    finder = load_finder(settings)

    def finds_on(photo: Photo) -> list[Scored]:
        seen = [Seen(housing.box, housing.score) for housing in finder.find(photo.pixels, 0.0)]
        return match([Box(*map(float, box)) for box in photo.boxes], seen)

    _, held_out = load(options.data)
    photos: list[Photo] = [*held_out.scenes, *held_out.empty]
    finds = [find for photo in photos for find in finds_on(photo)]
    cameras = sum(len(photo.boxes) for photo in photos)
    score = threshold(finds, len(photos), options.false_boxes)
    for name, least in (("chosen", score), ("now", load_thresholds(settings.models_dir).detect_score)):
        kept = [find for find in finds if find.score >= least]
        wrong = sum(find.truth is None for find in kept)
        found = f"{len(kept) - wrong}/{cameras} cameras"
        print(f"{name}: score {least:.3f}: {found}, {wrong} false boxes on {len(photos)} photos")


if __name__ == "__main__":
    main()
