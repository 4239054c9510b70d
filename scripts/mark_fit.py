"""Likelihood ratios of gallery matches, from train pictures that the gallery has not seen.

For a known maker each picture is matched against the gallery without the prints of its own model; for an
"other maker" against the gallery without that maker, so that every match is wrong by construction. Pictures
of no camera count as other makers too: what looks like a mark there would on a housing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.evidence.likelihoods import Step
from edge.evidence.mark import match_score
from edge.vendors.catalogue import Catalogue
from edge.vision.gallery import GalleryMatch, best_matches
from scripts.mark_regions import LetteredPicture
from scripts.prototypes import Prototype, gallery_of

EDGES = (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9)


@dataclass(frozen=True, slots=True)
class Trial:
    """The score of the best match on one picture, and whether it named the right platform. ``known``: the
    maker was in the gallery."""

    key: str
    group: str
    known: bool
    platform: str
    score: float
    right: bool


def trials(
    pictures: Sequence[LetteredPicture], prototypes: Sequence[Prototype], catalogue: Catalogue
) -> list[Trial]:
    found = []
    for picture in pictures:
        if not picture.views:
            continue
        if picture.mark is not None:
            seen = [p for p in prototypes if p.group != picture.group]
            if any(catalogue.brands[p.brand].platform in picture.platforms for p in seen):
                found.append(_trial(picture, seen, catalogue, known=True))
        others = [p for p in prototypes if catalogue.brands[p.brand].platform not in picture.platforms]
        found.append(_trial(picture, others, catalogue, known=False))
    return found


def _trial(
    picture: LetteredPicture, prototypes: Sequence[Prototype], catalogue: Catalogue, known: bool
) -> Trial:
    matches = matches_with(picture, prototypes)
    best = max(matches, key=match_score)
    platform = catalogue.brands[best.brand].platform
    right = platform in picture.platforms
    return Trial(picture.key, picture.group, known, platform, match_score(best), right)


def matches_with(picture: LetteredPicture, prototypes: Sequence[Prototype]) -> list[GalleryMatch]:
    return best_matches(picture.views, picture.vectors, gallery_of(prototypes)) if picture.views else []


def spread(wrong: Sequence[Trial]) -> float:
    """Over how many platforms false matches spread: one over the share of the platform named most."""
    counts = Counter(trial.platform for trial in wrong)
    return counts.total() / max(counts.values())


def fit_steps(found: Sequence[Trial], edges: Sequence[float] = EDGES) -> tuple[Step, ...]:
    """Log ratio of P(right match in this range | maker known) to P(match with one given platform in this
    range | other maker), each count with half a case added, made monotone by pooling adjacent ranges."""
    known = [t for t in found if t.known]
    other = [t for t in found if not t.known]
    # Matches of low score spread like chance; those that matter are the high ones.
    over = max(1.0, spread(sorted(other, key=lambda t: -t.score)[: max(20, len(other) // 10)]))
    pools: list[tuple[float, int, int]] = []
    for low, high in zip(edges, (*edges[1:], math.inf), strict=True):
        hits = sum(1 for t in known if t.right and low <= t.score < high)
        wrong = sum(1 for t in other if low <= t.score < high)
        pools.append((low, hits, wrong))
        while len(pools) > 1 and _odds(pools[-1]) <= _odds(pools[-2]):
            _, hits, wrong = pools.pop()
            start, hits_below, wrong_below = pools.pop()
            pools.append((start, hits + hits_below, wrong + wrong_below))
    base = math.log((len(other) + 1) / (len(known) + 1)) + math.log(over)
    steps = [
        Step(low, round(base + _odds((low, hits, wrong)), 2), hits + wrong) for low, hits, wrong in pools
    ]
    return tuple(step for step in steps if step.value > 0.0)


def _odds(pool: tuple[float, int, int]) -> float:
    _, hits, wrong = pool
    return math.log((hits + 0.5) / (wrong + 0.5))


def folds(found: Sequence[Trial], count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """A fold for each trial; those of one group share it."""
    groups = sorted({t.group for t in found})
    of_group = {group: index % count for index, group in enumerate(groups)}
    return np.array([of_group[t.group] for t in found], np.int64)


MISTAKEN_AT = 0.65
"""Score from which a match of a picture of another maker counts as a mistake."""


def trusted(
    pictures: Sequence[LetteredPicture], prototypes: Sequence[Prototype], catalogue: Catalogue
) -> list[Prototype]:
    """Without the logos of platforms that are seen where they are not, at least twice and more often than
    where they are: plain shapes (bars, rings) resemble lamps and grilles. Repeated, for the next in line then
    takes their place."""
    kept = list(prototypes)
    while True:
        found = [t for t in trials(pictures, kept, catalogue) if t.score >= MISTAKEN_AT]
        mistaken = Counter(t.platform for t in found if not t.known)
        met = Counter(t.platform for t in found if t.known and t.right)
        unfit = {p for p, count in mistaken.items() if count >= 2 and count > met[p]}
        rest = [p for p in kept if p.group or catalogue.brands[p.brand].platform not in unfit]
        if len(rest) == len(kept):
            return kept
        kept = rest
