"""How long photos are kept: by age and by size, the oldest first, and really gone when their time is over.

What goes with a photo: its result, what was said of it in reviews, and its bytes once no other result shares
them. Deleted rows are overwritten (``secure_delete``) and the write-ahead log is emptied.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path

import sqlalchemy as sql

from edge.disk import full_disk, sync_dir
from edge.media.clock import SYSTEM_CLOCK, Clock, stamp
from edge.service.batch_state import Batch, BatchState
from edge.service.database import empty_log
from edge.service.sighting_store import forget_sightings
from edge.settings import Settings

_log = logging.getLogger("edge.service")

PERIOD_S = 3600.0
_TOLERATED_JUMP_S = 3600.0
_STEADY_S = 24 * 3600.0
"""How long a clock that jumped ahead must run evenly before photos are deleted by what it says."""
_CHUNK = 200
_FINISHED = frozenset({BatchState.DONE, BatchState.CANCELLED, BatchState.FAILED})

_photos = sql.table("photos", *map(sql.column, ("id", "sha256", "created_at")))
_of_photo = tuple(sql.table(name, sql.column("photo")) for name in ("doubts", "reviews"))


@dataclass(frozen=True, slots=True)
class Purged:
    """What was deleted; ``bytes`` are those of the originals."""

    results: int = 0
    files: int = 0
    bytes: int = 0
    batches: int = 0

    def __add__(self, other: Purged) -> Purged:
        return Purged(
            self.results + other.results,
            self.files + other.files,
            self.bytes + other.bytes,
            self.batches + other.batches,
        )


class KeptPhotos:
    """Deletes photos of one store, a few at a time, so that uploads need not wait.

    ``writing`` is the store's: nobody may come to share the bytes of a photo while they are being deleted.
    """

    def __init__(self, engine: sql.Engine, writing: threading.Lock, photos: Path) -> None:
        self._engine = engine
        self._writing = writing
        self._photos = photos

    def remove_before(self, moment: datetime) -> Purged:
        """Deletes what was stored before ``moment`` (UTC)."""
        old = sql.select(_photos).where(_photos.c.created_at < stamp(moment)).limit(_CHUNK)
        done = Purged()
        while rows := self._rows(old):
            done += self._remove(rows)
        return self._sealed(done)

    def remove(self, photo_id: str) -> Purged:
        """Deletes one result with all that hangs on it; nothing if it is gone already.

        Raises:
            CamidError: ``store_full``.
        """
        with full_disk("The data directory is full; nothing was deleted."):
            rows = self._rows(sql.select(_photos).where(_photos.c.id == photo_id))
            return self._sealed(self._remove(rows))

    def shrink(self, limit: int) -> Purged:
        """Deletes the oldest until their originals take ``limit`` bytes at most."""
        oldest = sql.select(_photos).order_by(_photos.c.created_at, _photos.c.id).limit(_CHUNK)
        done, used = Purged(), sum(file.stat().st_size for file in self._photos.glob("??/*"))
        while used - done.bytes > limit and (rows := self._rows(oldest)):
            freed = accumulate(map(self._size, rows))
            enough = next((n for n, size in enumerate(freed, 1) if used - done.bytes - size <= limit), _CHUNK)
            done += self._remove(rows[:enough])
        return self._sealed(done)

    def _rows(self, wanted: sql.Select[tuple[object, ...]]) -> Sequence[sql.Row[tuple[object, ...]]]:
        with self._engine.connect() as connection:
            return connection.execute(wanted).all()

    def _remove(self, rows: Sequence[sql.Row[tuple[object, ...]]]) -> Purged:
        ids, hashes = [row.id for row in rows], {row.sha256 for row in rows}
        with self._writing:
            with self._engine.begin() as connection:
                forget_sightings(connection, ids)
                for table in _of_photo:
                    connection.execute(sql.delete(table).where(table.c.photo.in_(ids)))
                connection.execute(sql.delete(_photos).where(_photos.c.id.in_(ids)))
                shared = sql.select(_photos.c.sha256).where(_photos.c.sha256.in_(hashes))
                hashes -= set(connection.execute(shared).scalars())
            # A kill from here on leaves bytes without a result; the next start sweeps them away.
            sizes = [self._unlink(self._path(sha256)) for sha256 in sorted(hashes)]
        return Purged(len(ids), len(sizes), sum(sizes))

    def _unlink(self, file: Path) -> int:
        try:
            size = file.stat().st_size
            file.unlink()
            sync_dir(file.parent)
        except FileNotFoundError:
            return 0
        return size

    def _size(self, row: sql.Row[tuple[object, ...]]) -> int:
        file = self._path(row.sha256)
        return file.stat().st_size if file.is_file() else 0

    def _path(self, sha256: str) -> Path:
        return self._photos / sha256[:2] / sha256

    def _sealed(self, done: Purged) -> Purged:
        """The write-ahead log still holds the old pages."""
        if done.results:
            with self._writing:
                empty_log(self._engine)
        return done


class SteadyClock:
    """The time of day, if it can be believed: not for a day after it jumped ahead of the time that passed.

    The time of the file ``mark`` is when it was last believed. A start far from that may come after a long
    pause or with a clock that was set wrong meanwhile: it is doubted as well.
    """

    def __init__(self, clock: Clock = SYSTEM_CLOCK, mark: Path | None = None) -> None:
        self._clock = clock
        self._mark = mark
        self._offset = self._measure()
        self._doubted_at = clock.monotonic() if self._is_far_from_mark() else None

    def now(self) -> datetime | None:
        """The moment in UTC; None while the clock is doubted."""
        offset, passed = self._measure(), self._clock.monotonic()
        if abs(offset - self._offset) > _TOLERATED_JUMP_S:
            _log.warning(
                "The clock jumped by %.0f seconds: nothing is deleted by age for a day.",
                offset - self._offset,
            )
            self._doubted_at = passed
        self._offset = offset
        if self._doubted_at is not None and passed - self._doubted_at < _STEADY_S:
            return None
        self._doubted_at = None
        self._leave_mark()
        return self._clock.now()

    def _is_far_from_mark(self) -> bool:
        try:
            ahead_s = self._clock.now().timestamp() - self._mark.stat().st_mtime if self._mark else 0.0
        except FileNotFoundError:
            return False
        far = ahead_s > _STEADY_S or ahead_s < -_TOLERATED_JUMP_S
        if far:
            _log.warning("The clock is %.0f s from the last run: nothing is deleted by age today.", ahead_s)
        return far

    def _leave_mark(self) -> None:
        if self._mark is None:
            return
        moment = self._clock.now().timestamp()
        try:
            self._mark.touch(mode=0o600)
            os.utime(self._mark, (moment, moment))
        except OSError as error:  # a full disk; the mark from before is the safer one
            _log.warning("When the service last ran cannot be noted: %s", error.strerror)

    def _measure(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()


class Retention:
    """Applies the settings ``keep_photos_days`` and ``keep_photos_bytes``.

    ``batches`` lists the batches and ``remove_batch`` deletes one with what it found; ``mark`` as in
    ``SteadyClock``.
    """

    def __init__(
        self,
        photos: KeptPhotos,
        settings: Settings,
        batches: Callable[[], Sequence[Batch]],
        remove_batch: Callable[[str], None],
        clock: Clock = SYSTEM_CLOCK,
        mark: Path | None = None,
    ) -> None:
        self._photos = photos
        self._settings = settings
        self._batches = batches
        self._remove_batch = remove_batch
        self._clock = SteadyClock(clock, mark)

    def once(self) -> Purged:
        """Deletes what is due now."""
        done, now = Purged(), self._clock.now()
        if self._settings.keep_photos_days and now is not None:
            moment = now - timedelta(days=self._settings.keep_photos_days)
            done += self._photos.remove_before(moment) + self._old_batches(moment)
        if self._settings.keep_photos_bytes:
            done += self._photos.shrink(self._settings.keep_photos_bytes)
        if done != Purged():
            _log.info(
                "Deleted as the settings say: %d results, %d photos (%d bytes), %d batches.",
                done.results,
                done.files,
                done.bytes,
                done.batches,
            )
        return done

    def _old_batches(self, moment: datetime) -> Purged:
        old = [one.spec.id for one in self._batches() if one.state in _FINISHED and one.since < stamp(moment)]
        for batch in old:
            self._remove_batch(batch)
        return Purged(batches=len(old))
