"""``camid catalogue``: shown, updated by a trusted key, rolled back; and the maintainers' tool that signs."""

from __future__ import annotations

import json
import stat
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edge.cli import app
from edge.errors import EXIT_DONE, EXIT_INPUT, EXIT_USAGE
from edge.operation.doctor import State, catalogue_check
from edge.report.catalogue import in_force
from edge.settings import load_settings
from edge.vendors.installed import FOLDER, STATE, in_use
from edge.vendors.signed import public_text
from edge.vendors.update import update
from scripts import sign_catalogue
from tests.support.signed import KEY, NEW_BRAND, PUBLIC, signed, written


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    return written(tmp_path / "newer.camid", signed(more=NEW_BRAND))


def camid(tmp_path: Path, *arguments: str | Path) -> Result:
    given = ["catalogue", *map(str, arguments), "--data-dir", str(tmp_path / "data")]
    return CliRunner().invoke(app, given)


def test_it_is_shown_updated_and_rolled_back(tmp_path: Path, newer: Path) -> None:
    assert "shipped with this Camid" in camid(tmp_path, "show").stdout
    done = camid(tmp_path, "update", newer, "--key", PUBLIC)
    assert done.exit_code == EXIT_DONE
    assert "Catalogue 2999-01-01" in done.stdout
    assert "next start" in done.stderr
    shown = json.loads(camid(tmp_path, "show", "--json").stdout)
    assert (shown["version"], shown["origin"], shown["fault"]) == ("2999-01-01", "installed", None)
    assert "shipped with this Camid" in camid(tmp_path, "rollback").stdout
    assert camid(tmp_path, "rollback").exit_code == EXIT_INPUT


def test_the_key_may_stand_in_a_file_or_in_the_settings(
    tmp_path: Path, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = camid(tmp_path, "update", newer)
    assert refused.exit_code == EXIT_USAGE
    assert "No key that is trusted" in refused.stderr
    keys = tmp_path / "keys.txt"
    keys.write_text(f"# of the maintainers\n{PUBLIC}\n")
    assert camid(tmp_path, "update", newer, "--key", keys).exit_code == EXIT_DONE
    monkeypatch.setenv("CAMID_CATALOGUE_KEY", PUBLIC)
    assert camid(tmp_path, "update", newer).exit_code == EXIT_USAGE
    assert camid(tmp_path, "update", newer, "--force-older").exit_code == EXIT_DONE
    assert camid(tmp_path, "update", newer, "--key", "nonsense").exit_code == EXIT_USAGE


def test_vendors_and_doctor_know_the_installed_one(
    tmp_path: Path, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    camid(tmp_path, "update", newer, "--key", PUBLIC)
    monkeypatch.setenv("CAMID_DATA_DIR", str(tmp_path / "data"))
    assert "norvane_optics" in CliRunner().invoke(app, ["vendors"]).stdout
    checks = json.loads(CliRunner().invoke(app, ["doctor", "--no-measure", "--json"]).stdout)["checks"]
    assert checks[-1]["name"] == "catalogue"
    assert "2999-01-01, installed" in checks[-1]["found"]


def test_an_old_and_a_damaged_one_are_warnings_of_the_doctor(tmp_path: Path, newer: Path) -> None:
    settings = load_settings(data_dir=tmp_path / "data")
    assert catalogue_check(in_force(settings, date(2026, 12, 1))).state is State.OK
    old = catalogue_check(in_force(settings, date(2028, 1, 1)))
    assert (old.state, "newer" in old.advice) == (State.WARNING, True)
    update(settings.data_dir, newer, [KEY.public_key()])
    (settings.data_dir / FOLDER / STATE).write_text("{")
    in_use.cache_clear()
    broken = catalogue_check(in_force(settings, date(2026, 12, 1)))
    assert (broken.state, "damaged" in broken.found) == (State.WARNING, True)
    assert "cannot be used" in camid(tmp_path, "show").stdout


def test_what_the_maintainers_sign_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place, out = tmp_path / "private.pem", tmp_path / "signed.camid"
    monkeypatch.setenv("CAMID_SIGNING_PASSPHRASE", "a phrase")
    monkeypatch.setattr("sys.argv", ["sign_catalogue", "key", str(place)])
    sign_catalogue.main()
    public = capsys.readouterr().out.strip()
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert public == public_text(sign_catalogue.load_key(place, b"a phrase").public_key())
    monkeypatch.setattr("sys.argv", ["sign_catalogue", "sign", "--key", str(place), "-o", str(out)])
    sign_catalogue.main()
    taken = camid(tmp_path, "update", out, "--key", public, "--force-older")
    assert taken.exit_code == EXIT_DONE
    assert "installed with camid catalogue update" in taken.stdout


def test_a_private_key_is_kept_out_of_the_repository_and_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="must not lie in the repository"):
        sign_catalogue.make_key(sign_catalogue.ROOT / "private.pem", None)
    place = tmp_path / "private.pem"
    sign_catalogue.make_key(place, None)
    with pytest.raises(SystemExit, match="exists already"):
        sign_catalogue.make_key(place, None)
    with pytest.raises(SystemExit, match="cannot be used"):
        sign_catalogue.load_key(tmp_path / "none.pem", None)
