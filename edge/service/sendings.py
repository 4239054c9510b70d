"""Photos that arrive once however often they are sent: each has a key of its sender (``Idempotency-Key``)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

import sqlalchemy as sql

KEY_PATTERN = r"^[A-Za-z0-9_-]{16,64}$"


def create_sendings(connection: sql.Connection) -> None:
    """The step of the schema that brings keys of photos. A database that is made just now has them."""
    columns = {column["name"] for column in sql.inspect(connection).get_columns("photos")}
    if "sending" not in columns:
        connection.exec_driver_sql("ALTER TABLE photos ADD COLUMN sending TEXT")
    connection.exec_driver_sql("CREATE UNIQUE INDEX IF NOT EXISTS photos_sending ON photos (owner, sending)")


class Sendings:
    """Who sends a photo again, or asks what became of it, waits while the first is worked on. Belongs to one
    event loop."""

    def __init__(self) -> None:
        # A lock is there as long as somebody holds it or waits for it.
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def alone(self, owner: str, key: str) -> AsyncIterator[None]:
        """The only one at work on this photo of this owner."""
        lock = self._locks.setdefault((owner, key), asyncio.Lock())
        async with lock:
            yield
