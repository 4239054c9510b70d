"""Everything that ships has a known licence, and the bill of materials lists it."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path

import pytest

from scripts.check_licences import of_libraries, of_licence, problems
from scripts.supply import files
from scripts.supply.licences import Installed, Library, library_name, library_table, licence_of, parts_of
from scripts.supply.lock import read_lock
from scripts.supply.sbom import sbom

MOMENT = datetime(2026, 11, 28, tzinfo=UTC)


def test_all_that_ships_has_a_known_licence() -> None:
    assert list(problems()) == []


def test_the_lock_is_read_whole() -> None:
    pins = {pin.name: pin for pin in read_lock()}
    assert len(pins) == len(read_lock()) > 60
    assert all(pin.sha256 for pin in pins.values())
    assert pins["colorama"].marker == "sys_platform == 'win32'"
    assert not pins["colorama"].is_for_here
    assert pins["numpy"].is_for_here


def _metadata(**fields: str) -> Message:
    message = Message()
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    return message


@pytest.mark.parametrize(
    ("metadata", "licence"),
    [
        (_metadata(License_Expression="Apache-2.0 OR MIT", License="GPL"), "Apache-2.0 OR MIT"),
        (_metadata(Classifier="License :: OSI Approved :: MIT License", License="see file"), "MIT"),
        (_metadata(License="3-Clause BSD License"), "BSD-3-Clause"),
        (_metadata(License="all rights reserved"), None),
        (_metadata(), None),
    ],
)
def test_a_licence_is_what_the_metadata_says(metadata: Message, licence: str | None) -> None:
    assert licence_of(metadata) == licence


def test_of_a_choice_the_allowed_licence_counts() -> None:
    assert parts_of("GPL-2.0-only OR MIT") == {"MIT"}
    assert parts_of("BSD-3-Clause AND (Zlib OR GPL-2.0-only)") == {"BSD-3-Clause", "Zlib"}
    assert parts_of("AGPL-3.0-only AND MIT") == {"AGPL-3.0-only", "MIT"}


def assert_says(lines: list[str], said: str | None) -> None:
    assert len(lines) == (said is not None)
    assert all(said is not None and said in line for line in lines)


_PLAIN = Installed("thing", "1.0", "MIT", ())


@pytest.mark.parametrize(
    ("found", "notice", "said"),
    [
        (_PLAIN, "", None),
        (replace(_PLAIN, licence=None), "", "tells no licence"),
        (replace(_PLAIN, licence="AGPL-3.0-only"), "thing", "not allowed"),
        (replace(_PLAIN, licence="MPL-2.0"), "", "must be named in NOTICE"),
        (replace(_PLAIN, licence="MPL-2.0"), "thing", None),
    ],
)
def test_a_licence_is_judged(found: Installed, notice: str, said: str | None) -> None:
    assert_says(list(of_licence(found, notice)), said)


@pytest.mark.parametrize(
    ("library", "notice", "said"),
    [
        (Library("x265", "GPL-2.0-or-later", True), "thing 1.0", None),
        (Library("x265", "GPL-2.0-or-later", True), "thing 0.9", "NOTICE does not name it"),
        (Library("zstd", "BSD-3-Clause", False), "", None),
        (Library("strange", None, False), "", "does not know"),
    ],
)
def test_libraries_inside_a_wheel_are_judged(library: Library, notice: str, said: str | None) -> None:
    assert_says(list(of_libraries(replace(_PLAIN, libraries=(library,)), notice)), said)


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("libx265-4883ecb5.so.217", "x265"),
        ("libgfortran-040039e1-0352e75f.so.5.0.0", "gfortran"),
        ("libopenblasp-r0-59ffcd50.3.15.so", "openblasp-r0"),
        ("libxcb-shape-7716c890.so.0.0.0", "xcb-shape"),
        ("libscipy_openblas64_-32a4b2a6.so", "scipy_openblas64_"),
    ],
)
def test_a_library_is_known_by_the_name_of_its_file(file: str, name: str) -> None:
    assert library_name(file) == name
    assert any(name in licences for licences in library_table().values())


def _checkout(folder: Path, **written: bytes) -> Path:
    for top in files.SHIPPED:
        (folder / top).mkdir()
    for name, content in written.items():
        path = folder / "edge" / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def test_a_file_that_nobody_listed_is_found(tmp_path: Path) -> None:
    root = _checkout(tmp_path, app_py=b"", font_woff2=b"letters", vendor__lib_js=b"theirs")
    assert files.to_be_listed(root) == {"edge/font.woff2", "edge/vendor/lib.js"}
    assert len(list(files.faults((), root))) == 2


def test_a_file_that_was_changed_is_found(tmp_path: Path) -> None:
    path = _checkout(tmp_path, font_woff2=b"letters") / "edge" / "font.woff2"
    listed = files.ShippedFile("edge/font.woff2", path, "0" * 64)
    part = files.Part("font", None, "OFL-1.1", "somewhere", False, (listed,))
    assert ["not as listed" in fault for fault in files.faults((part,), tmp_path)] == [True]


def test_the_bill_of_materials_is_valid_whole_and_the_same_each_time() -> None:
    made = sbom(read_lock(), files.parts(), MOMENT)
    components = {one["name"]: one for one in json.loads(made)["components"]}
    assert {pin.name for pin in read_lock()} | {"detector", "faces", "leaflet"} <= set(components)
    if sys.platform == "linux":
        assert "x265" in {inside["name"] for inside in components["pillow-heif"]["components"]}
    assert components["detector"]["type"] == "machine-learning-model"
    assert components["detector"]["components"][0]["hashes"][0]["alg"] == "SHA-256"
    assert sbom(read_lock(), files.parts(), MOMENT) == made
