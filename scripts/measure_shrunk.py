"""How small a housing may be whose mark is still read: named right and wrong at shrinking widths.

    python -m scripts.measure_shrunk --data ../shared/data --widths 160 80 60 40 30

Each product with a mark that a person can read is found in its picture as it is; then the picture is shrunk
until the housing has the wanted width, and everything but the finding is done anew: what is measured is the
reading, not the detector. Open-set products are asked about too: any name is wrong there.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.domain import Box, Housing, Picture, Pixels, Source
from edge.identify import Identifier
from edge.settings import Settings, load_settings
from edge.vendors.catalogue import Catalogue, load_catalogue
from edge.vision.finder import load_finder
from scripts.evaluation.cases import PRODUCTS, Case, load_cases
from scripts.evaluation.naming import Outcome, grade
from scripts.evaluation.observations import Seen
from scripts.evaluation.shares import Share
from scripts.training.command import described

GROUND = 235
"""Grey of the sheet that a small picture is laid on."""
SHEET = (480, 640)


@dataclass(slots=True)
class Pointed:
    """Stands in for the search: the housing is where it is said to be."""

    housing: Housing | None = None

    def find(self, *_: object, **__: object) -> list[Housing]:
        return [] if self.housing is None else [self.housing]


def shrunk(pixels: Pixels, box: Box, width: float) -> tuple[Pixels, Box] | None:
    """The picture with a housing ``width`` pixels wide, on a sheet, and its box; None if it would grow."""
    scale = width / box.width
    if scale > 1:
        return None
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    height, across = (max(a, b) for a, b in zip(SHEET, small.shape[:2], strict=True))
    sheet = np.full((height, across, 3), GROUND, np.uint8)
    y, x = (height - small.shape[0]) // 2, (across - small.shape[1]) // 2
    sheet[y : y + small.shape[0], x : x + small.shape[1]] = small
    return sheet, Box(*(side * scale for side in box.as_tuple())).moved(x, y)


def picture(pixels: Pixels) -> Picture:
    height, width = pixels.shape[:2]
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    return Picture(pixels, Source("photo", "shrunk", digest, width, height))


def measure(cases: Sequence[Case], widths: Sequence[int], settings: Settings, catalogue: Catalogue) -> None:
    identifier, finder, pointed = Identifier.load(settings), load_finder(settings), Pointed()
    identifier._finder = pointed  # type: ignore[assignment]
    outcomes: dict[int, Counter[Outcome]] = {width: Counter() for width in widths}
    wrong_unknown: Counter[int] = Counter()
    unknown: Counter[int] = Counter()
    for case in cases:
        pixels = cv2.imread(str(case.path))
        assert pixels is not None
        found = finder.find(np.asarray(pixels, np.uint8), 0.05)
        if not found:
            continue
        for width in widths:
            answer = _answer(identifier, pointed, np.asarray(pixels, np.uint8), found[0], width)
            if answer is None:
                continue
            outcome = grade(answer, case.truths[0], catalogue)
            if case.open_set:
                unknown[width] += 1
                wrong_unknown[width] += outcome is Outcome.WRONG
            else:
                outcomes[width][outcome] += 1
    _tell(outcomes, wrong_unknown, unknown)


def _answer(
    identifier: Identifier, pointed: Pointed, pixels: Pixels, housing: Housing, width: int
) -> Seen | None:
    made = shrunk(pixels, housing.box, width)
    if made is None:
        return None
    pointed.housing = Housing(made[1], max(housing.score, 0.9))
    return Seen.of(identifier.photo(picture(made[0])).cameras[0])


def _tell(outcomes: dict[int, Counter[Outcome]], wrong_unknown: Counter[int], unknown: Counter[int]) -> None:
    print("| housing width | named right | named wrong | candidates | makers outside: named wrong |")
    print("|---|---|---|---|---|")
    for width, counts in outcomes.items():
        total = sum(counts.values())
        cells = [
            f"{width} px",
            str(Share(counts[Outcome.RIGHT], total)),
            str(Share(counts[Outcome.WRONG], total)),
            str(counts[Outcome.CANDIDATES]),
            str(Share(wrong_unknown[width], unknown[width])),
        ]
        print("| " + " | ".join(cells) + " |")


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--widths", type=int, nargs="+", default=(160, 80, 60, 40, 30))
    parser.add_argument("--part", type=int, default=1, help="only each n-th picture")
    options: argparse.Namespace = parser.parse_args()
    cases = [case for case in load_cases(options.data, (PRODUCTS,)) if case.readable][:: options.part]
    settings = load_settings(scene_text_side=0, osd_search_side=0)
    measure(cases, options.widths, settings, load_catalogue())


if __name__ == "__main__":
    main()
