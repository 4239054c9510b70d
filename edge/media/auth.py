"""HTTP authentication as RTSP uses it: Basic (RFC 7617), Digest (RFC 7616; RFC 2069 without ``qop``)."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
    "SHA-512-256": lambda data: hashlib.new("sha512_256", data).hexdigest(),
}
_STRENGTH = {"SHA-512-256": 4, "SHA-256": 3, "MD5": 2, "Basic": 1}
_SESS = "-SESS"

_MAX_CHALLENGE = 8192
_PART = re.compile(
    r'(?P<key>[a-z][\w-]*)\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s,"]*))|(?P<scheme>[a-z][\w-]*)',
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in that a camera offers. ``method`` is ``Basic`` or the name of the hash; ``session``
    is the ``-sess`` variant."""

    method: str
    realm: str
    nonce: str = ""
    opaque: str | None = None
    qop: bool = False
    session: bool = False
    stale: bool = False


def parse_challenges(values: Iterable[str]) -> tuple[Challenge, ...]:
    """The challenges of all ``WWW-Authenticate`` headers that Camid can answer, the strongest first. A value
    may hold several; what is malformed or unknown is left out."""
    found = [c for value in values for c in map(_challenge, _split(value[:_MAX_CHALLENGE])) if c is not None]
    return tuple(sorted(found, key=lambda c: _STRENGTH[c.method], reverse=True))


def _split(value: str) -> list[tuple[str, dict[str, str]]]:
    parts: list[tuple[str, dict[str, str]]] = []
    for match in _PART.finditer(value):
        if match["scheme"] is not None:
            parts.append((match["scheme"].lower(), {}))
        elif parts:
            text = match["bare"] if match["quoted"] is None else re.sub(r"\\(.)", r"\1", match["quoted"])
            parts[-1][1].setdefault(match["key"].lower(), text)
    return parts


def _challenge(part: tuple[str, dict[str, str]]) -> Challenge | None:
    scheme, values = part
    realm = values.get("realm", "")
    if scheme == "basic":
        return Challenge("Basic", realm)
    algorithm = values.get("algorithm", "MD5").upper()
    method = algorithm.removesuffix(_SESS)
    offered = [word.strip().lower() for word in values.get("qop", "").split(",") if word.strip()]
    if (
        scheme != "digest"
        or method not in _HASHES
        or "nonce" not in values
        or (offered and "auth" not in offered)
    ):
        return None
    return Challenge(
        method,
        realm,
        values["nonce"],
        values.get("opaque"),
        bool(offered),
        algorithm.endswith(_SESS),
        values.get("stale", "").lower() == "true",
    )


class Login:
    """User name and password, and the answers to challenges made from them. Its ``repr`` shows neither."""

    def __init__(self, username: str, password: str, make_cnonce: Callable[[], str] | None = None) -> None:
        self._username = username
        self._password = password
        self._make_cnonce = make_cnonce or (lambda: secrets.token_hex(8))
        self._challenge: Challenge | None = None
        self._count = 0

    def accept(self, challenge: Challenge) -> None:
        """Answers this challenge from now on."""
        self._challenge, self._count = challenge, 0

    @property
    def challenge(self) -> Challenge | None:
        return self._challenge

    def header(self, method: str, uri: str) -> str | None:
        """The value of ``Authorization`` for one request; None before the first challenge."""
        if self._challenge is None:
            return None
        if self._challenge.method == "Basic":
            login = f"{self._username}:{self._password}".encode()
            return "Basic " + base64.b64encode(login).decode("ascii")
        self._count += 1
        return self._digest(self._challenge, method, uri)

    def _digest(self, challenge: Challenge, method: str, uri: str) -> str:
        cnonce, count = self._make_cnonce(), f"{self._count:08x}"
        fields = [
            ("username", self._username),
            ("realm", challenge.realm),
            ("nonce", challenge.nonce),
            ("uri", uri),
            ("response", self._response(challenge, method, uri, cnonce, count)),
        ]
        if challenge.opaque is not None:
            fields.append(("opaque", challenge.opaque))
        if challenge.qop or challenge.session:
            fields.append(("cnonce", cnonce))
        text = ", ".join(f'{name}="{_escaped(value)}"' for name, value in fields)
        if challenge.method != "MD5" or challenge.session:
            text += f", algorithm={challenge.method}{'-sess' if challenge.session else ''}"
        return f"Digest {text}" + (f", qop=auth, nc={count}" if challenge.qop else "")

    def _response(self, challenge: Challenge, method: str, uri: str, cnonce: str, count: str) -> str:
        def hashed(*parts: str) -> str:
            return _HASHES[challenge.method](":".join(parts).encode())

        secret = hashed(self._username, challenge.realm, self._password)
        if challenge.session:
            secret = hashed(secret, challenge.nonce, cnonce)
        request = hashed(method, uri)
        if challenge.qop:
            return hashed(secret, challenge.nonce, count, cnonce, "auth", request)
        return hashed(secret, challenge.nonce, request)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
