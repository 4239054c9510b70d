"""Lettering that is seen at a camera and stands on something else: a sign behind it, a watermark over it.

A name counts for a camera only on its housing. What is read there is a crop, so a sign that the camera hangs
before, or a dealer's name printed across the whole photo, can lend it a piece of its letters. The look at the
whole picture tells: such lettering runs on beyond the housing, or stands in many places.
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.domain import Box, TextLine
from edge.evidence.confusions import fold

SAME_LETTERS = 0.5
"""Share of what was read on the housing that the line of the whole picture must cover."""
PARTLY_ON = 0.4
"""Share of such a line that must lie on the housing, else it runs beyond."""
SURE = 0.8
"""Score of a line of the whole picture that is lettering: outlines of things are read as one letter."""
SLACK = 0.1
"""How much wider and higher than found a housing may be."""
REPEATS = 3
"""Places off the housing at which the same words, equally large, make a pattern over the picture."""
LIKE_SIZED = 1.3
SHORTEST = 4


def on_the_housing(lines: Sequence[TextLine], housing: Box, scene: Sequence[TextLine]) -> list[TextLine]:
    """Those of the ``lines`` read on a housing that are its own, as far as the ``scene``, the lettering of
    the whole picture, shows."""
    around = housing.grown(SLACK)
    beyond = [o for o in scene if o.score >= SURE and o.box.coverage_by(around) < PARTLY_ON]
    return [line for line in lines if not _part_of(line, beyond) and not _pattern(line, beyond)]


def _part_of(line: TextLine, beyond: Sequence[TextLine]) -> bool:
    return any(
        line.box.coverage_by(other.box) > SAME_LETTERS and _like_sized(line.height, other.height)
        for other in beyond
    )


def _pattern(line: TextLine, beyond: Sequence[TextLine]) -> bool:
    words = fold(line.text)
    if len(words) < SHORTEST:
        return False
    alike = [o for o in beyond if fold(o.text) == words and _like_sized(o.height, line.height)]
    return len(alike) >= REPEATS


def _like_sized(one: float, other: float) -> bool:
    return max(one, other) <= LIKE_SIZED * min(one, other)
