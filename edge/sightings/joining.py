"""Several photos of one camera: their evidence adds up, and what depends on each other counts once.

An answer that was stored holds neither origins nor proofs of brands, so they are drawn from what it holds,
on the careful side: more is taken for one observation than was one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from edge.domain import Box, Candidate, Evidence, EvidenceKind, Identification, Verdict
from edge.evidence.fusion import MAX_CANDIDATES, identify, posterior
from edge.evidence.likelihoods import Likelihoods, Prior, Thresholds
from edge.report.contract import CameraV1, EvidenceV1, IdentificationV1, identification_contract
from edge.vendors.catalogue import Catalogue
from edge.vendors.facts import folded

_RANK = {Verdict.UNDETERMINED: 0, Verdict.CANDIDATES: 1, Verdict.IDENTIFIED: 2}
_MARKS = {EvidenceKind.WORDMARK, EvidenceKind.MARK}
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

    Never a name that no photo held at least for possible, none where photos name different makers (they may
    show two cameras, however sure one of them is), no brand where they name two of one maker; and never less,
    or less surely, than the best photo said unless another speaks against it.
    """
    answers = [one.identification for one in cameras]
    best = best_answer(answers)
    if len(cameras) == 1:
        return best
    evidence = _dependent([_Seen(n, e) for n, one in enumerate(answers) for e in _evidence(one)])
    housing = max(one.score for one in cameras)
    found = identify(evidence, weighing.catalogue, weighing.likelihoods, weighing.thresholds, housing)
    together = identification_contract(_cautious(found, answers, weighing))
    if _sureness(together) < _sureness(best) and not _contested(best, answers):
        return best.model_copy(update={"evidence": together.evidence})
    return together


def _cautious(
    found: Identification, answers: Sequence[IdentificationV1], weighing: Weighing
) -> Identification:
    """Without a name that the single answers do not bear out."""
    if found.verdict is not Verdict.IDENTIFIED:
        return found
    if _disagree(answers):
        return _as_candidates(found, answers, weighing.likelihoods.prior)
    if not _held_possible(found, answers):
        return _as_candidate(found)
    if found.platform is not None and _brands_differ(answers):
        facts = weighing.catalogue.advisories_for(None, found.platform)
        return replace(found, brand=None, advisories=tuple(facts))
    return found


def best_answer(answers: Sequence[IdentificationV1]) -> IdentificationV1:
    """The one that says most."""
    return max(answers, key=_sureness)


def _sureness(one: IdentificationV1) -> tuple[int, float]:
    return _RANK[one.verdict], one.confidence


def _evidence(answer: IdentificationV1) -> Iterable[Evidence]:
    proven = {one.platform: one.brand for one in answer.candidates}
    if answer.platform is not None:
        proven[answer.platform] = answer.brand
    for one in answer.evidence:
        yield _restored(one, _brand(one, answer, proven))


def _brand(one: EvidenceV1, answer: IdentificationV1, proven: dict[str, str | None]) -> str | None:
    """The brand that the photo's own answer drew from its identifying evidence for a platform."""
    platform = _favoured(one.supports) if one.kind.identifies else None
    if platform is None:
        return None
    return answer.brand if answer.brand and answer.platform is None else proven.get(platform)


def _favoured(supports: Mapping[str, float]) -> str | None:
    """The platform for which an observation speaks most."""
    platform = max(supports, key=lambda p: (supports[p], p), default=None)
    return platform if platform is not None and supports[platform] > 0 else None


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
    """The same kind and text, whatever the photo; the look of one housing; the same pixels of one photo; and
    in two photos what may well be one mark: lettering or a logo that speaks for one platform."""
    a, b = one.evidence, other.evidence
    if a.kind is b.kind and (a.kind is EvidenceKind.LOOK or folded(a.value) == folded(b.value)):
        return True
    if one.photo != other.photo:
        return _may_be_one_mark(a, b)
    if a.box is None or b.box is None:
        return False
    return a.box.intersection(b.box) >= _SAME_PIXELS * min(a.box.area, b.box.area)


def _may_be_one_mark(a: Evidence, b: Evidence) -> bool:
    """A name misread twice in different ways is still one name on one housing."""
    platform = _favoured(a.supports)
    return {a.kind, b.kind} <= _MARKS and platform is not None and platform == _favoured(b.supports)


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


def _disagree(answers: Sequence[IdentificationV1]) -> bool:
    """Whether two of them name makers that cannot be one."""
    named = [_makers(one) for one in answers if one.verdict is Verdict.IDENTIFIED]
    return any(a.isdisjoint(b) for a, b in combinations(named, 2))


def _brands_differ(answers: Sequence[IdentificationV1]) -> bool:
    return len({one.brand for one in answers if one.brand is not None}) > 1


def _makers(answer: IdentificationV1) -> set[str]:
    """The brand, and every platform that its evidence leaves open for it."""
    return _identifying(answer) | {name for name in (answer.brand, answer.platform) if name is not None}


def _as_candidates(
    found: Identification, answers: Sequence[IdentificationV1], prior: Prior
) -> Identification:
    """Those that are named, the likeliest first."""
    probability = posterior(found.evidence, prior)
    named = {one.platform or one.brand for one in answers if one.verdict is Verdict.IDENTIFIED} - {None}
    ranked = sorted(((probability.get(str(p), 0.0), str(p)) for p in named), reverse=True)
    candidates = tuple(Candidate(None, platform, value) for value, platform in ranked[:MAX_CANDIDATES])
    return Identification(
        Verdict.CANDIDATES,
        confidence=candidates[0].probability,
        candidates=candidates,
        evidence=found.evidence,
    )


def _identifying(answer: IdentificationV1) -> set[str]:
    """The platforms for which identifying evidence speaks."""
    return {p for e in answer.evidence if e.kind.identifies for p, value in e.supports.items() if value > 0}


def _contested(best: IdentificationV1, answers: Sequence[IdentificationV1]) -> bool:
    """Whether another photo names another brand, or its identifying evidence speaks for another platform."""
    return _brands_differ(answers) or not set().union(*map(_identifying, answers)) <= _identifying(best)
