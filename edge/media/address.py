"""The address of a stream, its credentials held apart so that they cannot slip into a message.

What may stand in it is kept narrow: a scheme other than rtsp and rtsps is a way to make a program open what
it should not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Self
from urllib.parse import quote, unquote

from edge.errors import CamidError, ErrorCode

DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}

_MAX_LENGTH = 2048
_FORM = re.compile(
    r"(?P<scheme>[a-z]+)://(?:(?P<user>[^/?#]*)@)?(?P<place>[^/?#@]*)(?P<path>[^#]*)(?:#.*)?",
    re.ASCII | re.IGNORECASE,
)
_PLACE = re.compile(
    r"(?:\[(?P<six>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?", re.ASCII | re.IGNORECASE
)
_SECRET = re.compile(
    r"((?:user|username|usr|login|account|password|passwd|pass|pwd|psw|auth|token|key|secret|sign|signature|"
    r"session|sid)[a-z0-9]*)([=:])[^&;/?_ ]*",
    re.I,
)
_HIDDEN = "***"


@dataclass(frozen=True, slots=True)
class StreamAddress:
    """``path`` holds the query too and begins with a slash, or is empty. ``username`` and ``password`` are
    plain text, not percent-encoded, and never part of ``repr``, ``str`` or ``redacted``."""

    scheme: str
    host: str
    port: int
    path: str
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, text: str, *, username: str | None = None, password: str | None = None) -> Self:
        """Reads ``rtsp://[user[:password]@]host[:port][/path]``; given credentials replace those in the URL.

        A password may hold unescaped ``@``, ``:`` and ``/``-free text, as people paste it from a browser.

        Raises:
            CamidError: ``bad_request``; the message does not quote what stands before the ``@``.
        """
        found = _FORM.fullmatch(_clean(text))
        if found is None:
            raise _bad("This is no address of a stream: rtsp://HOST/PATH or rtsps://HOST/PATH is.")
        scheme = found["scheme"].lower()
        if scheme not in DEFAULT_PORTS:
            raise _bad(f"Streams are read over rtsp and rtsps, not {scheme[:20]}.")
        host, port = _place(found["place"], scheme)
        own_name, own_password = _credentials(found["user"])
        return cls(
            scheme,
            host,
            port,
            _path(found["path"], found["user"] is not None),
            own_name if username is None else username,
            own_password if password is None else password,
        )

    @property
    def is_file(self) -> bool:
        return False

    @property
    def secure(self) -> bool:
        return self.scheme == "rtsps"

    @property
    def has_credentials(self) -> bool:
        return bool(self.username) or bool(self.password)

    @property
    def url(self) -> str:
        """Without credentials before the host, the query unaltered: what goes over the wire."""
        return f"{self.scheme}://{self._place}{self.path}"

    @property
    def full(self) -> str:
        """With credentials, percent-encoded. Never for a log, a message or a file."""
        if not self.has_credentials:
            return self.url
        login = quote(self.username or "", safe="") + ":" + quote(self.password or "", safe="")
        return f"{self.scheme}://{login}@{self._place}{self.path}"

    @property
    def redacted(self) -> str:
        """For logs, messages and pages: no credentials, also none of those that cameras put into the path or
        query (``?user=…&password=…``)."""
        path = _SECRET.sub(rf"\1\2{_HIDDEN}", self.path)
        for secret in filter(None, (self.password, self.username)):
            for form in {secret, quote(secret, safe="")}:
                path = path.replace(form, _HIDDEN) if len(form) > 3 else path
        return f"{self.scheme}://{self._place}{path}"

    def without_credentials(self) -> Self:
        return replace(self, username=None, password=None)

    def __str__(self) -> str:
        return self.redacted

    def __repr__(self) -> str:
        return f"StreamAddress({self.redacted!r})"

    @property
    def _place(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class FileAddress:
    """A recording in the place of a stream."""

    path: Path

    @property
    def is_file(self) -> bool:
        return True

    @property
    def redacted(self) -> str:
        """The name alone: the folders of this machine are nobody's business."""
        return self.path.name

    def __str__(self) -> str:
        return self.redacted


Address = StreamAddress | FileAddress


def parse_source(text: str, *, username: str | None = None, password: str | None = None) -> Address:
    """The address of a stream, or of a video file where ``text`` has no scheme.

    Raises:
        CamidError: ``bad_request``.
    """
    if "://" in text:
        return StreamAddress.parse(text, username=username, password=password)
    try:
        if Path(text).is_file():
            return FileAddress(Path(text))
    except (OSError, ValueError):
        pass
    raise _bad("This is neither the address of a stream nor a video file.")


def _clean(text: str) -> str:
    text = text.strip()
    if len(text) > _MAX_LENGTH:
        raise _bad(f"The address is longer than {_MAX_LENGTH} characters.")
    if not text.isprintable() or " " in text:
        raise _bad("The address holds blanks or control characters.")
    return text


def _place(text: str, scheme: str) -> tuple[str, int]:
    found = _PLACE.fullmatch(text)
    if found is None:
        raise _bad("The host of the address is not valid.")
    port = int(found["port"]) if found["port"] else DEFAULT_PORTS[scheme]
    if not 0 < port < 65536:
        raise _bad(f"The port {port} lies outside 1 to 65535.")
    return (_address6(found["six"]) if found["six"] else found["name"].lower()), port


def _path(text: str, has_login: bool) -> str:
    if "@" in text and not has_login:  # rtsp://user:pass/word@host: or else the password would be the path
        raise _bad(
            "An @ stands after the first slash: write a slash of the password as %2F, or give it apart."
        )
    path = text if text.startswith("/") or not text else "/" + text
    return quote(path, safe="/:?&=%[]~+,;!$'()*@-._")


def _address6(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError:
        raise _bad("The host of the address is not valid.") from None
    return str(address) if isinstance(address, IPv6Address) else text


def _credentials(text: str | None) -> tuple[str | None, str | None]:
    if text is None:
        return None, None
    name, colon, password = text.partition(":")
    return unquote(name), unquote(password) if colon else None


def _bad(message: str) -> CamidError:
    return CamidError(ErrorCode.BAD_REQUEST, message)
