"""The archive of an evidence pack, in one form only: the same members give the same bytes.

A ZIP file with stored members in their order, no dates, no extra fields and nothing in between. As there is
only this form, a reader can make the framing again from what is in it, and a byte that differs was changed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from edge.errors import CamidError, ErrorCode

_VERSION = 20
_UNIX = 3 << 8
_DAY = 0x21
"""1980-01-01, the first day that the format knows."""
_MODE = 0o100644 << 16
_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_MOST_BYTES = 2**32 - 1
_MOST_MEMBERS = 2**16 - 1
_MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Member:
    """``crc`` is the format's own checksum of the content, ``size`` its bytes."""

    name: str
    crc: int
    size: int

    @property
    def head(self) -> bytes:
        """What stands before the content."""
        fields = (_VERSION, 0, 0, 0, _DAY, self.crc, self.size, self.size, len(self.name), 0)
        return _LOCAL.pack(b"PK\3\4", *fields) + self.name.encode("ascii")

    def entry(self, offset: int) -> bytes:
        """Its line in the directory at the end of the archive."""
        fields = (_UNIX | _VERSION, _VERSION, 0, 0, 0, _DAY, self.crc, self.size, self.size, len(self.name))
        return _CENTRAL.pack(b"PK\1\2", *fields, 0, 0, 0, 0, _MODE, offset) + self.name.encode("ascii")


def directory(members: list[Member]) -> bytes:
    """The end of an archive of ``members``."""
    offset, entries = 0, bytearray()
    for member in members:
        entries += member.entry(offset)
        offset += len(member.head) + member.size
    count = len(members)
    return bytes(entries) + _END.pack(b"PK\5\6", 0, 0, count, count, len(entries), offset, 0)


class PackWriter:
    """Writes members to ``file``, one after the other."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._members: list[Member] = []
        self._bytes = 0

    def add(self, name: str, data: bytes) -> None:
        """Raises: CamidError: ``bad_request`` for more than the format holds."""
        member = Member(name, zlib.crc32(data), len(data))
        self._members.append(member)
        self._bytes += len(member.head) + len(data)
        if self._bytes + len(directory(self._members[-1:])) * len(self._members) > _MOST_BYTES:
            raise CamidError(ErrorCode.BAD_REQUEST, "A pack holds at most 4 GiB: make several packs.")
        if len(self._members) > _MOST_MEMBERS:
            raise CamidError(ErrorCode.BAD_REQUEST, "A pack holds at most 65,535 files: make several packs.")
        self._file.write(member.head)
        self._file.write(data)

    def close(self) -> None:
        self._file.write(directory(self._members))


def read_directory(file: BinaryIO) -> list[Member] | None:
    """The members that the archive's end names; None where it has no such end."""
    size = file.seek(0, 2)
    if size < _END.size:
        return None
    file.seek(size - _END.size)
    mark, _, _, _, count, length, offset, _ = _END.unpack(file.read(_END.size))
    if mark != b"PK\5\6" or offset + length + _END.size != size:
        return None
    file.seek(offset)
    members = list(_entries(file.read(length)))
    fits = sum(len(one.head) + one.size for one in members) <= min(size, _MOST_BYTES)
    return members if len(members) == count and fits else None


def _entries(data: bytes) -> Iterator[Member]:
    """As far as they can be read."""
    at = 0
    while at + _CENTRAL.size <= len(data):
        fields = _CENTRAL.unpack_from(data, at)
        mark, crc, size, length = fields[0], fields[7], fields[8], fields[10]
        name = data[at + _CENTRAL.size : at + _CENTRAL.size + length]
        if mark != b"PK\1\2" or len(name) != length or length > _MAX_NAME or not name.isascii():
            return
        yield Member(name.decode("ascii"), crc, size)
        at += _CENTRAL.size + length
