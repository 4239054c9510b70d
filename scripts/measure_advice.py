"""Whether following an advice names the camera: advised on a shrunk picture, followed by the whole one.

    python -m scripts.measure_advice --data ../shared/data
    python -m scripts.measure_advice --data ../shared/data --split train --part 2 --limits

Every product of the split is asked about, those without a readable mark and those of makers outside the
catalogue too; the housing is found in the picture as it is. ``--limits`` shows how the limits were chosen:
how much is named at which size of lettering and housing, the light and sharpness of housings, and what other
thresholds would promise, also where what speaks for the true maker is left out, as if the catalogue did not
know it, so that whatever is promised is wrong.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from edge.advice import Grey, grey_of, lettering, light, lost, white
from edge.domain import AdviceCode, Camera, Housing, Identification, Pixels, Verdict
from edge.identify import Identifier
from edge.settings import load_settings
from edge.vendors.catalogue import Catalogue, load_catalogue
from edge.vision.finder import load_finder
from edge.vision.text import HousingText
from scripts.evaluation.cases import PRODUCTS, Case, load_set
from scripts.evaluation.naming import Outcome, grade
from scripts.evaluation.observations import Seen
from scripts.evaluation.shares import Share
from scripts.measure_shrunk import Pointed, picture, shrunk
from scripts.training.command import described

PROMISES = (0.55, 0.65, 0.75, 0.85)
HEIGHTS = (0, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28)
SIDES = (0, 80, 120, 160, 200, 240, 320)


@dataclass(frozen=True, slots=True)
class View:
    """One size of one product: ``width`` is None for the picture as it is; ``right`` says whether that one is
    named right. ``height`` of the lettering and ``side`` of the housing in pixels. ``likely``: probability of
    its candidates together, ``likely_unknown`` the same without what speaks for its maker."""

    width: int | None
    named: bool
    right: bool
    height: float | None
    side: float
    code: AdviceCode | None
    promised: bool
    likely: float
    likely_unknown: float


@dataclass(slots=True)
class Trial:
    """Asks about one product at several widths. ``greys`` keeps the housings as they are."""

    identifier: Identifier
    catalogue: Catalogue
    widths: Sequence[int]
    pointed: Pointed = field(default_factory=Pointed)
    greys: list[Grey] = field(default_factory=list)
    _texts: list[HousingText] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.identifier._finder = self.pointed  # type: ignore[assignment]
        reader = self.identifier._reader
        read = reader.read

        def kept(*given: object) -> list[HousingText]:
            self._texts = read(*given)  # type: ignore[arg-type]
            return self._texts

        reader.read = kept  # type: ignore[method-assign,assignment]

    def views(self, case: Case, pixels: Pixels, housing: Housing) -> Iterator[View]:
        sure = Housing(housing.box, max(housing.score, 0.9))
        self.greys.append(grey_of(pixels, sure))
        whole = self._seen(pixels, sure)
        right = grade(Seen.of(whole), case.truths[0], self.catalogue) is Outcome.RIGHT
        yield self._view(case, None, whole, right)
        for width in self.widths:
            made = shrunk(pixels, housing.box, width)
            if made is not None:
                yield self._view(case, width, self._seen(made[0], Housing(made[1], sure.score)), right)

    def _seen(self, pixels: Pixels, housing: Housing) -> Camera:
        self.pointed.housing = housing
        return self.identifier.photo(picture(pixels)).cameras[0]

    def _view(self, case: Case, width: int | None, camera: Camera, right: bool) -> View:
        brands, said = self.catalogue.brands, camera.identification
        own = {brands[name].platform for name in case.truths[0].names if name in brands}
        others = [one for one in said.evidence if not own & set(one.supports)]
        line = lettering(self._texts[0].lines, said.evidence)
        first = camera.advice[0] if camera.advice else None
        return View(
            width=width,
            named=said.verdict is Verdict.IDENTIFIED,
            right=right,
            height=None if line is None else line.height,
            side=camera.box.long_side,
            code=None if first is None else first.code,
            promised=first is not None and first.promised,
            likely=_likely(said),
            likely_unknown=_likely(self.identifier.weigh(others)),
        )


def _likely(found: Identification) -> float:
    return sum(one.probability for one in found.candidates)


def tell(views: Sequence[View]) -> None:
    """Of the shrunk ones that have no name."""
    print("| width | without a name | promised: named | not promised: named | advised first |")
    print("|---|---|---|---|---|")
    for width in sorted({view.width for view in views if view.width is not None}, reverse=True):
        _tell_row(f"{width} px", [view for view in views if view.width == width])
    _tell_row("all", [view for view in views if view.width is not None])


def _tell_row(name: str, views: Sequence[View]) -> None:
    open_views = [view for view in views if not view.named]
    shares = [_right([v for v in open_views if v.promised is promised]) for promised in (True, False)]
    codes = Counter(view.code.value for view in open_views if view.code is not None).most_common()
    said = ", ".join(f"{code} {count}" for code, count in codes)
    print(f"| {name} | {len(open_views)} | {shares[0]} | {shares[1]} | {said} |")


def _right(views: Sequence[View]) -> Share:
    return Share(sum(view.right for view in views), len(views))


def tell_limits(views: Sequence[View], greys: Sequence[Grey]) -> None:
    open_views = [view for view in views if view.width is not None and not view.named]
    print("\n| promise from | promised: named | promised with the maker unknown |\n|---|---|---|")
    for least in PROMISES:
        unknown = sum(view.likely_unknown >= least for view in open_views)
        print(f"| {least} | {_right([v for v in open_views if v.likely >= least])} | {unknown} |")
    legible = [view for view in views if view.right]
    _tell_sizes("height", HEIGHTS, [(v.height, v.named) for v in legible if v.height is not None])
    _tell_sizes("long side", SIDES, [(v.side, v.named) for v in legible])
    large = [grey for grey in greys if max(grey.shape) >= 60]
    blurred = [np.asarray(cv2.GaussianBlur(grey, (0, 0), 2), np.float32) for grey in large]
    print("\n| of housings | 2nd percentile | median | 98th |\n|---|---|---|---|")
    _tell_spread("lost when twice as coarse", [lost(grey, 2) for grey in large])
    _tell_spread("the same, blurred by 2 px", [lost(grey, 2) for grey in blurred])
    _tell_spread("light", [light(grey) for grey in large])
    _tell_spread("white", [white(grey) for grey in large])


def _tell_sizes(name: str, edges: Sequence[int], sizes: Sequence[tuple[float, bool]]) -> None:
    found: dict[int, list[bool]] = defaultdict(list)
    for size, named in sizes:
        found[max(edge for edge in edges if edge <= size)].append(named)
    print(f"\n| {name} from | named |\n|---|---|")
    for edge in sorted(found):
        print(f"| {edge} px | {Share(sum(found[edge]), len(found[edge]))} |")


def _tell_spread(name: str, values: Sequence[float]) -> None:
    low, middle, high = np.percentile(values, (2, 50, 98))
    print(f"| {name} | {low:.3f} | {middle:.3f} | {high:.3f} |")


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--split", choices=("dev", "train"), default="dev")
    parser.add_argument("--widths", type=int, nargs="+", default=(160, 110, 80, 60, 40))
    parser.add_argument("--limits", action="store_true")
    parser.add_argument("--part", type=int, default=1, help="only each n-th picture")
    options: argparse.Namespace = parser.parse_args()
    settings = load_settings(scene_text_side=0, osd_search_side=0)
    finder = load_finder(settings)
    trial = Trial(Identifier.load(settings), load_catalogue(), options.widths)
    views: list[View] = []
    for case in load_set(options.data / "products" / options.split, PRODUCTS)[:: options.part]:
        pixels = np.asarray(cv2.imread(str(case.path)), np.uint8)
        found = finder.find(pixels, 0.05)
        views += trial.views(case, pixels, found[0]) if found else ()
    tell(views)
    if options.limits:
        tell_limits(views, trial.greys)


if __name__ == "__main__":
    main()
