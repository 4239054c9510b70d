"""The table of registered MAC blocks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain import Strength
from edge.errors import CamidError
from edge.vendors.catalogue import load_catalogue
from edge.vendors.oui import MAGIC, Registrant, load_oui, macs_in, pack_oui, parse_oui
from scripts.build_oui import build
from tests.support.shared import shared_data

MAKERS = [Registrant("axis", Strength.MEDIUM), Registrant("sony", Strength.WEAK)]


def test_the_narrowest_block_wins() -> None:
    table = parse_oui(pack_oui(MAKERS, [("00408C", 0), ("00408C1", 1), ("00408C123", 0)]))
    assert table.registrant("00:40:8C:00:00:00") == MAKERS[0]
    assert table.registrant("00-40-8c-1f-00-00") == MAKERS[1]
    assert table.registrant("00408C123456") == MAKERS[0]
    assert table.registrant("00408D000000") is None


def test_addresses_that_no_one_registers_have_no_maker() -> None:
    table = parse_oui(pack_oui(MAKERS, [("02408C", 0), ("01408C", 0)]))
    assert table.registrant("02:40:8C:00:00:00") is None
    assert table.registrant("01:40:8C:00:00:00") is None
    assert table.registrant("not an address") is None


def test_the_shipped_table_knows_only_makers_of_the_catalogue() -> None:
    table = load_oui()
    assert len(table.records) > 500
    assert {one.maker for one in table.makers} <= set(load_catalogue().brands)
    assert load_oui().registrant("44:19:B6:01:02:03") == Registrant("hikvision", Strength.MEDIUM)
    assert load_oui().registrant("00:0A:EB:01:02:03") == Registrant("tp_link", Strength.WEAK)


@pytest.mark.parametrize(
    ("text", "bare", "found"),
    [
        ("at 44:19:b6:01:02:03 now", False, ("44:19:B6:01:02:03",)),
        ("44-19-B6-01-02-03", False, ("44:19:B6:01:02:03",)),
        ("AXIS_ACCC8E010203", True, ("AC:CC:8E:01:02:03",)),
        ("AXIS_ACCC8E010203", False, ()),
        ("44:19:B6:01:02:03:04:05", False, ()),
        ("0123456789abcdef", True, ()),
        ("44:19-b6:01:02:03", False, ()),
    ],
)
def test_addresses_in_text(text: str, bare: bool, found: tuple[str, ...]) -> None:
    assert macs_in(text, bare) == found


@pytest.mark.parametrize("data", [b"", b"CAMIDOUI", MAGIC, MAGIC + b"\x00\x05ab", MAGIC + b"\x00\x00abc"])
def test_a_broken_table_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "oui.bin"
    path.write_bytes(data)
    with pytest.raises(CamidError):
        load_oui(path)


def test_a_block_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="no block"):
        pack_oui(MAKERS, [("00408", 0)])


@given(st.lists(st.integers(0, 2**24 - 1), max_size=40, unique=True))
def test_what_is_packed_is_found(blocks: list[int]) -> None:
    plain = [block & ~0x030000 for block in blocks]
    table = parse_oui(pack_oui(MAKERS, [(f"{block:06X}", 1) for block in set(plain)]))
    for block in plain:
        assert table.registrant(f"{block:06X}ABCDEF") == MAKERS[1]


@pytest.mark.shared
def test_the_shipped_table_is_what_the_script_builds() -> None:
    data = shared_data() / "protocol"
    packed, left_out = build(data, load_catalogue())
    assert parse_oui(packed) == load_oui()
    assert set(left_out) <= set(json.loads((data / "oui_by_vendor.json").read_text("utf-8")))
