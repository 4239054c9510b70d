"""Pairing codes in SQLite: as hashes, each for one phone and a short while, and the phones that used them."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import sqlalchemy as sql

from edge.disk import full_disk
from edge.errors import CamidError, ErrorCode
from edge.media.clock import stamp
from edge.service.access import Kind, Scope
from edge.service.access_store import (
    NamedToken,
    Now,
    add_kinds,
    add_token,
    names_in_use,
    read_scopes,
    renew_phone,
    written_scopes,
)

_metadata = sql.MetaData()
_codes = sql.Table(
    "pairing_codes",
    _metadata,
    sql.Column("digest", sql.Text, primary_key=True),
    sql.Column("name", sql.Text),
    sql.Column("scopes", sql.Text, nullable=False),
    sql.Column("phone_days", sql.Integer, nullable=False),
    sql.Column("expires_at", sql.Text, nullable=False),
    sql.Column("used_at", sql.Text),
)
MOST_CODES = 100
"""That wait to be used; each try compares with every one of them."""
_REMEMBERED_DAYS = 7
"""So long a used or expired code is told from a wrong one."""


def create_pairing(connection: sql.Connection) -> None:
    """The step of the schema that brings phones."""
    _metadata.create_all(connection)
    add_kinds(connection)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the phone becomes that uses a code: its name (None: after its system), scopes, days."""

    scopes: frozenset[Scope]
    days: int
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Browser:
    """Who brings a code: ``digest`` is the hash of its new token, ``before`` that of the one it had from an
    earlier pairing, ``device`` what it calls its system."""

    digest: str
    device: str
    before: str | None = None


class PairingStore:
    """May be called from any thread; ``writing`` is held while the database is written."""

    def __init__(
        self, engine: sql.Engine, writing: threading.Lock, now: Now = lambda: datetime.now(UTC)
    ) -> None:
        self._engine = engine
        self._writing = writing
        self._now = now

    def make(self, digest: str, wish: Wish, seconds: int) -> str:
        """Keeps a code that can be used within ``seconds``; returns until when.

        Raises:
            CamidError: ``bad_request`` for a name that is in use, or one code too many; ``store_full``.
        """
        ends = stamp(self._now() + timedelta(seconds=seconds))
        with self._write() as connection:
            self._check(connection, wish.name)
            values = {
                "digest": digest,
                "name": wish.name,
                "scopes": written_scopes(wish.scopes),
                "phone_days": wish.days,
                "expires_at": ends,
            }
            connection.execute(sql.insert(_codes).values(values))
        return ends

    def use(self, digest: str, browser: Browser) -> NamedToken:
        """Makes a phone of ``browser``, or renews the one that it was; the code is used then.

        Raises:
            CamidError: ``code_wrong``, ``code_used``, ``code_expired``; ``bad_request`` if there are too many
                tokens, and ``store_full``: the code can be used still.
        """
        with self._write() as connection:
            row = self._find(connection, digest)
            now = self._now()
            _check_usable(row, stamp(now))
            wish = Wish(read_scopes(row.scopes), row.phone_days, row.name)
            used = sql.update(_codes).where(_codes.c.digest == row.digest)
            connection.execute(used.values(used_at=stamp(now)))
            return _paired(connection, wish, browser, now)

    def _find(self, connection: sql.Connection, digest: str) -> sql.Row[tuple[object, ...]]:
        """Compares with every code, in constant time. Raises: CamidError: ``code_wrong``."""
        found = None
        for row in connection.execute(sql.select(_codes)):
            if hmac.compare_digest(row.digest, digest):
                found = row
        if found is None:
            raise CamidError(ErrorCode.CODE_WRONG, "There is no such pairing code.")
        return found

    def _check(self, connection: sql.Connection, name: str | None) -> None:
        now = stamp(self._now())
        waiting = sql.and_(_codes.c.used_at.is_(None), _codes.c.expires_at > now)
        names = list(connection.execute(sql.select(_codes.c.name).where(waiting)).scalars())
        if len(names) >= MOST_CODES:
            raise CamidError(ErrorCode.BAD_REQUEST, f"{MOST_CODES} pairing codes wait to be used.")
        if name is not None and (name in names or name in names_in_use(connection)):
            raise CamidError(ErrorCode.BAD_REQUEST, f"There is a phone or token {name!r} already.")

    @contextmanager
    def _write(self) -> Iterator[sql.Connection]:
        full = full_disk("The data directory is full; pairing codes and phones are as they were.")
        with self._writing, full, self._engine.begin() as connection:
            # A write at the start: a reader that becomes a writer fails where another process wrote between.
            old = stamp(self._now() - timedelta(days=_REMEMBERED_DAYS))
            connection.execute(sql.delete(_codes).where(_codes.c.expires_at < old))
            yield connection


def _check_usable(row: sql.Row[tuple[object, ...]], now: str) -> None:
    if row.used_at is not None:
        raise CamidError(ErrorCode.CODE_USED, "This pairing code was used already, for one phone.")
    if row.expires_at <= now:
        raise CamidError(ErrorCode.CODE_EXPIRED, "This pairing code has expired.")


def _paired(connection: sql.Connection, wish: Wish, browser: Browser, now: datetime) -> NamedToken:
    if browser.before is not None:
        again = renew_phone(connection, browser.before, wish.scopes, browser.digest, now, wish.days)
        if again is not None:
            return again
    name = wish.name or _numbered(browser.device, names_in_use(connection))
    return add_token(connection, name, wish.scopes, browser.digest, now, wish.days, Kind.PHONE)


def _numbered(device: str, taken: set[str]) -> str:
    """``Android``, else ``Android 2``, and so on."""
    numbered = (device if number == 1 else f"{device} {number}" for number in count(1))
    return next(name for name in numbered if name not in taken)
