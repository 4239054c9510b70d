"""What Camid has to tell makers by is counted in its data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.evidence.clock import find_stamp
from edge.evidence.overlay_rules import ClockHabit, load_overlay_rules
from edge.settings import load_settings
from edge.tells import clock_example, tells_of, text_like
from edge.vendors.catalogue import load_catalogue
from edge.vendors.own import OwnVendor, known_catalogue, own_gallery, write_own


def test_every_brand_has_them_and_they_are_those_of_the_data(tmp_path: Path) -> None:
    tells = tells_of(load_catalogue(), load_settings(data_dir=tmp_path))
    assert set(tells) == set(load_catalogue().brands)
    hikvision, lorex = tells["hikvision"], tells["lorex"]
    assert hikvision.marks > 0
    assert hikvision.display_marks > 0
    assert hikvision.mac_blocks > 0
    assert {"rtsp", "isapi"} <= set(hikvision.carriers)
    assert set(hikvision.proven) <= set(hikvision.carriers)
    assert any(rule.example in hikvision.models for rule in load_catalogue().model_rules)
    # What proves Dahua's hardware alone says nothing of this name.
    assert not set(tells["dahua"].models) & set(lorex.models)


def test_makers_of_ones_own_have_what_was_enrolled(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    own_gallery(settings).mkdir()
    write_own(own_gallery(settings), [OwnVendor("mine", "Mine", ())])
    found = tells_of(known_catalogue(settings), settings)["mine"]
    assert (found.marks, found.enrolled, found.carriers, found.clock) == (0, 0, (), None)


@pytest.mark.parametrize("habit", load_overlay_rules().clocks, ids=lambda habit: habit.platform)
def test_the_example_of_a_clock_is_read_as_one_of_that_habit(habit: ClockHabit) -> None:
    stamp = find_stamp(clock_example(habit))
    assert stamp is not None
    assert habit.fits(stamp.style)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^Camera \d\d$", "Camera 01"),
        (r"^IPdome( \d\d)?$", "IPdome"),
        (r"^(CH|CAM)\d$", None),
        (r"^[A-Z]+$", None),
    ],
)
def test_plain_patterns_have_an_example_and_others_none(pattern: str, text: str | None) -> None:
    assert text_like(re.compile(pattern)) == text
