"""Faulty catalogues: each fault is named with its file and entry."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import CamidError, ErrorCode
from edge.vendors.catalogue import Script, load_catalogue
from edge.vendors.parsing import script_of

HEAD = 'catalogue_date = 2026-01-01\n[sources]\na = "A page"\n'
ACME = '[brand.acme]\nname = "Acme"\nwordmarks = ["ACME"]\n'
RELABEL = '[brand.label]\nname = "Label"\nwordmarks = ["LABEL"]\n'
OEM = (
    '[[brand.label.oem]]\nparent = "acme"\nrelation = "oem"\n'
    'date = "2020"\nsource = "a"\nstrength = "strong"\n'
)
GOOD = HEAD + ACME + RELABEL + OEM
ADVISORY = (
    '[sources]\nb = "B"\n[[advisory]]\nsubjects = ["acme"]\nkind = "CVE"\njurisdiction = "global"\n'
    'date = "2020"\ntext = "Leaks."\nsource = "b"\nstrength = "strong"\n'
)
RULE = (
    '[sources]\nc = "C"\n[[model]]\npattern = \'AC-\\d{3}\'\nplatform = "acme"\n'
    'strength = "medium"\nsource = "c"\nexample = "AC-123"\n'
)


def write(folder: Path, catalogue: str = GOOD, advisories: str = "", rules: str = "") -> Path:
    (folder / "catalogue.toml").write_text(catalogue, encoding="utf-8")
    (folder / "advisories.toml").write_text(advisories, encoding="utf-8")
    (folder / "rules.toml").write_text(rules, encoding="utf-8")
    return folder


def test_a_good_catalogue_loads(tmp_path: Path) -> None:
    catalogue = load_catalogue(write(tmp_path, GOOD, ADVISORY, RULE))
    assert set(catalogue.brands) == {"acme", "label"}
    assert catalogue.brands["label"].oem[0].source == "A page"
    assert catalogue.advisories_for("acme", None)[0].subject == "Acme"
    assert catalogue.model_rules[0].matches("AC-123")


@pytest.mark.parametrize(
    ("catalogue", "fault"),
    [
        (GOOD + 'colour = "red"\n', "unknown key 'colour'"),
        (GOOD.replace("[brand.label]", "[brand.Label]"), "brand.Label: an id has lower-case"),
        (GOOD.replace('"LABEL"', '"acme"'), "'acme' is a name of brand.acme already"),
        (GOOD.replace('name = "Label"', 'name = "Label"\naliases = ["ACME"]'), "already"),
        (GOOD.replace('parent = "acme"', 'parent = "gone"'), "names 'gone', which is no brand"),
        (GOOD.replace('date = "2020"', 'date = "lately"'), "needs a year"),
        (GOOD.replace('source = "a"', 'source = "z"'), "source 'z' is not among"),
        (GOOD.replace('strength = "strong"', 'strength = "weak"'), "weak facts stay out"),
        (GOOD.replace('relation = "oem"', 'relation = "friend"'), "'relation' is 'friend'"),
        (GOOD.replace('a = "A page"', 'a = "A page"\nb = "B"'), "source 'b' is cited nowhere"),
        (GOOD.replace("2026-01-01", '"soon"'), "'catalogue_date' must be a date"),
        (GOOD.replace('wordmarks = ["ACME"]\n', ""), "brand.acme: has no wordmark"),
        (GOOD.replace('wordmarks = ["ACME"]', 'wordmarks = ["ACME"]\nunlettered = true'), "is unlettered"),
        (GOOD.replace('wordmarks = ["ACME"]\n', "unlettered = 1\n"), "'unlettered' must be true or false"),
        (GOOD.replace('wordmarks = ["ACME"]', "wordmarks = [1]"), "'wordmarks' must be a list of texts"),
        (GOOD.replace('name = "Label"', 'name = "Label"\nplatform = "gone"'), "no strong own_brand or oem"),
        (GOOD.replace('name = "Acme"', 'name = ""'), "'name' must be a text"),
        ("[[", "is no TOML"),
        pytest.param("a = " + "[" * 5000, "is no TOML", id="too deep"),
        pytest.param("a = " + "9" * 5000, "is no TOML", id="too long a number"),
    ],
)
def test_faults_of_brands(tmp_path: Path, catalogue: str, fault: str) -> None:
    with pytest.raises(CamidError) as raised:
        load_catalogue(write(tmp_path, catalogue))
    assert raised.value.code is ErrorCode.SETTINGS_INVALID
    assert raised.value.message.startswith("catalogue.toml")
    assert fault in raised.value.message


def test_a_platform_whose_hardware_another_builds_is_refused(tmp_path: Path) -> None:
    third = OEM.replace("brand.label", "brand.third").replace('"acme"', '"label"')
    chain = GOOD.replace('name = "Label"', 'name = "Label"\nplatform = "acme"')
    chain += '[brand.third]\nname = "Third"\nwordmarks = ["THIRD"]\nplatform = "label"\n' + third
    with pytest.raises(CamidError, match="built by another"):
        load_catalogue(write(tmp_path, chain))


@pytest.mark.parametrize(
    ("advisories", "fault"),
    [
        (ADVISORY.replace('jurisdiction = "global"\n', ""), "advisory 0: 'jurisdiction' must be a text"),
        (ADVISORY.replace('date = "2020"\n', ""), "advisory 0: 'date' must be a text"),
        (ADVISORY.replace('source = "b"\n', ""), "advisory 0: 'source' must be a text"),
        (ADVISORY.replace('"acme"', '"gone"'), "names 'gone'"),
        (ADVISORY.replace('subjects = ["acme"]\n', ""), "'scope' must be a text"),
        (ADVISORY.replace('"strong"', '"not found"'), "'strength' is 'not found'"),
    ],
)
def test_faults_of_advisories(tmp_path: Path, advisories: str, fault: str) -> None:
    with pytest.raises(CamidError, match=r"advisories\.toml") as raised:
        load_catalogue(write(tmp_path, advisories=advisories))
    assert fault in raised.value.message


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        (RULE.replace("AC-123", "XY-1"), "does not match its own example"),
        (RULE.replace("{3}", "{3"), "does not match its own example"),
        (RULE.replace("{3}", "("), "is no regular expression"),
        (RULE.replace('"acme"', '"gone"'), "names 'gone'"),
    ],
)
def test_faults_of_rules(tmp_path: Path, rules: str, fault: str) -> None:
    with pytest.raises(CamidError, match=r"rules\.toml") as raised:
        load_catalogue(write(tmp_path, rules=rules))
    assert fault in raised.value.message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CamidError, match=r"catalogue\.toml: cannot be read"):
        load_catalogue(tmp_path)


@pytest.mark.parametrize(
    ("text", "script"),
    [("EZVIZ", Script.LATIN), ("萤石", Script.HAN), ("ソニー", Script.KANA), ("한화비전", Script.HANGUL)],
)
def test_scripts(text: str, script: Script) -> None:
    assert script_of(text) is script
