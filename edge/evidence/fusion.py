"""Naive Bayes over platforms, in log space: from evidence to an identification.

Posterior of platform p ∝ prior(p) · exp(Σ llr(p)), of "other maker" ∝ prior(other); the sum runs over
origins, for evidence drawn from the same pixels or bytes counts once. A platform that no evidence names
keeps a ratio of 1 against "other maker".
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edge.domain import OTHER_MAKER, Candidate, Evidence, EvidenceKind, Identification, Strength, Verdict
from edge.evidence.likelihoods import Likelihoods, Prior, Thresholds
from edge.vendors.catalogue import Catalogue

MAX_CANDIDATES = 3


def identify(
    evidence: Sequence[Evidence],
    catalogue: Catalogue,
    likelihoods: Likelihoods,
    thresholds: Thresholds,
    housing: float = 1.0,
) -> Identification:
    """Weigh all ``evidence`` on one camera; its order does not matter.

    ``housing`` is the probability that it is a camera at all: a name counts only on one, so below
    ``identify_housing`` what would be named is a candidate.

    ``identified`` takes a posterior over the threshold and enough identifying evidence for that platform.
    Where a brand is proven but not who built it, the brand alone is named. The confidence is the posterior
    of what is named, or of the first candidate.
    """
    case = _Case.of(evidence, likelihoods.prior)
    named = _named_platform(case, catalogue, thresholds) or _named_brand(case, thresholds)
    if named is not None and housing >= thresholds.identify_housing:
        advisories = catalogue.advisories_for(named.brand, named.platform)
        return Identification(
            Verdict.IDENTIFIED,
            brand=named.brand,
            platform=named.platform,
            confidence=named.probability,
            evidence=tuple(evidence),
            advisories=tuple(advisories),
        )
    candidates = _candidates(case, thresholds)
    if not candidates:
        return Identification.undetermined(tuple(evidence))
    return Identification(
        Verdict.CANDIDATES,
        confidence=candidates[0].probability,
        candidates=candidates,
        evidence=tuple(evidence),
    )


def posterior(evidence: Sequence[Evidence], prior: Prior) -> dict[str, float]:
    """Probability of each platform that prior or evidence names, and of ``OTHER_MAKER``; sums to 1."""
    support = _summed(_by_origin(evidence))
    logs = {p: math.log(prior.of(p)) + support.get(p, 0.0) for p in {*prior.platforms, *support}}
    logs[OTHER_MAKER] = math.log(prior.other)
    peak = max(logs.values())
    total = math.fsum(math.exp(v - peak) for v in logs.values())
    return {p: math.exp(v - peak) / total for p, v in logs.items()}


@dataclass(frozen=True, slots=True)
class _Named:
    brand: str | None
    platform: str | None
    probability: float


@dataclass(frozen=True, slots=True)
class _Case:
    """All that the verdict needs: posteriors, for each platform the support of all and of identifying
    evidence, and what proves a brand, by origin."""

    posterior: Mapping[str, float]
    support: Mapping[str, float]
    identifying: Mapping[str, float]
    proofs: tuple[tuple[Evidence, ...], ...]
    firmware: frozenset[str]
    """Platforms for which a device's own answer speaks, and for no other beside."""

    @classmethod
    def of(cls, evidence: Sequence[Evidence], prior: Prior) -> _Case:
        identifying = [e for e in evidence if _identifies(e)]
        return cls(
            posterior=posterior(evidence, prior),
            support=_summed(_by_origin(evidence)),
            identifying=_summed(_by_origin(identifying)),
            proofs=tuple(tuple(group) for group in _by_origin([e for e in identifying if e.brand])),
            firmware=frozenset(
                next(iter(e.supports))
                for e in evidence
                if e.kind is EvidenceKind.PROTOCOL and e.strength is Strength.STRONG and len(e.supports) == 1
            ),
        )

    def brands(self, platform: str) -> set[str]:
        """The brands proven by the strongest evidence for ``platform`` of each origin."""
        named = (max(group, key=lambda e: _proof(e, platform)) for group in self.proofs)
        return {e.brand for e in named if e.brand and e.supports.get(platform, 0.0) > 0.0}

    def contested(self, platforms: set[str]) -> bool:
        """Whether identifying evidence speaks for a platform outside ``platforms``."""
        return any(value > 0.0 for p, value in self.identifying.items() if p not in platforms)


def _named_platform(case: _Case, catalogue: Catalogue, thresholds: Thresholds) -> _Named | None:
    platform, probability = max(
        ((p, v) for p, v in case.posterior.items() if p != OTHER_MAKER), key=lambda item: (item[1], item[0])
    )
    if case.identifying.get(platform, 0.0) < max(thresholds.identify_support, math.ulp(0.0)):
        return None
    if probability < _needed(case, {platform}, thresholds):
        return None
    brands = case.brands(platform)
    brand = brands.pop() if len(brands) == 1 else None
    if _builder_unknown(platform, catalogue) and platform not in case.firmware:
        return _Named(brand, None, probability) if brand else None
    return _Named(brand, platform, probability)


def _builder_unknown(platform: str, catalogue: Catalogue) -> bool:
    """Whether the id is a brand's own, standing in for builders that no fact names: no answer tells it."""
    brand = catalogue.brands.get(platform)
    return brand is not None and not brand.platform_known


def _named_brand(case: _Case, thresholds: Thresholds) -> _Named | None:
    """A proven brand whose maker stays open between the platforms that build for it."""
    proofs = [e for group in case.proofs for e in group]
    brands = {e.brand for e in proofs}
    if len(brands) != 1:
        return None
    builders = {p for e in proofs for p, value in e.supports.items() if value > 0.0}
    probability = min(1.0, math.fsum(case.posterior.get(p, 0.0) for p in builders))
    support = max((case.identifying.get(p, 0.0) for p in builders), default=0.0)
    if support < max(thresholds.identify_support, math.ulp(0.0)):
        return None
    if probability < _needed(case, builders, thresholds):
        return None
    return _Named(brands.pop(), None, probability)


def _needed(case: _Case, platforms: set[str], thresholds: Thresholds) -> float:
    return thresholds.identify_conflict if case.contested(platforms) else thresholds.identify_posterior


def _candidates(case: _Case, thresholds: Thresholds) -> tuple[Candidate, ...]:
    """The likeliest platforms that evidence speaks for: a prior alone makes no candidate."""
    likely = [
        (probability, platform)
        for platform, probability in case.posterior.items()
        if platform != OTHER_MAKER
        and probability >= thresholds.candidates_min
        and case.support.get(platform, 0.0) > 0.0
    ]
    likely.sort(key=lambda item: (-item[0], item[1]))
    return tuple(_candidate(case, platform, p) for p, platform in likely[:MAX_CANDIDATES])


def _candidate(case: _Case, platform: str, probability: float) -> Candidate:
    brands = case.brands(platform)
    return Candidate(brands.pop() if len(brands) == 1 else None, platform, probability)


def _identifies(item: Evidence) -> bool:
    """The style of a display and its channel's name are weak: they never carry a name, however many."""
    return item.kind.identifies and not (item.kind is EvidenceKind.OSD and item.strength is Strength.WEAK)


def _by_origin(evidence: Sequence[Evidence]) -> list[list[Evidence]]:
    """Evidence from the same pixels or bytes together; without an origin, equal observations are one."""
    groups: dict[object, list[Evidence]] = defaultdict(list)
    for item in evidence:
        groups[item.origin or (item.kind, item.value, item.box)].append(item)
    return list(groups.values())


def _summed(groups: Sequence[Sequence[Evidence]]) -> dict[str, float]:
    """Log likelihood ratio of each platform. Within an origin the strongest observation about *that platform*
    counts: so a rival reading of the same pixels stays in the balance, and more evidence for a platform can
    never lower it."""
    terms: dict[str, list[float]] = defaultdict(list)
    for group in groups:
        for platform in {p for item in group for p in item.supports if p != OTHER_MAKER}:
            values = [item.supports[platform] for item in group if platform in item.supports]
            terms[platform].append(max(values, key=lambda v: (abs(v), v)))
    return {platform: math.fsum(values) for platform, values in terms.items()}


def _proof(item: Evidence, platform: str) -> tuple[float, str]:
    """For ranking, so that equals do not depend on their order."""
    return item.supports.get(platform, 0.0), item.brand or ""
