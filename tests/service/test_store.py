"""The store at every step at which it can fail: a result is there wholly, or nothing of it is."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy

from edge.domain import Picture, Source
from edge.errors import CamidError, ErrorCode
from edge.report.contract import PhotoV1, photo_contract, to_json
from edge.service import store as store_module
from edge.service.data_dir import DataDir
from edge.service.store import Store
from tests.support.service import report_on

BYTES = b"the bytes of a photo"


def answer(data: bytes = BYTES, name: str = "a.jpg") -> PhotoV1:
    source = Source("photo", name, hashlib.sha256(data).hexdigest(), 96, 64)
    return photo_contract(report_on(Picture(np.zeros((64, 96, 3), np.uint8), source)))


def incoming(data: DataDir, content: bytes = BYTES) -> Path:
    path = data.incoming / f"{os.urandom(8).hex()}.part"
    path.write_bytes(content)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataDir]:
    with DataDir(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def store(data: DataDir) -> Iterator[Store]:
    opened = Store(data)
    yield opened
    opened.close()


def originals(data: DataDir) -> list[bytes]:
    return [file.read_bytes() for file in data.photos.glob("??/*")]


def rows(data: DataDir) -> int:
    connection = sqlite3.connect(data.database)
    try:
        return int(connection.execute("SELECT count(*) FROM photos").fetchone()[0])
    finally:
        connection.close()


def test_a_result_comes_back_as_it_was_stored(data: DataDir, store: Store) -> None:
    kept = store.add(incoming(data), answer())
    found = store.get(kept.id)
    assert to_json(found.body) == to_json(answer())
    assert found.original.read_bytes() == BYTES
    assert found == kept
    assert not list(data.incoming.iterdir())


def test_a_result_outlives_the_store(data: DataDir) -> None:
    first = Store(data)
    kept = first.add(incoming(data), answer())
    first.close()
    second = Store(data)
    try:
        assert second.get(kept.id) == kept
    finally:
        second.close()


def test_the_same_photo_twice_has_two_ids_and_one_file(data: DataDir, store: Store) -> None:
    one, two = (store.add(incoming(data), answer(name=name)) for name in ("a.jpg", "b.jpg"))
    assert one.id != two.id
    assert one.original == two.original
    assert [store.get(kept.id).body.source.name for kept in (one, two)] == ["a.jpg", "b.jpg"]
    assert originals(data) == [BYTES]


def test_an_unknown_id_is_not_found(store: Store) -> None:
    with pytest.raises(CamidError) as caught:
        store.get("' OR 1=1 --")
    assert caught.value.code is ErrorCode.NOT_FOUND


def test_only_the_owner_can_read_the_data(data: DataDir, store: Store) -> None:
    store.add(incoming(data), answer())
    for path in (data.root, data.photos, data.incoming):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE(data.database.stat().st_mode) == 0o600


def test_writes_are_durable(store: Store) -> None:
    with store._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL


class KilledError(BaseException):
    """Stands for the end of the process at this instruction: no handler of ours may run after it."""


@pytest.mark.parametrize("step", ["fsync", "replace", "sync_dir", "insert"])
def test_a_failure_at_any_step_leaves_nothing(
    data: DataDir, store: Store, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    received = incoming(data)
    with monkeypatch.context() as patch:
        _break(patch, store, step, RuntimeError(step))
        with pytest.raises(RuntimeError, match=step):
            store.add(received, answer())
    assert originals(data) == []
    assert rows(data) == 0
    # And the next one succeeds.
    assert store.get(store.add(incoming(data), answer()).id).original.read_bytes() == BYTES


@pytest.mark.parametrize("step", ["fsync", "replace", "sync_dir", "insert", "commit"])
def test_a_kill_at_any_step_leaves_nothing_after_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    killed = tmp_path / "killed"
    with DataDir(tmp_path / "data") as data:
        store = Store(data)
        before = store.add(incoming(data, b"earlier"), answer(b"earlier"))
        received = incoming(data)

        def die(*args: object) -> None:
            shutil.copytree(data.root, killed)  # what the disk holds at this instruction
            raise KilledError

        with monkeypatch.context() as patch:
            _break_with(patch, store, step, die)
            with pytest.raises(KilledError):
                store.add(received, answer())
        store.close()
    with DataDir(killed) as data:
        store = Store(data)
        try:
            assert originals(data) == [b"earlier"]
            assert rows(data) == 1
            assert not list(data.incoming.iterdir())
            assert store.get(before.id).body == before.body
        finally:
            store.close()


def _break(patch: pytest.MonkeyPatch, store: Store, step: str, error: BaseException) -> None:
    def fail(*args: object) -> None:
        raise error

    _break_with(patch, store, step, fail)


def _break_with(patch: pytest.MonkeyPatch, store: Store, step: str, stop: Callable[..., None]) -> None:
    if step == "fsync":
        patch.setattr(os, "fsync", stop)
    elif step == "replace":
        patch.setattr(Path, "replace", stop)
    elif step == "sync_dir":
        patch.setattr(store_module, "sync_dir", stop)
    elif step == "insert":
        patch.setattr(store, "_insert", stop)
    else:
        sqlalchemy.event.listen(store._engine, "commit", stop)


def test_a_shared_file_stays_when_its_second_result_fails(
    data: DataDir, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = store.add(incoming(data), answer())
    with monkeypatch.context() as patch:
        _break(patch, store, "insert", RuntimeError())
        with pytest.raises(RuntimeError):
            store.add(incoming(data), answer())
    assert store.get(kept.id).original.read_bytes() == BYTES


def test_a_full_disk_is_named(data: DataDir, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        _break(patch, store, "fsync", OSError(errno.ENOSPC, "No space left on device"))
        with pytest.raises(CamidError) as caught:
            store.add(incoming(data), answer())
    assert caught.value.code is ErrorCode.STORE_FULL
    assert originals(data) == []


def test_a_full_database_is_named(data: DataDir, store: Store) -> None:
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    sqlalchemy.event.listen(
        store._engine,
        "begin",
        lambda connection: connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}"),
    )
    large = answer().model_copy(update={"models": {f"model-{n}": "3c" * 32 for n in range(2000)}})
    with pytest.raises(CamidError) as caught:
        store.add(incoming(data), large)
    assert caught.value.code is ErrorCode.STORE_FULL
    assert originals(data) == []
    assert rows(data) == 0


def test_many_threads_store_at_once(data: DataDir, store: Store) -> None:
    contents = [f"photo {n % 5}".encode() for n in range(40)]
    kept: list[str] = []

    def add(content: bytes) -> None:
        kept.append(store.add(incoming(data, content), answer(content)).id)

    threads = [threading.Thread(target=add, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(kept)) == rows(data) == 40
    assert sorted(originals(data)) == sorted(set(contents))


def test_a_database_of_a_newer_camid_is_left_alone(data: DataDir) -> None:
    Store(data).close()
    connection = sqlite3.connect(data.database)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(CamidError, match="newer") as caught:
        Store(data)
    assert caught.value.code is ErrorCode.SETTINGS_INVALID


def test_a_file_that_is_no_database_is_left_alone(data: DataDir) -> None:
    data.database.write_bytes(b"these are the notes of somebody " * 40)
    with pytest.raises(CamidError) as caught:
        Store(data)
    assert caught.value.code is ErrorCode.STORE_BROKEN
    assert data.database.read_bytes().startswith(b"these are the notes")


def test_a_data_directory_has_one_owner(data: DataDir) -> None:
    with pytest.raises(CamidError, match="another"):
        DataDir(data.root)


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CamidError, match="cannot be used") as caught:
        DataDir(tmp_path / "file" / "data")
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
