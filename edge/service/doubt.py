"""How much a person's word on a photo would teach: the order in which photos are reviewed.

Of each camera two things can be doubtful: whether it is one (its score lies near the threshold), and whose it
is (candidates, a name that just passed, a large housing on which nothing was read). A photo's doubt is that
at least one of them is wrong, as if they were independent; a photo without a camera keeps a little, for one
may have been missed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from edge.domain import Reading, Verdict
from edge.report.contract import CameraV1, IdentificationV1, PhotoV1

NOTHING_FOUND = 0.15
UNREAD = 0.1
"""Doubt about the maker of a camera that is too small to be read: a person seldom sees more."""
READ_IN_VAIN = 0.4
"""Doubt where lettering was looked for and led to no name."""
_WIDTH = 0.12
"""Score beyond the threshold over which a detection's doubt falls to a third."""


def doubt_of(photo: PhotoV1) -> float:
    """0 to 1, the higher the more it teaches."""
    if not photo.cameras:
        return NOTHING_FOUND
    sure = math.prod((1 - _presence(one, photo)) * (1 - _maker(one)) for one in photo.cameras)
    return round(1 - sure, 6)


def _presence(camera: CameraV1, photo: PhotoV1) -> float:
    beyond = max(0.0, camera.score - photo.thresholds.detect)
    return 0.7 * math.exp(-beyond / _WIDTH)


def _maker(camera: CameraV1) -> float:
    found = camera.identification
    if found.verdict is Verdict.IDENTIFIED:
        return 0.8 * _entropy([found.confidence])
    if found.verdict is Verdict.CANDIDATES:
        return _candidates(found)
    return READ_IN_VAIN if camera.reading is Reading.READ else UNREAD


def _candidates(found: IdentificationV1) -> float:
    return max(READ_IN_VAIN, 0.9 * _entropy([one.probability for one in found.candidates]))


def _entropy(shares: Sequence[float]) -> float:
    """Entropy of ``shares`` and what is left, in units of that of an even choice between two; at most 1."""
    rest = max(0.0, 1 - math.fsum(shares))
    bits = -math.fsum(p * math.log2(p) for p in (*shares, rest) if p > 0)
    return min(1.0, max(0.0, bits))
