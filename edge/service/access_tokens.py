"""Tokens, phones, authority of a data directory for the command line, beside a service that may run."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import DatabaseError

from edge.disk import check_user, full_disk
from edge.errors import CamidError, ErrorCode
from edge.lan.authority import Authority
from edge.lan.certificate import replace_authority
from edge.service.access import ADMIN_ID, Caller, Kind, Scope
from edge.service.access_audit import Audit
from edge.service.access_store import MadeToken, NamedToken, TokenStore, has_kinds
from edge.service.auth import make_token
from edge.service.data_dir import DataDir
from edge.service.database import open_database
from edge.service.pairing_codes import Invitation, invite
from edge.service.pairing_store import PairingStore, Wish
from edge.service.store import Store
from edge.settings import Settings

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._@-]{0,79}")
_OPERATOR = Caller("command line", "command line", frozenset({Scope.ADMIN}))
"""Whoever may write into the data directory."""


class TokenFile:
    """Opens the database; makes it, or brings it up to date, where no service has yet.

    Raises:
        CamidError: ``settings_invalid`` where an older Camid is running on it, or it cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        path = settings.data_dir.absolute() / "camid.sqlite"
        check_user(path.parent)
        self._engine = open_database(path)
        if not path.is_file() or not self._is_current(path):
            with DataDir(settings.data_dir) as data, closing(Store(data)):
                pass
        writing = threading.Lock()
        self._tokens = TokenStore(self._engine, writing)
        self._pairings = PairingStore(self._engine, writing)
        self._folder = path.parent
        self._audit = Audit(path.parent, settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.dispose()

    def _is_current(self, path: Path) -> bool:
        try:
            return has_kinds(self._engine)
        except DatabaseError as error:
            message = f"data_dir: {path.name} cannot be opened: {error.orig}."
            raise CamidError(ErrorCode.SETTINGS_INVALID, message) from error

    def create(self, name: str, scopes: Iterable[str], days: int | None) -> MadeToken:
        """Raises: CamidError: ``bad_request``, ``store_full``."""
        _check_name(name)
        wanted = _scopes(scopes)
        made = make_token(self._tokens, name, wanted, days)
        ends = f" until {made.token.expires_at}" if made.token.expires_at else ""
        self._note(f"token create {made.token.caller.id} {name}: {' '.join(sorted(wanted))}{ends}")
        return made

    def invite(self, name: str | None, scopes: Iterable[str], days: int, seconds: int) -> Invitation:
        """A new pairing code. Raises: CamidError: ``bad_request``, ``store_full``."""
        if name is not None:
            _check_name(name)
        wish = Wish(_scopes(scopes), days, name)
        made = invite(self._pairings, wish, seconds)
        self._note(f"lan pair {name or ''}: {' '.join(sorted(wish.scopes))} until {made.expires_at}")
        return made

    def phones(self) -> tuple[NamedToken, ...]:
        return tuple(one for one in self.all() if one.kind is Kind.PHONE)

    def revoke(self, wanted: str, kind: Kind | None = None) -> NamedToken:
        """Raises: CamidError: ``not_found``, ``store_full``."""
        gone = self._tokens.revoke(wanted, kind)
        self._note(f"{gone.kind} revoke {gone.caller.id} {gone.caller.name}")
        return gone

    def renew_authority(self) -> Authority:
        """Another authority for the local network. Raises: CamidError: ``not_writable``, ``store_full``."""
        try:
            with full_disk("The data directory is full; the authority is as it was."):
                made = replace_authority(self._folder, datetime.now(UTC))
        except OSError as error:
            message = f"The authority cannot be written ({error.strerror})."
            raise CamidError(ErrorCode.NOT_WRITABLE, message) from error
        self._note(f"lan renew {made.fingerprint}")
        return made

    def all(self) -> tuple[NamedToken, ...]:
        return self._tokens.all()

    def now(self) -> str:
        return self._tokens.now()

    def _note(self, what: str) -> None:
        self._audit.note(_OPERATOR, what, "done")


def print_tokens(tokens: Sequence[NamedToken], now: str, console: Console | None = None) -> None:
    table = Table(box=None)
    for title in ("id", "kind", "name", "scopes", "made", "expires", "state"):
        table.add_column(title)
    for one in tokens:
        ends = one.expires_at[:10] if one.expires_at else "never"
        scopes = " ".join(sorted(one.caller.scopes))
        cells = (one.caller.id, one.kind, one.caller.name, scopes, one.created_at[:10], ends, one.state(now))
        table.add_row(*map(Text, cells))
    (console or Console(highlight=False)).print(table)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name == ADMIN_ID:
        raise CamidError(
            ErrorCode.BAD_REQUEST,
            "A name has up to 80 letters, digits, blanks, '.', '_', '@' or '-', and is not 'admin'.",
        )


def _scopes(given: Iterable[str]) -> frozenset[Scope]:
    try:
        return frozenset(map(Scope, given))
    except ValueError as error:
        known = ", ".join(Scope)
        raise CamidError(ErrorCode.BAD_REQUEST, f"{error}: the scopes are {known}.") from None
