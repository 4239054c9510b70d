"""An archive that is the body of a request: written to a file as it comes, bounded, known by its head."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from starlette.requests import ClientDisconnect

from edge.disk import sync_file
from edge.errors import CamidError, ErrorCode
from edge.media.containers import container_of
from edge.service.metrics import Metrics
from edge.service.reception import announced_bytes, arriving
from edge.service.store import full_disk_named
from edge.settings import Settings

_HEAD = 512
"""Bytes by which an archive is known."""
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class SentArchive:
    path: Path
    size: int


@asynccontextmanager
async def sent_archive(
    request: Request, incoming: Path, settings: Settings, metrics: Metrics
) -> AsyncIterator[SentArchive]:
    """The body of ``request``, on the disk; where nobody moved the file away, it goes when the block ends.

    Raises:
        CamidError: ``archive_too_large``, ``not_an_archive``, ``bad_request``, ``store_full``.
        ClientDisconnect: if the client goes away before the end.
    """
    _check_announced(request, incoming, settings)
    path = incoming / f"{secrets.token_hex(16)}.part"
    try:
        try:
            with full_disk_named():
                size = await _receive(request, path, settings)
                await asyncio.to_thread(sync_file, path)
        except ClientDisconnect:
            metrics.abandoned.inc()
            raise
        yield SentArchive(path, size)
    finally:
        await asyncio.to_thread(path.unlink, missing_ok=True)


def _check_announced(request: Request, incoming: Path, settings: Settings) -> None:
    """An honest client is told before it sends; what it announces is not relied on."""
    announced = announced_bytes(request)
    if announced is None:
        return
    if announced > settings.batch_max_upload_bytes:
        raise _too_large(settings)
    if announced > shutil.disk_usage(incoming).free:
        raise CamidError(ErrorCode.STORE_FULL, "The data directory has no room for the archive.")


def _too_large(settings: Settings) -> CamidError:
    return CamidError(
        ErrorCode.ARCHIVE_TOO_LARGE, f"The archive is larger than {settings.batch_max_upload_bytes} bytes."
    )


async def _receive(request: Request, path: Path, settings: Settings) -> int:
    """Writes in pieces of about a megabyte, each in a thread: disks may be slow. Returns the size."""
    size, known = 0, False
    piece = bytearray()
    with await asyncio.to_thread(path.open, "xb") as file:
        async for chunk in arriving(request, settings):
            size += len(chunk)
            if size > settings.batch_max_upload_bytes:
                raise _too_large(settings)
            piece += chunk
            if not known and len(piece) >= _HEAD:
                known = _check_kind(piece)
            if len(piece) >= _PIECE_BYTES:
                await asyncio.to_thread(file.write, bytes(piece))
                piece.clear()
        if not known:
            _check_kind(piece)
        await asyncio.to_thread(file.write, bytes(piece))
    return size


def _check_kind(head: bytearray) -> bool:
    """True. Raises: CamidError: ``not_an_archive``."""
    if container_of(bytes(head[:_HEAD])) is None:
        raise CamidError(ErrorCode.NOT_AN_ARCHIVE, "What was sent is no archive.")
    return True
