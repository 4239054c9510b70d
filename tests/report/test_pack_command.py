from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner, Result

from edge.cli import app
from edge.settings import Settings
from edge.vision.faces import Face
from tests.support.pictures import jpeg, textured
from tests.support.service import StandIn, make_settings, photo, running, wait_for


class _NoFaces:
    def find(self, pixels: object) -> list[Face]:
        del pixels
        return []


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand-ins for the models of cameras and of faces."""

    class Identifier:
        @classmethod
        def load(cls, _: Settings) -> StandIn:
            return StandIn()

    module = ModuleType("edge.identify")
    module.Identifier = Identifier  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "edge.identify", module)
    monkeypatch.setattr("edge.vision.faces.load_face_finder", lambda _: _NoFaces())


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def _file(folder: Path, seed: int = 0) -> Path:
    path = folder / f"street-{seed}.jpg"
    path.write_bytes(jpeg(textured(640, 480, seed=seed)))
    return path


def test_files_become_a_pack_that_verifies(tmp_path: Path) -> None:
    out = tmp_path / "pack.zip"
    made = _run("report", _file(tmp_path), _file(tmp_path, 1), "-o", out)
    assert made.exit_code == 0, made.stderr
    assert "2 photos" in made.stderr
    checked = _run("verify", out, "--manifest", made.stdout.split()[0])
    assert checked.exit_code == 0, checked.output
    assert "are as they were packed" in checked.stdout
    assert checked.stderr == ""


def test_a_changed_pack_exits_with_1_and_is_named(tmp_path: Path) -> None:
    out = tmp_path / "pack.zip"
    _run("report", _file(tmp_path), "-o", out)
    data = out.read_bytes()
    out.write_bytes(data.replace(b"<h1>Evidence", b"<h1>Anything"))
    checked = _run("verify", out)
    assert checked.exit_code == 1
    assert "report.html was changed" in checked.stdout


def test_a_pack_made_anew_does_not_fit_the_hash_that_was_told(tmp_path: Path) -> None:
    out = tmp_path / "pack.zip"
    _run("report", _file(tmp_path), "-o", out)
    checked = _run("verify", out, "--manifest", "0" * 64)
    assert checked.exit_code == 1
    assert "another hash" in checked.stdout


def test_a_pack_that_is_not_there_exits_with_3(tmp_path: Path) -> None:
    assert _run("verify", tmp_path / "none.zip").exit_code == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("verify", "a.zip", "--manifest", "12"),
        ("report", "a.jpg", "-o", "a.jpg"),
        ("report", "a.zip", "-o", "a.zip"),
    ],
)
def test_bad_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    assert _run(*arguments).exit_code == 2


def test_a_bad_file_costs_no_other_photo_its_place(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    out = tmp_path / "pack.zip"
    made = _run("report", bad, _file(tmp_path), "-o", out)
    assert made.exit_code == 3
    assert "1 of 2 photos could not be read: bad.jpg" in made.stderr
    assert _run("verify", out).exit_code == 0


def test_only_bad_files_make_no_pack(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture")
    assert _run("report", bad, "-o", tmp_path / "pack.zip").exit_code == 2
    assert not (tmp_path / "pack.zip").exists()


def test_an_id_is_found_in_the_data_of_a_service_also_while_it_runs(tmp_path: Path) -> None:
    data_dir, out = tmp_path / "data", tmp_path / "pack.zip"
    with running(make_settings(data_dir)) as service:
        stored = service.send(("fence.jpg", photo())).json()["photos"][0]
        made = _run("report", stored["id"], "-o", out, "--data-dir", data_dir)
    assert made.exit_code == 0, made.stderr
    with zipfile.ZipFile(out) as archive:
        answer = json.loads(archive.read("photo-001/answer.json"))
        assert "<dt>Answered</dt>" in archive.read("report.html").decode()
    assert answer["cameras"] == stored["cameras"]
    assert answer["source"]["name"] == "fence.jpg"


def test_an_unknown_id_exits_with_3(tmp_path: Path) -> None:
    gone = _run("report", "0" * 32, "-o", tmp_path / "pack.zip", "--data-dir", tmp_path)
    assert gone.exit_code == 3
    with running(make_settings(tmp_path / "data")):
        gone = _run("report", "0" * 32, "-o", tmp_path / "pack.zip", "--data-dir", tmp_path / "data")
    assert gone.exit_code == 3
    assert list(tmp_path.glob("*.zip")) == []


def test_the_service_gives_a_pack_and_keeps_no_copy(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data")) as service, service.client() as client:
        stored = service.send(("fence.jpg", photo())).json()["photos"][0]
        answer = client.get(f"/api/v1/photos/{stored['id']}/report.zip", params={"original": True})
        unknown = client.get(f"/api/v1/photos/{'0' * 32}/report.zip")
        wait_for(lambda: service.received() == [])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    out = tmp_path / "pack.zip"
    out.write_bytes(answer.content)
    assert _run("verify", out).exit_code == 0
    with zipfile.ZipFile(out) as archive:
        assert archive.read("photo-001/original.jpeg") == photo()
    assert unknown.status_code == 404


def test_a_pack_over_http_needs_a_token(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data")) as service, service.client(token=None) as client:
        stored = service.send(("fence.jpg", photo())).json()["photos"][0]
        assert client.get(f"/api/v1/photos/{stored['id']}/report.zip").status_code == 401
