"""QR and bar codes on a housing: serial numbers, model numbers and addresses of the maker."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import zxingcpp

from edge.domain import Box, Evidence, EvidenceKind, Pixels, Strength
from edge.evidence.likelihoods import Likelihoods
from edge.evidence.model_numbers import SCORES, TABLE, fitting
from edge.vendors.catalogue import Brand, Catalogue

MAX_TEXT = 2048
"""Characters of one code that are looked at."""
_HOST = re.compile(r"(?:https?://|\bwww\.)([a-z0-9.-]{4,253})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Code:
    text: str
    box: Box


def find_codes(pixels: Pixels, x0: float = 0.0, y0: float = 0.0) -> list[Code]:
    """Codes in a crop whose upper-left corner lies at ``x0``, ``y0`` in the picture."""
    codes = []
    for found in zxingcpp.read_barcodes(pixels):
        corners = found.position
        points = [corners.top_left, corners.top_right, corners.bottom_right, corners.bottom_left]
        xs, ys = [p.x for p in points], [p.y for p in points]
        box = Box(min(xs), min(ys), max(*xs, min(xs) + 1), max(*ys, min(ys) + 1))
        if found.text:
            codes.append(Code(found.text[:MAX_TEXT], box.moved(x0, y0)))
    return codes


def evidence_from_codes(
    codes: Sequence[Code], catalogue: Catalogue, likelihoods: Likelihoods
) -> list[Evidence]:
    """Evidence from what codes say: an address at a maker's domain, a serial or model number."""
    return [
        item
        for code in codes
        for item in (*_addresses(code, catalogue, likelihoods), *_numbers(code, catalogue, likelihoods))
    ]


def _addresses(code: Code, catalogue: Catalogue, likelihoods: Likelihoods) -> list[Evidence]:
    found = []
    for host in _HOST.findall(code.text):
        brand = _owner(host, catalogue)
        if brand is not None:
            weight = likelihoods.value(TABLE, SCORES[Strength.STRONG])
            found.append(
                _evidence(
                    code,
                    brand.platform,
                    brand.id,
                    weight,
                    Strength.STRONG,
                    f"The code leads to {brand.name}.",
                )
            )
    return found


def _owner(host: str, catalogue: Catalogue) -> Brand | None:
    """The brand after which a host's registered name is called."""
    labels = host.casefold().strip(".").split(".")
    # The label before the top level, or before a two-part one such as co.uk.
    names = (
        labels[-3:-1] if len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3 else labels[-2:-1]
    )
    return next((brand for name in names if (brand := catalogue.brand_of(name)) is not None), None)


def _numbers(code: Code, catalogue: Catalogue, likelihoods: Likelihoods) -> list[Evidence]:
    return [
        _evidence(
            code,
            rule.platform,
            rule.brand,
            likelihoods.value(TABLE, SCORES[strength]),
            strength,
            f"The code holds a number of the form {rule.example}.",
        )
        for rule, strength in fitting(code.text, catalogue)
    ]


def _evidence(
    code: Code, platform: str, brand: str | None, weight: float, strength: Strength, note: str
) -> Evidence:
    return Evidence(
        kind=EvidenceKind.MODEL,
        value=code.text[:200],
        box=code.box,
        strength=strength,
        supports={platform: weight},
        note=note,
        brand=brand,
        origin=f"code:{code.text}",
    )
