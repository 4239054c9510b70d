"""Streams in SQLite: there after a restart, gone from every file when they are deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from edge.service import store as store_module
from edge.service.data_dir import DataDir
from edge.service.store import Store
from edge.service.stream_store import StoredStream
from edge.streams.state import Expectation

STREAM = StoredStream(
    id="id-of-one",
    name="Back door",
    url="rtsp://192.168.1.10/a",
    sealed=b"\x01" + b"sealed bytes of one" * 3,
    enabled=True,
    expect=Expectation("dahua", None, "2.8"),
    pinned_ip="192.168.1.10",
    created_at="2026-03-14T12:00:00.000Z",
)
OTHER = replace(STREAM, id="id-of-another", name="Yard", sealed=b"\x01" + b"sealed bytes of another" * 3)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataDir]:
    with DataDir(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def store(data: DataDir) -> Iterator[Store]:
    with closing(Store(data)) as opened:
        yield opened


def on_disk(data: DataDir) -> bytes:
    return b"".join(file.read_bytes() for file in data.root.rglob("*") if file.is_file())


def test_streams_come_back_in_the_order_in_which_they_were_added(data: DataDir) -> None:
    with closing(Store(data)) as first:
        for stream in (STREAM, OTHER):
            first.streams.add(stream)
    with closing(Store(data)) as second:
        assert second.streams.all() == (STREAM, OTHER)


def test_a_change_keeps_the_place_and_leaves_nothing_of_what_was(data: DataDir, store: Store) -> None:
    for stream in (STREAM, OTHER):
        store.streams.add(stream)
    changed = replace(STREAM, name="Front door", sealed=b"\x01new", enabled=False, expect=Expectation())
    store.streams.replace(changed)
    assert store.streams.all() == (changed, OTHER)
    assert STREAM.sealed not in on_disk(data)
    assert OTHER.sealed in on_disk(data)


def test_what_is_removed_is_in_no_file_any_more(data: DataDir, store: Store) -> None:
    for stream in (STREAM, OTHER):
        store.streams.add(stream)
    assert STREAM.sealed in on_disk(data)
    store.streams.remove(STREAM.id)
    assert store.streams.all() == (OTHER,)
    left = on_disk(data)
    assert STREAM.sealed not in left
    assert STREAM.id.encode() not in left
    assert OTHER.sealed in left


def test_wildcards_remove_nothing(store: Store) -> None:
    store.streams.add(STREAM)
    for text in ("%", "_", "' OR 1=1 --", "id-of-on_", ""):
        store.streams.remove(text)
    assert store.streams.all() == (STREAM,)


def test_a_database_of_before_streams_gets_their_table(
    data: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(store_module, "_MIGRATIONS", store_module._MIGRATIONS[:1])
        Store(data).close()
    assert schema(data) == (1, {"photos"})
    with closing(Store(data)) as store:
        store.streams.add(STREAM)
        assert store.streams.all() == (STREAM,)
    version, tables = schema(data)
    assert version == len(store_module._MIGRATIONS)
    assert tables >= {"photos", "streams"}


def schema(data: DataDir) -> tuple[int, set[str]]:
    with closing(sqlite3.connect(data.database)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return version, {name for (name,) in names} - {"sqlite_sequence"}


def test_a_row_is_not_shown_with_what_is_sealed() -> None:
    assert "sealed bytes" not in repr(STREAM)
