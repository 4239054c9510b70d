"""The facts of displays: complete, sourced, and naming only makers that the catalogue knows."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from edge.domain import Strength
from edge.errors import CamidError, ErrorCode
from edge.evidence.clock import find_stamp
from edge.evidence.overlay_rules import FILE, OverlayRules, load_overlay_rules
from edge.vendors.catalogue import load_catalogue


@pytest.fixture(scope="module")
def rules() -> OverlayRules:
    return load_overlay_rules()


def test_every_maker_is_in_the_catalogue(rules: OverlayRules) -> None:
    known = load_catalogue().brands
    assert rules.printed <= set(known)
    assert rules.trail <= set(known)
    assert {habit.platform for habit in rules.clocks} <= set(known)
    assert {one.platform for one in rules.channels if one.platform} <= set(known)


def test_every_fact_has_a_source() -> None:
    document = tomllib.loads(FILE.read_text("utf-8"))
    for name in ("software", "channel", "clock"):
        assert all(entry["source"] for entry in document[name])


@pytest.mark.parametrize("text", ["21°C", "-6 C", "70℉21℃", "68°F", "4°C/39℉", "M 4/5", "29.99inHg", "87%"])
def test_parts_of_info_bars_are_no_names(rules: OverlayRules, text: str) -> None:
    assert rules.is_info(text)


@pytest.mark.parametrize("text", ["Gate 2", "Cam6", "Cafe 12", "CAMERA 01", "Front Court", "12 Church Road"])
def test_names_are_no_info(rules: OverlayRules, text: str) -> None:
    assert not rules.is_info(text)
    assert not rules.holds_temperature(text)


def test_a_temperature_may_stand_anywhere_in_a_bar(rules: OverlayRules) -> None:
    assert rules.holds_temperature("SITE 122 -6 C / 21 F")
    assert not rules.is_temperature("SITE 122 -6 C / 21 F")


def test_the_default_clock_of_drawtext_is_nobodys_habit(rules: OverlayRules) -> None:
    stamp = find_stamp("2024-05-14 12:33:44")
    assert stamp is not None
    assert not [habit.platform for habit in rules.clocks if habit.fits(stamp.style)]


@pytest.mark.parametrize(
    ("text", "software"),
    [
        ("FPS: 4.18 8/28/2023 10:36:07 PM", "ispy"),
        ("Monitor-1 - 14/05/24 12:33:44", "zoneminder"),
        ("10:33:20-04", "motion"),
        ("00:01:23.456", "stream_time"),
        ("0:00:01.234567890", "stream_time"),
        ("Frigate", "frigate"),
        ("person: 84%", "detector"),
        ("car 0.71", "detector"),
        ("2024-05-14 12:33:44", None),
        ("2024-05-14T12:33:44-07:00", None),
        ("Carport", None),
    ],
)
def test_software_is_told_by_its_pattern(rules: OverlayRules, text: str, software: str | None) -> None:
    found = rules.software_in(text)
    assert (found.id if found else None) == software


@pytest.mark.parametrize(
    ("name", "platform"),
    [
        ("Camera 01", "hikvision"),
        ("IPdome", "hikvision"),
        ("CAMERA 01", None),
        ("CH 07", None),
        ("通道1", None),
    ],
)
def test_names_from_the_factory(rules: OverlayRules, name: str, platform: str | None) -> None:
    known = rules.channel(name)
    assert known is not None
    assert known.platform == platform
    assert (known.strength is Strength.MEDIUM) is (platform is not None)


def test_a_name_that_somebody_gave_is_none_of_them(rules: OverlayRules) -> None:
    assert rules.channel("Gate 2") is None


@pytest.mark.parametrize(
    ("text", "platforms"),
    [
        ("05-14-2024 Tue 10:33:20", {"hikvision"}),
        ("05/14/2024 10:33:20 TUE", {"reolink"}),
        ("2024-05-14 10:33:20", set()),
        ("14-05-2024 Tue 10:33:20", set()),
    ],
)
def test_clocks_from_the_factory(rules: OverlayRules, text: str, platforms: set[str]) -> None:
    stamp = find_stamp(text)
    assert stamp is not None
    assert {habit.platform for habit in rules.clocks if habit.fits(stamp.style)} == platforms


def test_a_wrong_entry_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "overlays.toml"
    broken.write_text(FILE.read_text("utf-8").replace('order = "mdy"', 'order = "backwards"'), "utf-8")
    with pytest.raises(CamidError) as raised:
        load_overlay_rules(broken)
    assert raised.value.code is ErrorCode.SETTINGS_INVALID
