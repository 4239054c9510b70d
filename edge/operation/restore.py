"""A data directory from a backup: examined wholly before anything that is there is touched."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp

from pydantic import ValidationError

from edge.disk import full_disk, sync_dir
from edge.errors import CamidError, ErrorCode
from edge.operation.backup import (
    DATABASE,
    END,
    FOLDERS,
    FORMAT,
    KEY,
    KEYS,
    LABEL,
    LAN,
    PHOTOS,
    TOKEN,
    Label,
    schema_of,
)
from edge.service.data_dir import DataDir
from edge.service.store import SCHEMA_VERSION

_MOST_LABEL_BYTES = 64 * 1024
_BLOCK = 1 << 20
_PHOTO = re.compile(rf"{PHOTOS}/([0-9a-f]{{2}})/(\1[0-9a-f]{{62}})")
_SINGLE = frozenset({DATABASE, TOKEN, *KEYS})
_OWN = frozenset({"lock", "incoming", "clock"})
"""What stays, as the audit log does: it belongs to the service that is to come."""
_AUDIT = "audit."


@dataclass(frozen=True, slots=True)
class Restored:
    """``missing`` originals were not in the backup."""

    label: Label
    photos: int
    missing: int


def restore(backup: Path, data: Path, *, force: bool = False) -> Restored:
    """Puts what ``backup`` holds into ``data``, in the place of what is there if ``force`` is given.

    The key of the cameras' passwords and the authority stay where the backup has none. A kill while the old
    is being replaced leaves no database; restoring again with ``force`` completes it.

    Raises:
        CamidError: ``not_a_backup`` for a file that is none or is damaged, ``settings_invalid`` for one of a
            newer Camid or a directory that a service uses, ``not_writable`` where there is something already,
            ``not_readable``, ``store_broken``, ``store_full``.
    """
    _check_free(data, force)
    with full_disk(f"The disk of {data} is full; nothing was changed."), DataDir(data) as held:
        scratch = Path(mkdtemp(dir=held.root, prefix=".restore-"))
        try:
            label, photos = _unpack(backup, scratch)
            os.sync()
            _replace(held.root, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return Restored(label, photos, label.photos - photos)


def _check_free(data: Path, force: bool) -> None:
    if data.is_dir() and not force and any(one.name != "lock" and _holds(one) for one in data.iterdir()):
        raise CamidError(ErrorCode.NOT_WRITABLE, f"{data} is not empty; --force replaces what it holds.")


def _holds(place: Path) -> bool:
    """Empty folders are what a service, or a restore that failed, has made."""
    return not place.is_dir() or any(place.iterdir())


def _unpack(backup: Path, scratch: Path) -> tuple[Label, int]:
    """Everything in ``backup``, checked; and the number of its photos."""
    photos = 0
    with _opened(backup) as archive:
        label = _label(archive)
        while (member := archive.next()) is not None and member.name != END:
            photos += _take(archive, member, scratch)
        if member is None:
            raise _no_backup("its end is missing")
    database = scratch / DATABASE
    if not database.is_file():
        raise _no_backup(f"it holds no {DATABASE}")
    if schema_of(database) > SCHEMA_VERSION:
        raise _newer(schema_of(database))
    return label, photos


@contextmanager
def _opened(backup: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(backup, "r:") as archive:
            yield archive
    except (tarfile.TarError, EOFError) as error:
        raise _no_backup(str(error)) from None
    except FileNotFoundError:
        raise CamidError(ErrorCode.NOT_READABLE, f"{backup} does not exist.") from None


def _label(archive: tarfile.TarFile) -> Label:
    first = archive.next()
    if first is None or first.name != LABEL or not first.isreg() or first.size > _MOST_LABEL_BYTES:
        raise _no_backup(f"it does not begin with {LABEL}")
    content = archive.extractfile(first)
    assert content is not None
    try:
        label = Label.model_validate_json(content.read())
    except ValidationError:
        raise _no_backup(f"its {LABEL} is damaged") from None
    if label.format > FORMAT or label.schema_version > SCHEMA_VERSION:
        raise _newer(label.schema_version)
    return label


def _take(archive: tarfile.TarFile, member: tarfile.TarInfo, scratch: Path) -> bool:
    """Writes one member; whether it is a photo. Nothing but files of known names is taken."""
    name = PurePosixPath(member.name)
    photo = _PHOTO.fullmatch(member.name)
    known = photo or member.name in _SINGLE or (len(name.parts) > 1 and name.parts[0] in FOLDERS)
    if not member.isreg() or not known or name.is_absolute() or ".." in name.parts:
        raise _no_backup(f"{member.name!r} does not belong into one")
    place = scratch / name
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    source = archive.extractfile(member)
    assert source is not None
    digest = hashlib.sha256()
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while block := source.read(_BLOCK):
            digest.update(block)
            file.write(block)
    if place.stat().st_size != member.size or (photo and digest.hexdigest() != photo[2]):
        raise _no_backup(f"{member.name} is damaged in it")
    return photo is not None


def _replace(root: Path, scratch: Path) -> None:
    """The database goes first and comes last: as long as there is one, all that it names is there."""
    coming = {one.name for one in scratch.iterdir()}
    kept = _OWN | {scratch.name} | ({KEY, LAN} - coming)
    for one in sorted(root.iterdir(), key=lambda one: one.name != DATABASE):
        if one.name in kept or one.name.startswith(_AUDIT):
            continue
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink()
    sync_dir(root)
    (root / PHOTOS).mkdir(mode=0o700)
    for name in sorted(coming, key=lambda name: name == DATABASE):
        (scratch / name).replace(root / name)
        sync_dir(root)


def _no_backup(why: str) -> CamidError:
    return CamidError(ErrorCode.NOT_A_BACKUP, f"This is no backup of Camid: {why}.")


def _newer(schema: int) -> CamidError:
    return CamidError(
        ErrorCode.SETTINGS_INVALID,
        f"The backup was written by a newer Camid (schema {schema}, this one has {SCHEMA_VERSION}): "
        "install that, or a later one.",
    )
