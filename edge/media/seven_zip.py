"""The files of a 7z archive, unpacked into memory a few at a time: they cannot be reached one by one."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

import py7zr
from py7zr.exceptions import AbsolutePathError, ArchiveError, PasswordRequired
from py7zr.io import Py7zIO, WriterFactory

from edge.errors import ErrorCode, PhotoError
from edge.media.containers import BOMB, is_bomb

_AT_ONCE_BYTES = 64 * 1024 * 1024
_AT_ONCE_FILES = 256


@dataclass(frozen=True, slots=True)
class SevenZipFile:
    """``data`` is at most one byte more than was asked for; None where ``refused`` says why."""

    name: str
    size: int
    modified_ns: int
    data: bytes | None
    refused: str = ""


def files(file: IO[bytes], most: int) -> Iterator[SevenZipFile]:
    """Raises:
    PhotoError: ``corrupt``, ``too_many_bytes``, or ``not_readable`` for an encrypted archive.
    """
    try:
        with py7zr.SevenZipFile(file) as archive:
            if archive.needs_password():
                raise PhotoError(ErrorCode.NOT_READABLE, "The archive is encrypted.")
            if is_bomb(_size(file), sum(one.uncompressed or 0 for one in archive.list())):
                raise PhotoError(ErrorCode.TOO_MANY_BYTES, BOMB)
            names = _numbered(archive)
            for group in _groups([one for one in archive.list() if not one.is_directory], most):
                yield from _unpacked(archive, group, names, most)
    except PasswordRequired:
        raise PhotoError(ErrorCode.NOT_READABLE, "The archive is encrypted.") from None
    except (ArchiveError, AbsolutePathError) as error:
        raise PhotoError(
            ErrorCode.CORRUPT, f"The archive cannot be unpacked ({type(error).__name__})."
        ) from None


def _size(file: IO[bytes]) -> int:
    at = file.tell()
    size = file.seek(0, io.SEEK_END)
    file.seek(at)
    return size


def _numbered(archive: py7zr.SevenZipFile) -> list[str]:
    """Gives every member its number for a name and returns the real ones by number: what is asked for by
    name is not found if it begins with a slash, is mixed up if two have one, and refused if it holds ``..``,
    the whole archive with it. Here names are labels."""
    names = [str(info["filename"]) for info in archive.files.files_list]
    for number, info in enumerate(archive.files.files_list):
        info["filename"] = str(number)
    return names


def _unpacked(
    archive: py7zr.SevenZipFile, group: Sequence[py7zr.FileInfo], names: Sequence[str], most: int
) -> Iterator[SevenZipFile]:
    wanted = [one.filename for one in group if one.is_file]
    bins = _Bins(most + 1)
    if wanted:
        archive.extract(targets=wanted, factory=bins)
        archive.reset()
    for one in group:
        name = names[int(one.filename)]
        when = int(one.creationtime.timestamp() * 10**9) if one.creationtime else 0
        if one.is_file:
            kept = bins.kept.get(one.filename)
            yield SevenZipFile(name, one.uncompressed, when, bytes(kept.data) if kept else b"")
        else:
            yield SevenZipFile(name, 0, when, None, "Links and devices are not followed.")


def _groups(infos: Sequence[py7zr.FileInfo], most: int) -> Iterator[list[py7zr.FileInfo]]:
    group: list[py7zr.FileInfo] = []
    size = 0
    for one in infos:
        if group and (size >= _AT_ONCE_BYTES or len(group) >= _AT_ONCE_FILES):
            yield group
            group, size = [], 0
        group.append(one)
        size += min(one.uncompressed or 0, most)
    if group:
        yield group


class _Bin(Py7zIO):
    """Keeps the first ``most`` bytes that are written and lets the others pass."""

    def __init__(self, most: int) -> None:
        self.data = bytearray()
        self._most = most

    def write(self, s: bytes | bytearray) -> int:
        self.data += s[: self._most - len(self.data)]
        return len(s)

    def read(self, size: int | None = None) -> bytes:
        del size
        return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        del whence
        return offset

    def flush(self) -> None:
        pass

    def size(self) -> int:
        return len(self.data)


class _Bins(WriterFactory):
    def __init__(self, most: int) -> None:
        self.kept: dict[str, _Bin] = {}
        self._most = most

    def create(self, filename: str) -> Py7zIO:
        return self.kept.setdefault(filename, _Bin(self._most))
