from __future__ import annotations

from pathlib import Path

import pytest

from edge.domain import Box, Evidence, EvidenceKind, Strength, TextLine
from edge.evidence.confusions import load_confusions
from edge.evidence.lettering import Lettering, parts
from edge.evidence.likelihoods import load_likelihoods
from edge.vendors.catalogue import load_catalogue

MODELS = Path(__file__).resolve().parents[2] / "models"


@pytest.fixture(scope="module")
def lettering() -> Lettering:
    return Lettering(load_catalogue(), load_confusions(MODELS), load_likelihoods(MODELS))


def line(text: str, score: float = 0.97, x: float = 0.0) -> TextLine:
    return TextLine(text, score, Box(x, 0, x + 100, 20), 20)


def best(found: list[Evidence]) -> tuple[str | None, set[str]]:
    """The brand and platforms of the strongest evidence."""
    top = max(found, key=lambda e: max(e.supports.values()))
    return top.brand, set(top.supports)


@pytest.mark.parametrize(
    ("text", "brand", "platform"),
    [
        ("HIKVISION", "hikvision", "hikvision"),
        ("Hikvision 4K ColorVu", "hikvision", "hikvision"),
        ("海康威视", "hikvision", "hikvision"),
        ("alhua", "dahua", "dahua"),
        ("@lhua", "dahua", "dahua"),
        ("大华", "dahua", "dahua"),
        ("unv", "uniview", "uniview"),
        ("EZVIZ", "ezviz", "hikvision"),
        ("Reolink", "reolink", "reolink"),
        ("CP PLUS", "cp_plus", "cp_plus"),
        ("tp-link | VIGI", "vigi", "tp_link"),
        ("AXIS", "axis", "axis"),
    ],
)
def test_wordmarks_are_recognised(lettering: Lettering, text: str, brand: str, platform: str) -> None:
    found = lettering.evidence([line(text)])
    assert best(found) == (brand, {platform})
    assert lettering.certain([line(text)])
    assert all(e.kind is EvidenceKind.WORDMARK and e.box is not None and e.origin for e in found)


@pytest.mark.parametrize(
    "text",
    [
        "ColorVu",
        "AcuSense",
        "WizSense",
        "Full-color",
        "4K 8MP",
        "Ultra HD",
        "WARNING",
        "SMART IR",
        "Vision",
        "Security",
        "monitoring",
        "String",
        "praxis",
        "Chicago",
        "ringtone 4K",
        "",
        "O",
    ],
)
def test_other_words_are_no_wordmarks(lettering: Lettering, text: str) -> None:
    assert lettering.evidence([line(text)]) == []


def test_an_ambiguous_word_among_others_is_nothing(lettering: Lettering) -> None:
    assert lettering.evidence([line("the ring of fire")]) == []
    assert lettering.evidence([line("ring", score=0.6)]) == []
    assert lettering.evidence([line("ring")]) != []


def test_a_near_miss_is_weaker_than_the_name(lettering: Lettering) -> None:
    (exact,) = lettering.evidence([line("HIKVISION")])
    near = lettering.evidence([line("HIKVSION")])
    assert exact.strength is Strength.STRONG
    assert (
        0
        < max(e.supports["hikvision"] for e in near if "hikvision" in e.supports)
        < exact.supports["hikvision"]
    )
    assert not lettering.certain([line("HIKVSION")])


def test_two_makers_on_one_housing_are_both_told(lettering: Lettering) -> None:
    lines = [line("HIKVISION"), line("Reolink", x=300)]
    assert {e.brand for e in lettering.evidence(lines)} == {"hikvision", "reolink"}
    assert not lettering.certain(lines)


def test_readings_of_the_same_lettering_are_one_evidence(lettering: Lettering) -> None:
    found = lettering.evidence([line("HIKVISION"), line("HIKVISIO"), line("HKVISION", 0.8)])
    assert [e.brand for e in found] == ["hikvision"]


@pytest.mark.parametrize(
    ("read", "brand"),
    [
        ("tp-link|VIG", None),
        ("tp-link VI", "tp_link"),
        ("tp-link VIGOROUS", "tp_link"),
        ("tp-link", "tp_link"),
    ],
)
def test_a_brand_of_the_maker_that_is_cut_off_leaves_the_brand_open(
    lettering: Lettering, read: str, brand: str | None
) -> None:
    found = best(lettering.evidence([line(read)]))
    assert found == (brand, {"tp_link"})


def test_the_brand_of_a_parent_wins_over_the_parents_name(lettering: Lettering) -> None:
    found = lettering.evidence([line("HiLook"), line("HIKVISION", x=300)])
    assert {e.brand for e in found} == {"hilook", None}
    assert {p for e in found for p in e.supports} == {"hikvision"}


def test_a_model_number_is_evidence(lettering: Lettering) -> None:
    found = [e for e in lettering.evidence([line("DS-2CD2143G0-I")]) if e.kind is EvidenceKind.MODEL]
    assert {p for e in found for p in e.supports} == {"hikvision"}


def test_parts_of_a_name() -> None:
    assert parts("GeoVision") == ("geo", "vision")
    assert parts("GW Security") == ("gw", "security")
    assert parts("HIKVISION") == ()


def test_where_keeps_housings_apart(lettering: Lettering) -> None:
    (one,), (two,) = lettering.evidence([line("unv")], "1"), lettering.evidence([line("unv")], "2")
    assert one.origin != two.origin
