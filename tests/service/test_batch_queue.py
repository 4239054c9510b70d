"""The queue of batches: one at a time, in turn, kept over restarts, whatever the runs come to."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.batch.control import Control
from edge.errors import CamidError, ErrorCode
from edge.service.batch_queue import Batches
from edge.service.batch_runner import Job, Means, Tell
from edge.service.batch_state import BatchState, Progress
from edge.service.batch_upload import SentArchive
from edge.service.courtesy import Courtesy
from edge.service.data_dir import DataDir
from edge.service.store import Store
from tests.support.service import StandIn, make_settings, wait_for


@dataclass
class Runs:
    """In the place of the engine: each run waits until it is let go or stopped, then ends as it is told."""

    begun: list[Job] = field(default_factory=list)
    let_go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    error: Exception | None = None
    tell: Callable[[Progress], None] = print
    at_once: int = 0

    def __call__(self, job: Job, means: Means, control: Control, tell: Tell) -> Progress:
        del means
        self.at_once += 1
        assert self.at_once == 1
        self.tell = tell
        job.folder.mkdir(parents=True, exist_ok=True)
        self.begun.append(job)
        while not control.stopped and not self.let_go.acquire(timeout=0.01):
            pass
        self.at_once -= 1
        if self.error is not None:
            raise self.error
        return Progress(files=7, settled=7, photos=7)


class Opened:
    """A queue on a data directory, as a service has it from its start to its end."""

    def __init__(self, tmp_path: Path, runs: Runs, **overrides: object) -> None:
        root = tmp_path / "roots"
        for name in ("a", "b", "c"):
            (root / name).mkdir(parents=True, exist_ok=True)
        settings = make_settings(tmp_path / "data", batch_roots=(root,), **overrides)
        self.runs = runs
        self.changes: list[str] = []
        self._means = Means(StandIn(), settings, Courtesy())
        self._stack = ExitStack()
        self.data = self._stack.enter_context(DataDir(settings.data_dir))
        store = self._stack.enter_context(closing(Store(self.data)))
        self.batches = Batches(store.batches, self.data, settings, self.changes.append, runs)
        self._stack.callback(self.batches.close)

    def start(self) -> None:
        self.batches.start(self._means)

    def close(self) -> None:
        self._stack.close()

    def add(self, folder: str = "a") -> str:
        return self.batches.add_folder(folder, None, None).spec.id

    def send(self, content: bytes = b"PK") -> str:
        path = self.data.incoming / "x.part"
        path.write_bytes(content)
        return self.batches.add_upload(SentArchive(path, len(content)), "x.zip", None, 0.5).spec.id

    def state(self, batch: str) -> BatchState:
        return self.batches.get(batch).state

    def until(self, batch: str, state: BatchState) -> None:
        wait_for(lambda: self.state(batch) is state)

    def until_running(self, batch: str) -> None:
        out = self.folder(batch) / "out"
        wait_for(lambda: bool(self.runs.begun) and self.runs.begun[-1].folder == out)
        assert self.state(batch) is BatchState.RUNNING

    def folder(self, batch: str) -> Path:
        return self.data.root / "batches" / batch


@contextmanager
def opened(tmp_path: Path, runs: Runs | None = None, **overrides: object) -> Iterator[Opened]:
    queue = Opened(tmp_path, runs or Runs(), **overrides)
    try:
        yield queue
    finally:
        queue.close()


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Opened]:
    with opened(tmp_path) as made:
        made.start()
        yield made


def test_batches_run_one_at_a_time_in_turn(queue: Opened) -> None:
    names = [queue.add(folder) for folder in ("a", "b", "c")]
    queue.until_running(names[0])
    assert [queue.batches.waits_for(name) for name in names] == [None, 1, 2]
    for _ in names:
        queue.runs.let_go.release()
    queue.until(names[2], BatchState.DONE)
    assert [job.label for job in queue.runs.begun] == ["a", "b", "c"]
    assert [queue.state(name) for name in names] == [BatchState.DONE] * 3
    assert queue.batches.get(names[0]).progress.photos == 7
    assert set(queue.changes) == set(names)


def test_one_that_waits_is_paused_and_comes_last_when_it_is_resumed(queue: Opened) -> None:
    first, second, third = (queue.add(folder) for folder in ("a", "b", "c"))
    queue.until_running(first)
    assert queue.batches.pause(second).state is BatchState.PAUSED
    assert queue.batches.pause(second).state is BatchState.PAUSED
    assert queue.batches.waits_for(third) == 1
    queue.batches.resume(second)
    assert queue.batches.waits_for(second) == 2


def test_pausing_lets_the_next_one_run(queue: Opened) -> None:
    first, second = queue.add("a"), queue.add("b")
    queue.until_running(first)
    assert queue.batches.pause(first).state is BatchState.PAUSING
    queue.until(first, BatchState.PAUSED)
    queue.until_running(second)
    queue.batches.resume(first)
    queue.runs.let_go.release()
    queue.until_running(first)


def test_one_that_is_resumed_while_it_pauses_runs_again(queue: Opened) -> None:
    batch = queue.add()
    queue.until_running(batch)
    with queue.batches._lock:  # the run cannot come to rest between the two
        queue.batches.pause(batch)
        assert queue.batches.resume(batch).state is BatchState.RUNNING
    wait_for(lambda: len(queue.runs.begun) == 2)
    queue.runs.let_go.release()
    queue.until(batch, BatchState.DONE)


def test_a_cancelled_batch_keeps_what_it_found_and_gives_its_archive_back(queue: Opened) -> None:
    batch = queue.send()
    queue.until_running(batch)
    assert queue.runs.begun[0].path.read_bytes() == b"PK"
    assert (queue.runs.begun[0].label, queue.runs.begun[0].min_score) == ("x.zip", 0.5)
    queue.batches.cancel(batch)
    queue.until(batch, BatchState.CANCELLED)
    assert [path.name for path in queue.folder(batch).iterdir()] == ["out"]
    with pytest.raises(CamidError, match="cannot be resumed") as caught:
        queue.batches.resume(batch)
    assert caught.value.code is ErrorCode.WRONG_STATE


def test_a_failed_batch_says_why_and_goes_on_when_it_is_resumed(queue: Opened) -> None:
    batch = queue.send()
    queue.until_running(batch)
    out = queue.folder(batch) / "out"
    queue.runs.error = CamidError(ErrorCode.STORE_FULL, f"The disk of {out} is full.")
    queue.runs.let_go.release()
    queue.until(batch, BatchState.FAILED)
    problem = queue.batches.get(batch).problem
    assert problem is not None
    assert problem.code == ErrorCode.STORE_FULL
    assert str(queue.data.root) not in problem.message
    assert (queue.folder(batch) / "archive").exists()
    queue.runs.error = None
    queue.batches.resume(batch)
    queue.runs.let_go.release()
    queue.until(batch, BatchState.DONE)
    assert queue.batches.get(batch).problem is None


def test_a_defect_fails_the_batch_and_not_the_queue(queue: Opened) -> None:
    queue.runs.error = RuntimeError("secret detail")
    batch = queue.add()
    queue.until_running(batch)
    queue.runs.let_go.release()
    queue.until(batch, BatchState.FAILED)
    problem = queue.batches.get(batch).problem
    assert problem is not None
    assert problem.code == ErrorCode.INTERNAL
    assert "secret" not in problem.message
    queue.runs.error = None
    queue.runs.let_go.release()
    queue.until(queue.add("b"), BatchState.DONE)


def test_a_folder_that_is_gone_or_no_longer_allowed_fails(queue: Opened, tmp_path: Path) -> None:
    first, second = queue.add("a"), queue.add("b")
    queue.until_running(first)
    (tmp_path / "roots" / "b").rmdir()
    (tmp_path / "roots" / "b").symlink_to(tmp_path)
    queue.runs.let_go.release()
    queue.until(second, BatchState.FAILED)
    problem = queue.batches.get(second).problem
    assert problem is not None
    assert problem.code == ErrorCode.PATH_NOT_ALLOWED


def test_a_removed_batch_leaves_no_file(queue: Opened) -> None:
    runs, waits = queue.send(), queue.send()
    queue.until_running(runs)
    queue.batches.remove(waits)
    assert not queue.folder(waits).exists()
    queue.batches.remove(runs)
    wait_for(lambda: not queue.folder(runs).exists())
    assert queue.batches.all() == ()


def test_progress_is_told_and_never_of_a_batch_that_is_gone(queue: Opened) -> None:
    batch = queue.add()
    queue.until_running(batch)
    queue.runs.tell(Progress(settled=3, rate=2.0))
    assert queue.batches.get(batch).progress == Progress(settled=3, rate=2.0)
    queue.batches.remove(batch)
    queue.runs.tell(Progress(settled=4))
    assert queue.batches.all() == ()


@pytest.mark.parametrize(
    ("setting", "state", "begun"), [("resume", BatchState.RUNNING, 1), ("pause", BatchState.PAUSED, 0)]
)
def test_the_end_of_the_service_interrupts_and_the_start_goes_on_or_waits(
    tmp_path: Path, setting: str, state: BatchState, begun: int
) -> None:
    with opened(tmp_path) as before:
        before.start()
        batch, paused, waits = before.add("a"), before.add("b"), before.add("c")
        before.until_running(batch)
        before.batches.pause(paused)
        before.batches.pause(waits)
        before.batches.resume(waits)
    with opened(tmp_path, batch_on_restart=setting) as after:
        assert [one.spec.id for one in after.batches.all()] == [batch, paused, waits]
        assert after.state(paused) is BatchState.PAUSED
        after.start()
        wait_for(lambda: after.runs.begun)
        assert after.state(batch) is state
        assert [job.label for job in after.runs.begun] == [["c"], ["a"]][begun]


def test_what_was_asked_for_before_a_kill_stands(tmp_path: Path) -> None:
    with opened(tmp_path) as before:
        before.start()
        batch = before.send()
        before.until_running(batch)
        with before.batches._lock:
            before.batches.cancel(batch)
            kept = (tmp_path / "data" / "camid.sqlite").read_bytes()  # as a kill here would leave it
            log = (tmp_path / "data" / "camid.sqlite-wal").read_bytes()
    (tmp_path / "data" / "camid.sqlite").write_bytes(kept)
    (tmp_path / "data" / "camid.sqlite-wal").write_bytes(log)
    (tmp_path / "data" / "batches" / batch / "archive").write_bytes(b"PK")
    with opened(tmp_path) as after:
        assert after.state(batch) is BatchState.CANCELLED
        assert not (after.folder(batch) / "archive").exists()


def test_folders_without_a_row_are_swept(tmp_path: Path) -> None:
    with opened(tmp_path) as before:
        batch = before.send()
    left = tmp_path / "data" / "batches" / ("f" * 32)
    left.mkdir()
    (left / "archive").write_bytes(b"PK")
    with opened(tmp_path) as after:
        assert not left.exists()
        assert (after.folder(batch) / "archive").exists()


def test_a_batch_that_cannot_be_kept_is_not_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as queue:
        with monkeypatch.context() as patch:
            patch.setattr(queue.batches._store, "add", full)
            with pytest.raises(CamidError) as caught:
                queue.send()
        assert caught.value.code is ErrorCode.STORE_FULL
        assert list((tmp_path / "data" / "batches").iterdir()) == []
        assert queue.batches.all() == ()


def test_a_state_that_cannot_be_kept_counts_until_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as queue:
        queue.start()
        batch = queue.add()
        queue.until_running(batch)
        monkeypatch.setattr(queue.batches._store, "update", full)
        with pytest.raises(CamidError) as caught:
            queue.batches.pause(batch)
        assert caught.value.code is ErrorCode.STORE_FULL
        assert queue.state(batch) is BatchState.RUNNING
        queue.runs.let_go.release()
        queue.until(batch, BatchState.DONE)
        monkeypatch.undo()
    with opened(tmp_path) as after:
        assert after.state(batch) is BatchState.QUEUED  # done again in moments: all its rows are there


def full(*_: object) -> None:
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    raise error
