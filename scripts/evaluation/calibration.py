"""Whether stated probabilities come true: reliability by bins, expected calibration error, and its diagram.

The error is the mean over ten equally wide bins of |share right − mean probability|, weighted by how many
answers they hold (Guo et al. 2017, arXiv:1706.04599).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scripts.evaluation.shares import Share

BINS = 10
_SIDE, _MARGIN, _FOOT = 260, 46, 60


@dataclass(frozen=True, slots=True)
class Bin:
    """``mean`` is the mean stated probability of its answers."""

    mean: float
    right: Share


@dataclass(frozen=True, slots=True)
class Reliability:
    bins: tuple[Bin, ...]
    """Those that hold any answer, by rising probability."""

    @property
    def answers(self) -> int:
        return sum(one.right.total for one in self.bins)

    @property
    def error(self) -> float:
        """Expected calibration error, 0 to 1."""
        gaps = [one.right.total * abs(one.right.count / one.right.total - one.mean) for one in self.bins]
        return sum(gaps) / self.answers if self.bins else 0.0


def reliability(stated: Sequence[float], right: Sequence[bool]) -> Reliability:
    """From N stated probabilities and whether each came true.

    Raises:
        ValueError: if there are not as many of one as of the other.
    """
    if len(stated) != len(right):
        raise ValueError("as many probabilities as outcomes are needed")
    values, hits = np.asarray(stated, np.float64), np.asarray(right, np.bool_)
    index = np.minimum((values * BINS).astype(int), BINS - 1)
    bins = []
    for number in np.unique(index):
        mine = index == number
        bins.append(Bin(float(values[mine].mean()), Share(int(hits[mine].sum()), int(mine.sum()))))
    return Reliability(tuple(bins))


def error_by_chance(stated: Sequence[float], seed: int = 1) -> tuple[float, float]:
    """The mean error, and the one that 95 % stay under, if these probabilities were true: few answers fall
    beside the diagonal by chance alone (Bröcker and Smith 2007, doi:10.1175/WAF993.1)."""
    values = np.asarray(stated, np.float64)
    chance = np.random.default_rng(seed)
    errors = [
        reliability(values.tolist(), (chance.uniform(0, 1, len(values)) < values).tolist()).error
        for _ in range(400)
    ]
    return float(np.mean(errors)), float(np.quantile(errors, 0.95))


def diagram(panels: Sequence[tuple[str, Reliability]]) -> str:
    """An SVG with one reliability diagram a panel: stated probability to the right, share right upwards, with
    95 % intervals; a disc's area tells the number of answers."""
    width = len(panels) * (_SIDE + _MARGIN) + _MARGIN
    height = _SIDE + _MARGIN + _FOOT
    drawn = [_panel(title, one, _MARGIN + k * (_SIDE + _MARGIN)) for k, (title, one) in enumerate(panels)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="12">\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def _panel(title: str, one: Reliability, left: int) -> str:
    top, bottom = _MARGIN, _MARGIN + _SIDE
    parts = [
        f'<text x="{left}" y="{top - 22}" font-weight="bold">{title}</text>',
        f'<text x="{left}" y="{top - 7}" fill="#555">n {one.answers}, error {one.error:.3f}</text>',
        f'<rect x="{left}" y="{top}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#999"/>',
        f'<line x1="{left}" y1="{bottom}" x2="{left + _SIDE}" y2="{top}" stroke="#bbb"/>',
        f'<text x="{left + _SIDE / 2}" y="{bottom + 32}" text-anchor="middle" fill="#555">'
        "stated probability</text>",
        *(_tick(left, bottom, share) for share in (0.0, 0.5, 1.0)),
        *(_mark(one_bin, left, bottom, one.answers) for one_bin in one.bins),
    ]
    return "\n".join(parts)


def _tick(left: int, bottom: int, share: float) -> str:
    at = _SIDE * share
    return (
        f'<text x="{left + at}" y="{bottom + 15}" text-anchor="middle" fill="#555">{share:g}</text>'
        f'<text x="{left - 6}" y="{bottom - at + 4}" text-anchor="end" fill="#555">{share:g}</text>'
    )


def _mark(one: Bin, left: int, bottom: int, answers: int) -> str:
    assert one.right.interval is not None
    low, high = one.right.interval
    x, y = left + _SIDE * one.mean, bottom - _SIDE * one.right.count / one.right.total
    radius = 3 + 9 * (one.right.total / answers) ** 0.5
    return (
        f'<line x1="{x:.1f}" y1="{bottom - _SIDE * low:.1f}" x2="{x:.1f}" y2="{bottom - _SIDE * high:.1f}" '
        f'stroke="#1f6f8b"/><circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="#1f6f8b" '
        'fill-opacity="0.55"/>'
    )
