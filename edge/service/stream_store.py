"""Streams in SQLite: on the disk before they are acknowledged, gone from it when they are deleted."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import sqlalchemy as sql

from edge.service.database import empty_log
from edge.streams.state import Expectation

_metadata = sql.MetaData()
_streams = sql.Table(
    "streams",
    _metadata,
    # In the order in which they were added: ids are random, and two may be added in one instant.
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("id", sql.Text, nullable=False, unique=True),
    sql.Column("name", sql.Text, nullable=False),
    sql.Column("url", sql.Text, nullable=False),
    sql.Column("sealed", sql.LargeBinary, nullable=False),
    sql.Column("enabled", sql.Boolean, nullable=False),
    sql.Column("vendor", sql.Text),
    sql.Column("model", sql.Text),
    sql.Column("firmware", sql.Text),
    sql.Column("pinned_ip", sql.Text, nullable=False),
    sql.Column("created_at", sql.Text, nullable=False),
    sqlite_autoincrement=True,
)


def create_streams(connection: sql.Connection) -> None:
    """The step of the schema that brings streams."""
    _metadata.create_all(connection)


@dataclass(frozen=True, slots=True)
class StoredStream:
    """``url`` is scheme, host and port; the path, which may hold secrets too, is in ``sealed`` with the
    credentials.
    ``created_at`` is ISO 8601 in UTC."""

    id: str
    name: str
    url: str
    sealed: bytes = field(repr=False)
    enabled: bool
    expect: Expectation
    pinned_ip: str
    created_at: str


class StreamStore:
    """May be called from any thread; ``writing`` is held while the database is written."""

    def __init__(self, engine: sql.Engine, writing: threading.Lock) -> None:
        self._engine = engine
        self._writing = writing

    def all(self) -> tuple[StoredStream, ...]:
        """In the order in which they were added."""
        with self._engine.connect() as connection:
            rows = connection.execute(sql.select(_streams).order_by(_streams.c.number))
            return tuple(_stream(row) for row in rows)

    def add(self, stream: StoredStream) -> None:
        with self._writing, self._engine.begin() as connection:
            connection.execute(sql.insert(_streams).values(_values(stream)))

    def replace(self, stream: StoredStream) -> None:
        """Puts ``stream`` in the place of the one with its id; nothing of that one stays on the disk."""
        with self._writing:
            with self._engine.begin() as connection:
                connection.execute(
                    sql.update(_streams).where(_streams.c.id == stream.id).values(_values(stream))
                )
            empty_log(self._engine)

    def remove(self, stream: str) -> None:
        """Nothing of it stays on the disk."""
        with self._writing:
            with self._engine.begin() as connection:
                connection.execute(sql.delete(_streams).where(_streams.c.id == stream))
            empty_log(self._engine)


def _values(stream: StoredStream) -> dict[str, object]:
    return {
        "id": stream.id,
        "name": stream.name,
        "url": stream.url,
        "sealed": stream.sealed,
        "enabled": stream.enabled,
        "vendor": stream.expect.vendor,
        "model": stream.expect.model,
        "firmware": stream.expect.firmware,
        "pinned_ip": stream.pinned_ip,
        "created_at": stream.created_at,
    }


def _stream(row: sql.Row[tuple[object, ...]]) -> StoredStream:
    return StoredStream(
        id=row.id,
        name=row.name,
        url=row.url,
        sealed=row.sealed,
        enabled=row.enabled,
        expect=Expectation(row.vendor, row.model, row.firmware),
        pinned_ip=row.pinned_ip,
        created_at=row.created_at,
    )
