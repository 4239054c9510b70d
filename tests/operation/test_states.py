"""Full or read-only disk, damaged database: new work is refused by name, nothing is lost, it recovers."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from edge.disk import full_disk
from edge.errors import CamidError, ErrorCode
from edge.service.data_dir import DataDir
from edge.service.housekeeping import Housekeeping
from edge.service.retention import Retention
from edge.service.room import check_room
from edge.service.store import Store
from tests.support.clock import FakeClock
from tests.support.service import Service, StandIn, make_settings, photo, running, wait_for

MEBIBYTE = 1024 * 1024


def _state(service: Service) -> tuple[int, str]:
    with service.client(token=None) as client:
        answer = client.get("/readyz")
    return answer.status_code, answer.json().get("error", {}).get("code", "ready")


def _refusal(service: Service, number: int) -> tuple[int, str]:
    answer = service.send((f"{number}.jpg", photo(number)))
    return answer.status_code, answer.json().get("error", {}).get("code", "done")


@contextmanager
def _small_disk(place: Path, size: int) -> Iterator[Path]:
    """A file system of its own with ``size`` bytes; skips where none may be mounted."""
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], capture_output=True, check=False
    ).returncode:
        pytest.skip("no file system may be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    try:
        with _small_disk(tmp_path / "disk", 8 * MEBIBYTE) as place:
            yield place
    except FileNotFoundError:
        pytest.skip("there is no command mount")


def _fill(disk: Path, left: int) -> Path:
    """Once the service has written what it writes after an answer."""
    audit = disk / "data" / "audit.jsonl"
    wait_for(lambda: audit.is_file() and audit.stat().st_size > 0)
    free = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(b"\0" * (free.f_bavail * free.f_frsize - left))
    return filler


def test_a_disk_that_fills_up_refuses_and_recovers(disk: Path) -> None:
    with running(make_settings(disk / "data", min_free_bytes=2 * MEBIBYTE)) as service:
        first = service.send(("1.jpg", photo(1))).json()["photos"][0]["id"]
        filler = _fill(disk, MEBIBYTE)
        assert _state(service) == (507, "store_full")
        assert _refusal(service, 2) == (507, "store_full")
        with service.client() as client:
            assert client.get(f"/api/v1/photos/{first}").status_code == 200
            batch = client.post("/api/v1/batches", json={"folder": "/none"})
            assert (batch.status_code, batch.json()["error"]["code"]) == (507, "store_full")
        filler.unlink()
        assert _state(service) == (200, "ready")
        assert _refusal(service, 2) == (200, "done")
        assert len(service.stored()) == 2
        assert service.received() == []


def test_a_disk_that_is_full_to_the_last_byte_loses_nothing(disk: Path) -> None:
    with running(make_settings(disk / "data", min_free_bytes=0)) as service:
        first = service.send(("1.jpg", photo(1))).json()["photos"][0]["id"]
        filler = _fill(disk, 0)
        assert _refusal(service, 2) == (507, "store_full")
        assert (len(service.stored()), service.received()) == (1, [])
        with service.client() as client:
            assert client.get(f"/api/v1/photos/{first}/picture.jpg").status_code == 200
        filler.unlink()
        assert _refusal(service, 2) == (200, "done")


def test_a_disk_that_becomes_read_only_is_named_and_recovers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.statvfs

    def read_only(place: Path) -> os.statvfs_result:
        """As the kernel says it after an error; by hand a disk in use cannot be made so."""
        found = list(real(place))
        found[8] |= os.ST_RDONLY
        return os.statvfs_result(found)

    with running(make_settings(tmp_path / "data")) as service:
        first = service.send(("1.jpg", photo(1))).json()["photos"][0]["id"]
        with monkeypatch.context() as patch:
            patch.setattr(os, "statvfs", read_only)
            assert _state(service) == (507, "not_writable")
            assert _refusal(service, 2) == (507, "not_writable")
            with service.client() as client:
                assert client.get(f"/api/v1/photos/{first}").status_code == 200
        assert _state(service) == (200, "ready")
        assert _refusal(service, 2) == (200, "done")


def test_a_data_directory_on_a_read_only_disk_is_named(disk: Path) -> None:
    (disk / "data").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(CamidError, match="cannot be used") as caught:
        DataDir(disk / "data")
    assert (caught.value.code, caught.value.outcome.exit_code) == (ErrorCode.SETTINGS_INVALID, 2)


def test_room_is_judged_by_the_setting(tmp_path: Path) -> None:
    check_room(tmp_path, make_settings(tmp_path, min_free_bytes=0))
    with pytest.raises(CamidError, match="min_free_bytes") as caught:
        check_room(tmp_path, make_settings(tmp_path, min_free_bytes=1 << 60))
    assert caught.value.code is ErrorCode.STORE_FULL


def test_a_read_only_disk_has_one_name(tmp_path: Path) -> None:
    with pytest.raises(CamidError) as caught, full_disk("Full."):
        raise OSError(errno.EROFS, "Read-only file system")
    assert caught.value.code is ErrorCode.NOT_WRITABLE
    sqlite3.connect(tmp_path / "a.sqlite").execute("CREATE TABLE t (x)").connection.close()
    with (
        closing(sqlite3.connect(f"file:{tmp_path / 'a.sqlite'}?mode=ro", uri=True)) as connection,
        pytest.raises(CamidError) as caught,
        full_disk("Full."),
    ):
        connection.execute("INSERT INTO t VALUES (1)")
    assert caught.value.code is ErrorCode.NOT_WRITABLE


def _damage(database: Path) -> None:
    """Overwrites every page but the first, as a failing disk does."""
    content = bytearray(database.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    database.write_bytes(content)


def test_a_database_that_is_found_damaged_at_the_start_is_named(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data")) as service:
        service.send(("1.jpg", photo(1)))
    database = tmp_path / "data" / "camid.sqlite"
    with closing(sqlite3.connect(database)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'reviews'").fetchone()[0]
    content = bytearray(database.read_bytes())
    content[4096 * (page - 1) : 4096 * page] = b"\xa5" * 4096  # one that no start reads by itself
    database.write_bytes(content)
    with running(make_settings(tmp_path / "data"), load=StandIn().load) as service:
        wait_for(lambda: _state(service) == (503, "store_broken"))
        assert _refusal(service, 2) == (503, "store_broken")
        assert len(service.stored()) == 1


def test_damage_that_a_request_meets_is_named_from_then_on(tmp_path: Path) -> None:
    with DataDir(tmp_path / "data") as data:
        with closing(Store(data)) as store:
            store.check()
        with closing(Store(data)) as store:
            store.streams.all()
            store._engine.dispose()
            _damage(data.database)
            with pytest.raises(CamidError) as caught:
                store.get("a" * 32)
            assert caught.value.code is ErrorCode.STORE_BROKEN
            with pytest.raises(CamidError, match="damaged"):
                store.check()


def test_housekeeping_goes_on_after_a_fault_and_ends_when_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    runs = []

    class Failing(Retention):
        def once(self) -> None:  # type: ignore[override]
            runs.append(1)
            if len(runs) == 1:
                raise RuntimeError("the first time")
            keeping.stop()

    with DataDir(tmp_path / "data") as data, closing(Store(data)) as store:
        settings = make_settings(data.root)
        retention = Failing(store.kept, settings, tuple, lambda _: None, FakeClock())

        async def run() -> None:
            async with asyncio.timeout(10):
                await keeping.run()

        keeping = Housekeeping(store, retention, period_s=0.001)
        asyncio.run(run())
    assert len(runs) == 2
    assert "Housekeeping failed" in caplog.text


def test_a_running_service_deletes_what_is_due(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data")) as service:
        service.send(("1.jpg", photo(1)))
    with closing(sqlite3.connect(tmp_path / "data" / "camid.sqlite")) as connection, connection:
        connection.execute("UPDATE photos SET created_at = '2020-01-01T00:00:00.000Z'")
    with running(make_settings(tmp_path / "data", keep_photos_days=30)) as service:
        wait_for(lambda: not service.stored())
