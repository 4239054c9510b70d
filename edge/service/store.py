"""Results in SQLite, original bytes beside it: both are on the disk before a result is acknowledged.

The schema's version is SQLite's own ``user_version``: it is part of the database file and changes in the same
transaction as the tables. ``_MIGRATIONS`` holds the step from each version to the next.
"""

from __future__ import annotations

import logging
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sql

from edge.disk import full_disk, sync_dir
from edge.errors import CamidError, ErrorCode
from edge.media.clock import SYSTEM_CLOCK, Clock, stamp
from edge.report.contract import PhotoV1, to_json
from edge.service.access import ADMIN_ID
from edge.service.access_store import TokenStore, create_tokens
from edge.service.batch_store import BatchStore, create_batches
from edge.service.data_dir import DataDir
from edge.service.database import open_database
from edge.service.pairing_store import PairingStore, create_pairing
from edge.service.retention import KeptPhotos
from edge.service.review_store import ReviewStore, add_doubt, create_reviews
from edge.service.sendings import create_sendings
from edge.service.sighting_store import SightingStore, add_sightings, create_sightings
from edge.service.sighting_words import create_words
from edge.service.stream_store import StreamStore, create_streams

_log = logging.getLogger("edge.service")

_LONGEST_EXAMINATION_S = 2.0
"""How long a start waits until all of the database is read; after that the reading goes on beside it."""
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_metadata = sql.MetaData()
_photos = sql.Table(
    "photos",
    _metadata,
    sql.Column("id", sql.Text, primary_key=True),
    sql.Column("sha256", sql.Text, nullable=False, index=True),
    sql.Column("name", sql.Text, nullable=False),
    sql.Column("created_at", sql.Text, nullable=False),
    sql.Column("body", sql.Text, nullable=False),
    sql.Column("owner", sql.Text, nullable=False, server_default=ADMIN_ID),
    sql.Column("shared", sql.Boolean, nullable=False, server_default=sql.false()),
    sql.Column("sending", sql.Text),
)


def _create(connection: sql.Connection) -> None:
    _metadata.create_all(connection)


_MIGRATIONS: tuple[Callable[[sql.Connection], None], ...] = (
    _create,
    create_streams,
    create_batches,
    create_reviews,
    create_tokens,
    create_sightings,
    create_sendings,
    create_pairing,
    create_words,
)


SCHEMA_VERSION = len(_MIGRATIONS)


@dataclass(frozen=True, slots=True)
class Sender:
    """The token to which what is sent belongs, whether other tokens may see it, and the sender's own key for
    this photo, so that it can be asked what became of it."""

    owner: str = ADMIN_ID
    shared: bool = False
    key: str | None = None


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A result as it was acknowledged, and where the original bytes lie."""

    id: str
    created_at: str
    body: PhotoV1
    original: Path
    owner: str
    shared: bool


class Store:
    """The results of one data directory; every method may be called from any thread.

    The same photo sent twice gets two ids (two requests, two results) that share one file of bytes.
    ``streams`` and ``batches`` keep those in the same database.

    A damaged database is read as far as that goes, and nothing in it, or beside it, is changed any more.

    Raises:
        CamidError: ``settings_invalid`` if the database was made by a newer Camid or cannot be opened,
            ``store_broken`` if it is none, or is damaged where a start needs it or would change it.
    """

    def __init__(self, data: DataDir, clock: Clock = SYSTEM_CLOCK) -> None:
        self._data = data
        self._clock = clock
        self._writing = threading.Lock()
        self._broken = self._examined = self._swept = False
        self._engine = open_database(data.database)
        sql.event.listen(self._engine, "handle_error", self._on_error)
        sql.event.listen(self._engine, "begin", self._on_begin)
        try:
            self._examine_first()
            self._migrate()
        except sql.exc.DatabaseError as error:
            self.close()
            if _code(error.orig) in _DAMAGE:
                raise _broken() from error
            raise CamidError(
                ErrorCode.SETTINGS_INVALID, f"data_dir: {data.database.name} cannot be opened: {error.orig}."
            ) from error
        except BaseException:
            self.close()
            raise
        self._sweep()
        self.kept = KeptPhotos(self._engine, self._writing, data.photos)
        self.streams = StreamStore(self._engine, self._writing)
        self.reviews = ReviewStore(self._engine, self._writing)
        self.sightings = SightingStore(self._engine, self._writing)
        self.batches = BatchStore(self._engine, self._writing)
        self.tokens = TokenStore(self._engine, self._writing, clock.now)
        self.pairings = PairingStore(self._engine, self._writing, clock.now)

    def add(self, received: Path, body: PhotoV1, sender: Sender = Sender()) -> StoredPhoto:
        """Keeps the bytes in ``received`` (moved away) and their result; afterwards both survive a kill.

        Raises:
            CamidError: ``store_full``; nothing of the photo is kept then, or after any other error.
        """
        row = StoredPhoto(
            id=secrets.token_hex(16),
            created_at=stamp(self._clock.now()),
            body=body,
            original=self._path(body.source.sha256),
            owner=sender.owner,
            shared=sender.shared,
        )
        # One writer at a time: a failing one may then remove the bytes it brought, nobody shares them yet.
        with self._writing, full_disk_named():
            brought = self._keep(received, row.original)
            try:
                self._insert(row, sender.key)
            except BaseException:
                if brought:
                    row.original.unlink(missing_ok=True)
                raise
        return row

    def share(self, photo_id: str, shared: bool) -> None:
        """Whether callers that do not own it may see it. Raises: CamidError: ``store_full``."""
        change = sql.update(_photos).where(_photos.c.id == photo_id).values(shared=shared)
        with self._writing, full_disk_named(), self._engine.begin() as connection:
            connection.execute(change)

    def get(self, photo_id: str) -> StoredPhoto:
        """Raises: CamidError: ``not_found``."""
        found = self._find(_photos.c.id == photo_id)
        if found is None:
            raise CamidError(ErrorCode.NOT_FOUND, "There is no photo with this id.")
        return found

    def sent(self, owner: str, key: str) -> StoredPhoto | None:
        """The photo that ``owner`` sent with ``key``, if it arrived."""
        return self._find(sql.and_(_photos.c.owner == owner, _photos.c.sending == key))

    def _find(self, which: sql.ColumnElement[bool]) -> StoredPhoto | None:
        with self._engine.connect() as connection:
            row = connection.execute(sql.select(_photos).where(which)).one_or_none()
        if row is None:
            return None
        body = PhotoV1.model_validate_json(row.body)
        return StoredPhoto(row.id, row.created_at, body, self._path(row.sha256), row.owner, row.shared)

    def examine(self) -> None:
        """Reads the whole database and notes whether it is damaged; takes seconds where it has gigabytes."""
        with suppress(CamidError, sql.exc.DatabaseError), self._engine.connect() as connection:
            verdict = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
            if verdict != "ok":
                self._note_broken()
            self._examined = True

    def tidy(self) -> None:
        """Does what a start had to leave because the database was not yet known to be sound."""
        if self._examined and not self._broken and not self._swept:
            self._sweep_originals()

    @property
    def is_broken(self) -> bool:
        """Whether damage was noticed; it goes on until the next start."""
        return self._broken

    def check(self) -> None:
        """Raises: CamidError: ``store_broken`` once damage was noticed."""
        if self._broken:
            raise _broken()

    def close(self) -> None:
        self._engine.dispose()

    def _examine_first(self) -> None:
        """Before anything is changed. A database so large that this takes long is migrated, and served, while
        the reading goes on; what would be deleted by what it says waits for ``tidy``."""
        reading = threading.Thread(target=self.examine, name="examination", daemon=True)
        reading.start()
        reading.join(_LONGEST_EXAMINATION_S)

    def _on_begin(self, connection: sql.Connection) -> None:
        if self._broken:
            connection.exec_driver_sql("PRAGMA query_only = ON")

    def _on_error(self, context: sql.ExceptionContext) -> None:
        code = _code(context.original_exception)
        if code in _DAMAGE:
            self._note_broken()
        if code in _DAMAGE or (self._broken and code == sqlite3.SQLITE_READONLY):
            raise _broken() from context.original_exception

    def _note_broken(self) -> None:
        if not self._broken:
            _log.error("The database is damaged: no new work is taken until it is restored from a backup.")
        self._broken = True

    def _path(self, sha256: str) -> Path:
        return self._data.photos / sha256[:2] / sha256

    def _keep(self, received: Path, place: Path) -> bool:
        if place.exists():
            received.unlink()
            return False
        with received.open("rb") as file:
            os.fsync(file.fileno())
        if not place.parent.exists():
            place.parent.mkdir(mode=0o700, exist_ok=True)
            sync_dir(self._data.photos)
        received.replace(place)
        try:
            sync_dir(place.parent)
        except BaseException:
            place.unlink(missing_ok=True)
            raise
        return True

    def _insert(self, photo: StoredPhoto, key: str | None) -> None:
        values = {
            "id": photo.id,
            "sha256": photo.body.source.sha256,
            "name": photo.body.source.name,
            "created_at": photo.created_at,
            "body": to_json(photo.body),
            "owner": photo.owner,
            "shared": photo.shared,
            "sending": key,
        }
        with self._engine.begin() as connection:
            connection.execute(sql.insert(_photos).values(values))
            add_doubt(connection, photo.id, photo.body)
            add_sightings(connection, photo.id, photo.created_at, photo.body)

    def _migrate(self) -> None:
        with self._engine.begin() as connection:
            version = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
            if version > len(_MIGRATIONS):
                raise CamidError(
                    ErrorCode.SETTINGS_INVALID,
                    f"data_dir: {self._data.database.name} was written by a newer Camid (schema {version}).",
                )
            if self._broken and version < len(_MIGRATIONS):
                raise _broken()
            for number, step in enumerate(_MIGRATIONS[version:], start=version + 1):
                step(connection)
                connection.exec_driver_sql(f"PRAGMA user_version = {number:d}")

    def _sweep(self) -> None:
        """Removes what a killed process left: half-received uploads, and bytes without a result."""
        for left in self._data.incoming.iterdir():
            left.unlink()
        self.tidy()

    def _sweep_originals(self) -> None:
        """A damaged database may not name what it holds: this is for a sound one only."""
        with self._engine.connect() as connection:
            named = set(connection.execute(sql.select(_photos.c.sha256)).scalars())
        for file in [one for one in self._data.photos.glob("??/*") if one.name not in named]:
            query = sql.select(_photos.c.id).where(_photos.c.sha256 == file.name).limit(1)
            # An upload may have brought it since.
            with self._writing, self._engine.connect() as connection:
                if connection.execute(query).first() is None:
                    file.unlink(missing_ok=True)
        self._swept = True


def _broken() -> CamidError:
    return CamidError(ErrorCode.STORE_BROKEN, "The database of the data directory is damaged.")


def _code(error: BaseException | None) -> int | None:
    """The primary code of an error of SQLite."""
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def full_disk_named() -> AbstractContextManager[None]:
    """Turns "no space left", from the file system or from SQLite, into ``store_full``."""
    return full_disk("The data directory is full; nothing was kept.")
