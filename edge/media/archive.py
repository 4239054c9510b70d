"""What lies in an archive: every file of a source in a fixed order, and what is passed over, with its cause.

Nothing is extracted to a disk and no link is followed, so no name can lead out of a source.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge.errors import ErrorCode, PhotoError
from edge.settings import Settings


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that may hold a picture. ``place`` names it; ``read`` gives its bytes and raises
    ``PhotoError``."""

    place: str
    size: int
    modified_ns: int
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Skipped:
    """What cannot be looked into, and why."""

    place: str
    size: int
    modified_ns: int
    code: ErrorCode
    message: str


def walk(sources: Sequence[str], settings: Settings) -> Iterator[Entry | Skipped]:
    """Every file of ``sources``, each source in the order of its names (by their bytes)."""
    for source in sources:
        yield from _path(Path(source), settings)


def _path(path: Path, settings: Settings) -> Iterator[Entry | Skipped]:
    try:
        status = path.lstat()
    except OSError as error:
        yield _unreadable(path, error)
        return
    if stat.S_ISDIR(status.st_mode):
        yield from _folder(path, settings)
    elif stat.S_ISREG(status.st_mode):
        yield Entry(_name(path), status.st_size, status.st_mtime_ns, partial(_bytes, path, settings))
    elif stat.S_ISLNK(status.st_mode):
        yield Skipped(_name(path), 0, status.st_mtime_ns, ErrorCode.NOT_READABLE, "Links are not followed.")


def _folder(folder: Path, settings: Settings) -> Iterator[Entry | Skipped]:
    try:
        paths = sorted(folder.iterdir(), key=os.fsencode)
    except OSError as error:
        yield _unreadable(folder, error)
        return
    for path in paths:
        yield from _path(path, settings)


def _bytes(path: Path, settings: Settings) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(settings.max_photo_bytes + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise PhotoError(ErrorCode.NOT_READABLE, f"The file cannot be read ({reason}).") from None


def _unreadable(path: Path, error: OSError) -> Skipped:
    reason = error.strerror or type(error).__name__
    return Skipped(_name(path), 0, 0, ErrorCode.NOT_READABLE, f"This cannot be read ({reason}).")


def _name(path: Path) -> str:
    """The path as text that can be written anywhere; bytes that are no UTF-8 are shown as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
