"""Model numbers, serial prefixes and whatever else the catalogue's grammars know, in lettering and codes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from edge.domain import Evidence, EvidenceKind, Strength, TextLine
from edge.evidence.likelihoods import Likelihoods
from edge.vendors.catalogue import Catalogue, ModelRule, normalise_model

TABLE = "model_number"
SCORES: Mapping[Strength, float] = MappingProxyType(
    {Strength.STRONG: 1.0, Strength.MEDIUM: 0.6, Strength.WEAK: 0.3}
)
"""The score of a rule in the fitted table."""
_LOWER = {Strength.STRONG: Strength.MEDIUM, Strength.MEDIUM: Strength.WEAK, Strength.WEAK: Strength.WEAK}

MIN_SCORE = 0.6
MIN_LENGTH = 5
_AS_DIGIT = str.maketrans("OQDILSBZ", "00011582")


def model_evidence(
    lines: Sequence[TextLine], catalogue: Catalogue, likelihoods: Likelihoods, where: str = ""
) -> list[Evidence]:
    """One piece of evidence for each rule that a line fits, the best line for each platform and brand."""
    best: dict[tuple[str, str | None], Evidence] = {}
    for line in lines:
        if line.score < MIN_SCORE or len(line.text) < MIN_LENGTH:
            continue
        for rule, strength in fitting(line.text, catalogue):
            weight = likelihoods.value(TABLE, SCORES[strength])
            key = (rule.platform, rule.brand)
            if weight <= 0.0 or (key in best and best[key].supports[rule.platform] >= weight):
                continue
            best[key] = Evidence(
                kind=EvidenceKind.MODEL,
                value=line.text,
                box=line.box,
                strength=strength,
                supports={rule.platform: weight},
                note=f"A model or serial number of the form {rule.example}.",
                brand=rule.brand,
                origin=f"model:{where}:{line.text}",
            )
    return list(best.values())


def fitting(text: str, catalogue: Catalogue) -> Iterator[tuple[ModelRule, Strength]]:
    """The rules that a reading fits, the number alone or among other words; a reading that fits only after
    repair of what OCR confuses (O and 0, I and 1, spaces within) is worth one grade less."""
    plain = normalise_model(text)
    repaired = [
        form for form in (_squeezed(plain), _digits(plain), _digits(_squeezed(plain))) if form != plain
    ]
    for rule in catalogue.model_rules:
        if rule.matches(plain):
            yield rule, rule.strength
        elif any(rule.matches(form) for form in repaired):
            yield rule, _LOWER[rule.strength]


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _digits(text: str) -> str:
    """Letters that look like digits as digits, where a digit stands next to them."""
    return re.sub(r"(?<=\d)[OQDILSBZ](?=[\d-]|$)|[OQILSBZ](?=\d)", lambda m: m[0].translate(_AS_DIGIT), text)
