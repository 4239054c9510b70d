"""From a fault to a service that is ready again, by the commands and as the guide for operators says it."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.errors import EXIT_MODEL, EXIT_USAGE, CamidError, ErrorCode
from edge.operation.backup import back_up
from edge.service.data_dir import DataDir
from edge.service.store import Store
from scripts.operation.clients import Acknowledged, Clients, Diary, wait_until
from scripts.operation.killing import small_photos
from scripts.operation.service_process import ServiceProcess, launched
from tests.operation.test_retention import keep, retention
from tests.support.clock import FakeClock
from tests.support.service import Service, StandIn, is_ready, make_settings, photo, running, wait_for
from tests.support.streams_api import problem

PAGE = 4096
NOW = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)


def overwrite(database: Path, name: str) -> None:
    """The first page of a table or an index, as a failing disk does."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        page = connection.execute(query, (name,)).fetchone()[0]
    content = bytearray(database.read_bytes())
    content[PAGE * (page - 1) : PAGE * page] = b"\xa5" * PAGE
    database.write_bytes(content)


@pytest.fixture
def backed_up(tmp_path: Path) -> tuple[Path, Path, dict[str, object]]:
    """A data directory with a photo that a backup holds, the backup, and the answer about the photo."""
    with running(make_settings(tmp_path / "data")) as service:
        entry = service.send(("1.jpg", photo(1))).json()["photos"][0]
        back_up(service.data_dir, tmp_path / "one.tar")
    return tmp_path / "data", tmp_path / "one.tar", entry


def state(service: Service) -> tuple[int, str, str]:
    with service.client(token=None) as client:
        found = client.get("/readyz")
    error = found.json().get("error", {})
    return found.status_code, error.get("code", "ready"), error.get("message", "")


@pytest.mark.parametrize("damaged", ["reviews", "ix_photos_sha256", "ix_doubts_doubt"])
def test_a_damaged_page_is_found_at_the_start_nothing_is_changed_and_a_backup_mends_it(
    backed_up: tuple[Path, Path, dict[str, object]], damaged: str
) -> None:
    data, backup, entry = backed_up
    overwrite(data / "camid.sqlite", damaged)
    before = {file: file.read_bytes() for file in (data / "camid.sqlite", *data.glob("photos/??/*"))}
    with running(make_settings(data, keep_photos_bytes=1), load=StandIn().load) as service:
        wait_for(lambda: state(service)[1] == "store_broken")
        status, _, message = state(service)
        assert (status, "camid restore" in message) == (503, True)
        sent = service.send(("2.jpg", photo(2)))
        assert (problem(sent, 503), sent.headers["Retry-After"].isdigit()) == ("store_broken", True)
        with service.client() as client:
            shared = client.put(f"/api/v1/photos/{entry['id']}/shared")
            assert problem(shared, 503) == "store_broken"
            assert client.get(f"/api/v1/photos/{entry['id']}").json() == entry
    assert {file: file.read_bytes() for file in before} == before

    doctor = CliRunner().invoke(app, ["doctor", "--no-measure", "--data-dir", str(data)])
    assert (doctor.exit_code, "damaged" in doctor.output) == (EXIT_USAGE, True)
    mended = CliRunner().invoke(app, ["restore", str(backup), "--force", "--data-dir", str(data)])
    assert mended.exit_code == 0, mended.output
    with running(make_settings(data)) as service, service.client() as client:
        assert client.get(f"/api/v1/photos/{entry['id']}").json() == entry


@pytest.mark.parametrize("offset", [0, 100])
def test_a_database_whose_head_is_gone_ends_the_start_with_the_word_restore(
    backed_up: tuple[Path, Path, dict[str, object]], offset: int
) -> None:
    data, _, _ = backed_up
    content = bytearray((data / "camid.sqlite").read_bytes())
    content[offset:PAGE] = b"\xa5" * (PAGE - offset)
    (data / "camid.sqlite").write_bytes(content)
    done = CliRunner().invoke(app, ["serve", "--port", "0", "--data-dir", str(data)])
    assert (done.exit_code, "camid restore" in done.output) == (EXIT_USAGE, True), done.output
    assert (data / "camid.sqlite").read_bytes() == content
    assert len(list(data.glob("photos/??/*"))) == 1


def test_a_damaged_database_of_an_older_schema_is_not_migrated(tmp_path: Path) -> None:
    with DataDir(tmp_path / "data") as data:
        with closing(Store(data)) as store:
            keep(store, data, b"a photo", 1)
        with closing(sqlite3.connect(data.database)) as connection:
            connection.executescript("DROP TABLE pairing_codes; PRAGMA user_version = 7;")
        overwrite(data.database, "reviews")
        before = data.database.read_bytes()
        with pytest.raises(CamidError, match="damaged") as caught:
            Store(data)
        assert caught.value.code is ErrorCode.STORE_BROKEN
        assert data.database.read_bytes() == before


def test_a_database_too_large_to_be_read_at_once_is_swept_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with DataDir(tmp_path / "data") as data:
        with closing(Store(data)) as store:
            keep(store, data, b"a photo", 1)
        left = data.photos / "ab" / ("ab" * 32)
        left.parent.mkdir(exist_ok=True)
        left.write_bytes(b"bytes without a result")
        gate, real = threading.Event(), Store.examine

        def slowly(store: Store) -> None:
            gate.wait(30)
            real(store)

        with monkeypatch.context() as patch:
            patch.setattr(Store, "examine", slowly)
            patch.setattr("edge.service.store._LONGEST_EXAMINATION_S", 0.01)
            store = Store(data)
        with closing(store):
            assert left.exists(), "it was not yet known whether the database names all that it holds"
            gate.set()

            def is_swept() -> bool:
                store.tidy()
                return not left.exists()

            wait_for(is_swept)
            assert len(list(data.photos.glob("??/*"))) == 1


@pytest.fixture
def models(tmp_path: Path) -> Path:
    copy = tmp_path / "models"
    shutil.copytree(make_settings(tmp_path).models_dir, copy, ignore=shutil.ignore_patterns("training"))
    return copy


def _refused_start(tmp_path: Path, models: Path) -> str:
    """What a service that cannot use its models says; whatever it answered until then was 503."""
    log, seen = tmp_path / "log", set[int]()
    with launched(tmp_path / "data", log, environment={"CAMID_MODELS_DIR": str(models)}) as service:

        def has_ended() -> bool:
            with suppress(httpx.TransportError), service.client() as client:
                seen.add(client.get("/readyz").status_code)
            return service.process.poll() is not None

        assert wait_until(has_ended, 120)
        assert service.process.returncode == EXIT_MODEL
    assert seen <= {503}
    return log.read_text()


def test_a_missing_model_ends_the_start_and_the_doctor_names_it(tmp_path: Path, models: Path) -> None:
    kept = (models / "housing.onnx").rename(tmp_path / "kept.onnx")
    assert "housing.onnx" in _refused_start(tmp_path, models)
    environment = {"CAMID_MODELS_DIR": str(models)}
    doctor = ["doctor", "--no-measure", "--json", "--data-dir", str(tmp_path / "data")]
    done = CliRunner().invoke(app, doctor, env=environment)
    assert (done.exit_code, "housing.onnx" in done.output) == (EXIT_MODEL, True)
    kept.rename(models / "housing.onnx")
    assert CliRunner().invoke(app, doctor, env=environment).exit_code == 0


def test_a_model_of_another_hash_ends_the_start(tmp_path: Path, models: Path) -> None:
    (models / "detector.onnx").write_bytes((models / "housing.onnx").read_bytes())
    said = _refused_start(tmp_path, models)
    assert ("detector.onnx" in said, "install the models again" in said) == (True, True)


@pytest.mark.parametrize("years", [1, -1])
def test_a_clock_that_is_a_year_off_at_the_start_deletes_nothing_for_a_day(
    tmp_path: Path, years: int
) -> None:
    with DataDir(tmp_path / "data") as data, closing(Store(data)) as store:
        kept = keep(store, data, b"yesterday", 1)
        first, _ = retention(store, data, FakeClock(NOW), keep_photos_days=30, mark=data.clock_mark)
        assert first.once().results == 0
        clock = FakeClock(NOW + timedelta(days=365 * years))
        for _ in range(3):  # each start of that day doubts it anew
            second, _ = retention(store, data, clock, keep_photos_days=30, mark=data.clock_mark)
            assert second.once().results == 0
            clock.advance(3600)
        third, _ = retention(store, data, FakeClock(NOW), keep_photos_days=30, mark=data.clock_mark)
        assert third.once().results == 0
        assert store.get(kept).id == kept


def test_a_clock_that_stays_there_is_believed_after_a_day(tmp_path: Path) -> None:
    with DataDir(tmp_path / "data") as data, closing(Store(data)) as store:
        keep(store, data, b"a year ago", 1)
        retention(store, data, FakeClock(NOW), keep_photos_days=30, mark=data.clock_mark)[0].once()
        clock = FakeClock(NOW + timedelta(days=365))
        later, _ = retention(store, data, clock, keep_photos_days=30, mark=data.clock_mark)
        assert later.once().results == 0
        clock.advance(25 * 3600)
        assert later.once().results == 1


def test_a_night_without_power_is_no_jump(tmp_path: Path) -> None:
    with DataDir(tmp_path / "data") as data, closing(Store(data)) as store:
        keep(store, data, b"old", 31)
        retention(store, data, FakeClock(NOW), mark=data.clock_mark)[0].once()
        morning = FakeClock(NOW + timedelta(hours=14))
        again, _ = retention(store, data, morning, keep_photos_days=30, mark=data.clock_mark)
        assert again.once().results == 1


@pytest.mark.parametrize("ahead", [timedelta(days=365), timedelta(days=-365)])
def test_a_service_whose_clock_jumps_stays_ready_and_keeps_what_it_has(
    tmp_path: Path, ahead: timedelta
) -> None:
    class Jumping(FakeClock):
        jumped = timedelta(0)

        def now(self) -> datetime:
            return super().now() + self.jumped

    clock = Jumping(NOW)
    with running(make_settings(tmp_path / "data", keep_photos_days=30), clock=clock) as service:
        entry = service.send(("1.jpg", photo(1))).json()["photos"][0]
        clock.jumped = ahead
        service.server.app.state.housekeeping.once()
        assert is_ready(service)
        assert service.send(("2.jpg", photo(2))).status_code == 200
        with service.client() as client:
            assert client.get(f"/api/v1/photos/{entry['id']}").json() == entry
        assert len(service.stored()) == 2


def _acknowledged(service: ServiceProcess, diary: Diary) -> Iterator[Acknowledged]:
    with service.client() as client:
        for one in diary.acknowledged:
            if client.get(f"/api/v1/photos/{one.answer['id']}").json() == one.answer:
                yield one


def test_sigterm_while_photos_wait_loses_nothing(tmp_path: Path) -> None:
    data, log, photos = tmp_path / "data", tmp_path / "log", small_photos(12, seed=9)
    with launched(data, log) as first:
        first.wait_ready()
        diary = Diary()
        clients = Clients(photos, 12, first.url, diary, tries=False)
        assert wait_until(lambda: bool(diary.acknowledged), 60)
        assert first.stop() in {0, -signal.SIGTERM}
        assert clients.join(60)
    assert not diary.wrong
    assert not diary.silent
    assert len(diary.acknowledged) + diary.refused + diary.broken == len(photos)
    assert not list((data / "incoming").iterdir()), "what it refused it took back"
    assert not (data / "camid.sqlite-wal").exists(), "the database was closed"
    with closing(sqlite3.connect(data / "camid.sqlite")) as database:
        kept = {row[0] for row in database.execute("SELECT id FROM photos")}
    assert kept == {one.answer["id"] for one in diary.acknowledged}
    assert "Traceback" not in log.read_text()
    with launched(data, log) as second:
        second.wait_ready()
        assert len(list(_acknowledged(second, diary))) == len(diary.acknowledged)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")
def test_serve_and_doctor_on_a_read_only_disk_say_so(tmp_path: Path) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m,ro", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here")
    try:
        for command in (["serve", "--port", "0"], ["doctor", "--no-measure"]):
            done = CliRunner().invoke(app, [*command, "--data-dir", str(place / "data")])
            assert (done.exit_code, "ead-only" in done.output) == (EXIT_USAGE, True), done.output
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
