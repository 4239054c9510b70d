"""Batches in SQLite: there after a restart, in their order, with the state that was asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from edge.service import store as store_module
from edge.service.batch_state import (
    Batch,
    BatchProblem,
    BatchSpec,
    BatchState,
    FolderSource,
    Progress,
    UploadSource,
)
from edge.service.data_dir import DataDir
from edge.service.store import Store

NOON = "2026-03-14T12:00:00.000Z"
FOLDER = Batch(
    BatchSpec("id-of-one", "May", FolderSource("photos/2024"), None, NOON), BatchState.QUEUED, NOON
)
SENT = replace(FOLDER, spec=BatchSpec("another", "“odd” ✓", UploadSource("May.zip", 10**12), 0.25, NOON))


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataDir]:
    with DataDir(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def store(data: DataDir) -> Iterator[Store]:
    with closing(Store(data)) as opened:
        yield opened


def test_batches_come_back_in_the_order_in_which_they_were_added(data: DataDir) -> None:
    with closing(Store(data)) as first:
        for batch in (FOLDER, SENT):
            first.batches.add(batch)
    with closing(Store(data)) as second:
        assert second.batches.all() == (FOLDER, SENT)


def test_where_it_stands_is_kept_and_what_runs_has_no_rate_after_a_restart(store: Store) -> None:
    store.batches.add(FOLDER)
    store.batches.add(SENT)
    progress = Progress(9, 8, 7, 6, 5, 4, 3, 2, 1, rate=3.5)
    problem = BatchProblem("store_full", "The disk is full.")
    failed = replace(FOLDER, state=BatchState.FAILED, since="later", progress=progress, problem=problem)
    store.batches.update(failed)
    assert store.batches.all() == (replace(failed, progress=replace(progress, rate=0.0)), SENT)


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        (BatchState.PAUSING, BatchState.PAUSED),
        (BatchState.CANCELLING, BatchState.CANCELLED),
        (BatchState.RUNNING, BatchState.RUNNING),
    ],
)
def test_what_was_asked_for_is_kept(store: Store, state: BatchState, kept: BatchState) -> None:
    store.batches.add(FOLDER)
    store.batches.update(replace(FOLDER, state=state))
    assert store.batches.all()[0].state is kept


def test_a_removed_batch_is_gone_and_no_other(store: Store) -> None:
    store.batches.add(FOLDER)
    store.batches.add(SENT)
    for wrong in ("%", "' OR 1=1 --", ""):
        store.batches.remove(wrong)
    store.batches.remove(SENT.spec.id)
    assert store.batches.all() == (FOLDER,)


def test_a_database_of_before_batches_gets_their_table(
    data: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(store_module, "_MIGRATIONS", store_module._MIGRATIONS[:2])
        Store(data).close()
    with closing(Store(data)) as store:
        store.batches.add(FOLDER)
        assert store.batches.all() == (FOLDER,)
    with closing(sqlite3.connect(data.database)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (len(store_module._MIGRATIONS),)
