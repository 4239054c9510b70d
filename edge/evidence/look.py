"""The look of a housing, as weak evidence: which maker's housings it resembles.

Makers buy the same shells and copy each other, and a shop's pictures resemble each other more than a maker's
do; so the likelihood ratios are fitted across sources, are small, and are capped. They can lift a platform
into the candidates, never into a name (``EvidenceKind.identifies``).
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.domain import Box, Evidence, EvidenceKind, Strength
from edge.evidence.likelihoods import Likelihoods, Thresholds

TABLE = "look"
CAP = 2.0
"""Largest log likelihood ratio that a look may bring, whatever the table says."""


@dataclass(frozen=True, slots=True)
class LookMatch:
    """The housing at ``box`` and the platform whose housings it resembles most; ``similarity``: cosine."""

    box: Box
    platform: str
    similarity: float


def evidence_from_look(match: LookMatch, likelihoods: Likelihoods, thresholds: Thresholds) -> list[Evidence]:
    """One weak evidence, or none where the resemblance says nothing."""
    if match.similarity < thresholds.look_similarity:
        return []
    ratio = min(CAP, likelihoods.value(TABLE, match.similarity))
    if ratio <= 0.0:
        return []
    return [
        Evidence(
            kind=EvidenceKind.LOOK,
            value=match.platform,
            box=match.box,
            strength=Strength.WEAK,
            supports={match.platform: ratio},
            note=f"the housing resembles others of this platform: similarity {match.similarity:.2f}",
            origin="look:" + ",".join(str(round(side)) for side in match.box.as_tuple()),
        )
    ]
