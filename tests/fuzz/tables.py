"""Targets: the catalogue and its rules, and the makers that a user enrolled, as TOML."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.errors import ErrorCode
from edge.vendors.own import OWN_CATALOGUE, read_own
from edge.vendors.parsing import parse_catalogue
from edge.vendors.protocol_rules import load_protocol_rules
from edge.vendors.signed import trusted, unseal
from tests.fuzz.target import Target, refusing, written

WHOLE = {
    "catalogue.toml": """catalogue_date = 2026-01-01
[source.own]
title = "A drawing"
url = "https://example.com/"
date = 2026-01-01
[brand.acme]
name = "Acme"
platform = true
wordmarks = ["ACME"]
""",
    "advisories.toml": "",
    "rules.toml": "",
}
"""The least of each file: the others beside the one that is tried."""
_NO_CATALOGUE = (ErrorCode.NOT_A_CATALOGUE, ErrorCode.CATALOGUE_TOO_NEW)
_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()


def _tried(name: str, data: bytes) -> None:
    """Bytes that are no UTF-8 are refused where a file is read; see ``own``."""
    with refusing(ErrorCode.SETTINGS_INVALID):
        parse_catalogue({**WHOLE, name: data.decode("utf-8", "replace")})


def catalogue(data: bytes) -> None:
    _tried("catalogue.toml", data)


def rules(data: bytes) -> None:
    _tried("rules.toml", data)


def advisories(data: bytes) -> None:
    _tried("advisories.toml", data)


def protocol_rules(data: bytes) -> None:
    path = written("rules.toml", data)
    with refusing(ErrorCode.SETTINGS_INVALID):
        load_protocol_rules(path=path)


def own(data: bytes) -> None:
    path = written(OWN_CATALOGUE, data)
    with refusing(ErrorCode.SETTINGS_INVALID):
        read_own(path.parent)


def sealed(data: bytes) -> None:
    """A signed catalogue, once as one that nobody signed and once as one whose signature was found good."""
    with refusing(ErrorCode.CATALOGUE_NOT_TRUSTED, *_NO_CATALOGUE):
        unseal(data, (_KEY,))
    with refusing(*_NO_CATALOGUE):
        trusted(data)


TARGETS = (
    Target("sealed", sealed),
    Target("catalogue", catalogue, 8192),
    Target("rules", rules, 8192),
    Target("advisories", advisories, 8192),
    Target("protocol-rules", protocol_rules, 8192),
    Target("own", own, 8192),
)
