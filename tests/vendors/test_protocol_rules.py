"""The shipped rules, against each other and against the facts they rest on; and faults of a rule file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.domain import Strength
from edge.errors import CamidError, ErrorCode
from edge.vendors.catalogue import load_catalogue
from edge.vendors.protocol_rules import Field, ProtocolRule, load_protocol_rules
from tests.support.shared import shared_data

RANK = {Strength.WEAK: 0, Strength.MEDIUM: 1, Strength.STRONG: 2}
RULES = load_protocol_rules().all

GOOD = """
[sources]
a = "A page"
[[rule]]
field = "rtsp.server"
pattern = '^Acme/'
platform = "dahua"
strength = "strong"
source = "a"
example = "Acme/1"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "protocol_rules.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_rules_load_once() -> None:
    assert load_protocol_rules() is load_protocol_rules()
    assert len(RULES) > 200


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.field.value} {rule.example[:30]}")
def test_a_rule_has_source_strength_and_example(rule: ProtocolRule) -> None:
    assert rule.source
    assert rule.strength in Strength
    assert rule.matches(rule.example)
    assert rule.matches(rule.example.upper())
    assert rule.facts or rule.program, "a rule for a platform rests on a fact"


def test_no_rule_takes_the_example_of_another_maker() -> None:
    """Weak and copied patterns are known from several makers."""
    for rule in RULES:
        if rule.platform is None or rule.copied or rule.strength is Strength.WEAK:
            continue
        for other in load_protocol_rules().matching(rule.field, rule.example):
            shared = other.copied or other.strength is Strength.WEAK or other.platform is None
            assert shared or other.platform == rule.platform, (rule.example, other.pattern.pattern)


def test_no_rule_is_slow_on_a_long_value() -> None:
    value = "/a=1&b=" * 292
    for field in Field:
        load_protocol_rules().matching(field, value)


@pytest.mark.shared
def test_no_rule_is_stronger_than_its_facts_or_rests_on_one_that_may_not_be_used() -> None:
    lines = (shared_data() / "protocol/fingerprints.jsonl").read_text("utf-8").splitlines()
    facts = {fact["id"]: fact for fact in map(json.loads, lines)}
    for rule in RULES:
        used = [facts[name] for name in rule.facts]
        assert all(fact["licence"] != "NPSL" for fact in used), rule.example
        if used and rule.platform:
            assert RANK[rule.strength] <= max(RANK[Strength(f["strength"])] for f in used), rule.example


@pytest.mark.shared
def test_a_rules_platform_is_that_of_its_facts() -> None:
    lines = (shared_data() / "protocol/fingerprints.jsonl").read_text("utf-8").splitlines()
    facts = {fact["id"]: fact for fact in map(json.loads, lines)}
    catalogue = load_catalogue()
    for rule in RULES:
        for name in rule.facts if rule.platform else ():
            stated = facts[name]["platform"] or ""
            brand = catalogue.brand_of(stated) or catalogue.brand_of(stated.split(" (")[0])
            if brand is not None and facts[name]["role"] == "device":
                assert rule.platform == brand.platform, (name, rule.example)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (GOOD.replace("rtsp.server", "rtsp.sever"), "'field' is 'rtsp.sever'"),
        (GOOD.replace("^Acme/", "^(Acme/"), "no regular expression"),
        (GOOD.replace("'^Acme/'", "'^Other/'"), "does not match its own example"),
        (GOOD.replace('"dahua"', '"nobody"'), "names 'nobody', which is no brand"),
        (GOOD.replace('platform = "dahua"\n', ""), "neither a platform nor a program"),
        (GOOD.replace('strength = "strong"\n', ""), "'strength' must be a text"),
        (GOOD.replace('source = "a"', 'source = "b"'), "source 'b' is not among"),
        (
            GOOD.replace('platform = "dahua"', 'platform = "dahua"\nbrand = "ezviz"'),
            "is on platform 'hikvision'",
        ),
        (GOOD + "library = 1\n", "'library' must be true or false"),
        (GOOD + "more = 1\n", "unknown key 'more'"),
        ("[[", "is no TOML"),
    ],
)
def test_faults_of_a_rule_file(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(CamidError) as raised:
        load_protocol_rules(load_catalogue(), write(tmp_path, text))
    assert raised.value.code is ErrorCode.SETTINGS_INVALID
    assert fault in raised.value.message


def test_a_good_rule_file_loads(tmp_path: Path) -> None:
    rules = load_protocol_rules(load_catalogue(), write(tmp_path, GOOD))
    assert rules.matching(Field.RTSP_SERVER, "acme/2")[0].platform == "dahua"
    assert not rules.matching(Field.HTTP_SERVER, "acme/2")
