"""Targets: archives of photos, evidence packs and backups, as files on the disk."""

from __future__ import annotations

import shutil

from edge.errors import ErrorCode
from edge.media.archive import Entry, Skipped, walk
from edge.operation.restore import restore
from edge.report.pack_verify import verify_pack
from edge.settings import Settings
from tests.fuzz.target import Target, refusing, scratch, written

SETTINGS = Settings(max_photo_bytes=32 * 1024)
_MAX_ENTRIES = 2000
_READING = (
    ErrorCode.CORRUPT,
    ErrorCode.NOT_READABLE,
    ErrorCode.TOO_MANY_BYTES,
    ErrorCode.UNSUPPORTED_FORMAT,
)


def archive(data: bytes) -> None:
    """Every entry can be shown, is bounded, and is read or refused; nothing is written anywhere."""
    folder = scratch() / "archives"
    folder.mkdir(exist_ok=True)
    path = folder / "archive"
    path.write_bytes(data)
    for number, found in enumerate(walk([str(path)], SETTINGS)):
        assert found.place.isprintable()
        if isinstance(found, Skipped):
            assert found.code in _READING
        elif isinstance(found, Entry):
            with refusing(*_READING):
                assert len(found.read()) <= SETTINGS.max_photo_bytes + 1
        if number > _MAX_ENTRIES:
            return
    assert list(folder.iterdir()) == [path]


def pack(data: bytes) -> None:
    """Bytes that are no pack of ours are never found whole."""
    verified = verify_pack(written("pack.zip", data))
    assert verified.faults or data.startswith(b"PK")


def backup(data: bytes) -> None:
    """What is no backup changes nothing."""
    folder = scratch() / "data"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        restored = False
        with refusing(ErrorCode.NOT_A_BACKUP, ErrorCode.SETTINGS_INVALID, ErrorCode.STORE_BROKEN):
            restore(written("backup.tar", data), folder)
            restored = True
        assert restored or not any(one.is_file() for one in folder.rglob("*") if one.name != "lock")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


TARGETS = (
    Target("archive", archive, 64 * 1024),
    Target("pack", pack, 64 * 1024),
    Target("backup", backup, 64 * 1024),
)
