"""SQLite as every part of Camid that writes to it has it."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sql


def open_database(path: Path) -> sql.Engine:
    """Nobody but its owner can read the file; what is deleted in it is overwritten."""
    engine = sql.create_engine(f"sqlite:///{path}", hide_parameters=True)
    sql.event.listen(engine, "connect", _configure)
    sql.event.listen(engine, "begin", _begin)
    return engine


def _configure(connection: sqlite3.Connection, record: object) -> None:
    del record
    # The driver's own transactions would commit before DDL; `_begin` opens them instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    # What is deleted is overwritten too: a password that was given up, though encrypted, must be gone.
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 10000", "secure_delete = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    with suppress(OSError):
        database = next(iter(connection.execute("PRAGMA database_list")))[2]
        Path(database).chmod(0o600)


def _begin(connection: sql.Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def empty_log(engine: sql.Engine) -> None:
    """The write-ahead log still holds old pages; the database itself overwrites them (secure_delete). Nobody
    may write meanwhile."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
    finally:
        connection.close()
