"""Whether an evidence pack is as it was made: every byte of it, or what was changed.

The pack is somebody else's file: nothing is unpacked, and what is read is bounded by its size.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.errors import CamidError, ErrorCode
from edge.report.pack_zip import Member, directory, read_directory

MANIFEST = "manifest.json"
PACK_SCHEMA: Literal["camid-pack/1"] = "camid-pack/1"
_MAX_MANIFEST = 64 * 1024 * 1024
_PIECE = 1024 * 1024


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class PackFileV1(_Part):
    name: str
    bytes: int
    sha256: str


class PackPhotoV1(_Part):
    """A photo that the pack is about; ``original`` names the member that holds it, if one does."""

    name: str = Field(description="File name as given.")
    bytes: int
    sha256: str = Field(description="SHA-256 of the original's bytes.")
    folder: str
    original: str | None


class PackManifestV1(_Part):
    """Every file of a pack with its hash, in their order; the manifest itself, which stands last, apart."""

    schema_: Literal["camid-pack/1"] = Field(alias="schema")
    camid: str = Field(description="Version that made the pack.")
    catalogue: str = Field(description="Date of the catalogue.")
    faces: Literal["blurred", "kept"]
    position: Literal["given", "left_out"]
    photos: list[PackPhotoV1]
    files: list[PackFileV1]


@dataclass(frozen=True, slots=True)
class Verified:
    """``faults`` is empty for a pack that is as it was made. ``manifest`` is the SHA-256 of the manifest,
    which stands for everything in the pack; None where there is none."""

    files: int
    manifest: str | None
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    member: Member
    sha256: str
    sound: bool
    """Whether the format's own checksum fits the content."""


def verify_pack(path: Path) -> Verified:
    """Compares every byte of the pack at ``path`` with its manifest and with the one form that packs have.

    Raises:
        CamidError: ``not_readable`` if the file cannot be read at all.
    """
    try:
        with path.open("rb") as file:
            return _verified(file)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise CamidError(ErrorCode.NOT_READABLE, f"{path} cannot be read ({reason}).") from None


def _verified(file: BinaryIO) -> Verified:
    members = read_directory(file)
    if members is None:
        return Verified(0, None, ("the archive has no end as a pack has: cut, added to, or packed anew",))
    faults: list[str] = []
    found, text = _read(file, members, faults)
    faults += [f"{name}: it is there {n} times" for name, n in _counts(members) if n > 1]
    digest = next((one.sha256 for one in found if one.member.name == MANIFEST), None)
    if digest is None:
        return Verified(len(found), None, (*faults, f"{MANIFEST} is missing"))
    faults += _against_manifest(found, text)
    return Verified(len(found), digest, tuple(dict.fromkeys(faults)))


def _counts(members: list[Member]) -> list[tuple[str, int]]:
    return sorted(Counter(member.name for member in members).items())


def _read(file: BinaryIO, members: list[Member], faults: list[str]) -> tuple[list[_Found], bytes]:
    """Every member where it must stand, and the manifest's content; tells ``faults`` of what is around."""
    file.seek(0)
    found, text = [], b""
    for member in members:
        if file.read(len(member.head)) != member.head:
            faults.append(f"{member.name}: its head in the archive was changed")
        one, kept = _content(file, member)
        found.append(one)
        text = kept if member.name == MANIFEST else text
    end = directory(members)
    if file.read(len(end) + 1) != end:
        faults.append("the archive's directory was changed")
    return found, text


def _content(file: BinaryIO, member: Member) -> tuple[_Found, bytes]:
    digest, crc, left, kept = hashlib.sha256(), 0, member.size, bytearray()
    keep = member.name == MANIFEST and member.size <= _MAX_MANIFEST
    while left > 0 and (piece := file.read(min(left, _PIECE))):
        digest.update(piece)
        crc = zlib.crc32(piece, crc)
        left -= len(piece)
        kept += piece if keep else b""
    return _Found(member, digest.hexdigest(), left == 0 and crc == member.crc), bytes(kept)


def _against_manifest(found: list[_Found], text: bytes) -> Iterator[str]:
    """What differs, a sentence each."""
    actual = {one.member.name: one for one in found}
    if not actual[MANIFEST].sound:
        yield f"{MANIFEST} was changed"
    try:
        manifest = PackManifestV1.model_validate_json(text)
    except ValidationError:
        yield f"{MANIFEST} cannot be read: nothing can be compared with it"
        return
    named = {one.name: one for one in manifest.files}
    for name, wanted in named.items():
        if name not in actual:
            yield f"{name} is missing"
        elif not actual[name].sound or actual[name].sha256 != wanted.sha256:
            yield f"{name} was changed"
    for name in actual.keys() - named.keys() - {MANIFEST}:
        yield f"{name} was added"
    for photo in manifest.photos:
        inside = actual.get(photo.original) if photo.original is not None else None
        if inside is not None and inside.sha256 != photo.sha256:
            yield f"{photo.original} is not the photo that the pack is about"
