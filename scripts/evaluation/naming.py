"""Naming figures: who was named right, who wrong, who not.

*Named right*: the brand equals the label (or its sub-brand), or the platform does where no brand is given. A
name on a camera of an open-set maker or without a brand is wrong unless it is that maker's own. The true
platform of a brand with another name (platform Dahua on a Lorex) is neither right nor wrong and stands apart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from edge.domain import Box, Verdict
from edge.vendors.catalogue import Catalogue
from scripts.evaluation.cases import MARKS, PRODUCTS, SCENES, Case, Truth
from scripts.evaluation.matching import match
from scripts.evaluation.observations import Observation, Seen
from scripts.evaluation.shares import Share


class Outcome(StrEnum):
    RIGHT = "named right"
    WRONG = "named wrong"
    PLATFORM = "true platform of another brand"
    CANDIDATES = "candidates"
    UNDETERMINED = "undetermined"
    NOT_FOUND = "camera not found"


@dataclass(frozen=True, slots=True)
class Graded:
    """One graded case: a product picture, or a camera of a scene. ``said`` is the name that was given."""

    case: Case
    truth: Truth | None
    outcome: Outcome
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Naming:
    """Counts over one set. ``wrong`` lists every wrong name as (file, label, name given)."""

    outcomes: Mapping[Outcome, int]
    by_vendor: Mapping[str, Mapping[Outcome, int]]
    shares: Mapping[str, Share]
    wrong: Sequence[tuple[str, str, str]] = field(default_factory=tuple)


def grade(seen: Seen, truth: Truth | None, catalogue: Catalogue) -> Outcome:
    """The answer about one camera; ``truth`` is None where there is no camera or no person found a name."""
    if not seen.named:
        return Outcome.CANDIDATES if seen.verdict is Verdict.CANDIDATES else Outcome.UNDETERMINED
    names = truth.names if truth else frozenset()
    if (seen.brand or seen.platform) in names:
        return Outcome.RIGHT
    platforms = {catalogue.brands[name].platform for name in names if name in catalogue.brands}
    return Outcome.PLATFORM if seen.brand is None and seen.platform in platforms else Outcome.WRONG


_STRICTEST = (Outcome.WRONG, Outcome.RIGHT, Outcome.PLATFORM, Outcome.CANDIDATES, Outcome.UNDETERMINED)


def grade_picture(case: Case, observation: Observation, catalogue: Catalogue) -> Graded:
    """A picture of one product: one wrong name among its cameras makes it wrong, else one right one right."""
    truth = case.truths[0] if case.truths else None
    graded = [(grade(seen, truth, catalogue), _said(seen)) for seen in observation.cameras]
    for outcome in _STRICTEST:
        for own, said in graded:
            if own is outcome:
                return Graded(case, truth, outcome, said)
    return Graded(case, truth, Outcome.NOT_FOUND)


def grade_scene(case: Case, observation: Observation, catalogue: Catalogue) -> list[Graded]:
    """Every labelled camera, and every box on no labelled camera that was given a name."""
    truths = [truth for truth in case.truths if truth.box is not None]
    boxes: list[Box] = [truth.box for truth in truths if truth.box is not None]
    ranked = sorted(observation.cameras, key=lambda s: -s.score)
    taken: dict[int, Seen] = {}
    graded = []
    for seen, scored in zip(ranked, match(boxes, ranked), strict=True):
        if scored.truth is not None:
            taken[scored.truth] = seen
        elif seen.named and case.complete:
            graded.append(Graded(case, None, Outcome.WRONG, _said(seen)))
    for index, truth in enumerate(truths):
        hit = taken.get(index)
        outcome = Outcome.NOT_FOUND if hit is None else grade(hit, truth, catalogue)
        graded.append(Graded(case, truth, outcome, None if hit is None else _said(hit)))
    return graded


def _said(seen: Seen) -> str | None:
    return seen.brand or seen.platform


def measure_products(results: Sequence[tuple[Case, Observation]], catalogue: Catalogue) -> Naming:
    graded = [grade_picture(case, seen, catalogue) for case, seen in results if case.set == PRODUCTS]
    known = [g for g in graded if not g.case.open_set]
    readable = [g for g in known if g.case.readable]
    shares = {
        "readable, named right": _share(readable, Outcome.RIGHT),
        "named wrong": _share(graded, Outcome.WRONG),
        "readable, named wrong": _share(readable, Outcome.WRONG),
        "no readable mark, named wrong": _share([g for g in known if not g.case.readable], Outcome.WRONG),
        "open set, named wrong": _share([g for g in graded if g.case.open_set], Outcome.WRONG),
        "camera found": _share(graded, lambda g: g.outcome is not Outcome.NOT_FOUND),
    }
    return _naming(graded, shares)


def measure_marks(results: Sequence[tuple[Case, Observation]], catalogue: Catalogue) -> Naming:
    graded = [grade_picture(case, seen, catalogue) for case, seen in results if case.set == MARKS]
    return _naming(graded, {"named wrong as a camera": _share(graded, Outcome.WRONG)})


def measure_scenes(results: Sequence[tuple[Case, Observation]], catalogue: Catalogue) -> Naming:
    """Scenes and negatives: cameras with a name that can be read, without one, and names on no camera."""
    graded = [g for case, seen in results for g in grade_scene(case, seen, catalogue)]
    in_scenes = [g for g in graded if g.case.set == SCENES and g.truth is not None]
    known = [g for g in in_scenes if g.truth is not None and g.truth.vendor is not None]
    unmarked = [g for g in in_scenes if g.truth is not None and g.truth.vendor is None]
    shares = {
        "vendor known, named right": _share(known, Outcome.RIGHT),
        "vendor known, named wrong": _share(known, Outcome.WRONG),
        "named where no person found a mark": _share(unmarked, Outcome.WRONG),
        "names that stand on no camera": _share(
            [g for g in graded if g.said is not None], lambda g: g.truth is None
        ),
    }
    return _naming(graded, shares)


def _share(graded: Iterable[Graded], wanted: Outcome | Callable[[Graded], bool]) -> Share:
    test = (lambda g: g.outcome is wanted) if isinstance(wanted, Outcome) else wanted
    hits = [test(g) for g in graded]
    return Share(sum(hits), len(hits))


def _naming(graded: Sequence[Graded], shares: Mapping[str, Share]) -> Naming:
    vendors = sorted({_label(g) for g in graded})
    by_vendor = {v: Counter(g.outcome for g in graded if _label(g) == v) for v in vendors}
    wrong = [(g.case.path.name, _label(g), g.said or "") for g in graded if g.outcome is Outcome.WRONG]
    return Naming(Counter(g.outcome for g in graded), by_vendor, shares, wrong)


def _label(graded: Graded) -> str:
    if graded.truth is None:
        return "(no camera)"
    return graded.truth.sub_brand or graded.truth.vendor or "(no name)"
