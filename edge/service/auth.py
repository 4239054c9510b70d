"""The bearer token: made once, kept as a hash, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Annotated, Self

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from edge.disk import write_private
from edge.errors import CamidError, ErrorCode
from edge.service.data_dir import DataDir
from edge.settings import Settings

_HASH = re.compile(r"[0-9a-f]{64}\n?")


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


_scheme = HTTPBearer(auto_error=False, description="The token printed at the first start, or CAMID_TOKEN.")


def require_token(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)]
) -> None:
    """Lets a request pass only with the service's token; runs before any byte of the body is read."""
    token: Token = request.app.state.token
    if given is None:
        raise CamidError(ErrorCode.UNAUTHORISED, "The request has no bearer token.")
    if not token.matches(given.credentials):
        raise CamidError(ErrorCode.UNAUTHORISED, "The bearer token is wrong.")
