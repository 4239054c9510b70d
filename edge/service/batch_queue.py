"""The batches of this service: kept, run one at a time in the order in which they were asked for, told of.

A batch that is paused, or that the end of the service interrupts, ends between two files with everything
committed, and goes on from there. What runs stands in the database as ``running``: found there at a start, it
was interrupted.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from edge.batch.control import Control
from edge.errors import CamidError, ErrorCode
from edge.media.clock import stamp
from edge.service.batch_folders import BatchFolders
from edge.service.batch_results import counts_of
from edge.service.batch_runner import Job, Means, Run, run_job
from edge.service.batch_sources import resolve_source
from edge.service.batch_state import (
    SETTLED,
    UNDER_WAY,
    Batch,
    BatchProblem,
    BatchSource,
    BatchSpec,
    BatchState,
    FolderSource,
    Progress,
    UploadSource,
)
from edge.service.batch_store import BatchStore
from edge.service.batch_upload import SentArchive
from edge.service.data_dir import DataDir
from edge.service.problems import problem_of
from edge.service.store import full_disk_named
from edge.settings import Settings

_log = logging.getLogger("edge.service")

_STOPPED_AS = {
    BatchState.RUNNING: BatchState.QUEUED,  # it was resumed while it was about to pause
    BatchState.PAUSING: BatchState.PAUSED,
    BatchState.CANCELLING: BatchState.CANCELLED,
}
"""What becomes of a batch whose run was stopped."""


@dataclass(frozen=True, slots=True)
class _End:
    """How a run ended; ``progress`` is None where that is not known."""

    progress: Progress | None = None
    problem: BatchProblem | None = None


class Batches:
    """Methods may be called from any thread; those that change something write to the disk first.

    ``changed`` hears the id of every batch that was added, changed, removed or has got further. Before
    ``start`` batches can be added and wait.
    """

    def __init__(
        self,
        store: BatchStore,
        data: DataDir,
        settings: Settings,
        changed: Callable[[str], None],
        run: Run = run_job,
    ) -> None:
        self._store = store
        self._data = data
        self._folders = BatchFolders(data.root)
        self._settings = settings
        self._changed = changed
        self._run = run
        self._lock = threading.RLock()
        self._work = threading.Condition(self._lock)
        self._control: Control | None = None
        self._ending = False
        self._thread: threading.Thread | None = None
        self._batches: dict[str, Batch] = {}
        self._queue: list[str] = []
        self._load()

    def start(self, means: Means) -> None:
        """From now on batches are run."""
        self._thread = threading.Thread(target=self._serve, args=(means,), name="batches")
        self._thread.start()

    def stop(self) -> None:
        """Begins the end: what runs is interrupted after the pictures in hand."""
        with self._lock:
            self._ending = True
            if self._control is not None:
                self._control.stop()
            self._work.notify_all()

    def close(self) -> None:
        """Waits for that."""
        self.stop()
        if self._thread is not None:
            self._thread.join()

    def all(self) -> tuple[Batch, ...]:
        """In the order in which they were added."""
        return tuple(self._batches.values())

    def get(self, batch: str) -> Batch:
        """Raises: CamidError: ``not_found``."""
        found = self._batches.get(batch)
        if found is None:
            raise CamidError(ErrorCode.NOT_FOUND, "There is no batch with this id.")
        return found

    def waits_for(self, batch: str) -> int | None:
        """How many batches come before it; None where it does not wait."""
        queue = tuple(self._queue)
        return queue.index(batch) + (self._control is not None) if batch in queue else None

    def out(self, batch: str) -> Path:
        """Where its answers lie, once there are any. Raises: CamidError: ``not_found``."""
        return self._folders.out(self.get(batch).spec.id)

    def add_folder(self, given: str, name: str | None, min_score: float | None) -> Batch:
        """Queues a batch of what ``given`` leads to.

        Raises:
            CamidError: ``path_not_allowed``, ``not_readable``, ``too_many_batches``, ``store_full``.
        """
        path = resolve_source(given, self._settings, self._data.root)
        return self._add(FolderSource(given), name or path.name, min_score)

    def add_upload(
        self, sent: SentArchive, file_name: str, name: str | None, min_score: float | None
    ) -> Batch:
        """Queues a batch of an archive, whose file is moved away.

        Raises:
            CamidError: ``too_many_batches``, ``store_full``.
        """
        return self._add(UploadSource(file_name, sent.size), name or file_name, min_score, sent.path)

    def check_room(self) -> None:
        """Raises: CamidError: ``too_many_batches``."""
        most = self._settings.batch_max_kept
        if len(self._batches) >= most:
            raise CamidError(ErrorCode.TOO_MANY_BATCHES, f"There are {most} batches already.")

    def pause(self, batch: str) -> Batch:
        """Raises: CamidError: ``not_found``, ``wrong_state``, ``store_full``."""
        with self._lock:
            found = self.get(batch)
            match found.state:
                case BatchState.PAUSED | BatchState.PAUSING:
                    return found
                case BatchState.RUNNING:
                    return self._end_run(found, BatchState.PAUSING)
                case BatchState.QUEUED:
                    return self._put(found, BatchState.PAUSED)
            raise _wrong_state(found, "paused")

    def resume(self, batch: str) -> Batch:
        """Lets it go on, after those that wait already; one of a folder that is done looks for new files.

        Raises:
            CamidError: ``not_found``, ``wrong_state``, ``store_full``.
        """
        with self._lock:
            found = self.get(batch)
            match found.state:
                case BatchState.QUEUED | BatchState.RUNNING:
                    return found
                case BatchState.PAUSING:
                    return self._put(found, BatchState.RUNNING)
                case BatchState.CANCELLING:
                    raise _wrong_state(found, "resumed")
                case BatchState.DONE | BatchState.CANCELLED if isinstance(found.spec.source, UploadSource):
                    raise _wrong_state(found, "resumed: its archive is not kept")
            return self._put(found, BatchState.QUEUED)

    def cancel(self, batch: str) -> Batch:
        """Ends it; what it found stays, an archive that was sent goes.

        Raises:
            CamidError: ``not_found``, ``wrong_state``, ``store_full``.
        """
        with self._lock:
            found = self.get(batch)
            match found.state:
                case BatchState.CANCELLED | BatchState.CANCELLING:
                    return found
                case BatchState.RUNNING | BatchState.PAUSING:
                    return self._end_run(found, BatchState.CANCELLING)
                case BatchState.DONE:
                    raise _wrong_state(found, "cancelled")
            return self._put(found, BatchState.CANCELLED)

    def remove(self, batch: str) -> None:
        """Forgets it and deletes what it found; the files of one that runs go when the run has ended.

        Raises:
            CamidError: ``not_found``, ``store_full``.
        """
        with self._lock:
            found = self.get(batch)
            with full_disk_named():
                self._store.remove(batch)
            del self._batches[batch]
            if batch in self._queue:
                self._queue.remove(batch)
            runs = found.state in UNDER_WAY
            if runs and self._control is not None:
                self._control.stop()
        if not runs:
            self._folders.delete(batch)
        self._changed(batch)

    def _load(self) -> None:
        """What the last service left, each in its state; what was interrupted comes first or waits paused."""
        interrupted: list[Batch] = []
        waiting: list[Batch] = []
        for one in self._store.all():
            batch = self._batches[one.spec.id] = self._found(one)
            if batch.state is BatchState.QUEUED:
                (interrupted if one.state is BatchState.RUNNING else waiting).append(batch)
            if batch.state in SETTLED:
                self._folders.drop_archive(batch.spec.id)
        self._queue = [one.spec.id for one in interrupted + sorted(waiting, key=lambda one: one.since)]
        self._folders.sweep(self._batches)

    def _found(self, batch: Batch) -> Batch:
        if batch.state is not BatchState.RUNNING:
            return batch
        if self._settings.batch_on_restart == "resume":
            return replace(batch, state=BatchState.QUEUED)
        with suppress(CamidError, ImportError):
            batch = replace(batch, progress=self._counted(batch))
        paused = replace(batch, state=BatchState.PAUSED, since=_now())
        with suppress(CamidError), full_disk_named():
            self._store.update(paused)
        return paused

    def _counted(self, batch: Batch) -> Progress:
        """From its rows: nobody kept the count when the service was killed."""
        counted = counts_of(self._folders.out(batch.spec.id))
        settled = counted.photos + counted.videos + counted.duplicates
        return replace(counted, files=batch.progress.files, settled=settled)

    def _add(
        self, source: BatchSource, name: str, min_score: float | None, archive: Path | None = None
    ) -> Batch:
        now = _now()
        spec = BatchSpec(secrets.token_hex(16), name, source, min_score, now)
        batch = Batch(spec, BatchState.QUEUED, now)
        with self._lock, full_disk_named():
            self.check_room()
            try:
                # The archive first: a folder without a row is swept, a row without its archive would fail.
                self._folders.make(spec.id, archive)
                self._store.add(batch)
            except BaseException:
                self._folders.delete(spec.id)
                raise
            self._show(batch)
        return batch

    def _put(self, batch: Batch, state: BatchState) -> Batch:
        """Changes the state of a batch, on the disk first. The lock is held."""
        changed = replace(batch, state=state, since=_now(), problem=None)
        with full_disk_named():
            self._store.update(changed)
        self._show(changed)
        return changed

    def _show(self, batch: Batch) -> None:
        """From now on this is the batch, with its place in the queue or out of it. The lock is held."""
        name = batch.spec.id
        self._batches[name] = batch
        if batch.state is BatchState.QUEUED and name not in self._queue:
            self._queue.append(name)
        elif batch.state is not BatchState.QUEUED and name in self._queue:
            self._queue.remove(name)
        if batch.state in SETTLED:
            self._folders.drop_archive(name)
        self._work.notify_all()
        self._changed(name)

    def _end_run(self, batch: Batch, state: BatchState) -> Batch:
        changed = self._put(batch, state)
        if self._control is not None:
            self._control.stop()
        return changed

    def _serve(self, means: Means) -> None:
        while (begun := self._begin()) is not None:
            batch, control = begun
            end = self._work_on(batch, control, means)
            with self._lock:
                self._control = None
                self._come_to_rest(batch.spec.id, end, stopped=control.stopped)

    def _begin(self) -> tuple[Batch, Control] | None:
        """The next batch, which is then running; None at the end of the service."""
        with self._lock:
            self._work.wait_for(lambda: self._ending or self._queue)
            if self._ending:
                return None
            batch = self._batches[self._queue[0]]
            running = replace(batch, state=BatchState.RUNNING, since=_now(), problem=None)
            self._control = Control()
            self._keep(running)
            self._show(running)
            return running, self._control

    def _work_on(self, batch: Batch, control: Control, means: Means) -> _End:
        name, spec = batch.spec.id, batch.spec
        try:
            path, label = self._source(spec.source, name)
            job = Job(path, label, self._folders.out(name), spec.min_score)
            return _End(self._run(job, means, control, lambda progress: self._tell(name, progress)))
        except Exception as error:
            problem = problem_of(error)
            message = str(problem).replace(str(self._folders.out(name)), "of the batch")
            _log.warning("Batch %s failed: %s", name, problem.code)
            return _End(problem=BatchProblem(str(problem.code), message))

    def _source(self, source: BatchSource, batch: str) -> tuple[Path, str]:
        """Where its files are, and what that is called; by the settings and the links of now."""
        if isinstance(source, UploadSource):
            return self._folders.archive(batch), source.name
        path = resolve_source(source.given, self._settings, self._data.root)
        return path, path.name

    def _tell(self, batch: str, progress: Progress) -> None:
        with self._lock:
            found = self._batches.get(batch)
            if found is not None:
                self._batches[batch] = replace(found, progress=progress)
        self._changed(batch)

    def _come_to_rest(self, batch: str, end: _End, *, stopped: bool) -> None:
        found = self._batches.get(batch)
        if found is None:  # removed meanwhile
            self._folders.delete(batch)
            return
        progress = end.progress or replace(found.progress, rate=0.0)
        state = _state_after(found.state, end, stopped)
        if self._ending and state is BatchState.QUEUED:
            state = BatchState.RUNNING  # interrupted: the next start of the service decides
        problem = end.problem if state is BatchState.FAILED else None
        changed = replace(found, state=state, since=_now(), progress=progress, problem=problem)
        self._keep(changed)
        self._show(changed)

    def _keep(self, batch: Batch) -> None:
        """Also where the disk is full a batch has its state, until the service ends."""
        try:
            with full_disk_named():
                self._store.update(batch)
        except CamidError:
            _log.warning("The state of batch %s could not be kept: the disk is full.", batch.spec.id)


def _state_after(state: BatchState, end: _End, stopped: bool) -> BatchState:
    if end.problem is not None:
        return BatchState.CANCELLED if state is BatchState.CANCELLING else BatchState.FAILED
    return _STOPPED_AS[state] if stopped else BatchState.DONE


def _wrong_state(batch: Batch, what: str) -> CamidError:
    return CamidError(ErrorCode.WRONG_STATE, f"The batch is {batch.state} and cannot be {what}.")


def _now() -> str:
    return stamp(datetime.now(UTC))
