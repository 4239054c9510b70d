"""Files that survive a kill, and a disk that is full, by its name."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import CamidError, ErrorCode


@contextmanager
def full_disk(message: str) -> Iterator[None]:
    """Turns "no space left", from the file system or from SQLite, into ``store_full`` with ``message``."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise CamidError(ErrorCode.STORE_FULL, message) from error
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", None) != sqlite3.SQLITE_FULL:
            raise
        raise CamidError(ErrorCode.STORE_FULL, message) from error


def commit_file(temporary: Path, place: Path) -> None:
    """Puts a finished file in its place at once and for good: whoever looks finds the old one or the new."""
    sync_file(temporary)
    temporary.replace(place)
    sync_dir(place.parent)


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
