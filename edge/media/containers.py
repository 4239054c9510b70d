"""The members of ZIP, TAR and 7z archives, in the order they are stored, each bounded in bytes.

A member is known by what the archive says of it and read by what is really there: of each at most ``most``
bytes are kept, so that a small archive cannot become a large memory. What cannot be read has its cause.
"""

from __future__ import annotations

import bz2
import calendar
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache, partial
from pathlib import Path
from typing import IO, Literal, cast

from edge.errors import ErrorCode, PhotoError

MAX_DIRECTORY_BYTES = 256 * 1024 * 1024
"""Of a ZIP's list of members, some two million names; it is held in memory while the archive is read."""
BOMB = "The archive is made to unpack into far more than it holds."
_BOMB_FROM, _BOMB_RATIO = 1 << 30, 200
_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    gzip.BadGzipFile,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
    OSError,
)
"""What the readers of the standard library raise on damaged, encrypted or unknown content."""


class Container(StrEnum):
    ZIP = "zip"
    TAR = "tar"
    SEVEN_ZIP = "7z"


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive. ``read`` raises ``PhotoError``; ``refused`` says why there is nothing to read."""

    name: str
    size: int
    modified_ns: int
    read: Callable[[], bytes] | None = None
    refused: str = ""


def container_of(head: bytes) -> Container | None:
    """By the first 512 bytes; compressed TARs are told by gzip, bzip2 or xz alone, which photos never use."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return Container.ZIP
    if head.startswith(b"7z\xbc\xaf\x27\x1c"):
        return Container.SEVEN_ZIP
    if head[257:262] == b"ustar" or head.startswith((b"\x1f\x8b\x08", b"BZh", b"\xfd7zXZ\x00")):
        return Container.TAR
    return None


def members(kind: Container, source: Path | bytes, most: int, stays: bool = True) -> Iterator[Member]:
    """Every file in the archive at, or in, ``source``; ``stays``: it will be there for other processes too.

    Raises:
        PhotoError: ``corrupt``, ``unsupported_format`` or ``not_readable``, for the archive or its rest.
    """
    try:
        match kind:
            case Container.ZIP:
                yield from _zip(source, most, stays)
            case Container.TAR:
                yield from _tar(source, most)
            case Container.SEVEN_ZIP:
                yield from _seven_zip(source, most)
    except _DAMAGED as error:
        raise _damaged("The archive", error) from None


def _opened(source: Path | bytes) -> IO[bytes]:
    return io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _damaged(what: str, error: Exception) -> PhotoError:
    return PhotoError(ErrorCode.CORRUPT, f"{what} cannot be unpacked ({type(error).__name__}).")


def _zip(source: Path | bytes, most: int, stays: bool) -> Iterator[Member]:
    with _opened(source) as file:
        if _directory_bytes(file) > MAX_DIRECTORY_BYTES:
            raise PhotoError(ErrorCode.TOO_MANY_BYTES, "The archive's list of members is too long.")
    # Left open: members are read after the walk has gone on. The last of them lets go of it and closes it.
    archive = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
    for info in archive.infolist():
        when = _zip_time(info.date_time)
        if info.filename.endswith("/"):  # is_dir() of some Pythons fails for an empty name
            continue
        if info.flag_bits & 0x1:
            yield Member(info.filename, info.file_size, when, refused="The member is encrypted.")
        elif (info.external_attr >> 28) == 0xA:
            yield Member(info.filename, info.file_size, when, refused="Links are not followed.")
        else:
            path = source if stays and isinstance(source, Path) else None
            yield Member(info.filename, info.file_size, when, _ZipRead(archive, info, most, path))


@dataclass(frozen=True, slots=True)
class _ZipRead:
    """Reads a member. Pickled, it names the archive at ``path``; of one that lies in memory it brings the
    member's bytes, and raises ``PhotoError`` where it cannot read them."""

    archive: zipfile.ZipFile
    info: zipfile.ZipInfo
    most: int
    path: Path | None

    def __call__(self) -> bytes:
        try:
            with self.archive.open(self.info) as file:
                return file.read(self.most + 1)
        except _DAMAGED as error:
            raise _damaged("The member", error) from None

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        if self.path is None:
            return partial, (bytes, self())
        return partial, (_zip_elsewhere, self.path, self.info.header_offset, self.most)


def _zip_elsewhere(path: Path, header_offset: int, most: int) -> bytes:
    """A member of an archive that another process walks."""
    try:
        archive, members_at = _opened_zip(path, path.stat().st_mtime_ns)
    except _DAMAGED as error:
        raise _damaged("The archive", error) from None
    if header_offset not in members_at:
        raise PhotoError(ErrorCode.NOT_READABLE, "The archive has changed since it was looked into.")
    return _ZipRead(archive, members_at[header_offset], most, path)()


@lru_cache(maxsize=2)
def _opened_zip(path: Path, modified_ns: int) -> tuple[zipfile.ZipFile, dict[int, zipfile.ZipInfo]]:
    """Left open for the members that follow."""
    del modified_ns
    archive = zipfile.ZipFile(path)
    return archive, {info.header_offset: info for info in archive.infolist()}


def _directory_bytes(file: IO[bytes]) -> int:
    """Size of the central directory, from the record at the end (APPNOTE.TXT 4.3.16, 4.3.14)."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(0, end - 65557))
    tail = file.read()
    file.seek(0)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 20:
        raise zipfile.BadZipFile
    (size,) = struct.unpack_from("<I", tail, at + 12)
    wide = tail.rfind(b"PK\x06\x06", 0, at)
    if size == 0xFFFFFFFF and wide >= 0 and len(tail) >= wide + 48:
        (size,) = struct.unpack_from("<Q", tail, wide + 40)
    return int(size)


def _zip_time(moment: tuple[int, int, int, int, int, int]) -> int:
    try:
        return calendar.timegm(datetime(*moment, tzinfo=UTC).timetuple()) * 10**9
    except ValueError:
        return 0


def _tar(source: Path | bytes, most: int) -> Iterator[Member]:
    """A TAR is read from front to end, so each member's bytes are taken as it passes."""
    with _opened(source) as file, _unpacking(file) as stream:
        mode: Literal["r:", "r|"] = "r:" if stream is file else "r|"
        with tarfile.open(fileobj=stream, mode=mode, errors="surrogateescape") as archive:
            while (info := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined]  # it would keep them all
                if not info.isdir():
                    yield _tar_member(archive, info, most)


def _tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo, most: int) -> Member:
    when = int(info.mtime) * 10**9
    if not info.isreg():
        return Member(info.name, 0, when, refused="Links and devices are not followed.")
    member = archive.extractfile(info)
    data = member.read(most + 1) if member is not None else b""
    return Member(info.name, info.size, when, partial(bytes, data))


def _unpacking(file: IO[bytes]) -> IO[bytes]:
    """What a compressed TAR holds. These readers unpack no more than they are asked for; ``tarfile`` itself
    unpacks all that a block of the file gives, a gigabyte from a few hundred bytes of bzip2."""
    head = file.read(6)
    file.seek(0)
    if head.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], _Unpacked(file, gzip.GzipFile(fileobj=file, mode="rb")))
    if head.startswith(b"BZh"):
        return cast(IO[bytes], _Unpacked(file, bz2.BZ2File(file)))
    if head.startswith(b"\xfd7zXZ"):
        return cast(IO[bytes], _Unpacked(file, lzma.LZMAFile(file)))
    return file


class _Unpacked(io.RawIOBase):
    """Reads ``inner``, which unpacks ``file``, until it gives far more than photos do."""

    def __init__(self, file: IO[bytes], inner: io.BufferedIOBase) -> None:
        self._file, self._inner = file, inner
        self._given = 0

    def read(self, size: int = -1, /) -> bytes:
        data = self._inner.read(size)
        self._given += len(data)
        if is_bomb(self._file.tell(), self._given):
            raise PhotoError(ErrorCode.TOO_MANY_BYTES, BOMB)
        return data

    def close(self) -> None:
        self._inner.close()
        super().close()


def is_bomb(packed: int, unpacked: int) -> bool:
    """Whether so many bytes cannot be photos: these hardly get smaller by packing, and an archive of a few
    kilobytes that holds terabytes would keep a batch busy for days."""
    return unpacked > _BOMB_FROM and unpacked > _BOMB_RATIO * packed


def _seven_zip(source: Path | bytes, most: int) -> Iterator[Member]:
    try:
        from edge.media import seven_zip  # noqa: PLC0415  (its package is part of the extra `batch`)
    except ImportError:
        raise PhotoError(
            ErrorCode.UNSUPPORTED_FORMAT, "7z archives need the package py7zr (camid[batch])."
        ) from None
    with _opened(source) as file:
        for one in seven_zip.files(file, most):
            read = None if one.data is None else partial(bytes, one.data)
            yield Member(one.name, one.size, one.modified_ns, read, one.refused)
