"""Waiting between what is done again and again, which an end cuts short."""

from __future__ import annotations

import asyncio
from contextlib import suppress


async def pause(stopped: asyncio.Event, seconds: float) -> None:
    """Ends after ``seconds``, or as soon as ``stopped`` is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stopped.wait()
