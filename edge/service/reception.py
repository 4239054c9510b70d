"""From the bytes of a request to complete uploads: sizes and silence are bounded while the body streams."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Request
from starlette.requests import ClientDisconnect

from edge.errors import CamidError, ErrorCode
from edge.service.form import Form, Upload
from edge.service.metrics import Metrics
from edge.service.store import full_disk_named
from edge.settings import Settings

_BATCH_BYTES = 1 << 20


@asynccontextmanager
async def received(
    request: Request, incoming: Path, settings: Settings, metrics: Metrics
) -> AsyncIterator[list[Upload]]:
    """The photos of a multipart request, in their order; files that nobody moved away go when the block ends.

    Raises:
        CamidError: for faults of the request as a whole: ``request_too_large``, ``too_many_photos``,
            ``bad_request``, ``empty``, ``store_full``.
        ClientDisconnect: if the client goes away before the end.
    """
    _check_announced(request, settings)
    form = Form(request.headers.get("content-type", ""), incoming, settings)
    try:
        try:
            with full_disk_named():
                await _receive(request, form, settings)
                form.finish()
        except ClientDisconnect:
            metrics.abandoned.inc()
            raise
        yield form.uploads
    finally:
        await asyncio.to_thread(form.discard)


def _check_announced(request: Request, settings: Settings) -> None:
    """An honest client is told before it sends; what it announces is not relied on."""
    if (announced_bytes(request) or 0) > settings.max_request_bytes:
        raise _too_large(settings)


def announced_bytes(request: Request) -> int | None:
    """What the client says that it will send; None: nothing, or no number."""
    text = request.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _too_large(settings: Settings) -> CamidError:
    return CamidError(
        ErrorCode.REQUEST_TOO_LARGE, f"The request is larger than {settings.max_request_bytes} bytes."
    )


async def _receive(request: Request, form: Form, settings: Settings) -> None:
    """Feeds the body to ``form`` in pieces of about a megabyte, each in a thread: disks may be slow."""
    total = 0
    batch = bytearray()
    async for chunk in arriving(request, settings):
        total += len(chunk)
        if total > settings.max_request_bytes:
            raise _too_large(settings)
        batch += chunk
        if len(batch) >= _BATCH_BYTES:
            await asyncio.to_thread(form.feed, bytes(batch))
            batch.clear()
    await asyncio.to_thread(form.feed, bytes(batch))


async def arriving(request: Request, settings: Settings) -> AsyncIterator[bytes]:
    """The pieces of a body, as they come.

    Only the time in which the client keeps us waiting counts: a slow disk of ours is not its fault.

    Raises:
        CamidError: ``bad_request`` after a silence, and where so little comes that it would hold its place
            for days.
    """
    stream = request.stream()
    total, waited, idle_s = 0, 0.0, settings.upload_idle_s
    while True:
        began = time.monotonic()
        left_s = idle_s + total / settings.upload_min_rate - waited
        try:
            async with asyncio.timeout(min(idle_s, left_s)):
                chunk = await anext(stream, None)
        except TimeoutError:
            what = f"Nothing arrived for {idle_s:g} seconds." if left_s >= idle_s else "It comes too slowly."
            raise CamidError(ErrorCode.BAD_REQUEST, what) from None
        if chunk is None:
            return
        waited += time.monotonic() - began
        total += len(chunk)
        yield chunk
