"""Whether following an advice names the camera: advised on a shrunk picture, followed by the whole one.

    python -m scripts.measure_advice --data ../shared/data --split train --promises 0.55 0.65 0.75 0.85
    python -m scripts.measure_advice --data ../shared/data

Every product of the split is asked about, those without a readable mark and those of makers outside the
catalogue too; the housing is found in the picture as it is. ``--promises`` shows what other thresholds would
promise (for choosing one, on train): also where what speaks for the true maker is left out, as if the
catalogue did not know it, so that whatever is promised is wrong.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.domain import AdviceCode, Camera, Housing, Identification, Pixels, Verdict
from edge.identify import Identifier
from edge.settings import load_settings
from edge.vendors.catalogue import Catalogue, load_catalogue
from edge.vision.finder import load_finder
from scripts.evaluation.cases import PRODUCTS, Case, load_set
from scripts.evaluation.naming import Outcome, grade
from scripts.evaluation.observations import Seen
from scripts.evaluation.shares import Share
from scripts.measure_shrunk import Pointed, picture, shrunk
from scripts.training.command import described


@dataclass(frozen=True, slots=True)
class Advised:
    """A shrunk camera without a name: what was advised first, and whether the whole picture names it right.
    ``likely``: probability of its candidates together, and the same without what speaks for its maker."""

    width: int
    code: AdviceCode
    promised: bool
    named: bool
    likely: float
    likely_unknown: float


def advised(
    cases: Iterable[Case], widths: Sequence[int], identifier: Identifier, catalogue: Catalogue
) -> Iterator[Advised]:
    finder, pointed = load_finder(load_settings()), Pointed()
    identifier._finder = pointed  # type: ignore[assignment]
    for case in cases:
        pixels = np.asarray(cv2.imread(str(case.path)), np.uint8)
        found = finder.find(pixels, 0.05)
        if found:
            yield from _of_one(case, pixels, found[0], widths, identifier, pointed, catalogue)


def _of_one(
    case: Case,
    pixels: Pixels,
    housing: Housing,
    widths: Sequence[int],
    identifier: Identifier,
    pointed: Pointed,
    catalogue: Catalogue,
) -> Iterator[Advised]:
    def seen(part: Pixels, where: Housing) -> Camera:
        pointed.housing = where
        return identifier.photo(picture(part)).cameras[0]

    sure = Housing(housing.box, max(housing.score, 0.9))
    named = grade(Seen.of(seen(pixels, sure)), case.truths[0], catalogue) is Outcome.RIGHT
    own = {catalogue.brands[name].platform for name in case.truths[0].names if name in catalogue.brands}
    for width in widths:
        made = shrunk(pixels, housing.box, width)
        if made is None:
            continue
        camera = seen(made[0], Housing(made[1], sure.score))
        said = camera.identification
        if said.verdict is not Verdict.IDENTIFIED:
            others = [one for one in said.evidence if not own & set(one.supports)]
            first = camera.advice[0]
            yield Advised(
                width, first.code, first.promised, named, _likely(said), _likely(identifier.weigh(others))
            )


def _likely(found: Identification) -> float:
    return sum(one.probability for one in found.candidates)


def tell(told: Sequence[Advised]) -> None:
    print("| width | without a name | promised: named | not promised: named | advised first |")
    print("|---|---|---|---|---|")
    for width in sorted({one.width for one in told}, reverse=True):
        _tell_row(f"{width} px", [one for one in told if one.width == width])
    _tell_row("all", told)


def _tell_row(name: str, told: Sequence[Advised]) -> None:
    shares = [
        Share(
            sum(one.named for one in told if one.promised is promised),
            sum(one.promised is promised for one in told),
        )
        for promised in (True, False)
    ]
    codes = Counter(one.code.value for one in told).most_common()
    said = ", ".join(f"{code} {count}" for code, count in codes)
    print(f"| {name} | {len(told)} | {shares[0]} | {shares[1]} | {said} |")


def tell_promises(told: Sequence[Advised], promises: Sequence[float]) -> None:
    print("\n| promise from | promised: named | promised with the maker unknown |")
    print("|---|---|---|")
    for least in promises:
        kept = [one for one in told if one.likely >= least]
        unknown = sum(one.likely_unknown >= least for one in told)
        print(f"| {least} | {Share(sum(one.named for one in kept), len(kept))} | {unknown} |")


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", choices=("dev", "train"), default="dev")
    parser.add_argument("--widths", type=int, nargs="+", default=(160, 110, 80, 60, 40))
    parser.add_argument("--promises", type=float, nargs="+", default=())
    parser.add_argument("--part", type=int, default=1, help="only each n-th picture")
    options: argparse.Namespace = parser.parse_args()
    cases = load_set(options.data / "products" / options.split, PRODUCTS)[:: options.part]
    identifier = Identifier.load(load_settings(scene_text_side=0, osd_search_side=0))
    told = list(advised(cases, options.widths, identifier, load_catalogue()))
    tell(told)
    if options.promises:
        tell_promises(told, options.promises)


if __name__ == "__main__":
    main()
