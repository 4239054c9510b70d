"""Several photos of one camera: their evidence adds up, and what depends on each other counts once.

An answer that was stored holds neither origins nor proofs of brands, so they are drawn from what it holds,
on the careful side: more is taken for one observation than was one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from edge.domain import Box, Candidate, Evidence, EvidenceKind, Identification, Verdict
from edge.evidence.fusion import identify
from edge.evidence.likelihoods import Likelihoods, Thresholds
from edge.report.contract import CameraV1, EvidenceV1, IdentificationV1, identification_contract
from edge.vendors.catalogue import Catalogue
from edge.vendors.facts import folded

_RANK = {Verdict.UNDETERMINED: 0, Verdict.CANDIDATES: 1, Verdict.IDENTIFIED: 2}
_SAME_PIXELS = 0.5
"""Share of the smaller box that the other covers, from which two observations are of the same pixels."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """What evidence is weighed with."""

    catalogue: Catalogue
    likelihoods: Likelihoods
    thresholds: Thresholds


@dataclass(frozen=True, slots=True)
class _Seen:
    """One observation and the number of its photo."""

    photo: int
    evidence: Evidence


def joined(cameras: Sequence[CameraV1], weighing: Weighing) -> IdentificationV1:
    """Who made the one camera that ``cameras`` show, each from a photo of its own; a single answer
    stays as it is.

    Never a name that no photo held at least for possible, and never less than the best photo said unless
    another speaks against it.
    """
    answers = [one.identification for one in cameras]
    best = max(answers, key=lambda one: (_RANK[one.verdict], one.confidence))
    if len(cameras) == 1:
        return best
    evidence = _dependent([_Seen(n, e) for n, one in enumerate(answers) for e in _evidence(one)])
    housing = max(one.score for one in cameras)
    found = identify(evidence, weighing.catalogue, weighing.likelihoods, weighing.thresholds, housing)
    if found.verdict is Verdict.IDENTIFIED and not _held_possible(found, answers):
        found = _as_candidate(found)
    weaker = _RANK[found.verdict] < _RANK[best.verdict]
    if weaker and not _contested(best, answers):
        return best.model_copy(update={"evidence": identification_contract(found).evidence})
    return identification_contract(found)


def _evidence(answer: IdentificationV1) -> Iterable[Evidence]:
    proven = {one.platform: one.brand for one in answer.candidates}
    if answer.platform is not None:
        proven[answer.platform] = answer.brand
    for one in answer.evidence:
        yield _restored(one, _brand(one, answer, proven))


def _brand(one: EvidenceV1, answer: IdentificationV1, proven: dict[str, str | None]) -> str | None:
    """The brand that the photo's own answer drew from its identifying evidence for a platform."""
    if not one.kind.identifies or not one.supports:
        return None
    platform = max(one.supports, key=lambda p: (one.supports[p], p))
    if one.supports[platform] <= 0:
        return None
    return answer.brand if answer.brand and answer.platform is None else proven.get(platform)


def _restored(one: EvidenceV1, brand: str | None) -> Evidence:
    box = Box(*one.box) if one.box and one.box[2] > one.box[0] and one.box[3] > one.box[1] else None
    return Evidence(one.kind, one.value, box, one.strength, one.supports, one.note or "", brand)


def _dependent(seen: Sequence[_Seen]) -> list[Evidence]:
    """The evidence with an origin for each group in which one observation depends on another."""
    origins = list(range(len(seen)))
    for index, one in enumerate(seen):
        for other in range(index):
            if origins[other] != origins[index] and _depends(one, seen[other]):
                old, new = origins[index], origins[other]
                origins = [new if origin == old else origin for origin in origins]
    return [
        replace(one.evidence, origin=f"joined:{origin}") for one, origin in zip(seen, origins, strict=True)
    ]


def _depends(one: _Seen, other: _Seen) -> bool:
    """The same kind and text, whatever the photo; the look of one housing; the same pixels of one photo."""
    a, b = one.evidence, other.evidence
    if a.kind is b.kind and (a.kind is EvidenceKind.LOOK or folded(a.value) == folded(b.value)):
        return True
    if one.photo != other.photo or a.box is None or b.box is None:
        return False
    return a.box.intersection(b.box) >= _SAME_PIXELS * min(a.box.area, b.box.area)


def _held_possible(found: Identification, answers: Sequence[IdentificationV1]) -> bool:
    platforms = {p for one in answers for p in (one.platform, *(c.platform for c in one.candidates))}
    brands = {b for one in answers for b in (one.brand, *(c.brand for c in one.candidates))}
    return (found.platform is None or found.platform in platforms) and (
        found.brand is None or found.brand in brands
    )


def _as_candidate(found: Identification) -> Identification:
    if found.platform is None:
        return Identification.undetermined(found.evidence)
    only = Candidate(None, found.platform, found.confidence)
    return Identification(
        Verdict.CANDIDATES, confidence=found.confidence, candidates=(only,), evidence=found.evidence
    )


def _contested(best: IdentificationV1, answers: Sequence[IdentificationV1]) -> bool:
    """Whether identifying evidence of any photo speaks for a platform that the best answer's has not."""
    own = {p for e in best.evidence if e.kind.identifies for p, value in e.supports.items() if value > 0}
    all_of_them = {
        p
        for one in answers
        for e in one.evidence
        if e.kind.identifies
        for p, value in e.supports.items()
        if value > 0
    }
    return bool(all_of_them - own)
