"""Tokens: that of the service, named ones, those of phones; kept as hashes, compared in constant time."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Self, TypeVar

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer, SecurityScopes

from edge.disk import write_private
from edge.errors import CamidError, ErrorCode
from edge.service.access import ADMIN, Caller, Kind, Scope
from edge.service.access_cookie import check_own_page, cookie_of
from edge.service.access_limits import Limits, limited_address
from edge.service.access_store import MadeToken, NamedToken, TokenStore
from edge.service.data_dir import DataDir
from edge.settings import Settings

_HASH = re.compile(r"[0-9a-f]{64}\n?")
_ENDED = {
    Kind.TOKEN: (ErrorCode.UNAUTHORISED, "The bearer token is wrong, expired or revoked."),
    Kind.PHONE: (ErrorCode.UNPAIRED, "The pairing of this phone has expired or was revoked."),
}
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Token:
    """The SHA-256 of the token; a made one has 256 random bits, so that a plain hash gives nothing away."""

    digest: str

    @classmethod
    def of(cls, text: str) -> Self:
        return cls(hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest())

    def matches(self, text: str) -> bool:
        return hmac.compare_digest(Token.of(text).digest, self.digest)


@dataclass(frozen=True, slots=True)
class Admission:
    """The token of the service; ``fresh`` is its text if it was made just now, to be shown once."""

    token: Token
    fresh: str | None = None


def load_or_make_token(settings: Settings, data: DataDir) -> Admission:
    """The fixed token of the settings, else the one made at the first start in this data directory.

    Raises:
        CamidError: ``settings_invalid`` for a blank fixed token or a damaged file.
    """
    if settings.token is not None:
        text = settings.token.get_secret_value()
        # A header cannot carry blanks, control characters or text outside ASCII unharmed.
        if not re.fullmatch(r"[!-~]+", text):
            raise CamidError(ErrorCode.SETTINGS_INVALID, "token: use printable ASCII without blanks.")
        return Admission(Token.of(text))
    try:
        kept = data.token_hash.read_text("ascii")
    except FileNotFoundError:
        return _make(data)
    if not _HASH.fullmatch(kept):
        raise CamidError(
            ErrorCode.SETTINGS_INVALID,
            f"data_dir: {data.token_hash.name} is damaged; delete it and a new token is made.",
        )
    return Admission(Token(kept.strip()))


def _make(data: DataDir) -> Admission:
    text = secrets.token_urlsafe(32)
    token = Token.of(text)
    write_private(data.token_hash, f"{token.digest}\n".encode("ascii"))
    return Admission(token, fresh=text)


def make_token(tokens: TokenStore, name: str, scopes: frozenset[Scope], days: int | None) -> MadeToken:
    """A new token of 256 random bits; its text is nowhere but in what this returns.

    Raises:
        CamidError: ``bad_request``, ``store_full``.
    """
    text = f"camid_{secrets.token_urlsafe(32)}"
    return MadeToken(text, tokens.make(name, scopes, Token.of(text).digest, days))


class Gate:
    """Lets callers in by their token, as often as they may come. Belongs to one event loop."""

    def __init__(self, token: Token, tokens: TokenStore, limits: Limits, wrong_wait_s: float) -> None:
        self._token = token
        self._tokens = tokens
        self._limits = limits
        self._wrong_wait_s = wrong_wait_s

    async def admit(self, host: str, given: str | None, kind: Kind = Kind.TOKEN) -> Caller:
        """Who comes from ``host`` with the token ``given``.

        Raises:
            CamidError: ``unauthorised`` or, for a phone, ``unpaired``, after a moment if the token is wrong;
                ``too_many_requests``.
        """
        self._limits.check_address(limited_address(host))
        if given is None:
            raise CamidError(ErrorCode.UNAUTHORISED, "The request has no bearer token.")

        async def find(digest: str) -> Caller:
            if kind is Kind.TOKEN and self._token.matches(given):
                return ADMIN
            caller = await asyncio.to_thread(self._tokens.find, digest, kind)
            if caller is None:
                raise CamidError(*_ENDED[kind])
            return caller

        caller = await self._prove(limited_address(host), given, find)
        self._limits.check_caller(caller.id)
        return caller

    async def pair(self, host: str, code: str, use: Callable[[str], NamedToken]) -> NamedToken:
        """What ``use`` makes of the hash of ``code``; codes are guessed as rarely as tokens.

        Raises:
            CamidError: that of ``use``, after a moment; ``too_many_requests``.
        """
        address = limited_address(host)
        self._limits.check_address(address)
        return await self._prove(address, code, lambda digest: asyncio.to_thread(use, digest))

    async def _prove(self, address: str, text: str, find: Callable[[str], Awaitable[Found]]) -> Found:
        """Counts ``text`` as a guess until ``find`` has found something by its hash."""
        digest = Token.of(text).digest
        self._limits.check_guesses(address, digest)
        try:
            found = await find(digest)
        except CamidError:
            await asyncio.sleep(self._wrong_wait_s)
            raise
        self._limits.note_right(address, digest)
        return found


_scheme = HTTPBearer(
    auto_error=False,
    description="The token printed at the first start, CAMID_TOKEN, or one of `camid token`. It needs one of "
    "the scopes that are named, or admin.",
)


async def require_token(
    request: Request,
    scopes: SecurityScopes,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)],
) -> Caller:
    """Lets a request pass only with a token, or a phone's cookie, that has one of ``scopes``, or admin where
    none is named; runs before any byte of the body is read, and counts once for each request."""
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None:
        caller = await _admitted(request, given.credentials if given else None)
        request.state.caller = caller
    if not caller.may(frozenset(map(Scope, scopes.scopes))):
        wanted = " or ".join(scopes.scopes) or Scope.ADMIN
        raise CamidError(ErrorCode.FORBIDDEN, f"The token lacks the scope {wanted}.")
    return caller


async def _admitted(request: Request, bearer: str | None) -> Caller:
    """A token in the header comes before the cookie, which the browser sends unasked."""
    gate: Gate = request.app.state.gate
    cookie = cookie_of(request) if bearer is None else None
    if cookie is None:
        return await gate.admit(host_of(request), bearer)
    check_own_page(request)
    return await gate.admit(host_of(request), cookie, Kind.PHONE)


def host_of(request: Request) -> str:
    return request.client.host if request.client else ""


Reader = Annotated[Caller, Security(require_token, scopes=[Scope.READ])]
Uploader = Annotated[Caller, Security(require_token, scopes=[Scope.UPLOAD])]
READ = Security(require_token, scopes=[Scope.READ])
UPLOAD = Security(require_token, scopes=[Scope.UPLOAD])
STREAMS = Security(require_token, scopes=[Scope.STREAMS])
ADMIN_ONLY = Security(require_token, scopes=[Scope.ADMIN])
ANY = Security(require_token, scopes=list(Scope))
