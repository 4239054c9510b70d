"""The user's own makers: kept, read back, never over the shipped facts."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import CamidError, ErrorCode
from edge.settings import Settings, load_settings
from edge.vendors.catalogue import load_catalogue
from edge.vendors.own import (
    OWN_CATALOGUE,
    OwnVendor,
    known_catalogue,
    own_gallery,
    read_own,
    vendor_id,
    with_own,
    write_own,
)

NORVANE = OwnVendor("norvane", "Norvane", ("NORVANE",))


def settings(data: Path) -> Settings:
    return load_settings(data_dir=data)


def folder(data: Path) -> Path:
    place = own_gallery(settings(data))
    place.mkdir(exist_ok=True)
    return place


def test_what_is_written_is_read(tmp_path: Path) -> None:
    vendors = (OwnVendor("acme_2", 'Ac"me\\ ', ()), NORVANE)
    write_own(tmp_path, reversed(vendors))
    assert read_own(tmp_path) == vendors


@given(st.text(min_size=1, max_size=20).filter(str.strip), st.text(min_size=1, max_size=9).filter(str.strip))
def test_any_name_is_read_as_it_was_written(name: str, text: str) -> None:
    vendor = OwnVendor(
        "one", name.encode("utf-8", "replace").decode(), (text.encode("utf-8", "replace").decode(),)
    )
    with tempfile.TemporaryDirectory() as folder:
        write_own(Path(folder), [vendor])
        assert read_own(Path(folder)) == (vendor,)


def test_without_a_file_the_catalogue_is_the_shipped_one(tmp_path: Path) -> None:
    assert read_own(tmp_path) == ()
    assert known_catalogue(settings(tmp_path)) is load_catalogue()


def test_an_own_maker_has_a_name_and_an_open_platform(tmp_path: Path) -> None:
    write_own(folder(tmp_path), [NORVANE])
    brand = known_catalogue(settings(tmp_path)).brand_of("NOR VANE")
    assert brand is not None
    assert (brand.id, brand.name, brand.platform_known) == ("norvane", "Norvane", False)
    assert [(w.text, w.ambiguous) for w in brand.wordmarks] == [("NORVANE", True)]
    assert set(known_catalogue(settings(tmp_path)).brands) == {*load_catalogue().brands, "norvane"}


def test_a_change_is_seen_at_once(tmp_path: Path) -> None:
    write_own(folder(tmp_path), [NORVANE])
    assert "norvane" in known_catalogue(settings(tmp_path)).brands
    write_own(folder(tmp_path), [])
    assert "norvane" not in known_catalogue(settings(tmp_path)).brands


def test_shipped_facts_win() -> None:
    shipped = load_catalogue()
    own = [
        OwnVendor("hikvision", "Somebody", ()),
        OwnVendor("other", "Dahua", ()),
        OwnVendor("third", "Third", ("HIKVISION", "THIRD")),
    ]
    known = with_own(shipped, own)
    assert set(known.brands) - set(shipped.brands) == {"third"}
    assert all(known.brands[one] is shipped.brands[one] for one in shipped.brands)
    assert [w.text for w in known.brands["third"].wordmarks] == ["THIRD"]


@pytest.mark.parametrize(
    "text",
    [
        "[vendor.x]\n",
        '[vendor.x]\nname = "X"\nplatform = "hikvision"\n',
        '[vendor.X]\nname = "X"\n',
        "nonsense",
        "[other]\n",
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / OWN_CATALOGUE).write_text(text)
    with pytest.raises(CamidError) as refused:
        read_own(tmp_path)
    assert refused.value.code is ErrorCode.SETTINGS_INVALID
    assert OWN_CATALOGUE in str(refused.value)


def test_ids_are_made_of_names() -> None:
    assert vendor_id("Norvane Optics GmbH & Co.") == "norvane_optics_gmbh_co"
    for name in ("", "諾凡", "x" * 101, "a\nb"):
        with pytest.raises(CamidError):
            vendor_id(name)
