from __future__ import annotations

import pytest

from edge.domain import Strength
from edge.evidence.model_numbers import fitting
from edge.vendors.catalogue import load_catalogue

GRADES = {Strength.WEAK: 0, Strength.MEDIUM: 1, Strength.STRONG: 2}


def grades(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for rule, strength in fitting(text, load_catalogue()):
        found[rule.platform] = max(GRADES[strength], found.get(rule.platform, 0))
    return found


@pytest.mark.parametrize(
    "text", ["DS-2CD2143G0-I", "Model: DS-2CD2143G0-I", "ds-2cd2143g0-i", "DS - 2CD2143G0 - I"]
)
def test_a_number_is_found_among_other_words(text: str) -> None:
    assert set(grades(text)) == {"hikvision"}


def test_what_ocr_confuses_is_repaired_at_a_lower_grade() -> None:
    assert set(grades("DS-2CD2I43GO-I")) <= {"hikvision"}
    assert grades("DS-2CD 2143G0-I")["hikvision"] <= grades("DS-2CD2143G0-I")["hikvision"]


@pytest.mark.parametrize(
    "text", ["", "4K ULTRA HD", "H.265+", "IP67", "2.8mm", "12V DC", "2024-01-01 10:00:00", "Lens"]
)
def test_plain_lettering_is_no_number(text: str) -> None:
    assert grades(text) == {}
