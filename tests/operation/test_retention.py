"""What is due is gone from the disk, what is not stays, and a clock that jumped deletes nothing."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from edge.domain import Picture, Source
from edge.errors import CamidError, ErrorCode
from edge.operation.purge import purge
from edge.report.contract import PhotoV1, photo_contract
from edge.service.batch_state import Batch, BatchSpec, BatchState, FolderSource, Progress
from edge.service.data_dir import DataDir
from edge.service.retention import Retention, SteadyClock
from edge.service.store import Store
from tests.support.clock import FakeClock
from tests.support.service import make_settings, report_on

NOW = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
DAY_S = 24 * 3600.0


def answer(data: bytes, name: str = "a.jpg") -> PhotoV1:
    source = Source("photo", name, hashlib.sha256(data).hexdigest(), 96, 64)
    return photo_contract(report_on(Picture(np.zeros((64, 96, 3), np.uint8), source)))


def keep(store: Store, data: DataDir, content: bytes, age_days: float, name: str = "a.jpg") -> str:
    """Stores a photo as if that long ago; its id."""
    received = data.incoming / "one.part"
    received.write_bytes(content)
    kept = store.add(received, answer(content, name))
    at = (NOW - timedelta(days=age_days)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    with closing(sqlite3.connect(data.database)) as connection, connection:
        connection.execute("UPDATE photos SET created_at = ? WHERE id = ?", (at, kept.id))
    return kept.id


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataDir]:
    with DataDir(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def store(data: DataDir) -> Iterator[Store]:
    with closing(Store(data)) as opened:
        yield opened


def retention(
    store: Store,
    data: DataDir,
    clock: FakeClock,
    batches: tuple[Batch, ...] = (),
    mark: Path | None = None,
    **settings: object,
) -> tuple[Retention, list[str]]:
    removed: list[str] = []
    chosen = make_settings(data.root, **settings)
    return Retention(store.kept, chosen, lambda: batches, removed.append, clock, mark), removed


def originals(data: DataDir) -> list[bytes]:
    return sorted(file.read_bytes() for file in data.photos.glob("??/*"))


def gone(store: Store, photo: str) -> bool:
    try:
        store.get(photo)
    except CamidError as error:
        return error.code is ErrorCode.NOT_FOUND
    return False


def test_old_photos_go_with_their_results_and_bytes(store: Store, data: DataDir) -> None:
    old = keep(store, data, b"old", 31, name="a-name-that-nobody-else-has.jpg")
    young = keep(store, data, b"young", 29)
    kept, _ = retention(store, data, FakeClock(NOW), keep_photos_days=30)
    done = kept.once()
    assert (done.results, done.files, done.bytes) == (1, 1, 3)
    assert gone(store, old)
    assert not gone(store, young)
    assert originals(data) == [b"young"]
    files = [file for file in data.root.iterdir() if file.name.startswith("camid.sqlite")]
    assert not any(b"a-name-that-nobody-else-has" in file.read_bytes() for file in files)
    assert kept.once().results == 0


def test_bytes_stay_as_long_as_a_result_shares_them(store: Store, data: DataDir) -> None:
    keep(store, data, b"shared", 31)
    young = keep(store, data, b"shared", 1)
    kept, _ = retention(store, data, FakeClock(NOW), keep_photos_days=30)
    assert (kept.once().results, originals(data)) == (1, [b"shared"])
    assert store.get(young).original.read_bytes() == b"shared"


def test_what_was_said_of_a_photo_goes_with_it(store: Store, data: DataDir) -> None:
    keep(store, data, b"old", 31)
    retention(store, data, FakeClock(NOW), keep_photos_days=30)[0].once()
    assert store.reviews.counts() == (0, 0)


def test_beyond_the_size_the_oldest_go(store: Store, data: DataDir) -> None:
    for number in range(5):
        keep(store, data, b"%d" % number * 100, 10 - number)
    kept, _ = retention(store, data, FakeClock(NOW), keep_photos_bytes=250)
    assert (kept.once().files, originals(data)) == (3, [b"3" * 100, b"4" * 100])


def test_copies_that_free_nothing_do_not_cost_the_younger(store: Store, data: DataDir) -> None:
    keep(store, data, b"x" * 100, 9)
    keep(store, data, b"y" * 100, 8)
    keep(store, data, b"x" * 100, 1)
    kept, _ = retention(store, data, FakeClock(NOW), keep_photos_bytes=100)
    assert kept.once().results == 2
    assert originals(data) == [b"x" * 100]


def test_without_settings_nothing_is_deleted(store: Store, data: DataDir) -> None:
    keep(store, data, b"ancient", 5000)
    assert retention(store, data, FakeClock(NOW))[0].once().results == 0


def test_more_than_a_handful_go_in_one_run(store: Store, data: DataDir) -> None:
    keep(store, data, b"one", 31)
    with closing(sqlite3.connect(data.database)) as connection, connection:
        for number in range(450):
            connection.execute(
                "INSERT INTO photos (id, sha256, name, created_at, body) "
                "SELECT ?, sha256, name, created_at, body FROM photos WHERE length(id) = 32 LIMIT 1",
                (f"copy-{number}",),
            )
    done = retention(store, data, FakeClock(NOW), keep_photos_days=30)[0].once()
    assert (done.results, done.files) == (451, 1)


def _batch(name: str, state: BatchState, age_days: float) -> Batch:
    at = (NOW - timedelta(days=age_days)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Batch(BatchSpec(name, name, FolderSource("/x"), None, at), state, at, Progress())


def test_finished_batches_go_and_others_stay(store: Store, data: DataDir) -> None:
    batches = (
        _batch("done", BatchState.DONE, 31),
        _batch("new", BatchState.DONE, 1),
        _batch("paused", BatchState.PAUSED, 31),
    )
    kept, removed = retention(store, data, FakeClock(NOW), batches, keep_photos_days=30)
    assert kept.once().batches == 1
    assert removed == ["done"]


class JumpingClock(FakeClock):
    """Its time of day can be set without time passing."""

    jumped = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.jumped


def test_a_clock_that_jumps_a_year_ahead_deletes_nothing_for_a_day(store: Store, data: DataDir) -> None:
    photo = keep(store, data, b"yesterday", 1)
    clock = JumpingClock(NOW)
    kept, _ = retention(store, data, clock, keep_photos_days=30)
    clock.jumped = timedelta(days=365)
    assert kept.once().results == 0
    clock.advance(DAY_S / 2)
    assert kept.once().results == 0
    clock.jumped = timedelta(0)  # somebody noticed, and set it right
    assert kept.once().results == 0
    clock.advance(DAY_S + 1)
    assert kept.once().results == 0
    assert not gone(store, photo)


def test_a_clock_that_stays_where_it_jumped_is_believed_after_a_day() -> None:
    clock = JumpingClock(NOW)
    steady = SteadyClock(clock)
    assert steady.now() == NOW
    clock.jumped = timedelta(days=365)
    assert steady.now() is None
    clock.advance(DAY_S + 1)
    assert steady.now() == clock.now()


def test_purge_does_it_for_a_directory_that_no_service_uses(store: Store, data: DataDir) -> None:
    keep(store, data, b"old", 31)
    settings = make_settings(data.root, keep_photos_days=30)
    with pytest.raises(CamidError, match="another Camid service"):
        purge(settings, FakeClock(NOW))
    store.close()
    data.close()
    assert purge(settings, FakeClock(NOW)).files == 1
    assert originals(data) == []


def test_purge_wants_to_know_what_to_delete(tmp_path: Path) -> None:
    with pytest.raises(CamidError, match="keep_photos_days"):
        purge(make_settings(tmp_path))
