"""How values spread over steps, counted as they come: what a histogram is drawn from."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """``counts[i]`` values were at most ``steps[i]`` and above the step before; the last count is of those
    beyond all steps. ``total`` is the sum of all values."""

    steps: tuple[float, ...]
    counts: tuple[int, ...]
    total: float


class SpreadCounter:
    """Not for several threads at a time. ``steps`` ascend."""

    def __init__(self, steps: Sequence[float]) -> None:
        self._steps = tuple(steps)
        self._counts = [0] * (len(self._steps) + 1)
        self._total = 0.0

    def add(self, value: float) -> None:
        self._counts[bisect_left(self._steps, value)] += 1
        self._total += value

    def spread(self) -> Spread:
        """As it stands now."""
        return Spread(self._steps, tuple(self._counts), self._total)
