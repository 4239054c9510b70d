"""The shipped catalogue: complete, sourced, and free of names that must stay out."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest

from edge.domain import Strength
from edge.vendors import parsing
from edge.vendors.catalogue import Catalogue, Reach, RelationKind, Script, load_catalogue
from edge.vendors.parsing import parse_catalogue
from tests.support.shared import shared_data

DATED = re.compile(r"(19|20)\d\d|undated|current|former")


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def test_it_is_loaded_once(catalogue: Catalogue) -> None:
    assert load_catalogue() is catalogue


def test_it_loads_fast() -> None:
    start = time.process_time()
    folder = Path(parsing.__file__).parent
    parse_catalogue({name: parsing.read_toml(folder / name) for name in parsing.FILES})
    assert time.process_time() - start < 0.5  # 0.05 s on an idle core


def test_it_knows_sixty_brands_and_more(catalogue: Catalogue) -> None:
    assert len(catalogue.brands) >= 60


def test_every_brand_has_a_platform_and_most_have_a_wordmark(catalogue: Catalogue) -> None:
    for brand in catalogue.brands.values():
        assert brand.platform in catalogue.brands
    assert sum(bool(brand.wordmarks) for brand in catalogue.brands.values()) >= 150


def test_every_relation_has_date_source_and_strength(catalogue: Catalogue) -> None:
    relations = [r for b in catalogue.brands.values() for r in b.oem]
    assert relations
    for relation in relations:
        assert DATED.search(relation.date)
        assert relation.source
        assert relation.strength in {Strength.STRONG, Strength.MEDIUM}


def test_every_advisory_has_date_jurisdiction_source_and_strength(catalogue: Catalogue) -> None:
    assert catalogue.advisories
    for fact in catalogue.advisories:
        advisory = fact.advisory
        assert DATED.search(advisory.date)
        assert advisory.jurisdiction
        assert advisory.source
        assert advisory.text.endswith(".")
        assert advisory.strength in {Strength.STRONG, Strength.MEDIUM}


def test_every_rule_has_a_source_and_matches_its_example(catalogue: Catalogue) -> None:
    for rule in catalogue.model_rules:
        assert rule.source
        assert rule.matches(rule.example)


def test_native_script_wordmarks(catalogue: Catalogue) -> None:
    for brand, text in [("hikvision", "海康威视"), ("dahua", "大华"), ("ezviz", "萤石"), ("uniview", "宇视")]:
        marks = {w.text: w for w in catalogue.brands[brand].wordmarks}
        assert marks[text].script is Script.HAN


def test_short_and_ordinary_words_are_ambiguous(catalogue: Catalogue) -> None:
    for brand in ("ring", "blink", "hive", "canary", "arlo", "axis", "ajax", "lg", "yi", "sony", "vera"):
        latin = [w for w in catalogue.brands[brand].wordmarks if w.text.casefold() == brand]
        assert latin
        assert all(w.ambiguous for w in latin), brand


@pytest.mark.parametrize(
    ("brand", "platform", "known"),
    [
        ("ezviz", "hikvision", True),
        ("annke", "hikvision", True),
        ("uniarch", "uniview", True),
        ("lorex", "dahua", True),
        ("vigi", "tp_link", True),
        ("hikvision", "hikvision", True),  # an owner is no maker of hardware
        ("reolink", "reolink", True),
        ("swann", "swann", False),  # only some products are Hikvision's
        ("cp_plus", "cp_plus", False),
        ("epcom", "epcom", False),  # medium strength proves no platform
    ],
)
def test_platforms(catalogue: Catalogue, brand: str, platform: str, known: bool) -> None:
    entry = catalogue.brands[brand]
    assert (entry.platform, entry.platform_known) == (platform, known)


def test_a_platform_of_another_maker_rests_on_a_strong_fact(catalogue: Catalogue) -> None:
    for brand in catalogue.brands.values():
        if brand.platform != brand.id:
            proofs = [r for r in brand.oem if r.parent == brand.platform and r.strength is Strength.STRONG]
            assert any(r.relation in {RelationKind.OWN_BRAND, RelationKind.OEM} for r in proofs)


@pytest.mark.parametrize("name", ["TP-Link", "tplink", "tp_link", "TP LINK"])
def test_a_brand_is_found_by_name_or_alias(catalogue: Catalogue, name: str) -> None:
    brand = catalogue.brand_of(name)
    assert brand is not None
    assert brand.id == "tp_link"


def test_an_unknown_name_is_no_brand(catalogue: Catalogue) -> None:
    assert catalogue.brand_of("nobody") is None


def test_advisories_of_a_maker_stay_off_its_other_brands(catalogue: Catalogue) -> None:
    own = catalogue.advisories_for("hikvision", "hikvision")
    ezviz = catalogue.advisories_for("ezviz", "hikvision")
    assert any("Entity List" in a.text for a in own)
    assert ezviz
    assert all("889" in a.text for a in ezviz)


def test_an_unnamed_camera_gets_the_advisories_of_its_platform(catalogue: Catalogue) -> None:
    assert catalogue.advisories_for(None, "dahua") == catalogue.advisories_for("dahua", "dahua")


def test_nothing_is_said_of_an_unidentified_camera(catalogue: Catalogue) -> None:
    assert catalogue.advisories_for(None, None) == ()


def test_only_the_procurement_law_reaches_other_names(catalogue: Catalogue) -> None:
    wide = [f for f in catalogue.advisories if f.reach is Reach.HARDWARE]
    assert [f.advisory.kind for f in wide] == ["procurement ban"]


@pytest.mark.shared
def test_every_maker_of_the_training_data_is_known_and_no_open_set_maker_is(catalogue: Catalogue) -> None:
    data = shared_data()
    for folder in ("products/train", "scenes/train"):
        for line in (data / folder / "labels.jsonl").read_text(encoding="utf-8").splitlines():
            label = json.loads(line)
            for vendor in label.get("vendors") or [label.get("vendor")]:
                assert vendor is None or vendor in catalogue.brands, vendor
    for line in (data / "products/dev/labels.jsonl").read_text(encoding="utf-8").splitlines():
        label = json.loads(line)
        if label["open_set"] and label["vendor"]:
            assert catalogue.brand_of(label["vendor"]) is None


@pytest.mark.shared
def test_every_maker_of_the_logos_is_known(catalogue: Catalogue) -> None:
    # A recorder, a video manager and a standard make no cameras.
    no_makers = {"frigate", "milestone", "onvif"}
    lines = (shared_data() / "logos/labels.jsonl").read_text(encoding="utf-8").splitlines()
    vendors = {json.loads(line)["vendor"] for line in lines}
    assert {v for v in vendors if catalogue.brand_of(v) is None} == no_makers
