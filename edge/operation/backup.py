"""One file with everything that a data directory holds, written while the service runs.

The database is copied by SQLite's own backup, so it is of one moment; the originals that it names are added
after it. The file is a TAR archive whose first member says what it is.
"""

from __future__ import annotations

import io
import os
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel, ConfigDict

from edge.disk import commit_file, full_disk
from edge.errors import CamidError, ErrorCode
from edge.lan.certificate import AUTHORITY, FOLDER

LABEL = "camid-backup.json"
END = "camid-backup.end"
"""The last member: a file that breaks off between two others would look whole."""
DATABASE = "camid.sqlite"
PHOTOS = "photos"
KEY = "secrets.key"
LAN = FOLDER
KEYS = (KEY, f"{LAN}/{AUTHORITY}")
"""Of the cameras' passwords, and of the authority that phones trust."""
TOKEN = "token.sha256"
FOLDERS = ("gallery", "catalogue", "batches")
FORMAT = 1


class Label(BaseModel):
    """The first member of a backup. ``schema_version`` is that of the database."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    format: int
    schema_version: int
    camid: str
    created_at: str
    photos: int
    with_key: bool


@dataclass(frozen=True, slots=True)
class BackedUp:
    """``missing`` are originals that were gone: deleted since the copy of the database, or lost before it."""

    photos: int
    missing: int
    bytes: int
    with_key: bool


def back_up(data: Path, out: Path, *, with_key: bool = False, force: bool = False) -> BackedUp:
    """Writes ``out`` wholly, readable by its owner only, or not at all.

    ``with_key`` adds the keys: whoever has such a file can read the cameras' passwords, and pretend to paired
    phones that it is this box.

    Raises:
        CamidError: ``not_readable`` without a database, ``store_broken`` for a damaged one, ``not_writable``
            if ``out`` exists and ``force`` is not given or cannot be written, ``store_full``.
    """
    if not (data / DATABASE).is_file():
        raise CamidError(ErrorCode.NOT_READABLE, f"{data} holds no {DATABASE}: nothing can be backed up.")
    if out.exists() and not force:
        raise CamidError(ErrorCode.NOT_WRITABLE, f"{out} exists already.")
    new = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with full_disk(f"The disk of {out} is full; no backup was written."):
            done = _write(data, new, with_key)
            commit_file(new, out)
    except OSError as error:
        raise CamidError(ErrorCode.NOT_WRITABLE, f"{out} cannot be written ({error.strerror}).") from None
    finally:
        new.unlink(missing_ok=True)
    return BackedUp(*done, out.stat().st_size, with_key)


def schema_of(database: Path) -> int:
    """The version of the schema of a sound database.

    Raises:
        CamidError: ``store_broken``.
    """
    # Without a log beside it nobody has it open, and it can be read also where nothing may be written.
    how = "mode=ro" if database.with_name(f"{database.name}-wal").exists() else "immutable=1"
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?{how}", uri=True)) as connection:
            if connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                return int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError:
        pass
    raise CamidError(ErrorCode.STORE_BROKEN, f"The database {database.name} is damaged.")


def _write(data: Path, new: Path, with_key: bool) -> tuple[int, int]:
    with_key = with_key and any((data / key).is_file() for key in KEYS)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with (
        os.fdopen(descriptor, "wb") as file,
        TemporaryDirectory(dir=new.parent, prefix=".camid-backup-") as scratch,
        tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        copy = Path(scratch) / DATABASE
        _copy_database(data / DATABASE, copy)
        hashes = _hashes(copy)
        label = Label(
            format=FORMAT,
            schema_version=schema_of(copy),
            camid=version("camid"),
            created_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            photos=len(hashes),
            with_key=with_key,
        )
        _add_bytes(archive, LABEL, label.model_dump_json(indent=1).encode())
        archive.add(copy, DATABASE)
        missing = [one for one in hashes if not _add(archive, data, f"{PHOTOS}/{one[:2]}/{one}")]
        for name in (TOKEN, *(KEYS if with_key else ()), *_below(data)):
            _add(archive, data, name)
        _add_bytes(archive, END, b"")
    return len(hashes) - len(missing), len(missing)


def _copy_database(source: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.execute("PRAGMA busy_timeout = 10000")
            old.backup(new)  # in one step: with a write-ahead log nobody who writes has to wait for it
            new.execute("PRAGMA journal_mode = DELETE")  # one file, no log beside it
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL:
            raise
        raise CamidError(ErrorCode.STORE_BROKEN, f"{source.name} cannot be copied ({error}).") from None


def _hashes(database: Path) -> list[str]:
    try:
        with closing(sqlite3.connect(database)) as connection:
            return [
                row[0] for row in connection.execute("SELECT DISTINCT sha256 FROM photos ORDER BY sha256")
            ]
    except sqlite3.DatabaseError as error:
        raise CamidError(ErrorCode.STORE_BROKEN, f"{database.name} cannot be read ({error}).") from None


def _below(data: Path) -> Iterator[str]:
    """Files of makers of one's own and of batches; what is still being written has no final name yet."""
    for folder in FOLDERS:
        for file in sorted((data / folder).rglob("*")):
            if file.is_file() and not file.is_symlink():
                yield file.relative_to(data).as_posix()


def _add(archive: tarfile.TarFile, data: Path, name: str) -> bool:
    """Whether it was there."""
    try:
        file = (data / name).open("rb")
    except FileNotFoundError:
        return False
    with file:
        member = archive.gettarinfo(arcname=name, fileobj=file)
        archive.addfile(member, file)
    return True


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.mode = 0o600
    archive.addfile(member, io.BytesIO(content))
