"""Backup and restore: everything comes back as it was, and nothing that is there is lost by a mistake."""

from __future__ import annotations

import io
import shutil
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.errors import CamidError, ErrorCode
from edge.operation.backup import Label, back_up
from edge.operation.restore import restore
from edge.service.data_dir import DataDir
from edge.service.store import SCHEMA_VERSION
from tests.support.service import make_settings, photo, running


@pytest.fixture
def sent(tmp_path: Path) -> tuple[Path, dict[str, object]]:
    """A backup made beside a running service, and the answers of that by id."""
    out = tmp_path / "one.tar"
    with running(make_settings(tmp_path / "data")) as service:
        entries = [service.send((f"{n}.jpg", photo(n))).json()["photos"][0] for n in range(3)]
        (service.data_dir / "gallery").mkdir()
        (service.data_dir / "gallery" / "marks.npz").write_bytes(b"marks")
        done = back_up(service.data_dir, out)
        assert (done.photos, done.missing, done.bytes) == (3, 0, out.stat().st_size)
        with service.client() as client:
            answers = {one["id"]: client.get(f"/api/v1/photos/{one['id']}").json() for one in entries}
        service.send(("later.jpg", photo(9)))
    return out, answers


def test_a_restored_service_answers_as_before(tmp_path: Path, sent: tuple[Path, dict[str, object]]) -> None:
    backup, answers = sent
    done = restore(backup, tmp_path / "new")
    assert (done.photos, done.missing, done.label.with_key) == (3, 0, False)
    with running(make_settings(tmp_path / "new")) as service, service.client() as client:
        for number, (photo_id, body) in enumerate(answers.items()):
            assert client.get(f"/api/v1/photos/{photo_id}").json() == body
            assert client.get(f"/api/v1/photos/{photo_id}/picture.jpg").status_code == 200
            assert photo(number) in [file.read_bytes() for file in service.data_dir.glob("photos/??/*")]
        assert len(service.stored()) == 3
        assert (service.data_dir / "gallery" / "marks.npz").read_bytes() == b"marks"


def test_a_backup_is_its_owners_alone_and_holds_the_key_only_on_demand(
    tmp_path: Path, sent: tuple[Path, dict[str, object]]
) -> None:
    backup, _ = sent
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    key = (tmp_path / "data" / "secrets.key").read_bytes()
    assert key not in backup.read_bytes()
    back_up(tmp_path / "data", tmp_path / "two.tar", with_key=True)
    restore(tmp_path / "two.tar", tmp_path / "new")
    assert (tmp_path / "new" / "secrets.key").read_bytes() == key


def test_force_replaces_what_is_there_and_keeps_the_key(
    tmp_path: Path, sent: tuple[Path, dict[str, object]]
) -> None:
    backup, answers = sent
    data = tmp_path / "data"
    key = (data / "secrets.key").read_bytes()
    with pytest.raises(CamidError, match="not empty") as caught:
        restore(backup, data)
    assert caught.value.code is ErrorCode.NOT_WRITABLE
    (data / "audit.jsonl").write_text("who did what\n")
    restore(backup, data, force=True)
    assert (data / "audit.jsonl").read_text() == "who did what\n"
    assert (data / "secrets.key").read_bytes() == key
    assert len(list(data.glob("photos/??/*"))) == len(answers)
    with closing(sqlite3.connect(data / "camid.sqlite")) as connection:
        assert {row[0] for row in connection.execute("SELECT id FROM photos")} == answers.keys()
    assert not [one.name for one in data.iterdir() if one.name.startswith(".")]


def test_a_directory_in_use_is_left_alone(tmp_path: Path, sent: tuple[Path, dict[str, object]]) -> None:
    with DataDir(tmp_path / "data"), pytest.raises(CamidError, match="another Camid service"):
        restore(sent[0], tmp_path / "data", force=True)


def test_an_original_that_is_gone_is_counted(tmp_path: Path, sent: tuple[Path, dict[str, object]]) -> None:
    next((tmp_path / "data").glob("photos/??/*")).unlink()
    done = back_up(tmp_path / "data", tmp_path / "two.tar")
    assert (done.photos, done.missing) == (3, 1)
    assert restore(tmp_path / "two.tar", tmp_path / "new").missing == 1


def test_a_file_that_is_there_is_not_overwritten(
    tmp_path: Path, sent: tuple[Path, dict[str, object]]
) -> None:
    with pytest.raises(CamidError, match="exists already"):
        back_up(tmp_path / "data", sent[0])
    back_up(tmp_path / "data", sent[0], force=True)


def test_a_damaged_database_is_not_backed_up(tmp_path: Path, sent: tuple[Path, dict[str, object]]) -> None:
    database = tmp_path / "data" / "camid.sqlite"
    content = bytearray(database.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    database.write_bytes(content)
    with pytest.raises(CamidError) as caught:
        back_up(tmp_path / "data", tmp_path / "two.tar")
    assert caught.value.code is ErrorCode.STORE_BROKEN
    assert not list(tmp_path.glob("*two*"))


Change = Callable[[tarfile.TarInfo, bytes], tuple[str, bytes] | None]
_LINK = b"a link to /etc"


def _changed(backup: Path, out: Path, change: Change) -> Path:
    """A copy of ``backup`` whose members went through ``change``; None leaves one out."""
    with tarfile.open(backup) as old, tarfile.open(out, "w") as new:
        for member in old:
            content = old.extractfile(member)
            assert content is not None
            if (changed := change(member, content.read())) is not None:
                name, data = changed
                made = tarfile.TarInfo(name)
                made.size = len(data)
                if data == _LINK:
                    made.type, made.linkname, made.size = tarfile.SYMTYPE, "/etc", 0
                new.addfile(made, io.BytesIO(data))
    return out


def _newer(member: tarfile.TarInfo, content: bytes) -> tuple[str, bytes]:
    if member.name == "camid-backup.json":
        label = Label.model_validate_json(content)
        content = label.model_copy(update={"schema_version": SCHEMA_VERSION + 1}).model_dump_json().encode()
    return member.name, content


def _renamed(old: str, new: str) -> Change:
    def change(member: tarfile.TarInfo, content: bytes) -> tuple[str, bytes]:
        return (new if member.name.startswith(old) else member.name), content

    return change


def _altered(member: tarfile.TarInfo, content: bytes) -> tuple[str, bytes]:
    return member.name, (b"another photo" if member.name.startswith("photos/") else content)


def _linked(member: tarfile.TarInfo, content: bytes) -> tuple[str, bytes]:
    return member.name, (_LINK if member.name.startswith("gallery/") else content)


def _without_database(member: tarfile.TarInfo, content: bytes) -> tuple[str, bytes] | None:
    return None if member.name == "camid.sqlite" else (member.name, content)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (_newer, ErrorCode.SETTINGS_INVALID),
        (_altered, ErrorCode.NOT_A_BACKUP),
        (_without_database, ErrorCode.NOT_A_BACKUP),
        (_renamed("camid-backup.json", "label"), ErrorCode.NOT_A_BACKUP),
        (_renamed("gallery/", "gallery/../../escaped"), ErrorCode.NOT_A_BACKUP),
        (_renamed("gallery/", "/etc/escaped"), ErrorCode.NOT_A_BACKUP),
        (_renamed("gallery/", "notes.txt"), ErrorCode.NOT_A_BACKUP),
        (_renamed("gallery/", "."), ErrorCode.NOT_A_BACKUP),
        (_renamed("gallery/", ""), ErrorCode.NOT_A_BACKUP),
        (_linked, ErrorCode.NOT_A_BACKUP),
    ],
)
def test_what_is_no_backup_of_this_camid_changes_nothing(
    tmp_path: Path, sent: tuple[Path, dict[str, object]], change: Change, code: ErrorCode
) -> None:
    data = tmp_path / "data"
    before = {file: file.read_bytes() for file in data.rglob("*") if file.is_file()}
    with pytest.raises(CamidError) as caught:
        restore(_changed(sent[0], tmp_path / "changed.tar", change), data, force=True)
    assert caught.value.code is code
    assert {file: file.read_bytes() for file in data.rglob("*") if file.is_file()} == before
    assert not list(tmp_path.glob("*escaped*"))


@pytest.mark.parametrize("part", [0.0, 0.3, 0.6])
def test_half_a_backup_is_none(tmp_path: Path, sent: tuple[Path, dict[str, object]], part: float) -> None:
    whole = sent[0].read_bytes()
    half = tmp_path / "half.tar"
    half.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(CamidError) as caught:
        restore(half, tmp_path / "new")
    assert caught.value.code is ErrorCode.NOT_A_BACKUP
    restore(sent[0], tmp_path / "new")  # what the failed one left is no obstacle


def test_the_commands_say_what_they_did(tmp_path: Path, sent: tuple[Path, dict[str, object]]) -> None:
    runner, data, out = CliRunner(), str(tmp_path / "data"), str(tmp_path / "b.tar")
    done = runner.invoke(app, ["backup", out, "--data-dir", data])
    assert (done.exit_code, "4 photos" in done.stderr) == (0, True)
    shutil.rmtree(data)
    assert runner.invoke(app, ["restore", out, "--data-dir", data]).exit_code == 0
    again = runner.invoke(app, ["restore", out, "--data-dir", data])
    assert (again.exit_code, "--force" in again.stderr) == (2, True)
    assert runner.invoke(app, ["restore", __file__, "--data-dir", data, "--force"]).exit_code == 3
    assert runner.invoke(app, ["backup", out, "--data-dir", str(tmp_path / "none")]).exit_code == 3
    purged = runner.invoke(app, ["purge", "--max-bytes", "1", "--data-dir", data])
    assert (purged.exit_code, "4 results" in purged.stderr) == (0, True)
