"""A newer catalogue is taken at once and wholly, or not at all; and back again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edge.batch.key import answer_key
from edge.errors import CamidError, ErrorCode
from edge.settings import Settings, load_settings
from edge.vendors.installed import FOLDER, STATE, Origin, in_use, look, place_of, read_state, shipped
from edge.vendors.own import OwnVendor, known_catalogue, own_gallery, write_own
from edge.vendors.signed import facts_of, seal
from edge.vendors.update import rollback, update
from tests.support.signed import KEY, NEW_BRAND, OTHER_KEY, files, sealed_as, signed, written

KEYS = [KEY.public_key()]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    return written(tmp_path / "newer.camid", signed(more=NEW_BRAND))


def settings(data: Path) -> Settings:
    return load_settings(data_dir=data)


def refusal(data: Path, file: Path) -> ErrorCode:
    with pytest.raises(CamidError) as refused:
        update(data, file, KEYS)
    assert isinstance(refused.value.code, ErrorCode)
    return refused.value.code


def kept(data: Path) -> list[str]:
    return sorted(file.suffix for file in (data / FOLDER).iterdir() if file.suffix)


def test_without_any_the_shipped_one_is_used(data: Path) -> None:
    assert look(data).facts is shipped()
    assert look(data).origin is Origin.SHIPPED
    assert not data.exists()


def test_a_newer_one_is_used_from_then_on(data: Path, newer: Path) -> None:
    before = answer_key(settings(data))
    used = update(data, newer, KEYS)
    assert (used.origin, used.facts.catalogue.label) == (Origin.INSTALLED, "2999-01-01")
    assert "norvane_optics" in known_catalogue(settings(data)).brands
    assert answer_key(settings(data)) != before
    assert kept(data) == [".camid", ".json"]


def test_a_process_keeps_what_it_began_with(data: Path, newer: Path) -> None:
    update(data / "elsewhere", newer, KEYS)
    began = in_use(data)
    (data / "elsewhere" / FOLDER).rename(data / FOLDER)  # as another process would put it there
    assert in_use(data) is began
    in_use.cache_clear()
    assert in_use(data).origin is Origin.INSTALLED


@pytest.mark.parametrize("day", ["2001-01-01", str(shipped().catalogue.date)])
def test_an_older_or_equal_one_is_refused_unless_forced(data: Path, tmp_path: Path, day: str) -> None:
    file = written(tmp_path / "older.camid", signed(day, NEW_BRAND))
    assert refusal(data, file) is ErrorCode.CATALOGUE_NOT_NEWER
    assert look(data).origin is Origin.SHIPPED
    used = update(data, file, KEYS, force_older=True)
    assert (used.origin, used.facts.catalogue.date.isoformat()) == (Origin.INSTALLED, day)


def test_one_of_the_same_day_counts_by_its_revision(data: Path, tmp_path: Path) -> None:
    update(data, written(tmp_path / "first", signed()), KEYS)
    second = signed("2999-01-01\ncatalogue_revision = 1")
    assert update(data, written(tmp_path / "second", second), KEYS).facts.catalogue.label == "2999-01-01.1"
    assert refusal(data, written(tmp_path / "third", signed())) is ErrorCode.CATALOGUE_NOT_NEWER


@pytest.mark.parametrize("day", ["2001-01-01", "2998-01-01"])
def test_a_later_camid_with_a_newer_one_uses_its_own(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, day: str
) -> None:
    update(data, written(tmp_path / "installed", signed(day)), KEYS, force_older=True)
    assert look(data).origin is Origin.INSTALLED
    later = facts_of(files("2999-01-01"))
    monkeypatch.setattr("edge.vendors.installed.shipped", lambda: later)
    assert (look(data).origin, look(data).facts) == (Origin.SHIPPED, later)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (signed(key=OTHER_KEY), ErrorCode.CATALOGUE_NOT_TRUSTED),
        (signed()[:-1], ErrorCode.CATALOGUE_NOT_TRUSTED),
        (b"", ErrorCode.NOT_A_CATALOGUE),
        (sealed_as(b'{"schema": 9, "files": {}}'), ErrorCode.CATALOGUE_TOO_NEW),
        (signed(more="\n[brand.x]\n"), ErrorCode.NOT_A_CATALOGUE),
    ],
)
def test_what_cannot_be_taken_changes_nothing(
    data: Path, tmp_path: Path, newer: Path, content: bytes, code: ErrorCode
) -> None:
    update(data, newer, KEYS)
    before = read_state(data)
    assert refusal(data, written(tmp_path / "bad.camid", content)) is code
    assert refusal(data, tmp_path / "missing") is ErrorCode.NOT_READABLE
    assert read_state(data) == before
    assert look(data).origin is Origin.INSTALLED


def test_one_that_lacks_a_maker_which_models_know_is_refused(data: Path, tmp_path: Path) -> None:
    new = files()
    start = new["catalogue.toml"].index("[brand.bluestork]")
    end = new["catalogue.toml"].index("[brand.", start + 1)
    new["catalogue.toml"] = new["catalogue.toml"][:start] + new["catalogue.toml"][end:]
    with pytest.raises(CamidError, match="bluestork"):
        update(data, written(tmp_path / "less.camid", seal(new, KEY)), KEYS)
    assert not data.exists()


def test_one_that_lacks_a_maker_of_a_later_camid_gives_way(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update(data, written(tmp_path / "installed", signed()), KEYS)
    later = facts_of(files("2998-01-01", NEW_BRAND))
    monkeypatch.setattr("edge.vendors.installed.shipped", lambda: later)
    assert (look(data).origin, look(data).facts) == (Origin.FALLBACK, later)
    assert "norvane_optics" in look(data).fault


def test_rollback_goes_back_one_by_one(data: Path, tmp_path: Path) -> None:
    with pytest.raises(CamidError, match="No catalogue is installed"):
        rollback(data)
    for day in ("2998-01-01", "2999-01-01"):
        update(data, written(tmp_path / day, signed(day)), KEYS)
    assert rollback(data).facts.catalogue.label == "2998-01-01"
    assert rollback(data).origin is Origin.SHIPPED
    assert kept(data) == [".json"]
    with pytest.raises(CamidError, match="No catalogue is installed"):
        rollback(data)


def test_the_same_one_again_keeps_the_one_before(data: Path, tmp_path: Path) -> None:
    update(data, written(tmp_path / "a", signed("2998-01-01")), KEYS)
    for _ in range(2):
        update(data, written(tmp_path / "b", signed("2999-01-01")), KEYS, force_older=True)
    assert rollback(data).facts.catalogue.label == "2998-01-01"


@pytest.mark.parametrize("harm", ["altered", "missing", "state"])
def test_a_damaged_one_gives_way_to_the_shipped_one_by_name(
    data: Path, newer: Path, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    update(data, newer, KEYS)
    entry = read_state(data).current
    assert entry is not None
    file = place_of(data, entry.file)
    if harm == "altered":
        file.write_bytes(file.read_bytes()[:-9])
    elif harm == "missing":
        file.unlink()
    else:
        (data / FOLDER / STATE).write_text("{")
    used = in_use(data)
    assert (used.facts, used.origin) == (shipped(), Origin.FALLBACK)
    assert "damaged" in used.fault
    assert "damaged" in caplog.text
    assert "norvane_optics" not in known_catalogue(settings(data)).brands
    assert update(data, newer, KEYS, force_older=True).origin is Origin.INSTALLED


def test_rollback_leaves_a_damaged_state(data: Path, newer: Path) -> None:
    update(data, newer, KEYS)
    (data / FOLDER / STATE).write_text("{")
    assert rollback(data).origin is Origin.SHIPPED


def test_makers_of_ones_own_stay_on_top(data: Path, newer: Path) -> None:
    gallery = own_gallery(settings(data))
    gallery.mkdir(parents=True)
    own = [OwnVendor("acme", "Acme", ("ACMEOPT",)), OwnVendor("mine", "Norvane Optics", ())]
    write_own(gallery, own)
    update(data, newer, KEYS)
    known = known_catalogue(settings(data))
    assert {"acme", "norvane_optics"} <= set(known.brands)
    assert "mine" not in known.brands  # what the catalogue says of it wins


_CHILD = """
import sys
from pathlib import Path
from edge.vendors.update import update
from tests.support.signed import KEY
data, *files = map(Path, sys.argv[1:])
print("begun", flush=True)
while True:
    for file in files:
        update(data, file, [KEY.public_key()], force_older=True)
"""


def test_a_kill_at_any_moment_leaves_one_of_the_two(data: Path, tmp_path: Path) -> None:
    pair = [written(tmp_path / day, signed(day)) for day in ("2998-01-01", "2999-01-01")]
    update(data, pair[0], KEYS)
    for turn in range(6):
        child = subprocess.Popen(
            [sys.executable, "-c", _CHILD, str(data), *map(str, pair)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        assert child.stdout is not None
        with child.stdout:
            child.stdout.readline()
            time.sleep(0.03 + 0.017 * turn)  # the moment of the kill, nothing that is waited for
            child.send_signal(signal.SIGKILL)
            child.wait()
        used = look(data)
        assert used.origin is Origin.INSTALLED, used.fault
        assert used.facts.catalogue.label in {"2998-01-01", "2999-01-01"}
    assert update(data, pair[1], KEYS, force_older=True).fault == ""
    assert kept(data).count(".camid") <= 2
    assert ".new" not in kept(data)


def test_a_data_directory_that_cannot_be_written_or_is_anothers_is_said(
    data: Path, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data.write_text("a file where a folder should be")
    assert refusal(data, newer) is ErrorCode.NOT_WRITABLE
    data.unlink()
    monkeypatch.setattr("os.geteuid", lambda: 4711)
    assert refusal(data, newer) is ErrorCode.SETTINGS_INVALID
