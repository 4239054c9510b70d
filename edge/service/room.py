"""Whether the disk of the data directory takes new work: enough room, and writable."""

from __future__ import annotations

import os
from pathlib import Path

from edge.disk import READ_ONLY
from edge.errors import CamidError, ErrorCode
from edge.settings import Settings


def check_room(data: Path, settings: Settings) -> None:
    """Refuses new work before the disk is full: what is under way, and the database, need the rest.

    Raises:
        CamidError: ``store_full`` below ``min_free_bytes``, ``not_writable`` where the disk is read-only.
    """
    disk = os.statvfs(data)
    if disk.f_flag & os.ST_RDONLY:
        raise CamidError(ErrorCode.NOT_WRITABLE, READ_ONLY)
    free = disk.f_bavail * disk.f_frsize
    if free < settings.min_free_bytes:
        raise CamidError(
            ErrorCode.STORE_FULL,
            f"The data directory has {free} bytes left, fewer than min_free_bytes; nothing new is taken.",
        )
