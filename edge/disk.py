"""Files that survive a kill, and a disk that is full, by its name."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import CamidError, ErrorCode

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""A full disk, a quota that is used up, a file that may not grow: whoever writes needs room in each case."""
_SQLITE_NO_ROOM = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE)
"""SQLite knows a full disk only; the other two are failed writes to it."""
READ_ONLY = "The disk of the data directory is read-only."


@contextmanager
def full_disk(message: str) -> Iterator[None]:
    """Turns "no space left", from the file system or from SQLite, into ``store_full`` with ``message``, and a
    disk that lets nothing be written any more into ``not_writable``."""
    try:
        yield
    except Exception as error:
        if _is(error, _NO_ROOM, _SQLITE_NO_ROOM):
            raise CamidError(ErrorCode.STORE_FULL, message) from error
        if _is(error, (errno.EROFS,), (sqlite3.SQLITE_READONLY,)):
            raise CamidError(ErrorCode.NOT_WRITABLE, READ_ONLY) from error
        raise


def _is(error: Exception, numbers: tuple[int, ...], of_sqlite: tuple[int, ...]) -> bool:
    if isinstance(error, OSError):
        return error.errno in numbers
    cause = getattr(error, "orig", error)  # SQLAlchemy wraps the driver's error
    return (
        isinstance(cause, sqlite3.OperationalError) and getattr(cause, "sqlite_errorcode", None) in of_sqlite
    )


def commit_file(temporary: Path, place: Path) -> None:
    """Puts a finished file in its place at once and for good: whoever looks finds the old one or the new."""
    sync_file(temporary)
    temporary.replace(place)
    sync_dir(place.parent)


def write_private(path: Path, content: bytes) -> None:
    """Puts ``content`` at ``path``, readable by its owner only and on the disk: wholly, or not at all."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    new.replace(path)
    sync_dir(path.parent)


def check_user(data_dir: Path) -> None:
    """Another's new files in a data directory, root's too, would end the service's access to it.

    Raises:
        CamidError: ``settings_invalid``.
    """
    if data_dir.exists() and data_dir.stat().st_uid != os.geteuid():
        raise CamidError(
            ErrorCode.SETTINGS_INVALID, "data_dir: it belongs to another user; run this command as that user."
        )


def sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_dir(path: Path) -> None:
    """Makes renames and new names in ``path`` survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
