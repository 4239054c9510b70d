"""Named tokens in SQLite: as hashes, with scopes, until they expire or are revoked."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sql

from edge.disk import full_disk
from edge.errors import CamidError, ErrorCode
from edge.media.clock import stamp
from edge.service.access import ADMIN_ID, Caller, Kind, Scope

_metadata = sql.MetaData()
_tokens = sql.Table(
    "tokens",
    _metadata,
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("id", sql.Text, nullable=False, unique=True),
    sql.Column("name", sql.Text, nullable=False),
    sql.Column("digest", sql.Text, nullable=False),
    sql.Column("scopes", sql.Text, nullable=False),
    sql.Column("created_at", sql.Text, nullable=False),
    sql.Column("expires_at", sql.Text),
    sql.Column("revoked_at", sql.Text),
    sql.Column("kind", sql.Text, nullable=False, server_default=Kind.TOKEN),
    sqlite_autoincrement=True,
)
MOST_TOKENS = 1000
"""Each request compares with every one of them."""
_NOTHING = "-"
"""In the place of the hash of a revoked token."""

Now = Callable[[], datetime]


def create_tokens(connection: sql.Connection) -> None:
    """The step of the schema that brings named tokens, and the owners of photos: earlier ones are the
    admin's. A database that is made just now has the columns from the start."""
    _metadata.create_all(connection)
    columns = {column["name"] for column in sql.inspect(connection).get_columns("photos")}
    if "owner" not in columns:
        connection.exec_driver_sql(f"ALTER TABLE photos ADD COLUMN owner TEXT NOT NULL DEFAULT '{ADMIN_ID}'")
        connection.exec_driver_sql("ALTER TABLE photos ADD COLUMN shared BOOLEAN NOT NULL DEFAULT 0")


def add_kinds(connection: sql.Connection) -> None:
    """The step of the schema that tells phones from other tokens."""
    if not _has_kind(sql.inspect(connection)):
        kind = f"TEXT NOT NULL DEFAULT '{Kind.TOKEN}'"
        connection.exec_driver_sql(f"ALTER TABLE {_tokens.name} ADD COLUMN kind {kind}")


@dataclass(frozen=True, slots=True)
class NamedToken:
    """Times are ISO 8601 in UTC; None: it never expires, it was not revoked."""

    caller: Caller
    created_at: str
    expires_at: str | None
    revoked_at: str | None
    kind: Kind = Kind.TOKEN

    def state(self, now: str) -> str:
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"


@dataclass(frozen=True, slots=True)
class MadeToken:
    """``text`` is shown once and kept nowhere."""

    text: str
    token: NamedToken


class TokenStore:
    """May be called from any thread; ``writing`` is held while the database is written."""

    def __init__(
        self, engine: sql.Engine, writing: threading.Lock, now: Now = lambda: datetime.now(UTC)
    ) -> None:
        self._engine = engine
        self._writing = writing
        self._now = now

    def find(self, digest: str, kind: Kind = Kind.TOKEN) -> Caller | None:
        """Whose token of this kind has this hash. It is compared with all that are valid, in constant time:
        how long that takes says nothing about where it differs."""
        found = None
        for row in self._rows(sql.and_(_tokens.c.revoked_at.is_(None), _tokens.c.kind == kind)):
            same = hmac.compare_digest(row.digest, digest)
            if same and _named(row).state(self.now()) == "valid":
                found = _named(row).caller
        return found

    def all(self) -> tuple[NamedToken, ...]:
        """In the order in which they were made, revoked ones too."""
        return tuple(_named(row) for row in self._rows(sql.true()))

    def make(self, name: str, scopes: frozenset[Scope], digest: str, days: int | None) -> NamedToken:
        """Keeps a token, valid for ``days``.

        Raises:
            CamidError: ``bad_request`` for a name that is in use, or one token too many; ``store_full``.
        """
        with self._write() as connection:
            return add_token(connection, name, scopes, digest, self._now(), days)

    def revoke(self, wanted: str, kind: Kind | None = None) -> NamedToken:
        """By id or by name, of any kind if none is given; its hash is overwritten.

        Raises:
            CamidError: ``not_found`` where no token that was not revoked is called so; ``store_full``.
        """
        named = sql.or_(_tokens.c.id == wanted, _tokens.c.name == wanted)
        change = sql.update(_tokens).where(named, _tokens.c.revoked_at.is_(None))
        if kind is not None:
            change = change.where(_tokens.c.kind == kind)
        with self._write() as connection:
            row = connection.execute(
                change.values(revoked_at=self.now(), digest=_NOTHING).returning(_tokens)
            ).first()
        if row is None:
            what = kind or Kind.TOKEN
            raise CamidError(ErrorCode.NOT_FOUND, f"There is no {what} {wanted!r} that could be revoked.")
        return _named(row)

    def now(self) -> str:
        return stamp(self._now())

    def _rows(self, condition: sql.ColumnElement[bool]) -> list[sql.Row[tuple[object, ...]]]:
        with self._engine.connect() as connection:
            wanted = sql.select(_tokens).where(condition).order_by(_tokens.c.number)
            return list(connection.execute(wanted))

    @contextmanager
    def _write(self) -> Iterator[sql.Connection]:
        full = full_disk("The data directory is full; the tokens are as they were.")
        with self._writing, full, self._engine.begin() as connection:
            yield connection


def add_token(
    connection: sql.Connection,
    name: str,
    scopes: frozenset[Scope],
    digest: str,
    now: datetime,
    days: int | None,
    kind: Kind = Kind.TOKEN,
) -> NamedToken:
    """Within a transaction of the caller's. Raises: CamidError: ``bad_request``, as ``TokenStore.make``."""
    names = names_in_use(connection)
    if name in names:
        raise CamidError(ErrorCode.BAD_REQUEST, f"There is a token {name!r} already: revoke it first.")
    if len(names) >= MOST_TOKENS:
        raise CamidError(ErrorCode.BAD_REQUEST, f"There are {MOST_TOKENS} tokens: revoke some first.")
    values = {
        "id": secrets.token_hex(6),
        "name": name,
        "digest": digest,
        "scopes": written_scopes(scopes),
        "created_at": stamp(now),
        "expires_at": stamp(now + timedelta(days=days)) if days is not None else None,
        "revoked_at": None,
        "kind": kind,
    }
    return _named(connection.execute(sql.insert(_tokens).values(values).returning(_tokens)).one())


def renew_phone(
    connection: sql.Connection, old: str, scopes: frozenset[Scope], digest: str, now: datetime, days: int
) -> NamedToken | None:
    """Gives the phone with the hash ``old``, expired or not, another; None where there is none, or it was
    revoked. It stays the owner of what it sent."""
    change = sql.update(_tokens).where(_tokens.c.digest == old, _tokens.c.kind == Kind.PHONE)
    ends = stamp(now + timedelta(days=days))
    values = {"digest": digest, "scopes": written_scopes(scopes), "expires_at": ends}
    row = connection.execute(change.values(values).returning(_tokens)).first()
    return _named(row) if row is not None else None


def names_in_use(connection: sql.Connection) -> set[str]:
    return set(connection.execute(sql.select(_tokens.c.name).where(_tokens.c.revoked_at.is_(None))).scalars())


def has_kinds(engine: sql.Engine) -> bool:
    """Whether the database has come to tokens of several kinds."""
    found = sql.inspect(engine)
    return found.has_table(_tokens.name) and _has_kind(found)


def _has_kind(found: sql.Inspector) -> bool:
    return "kind" in {column["name"] for column in found.get_columns(_tokens.name)}


def written_scopes(scopes: frozenset[Scope]) -> str:
    return " ".join(sorted(scopes))


def read_scopes(text: str) -> frozenset[Scope]:
    return frozenset(map(Scope, text.split()))


def _named(row: sql.Row[tuple[object, ...]]) -> NamedToken:
    caller = Caller(row.id, row.name, read_scopes(row.scopes))
    return NamedToken(caller, row.created_at, row.expires_at, row.revoked_at, Kind(row.kind))
