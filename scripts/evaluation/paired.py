"""Two detectors on the same photos: how much of a difference is chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scripts.evaluation.matching import Scored, average_precision

ROUNDS = 1000


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and the middle 95 % of what other draws of photos would have given."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Answers:
    """What a detector found in each of N photos, and how many cameras each one shows."""

    scored: tuple[tuple[Scored, ...], ...]
    cameras: tuple[int, ...]

    def precision(self, photos: Sequence[int] | NDArray[np.int64]) -> float:
        """Average precision over photos by their number; one may come several times."""
        scored = [one for k in photos for one in self.scored[k]]
        return average_precision(scored, sum(self.cameras[k] for k in photos))


def precision(answers: Answers, seed: int = 1, rounds: int = ROUNDS) -> Interval:
    return _interval([answers.precision(draw) for draw in _draws(answers, seed, rounds)])


def difference(one: Answers, other: Answers, seed: int = 1, rounds: int = ROUNDS) -> Interval:
    """``one`` less ``other``, which were asked about the same photos: each draw of photos is one for both
    (paired bootstrap; Efron and Tibshirani 1993, chapter 16)."""
    return _interval(
        [one.precision(draw) - other.precision(draw) for draw in _draws(one, seed, rounds)],
    )


def _draws(answers: Answers, seed: int, rounds: int) -> list[NDArray[np.int64]]:
    """First all photos as they are."""
    count, rng = len(answers.cameras), np.random.default_rng(seed)
    return [np.arange(count), *(rng.integers(0, count, count) for _ in range(rounds))]


def _interval(values: Sequence[float]) -> Interval:
    """Of a value and those of other draws."""
    drawn = [value for value in values[1:] if not np.isnan(value)]
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Interval(values[0], float(low), float(high))
