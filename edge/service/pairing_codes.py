"""Pairing codes as they are shown: once, in the fragment of an address, which browsers send to nobody."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from edge.service.access import Scope
from edge.service.auth import Token
from edge.service.pairing_store import PairingStore, Wish

PAGE = "/pair"
USUAL_SCOPES = frozenset({Scope.UPLOAD, Scope.READ})


@dataclass(frozen=True, slots=True)
class Invitation:
    """``code`` is kept nowhere but as a hash; it can be used once, until ``expires_at``."""

    code: str = field(repr=False)
    expires_at: str

    def address(self, service: str) -> str:
        """What the QR code holds, for the service at ``https://host:port``."""
        return f"{service}{PAGE}#{self.code}"


def invite(pairings: PairingStore, wish: Wish, seconds: int) -> Invitation:
    """A new code of 128 random bits.

    Raises:
        CamidError: ``bad_request``, ``store_full``.
    """
    code = secrets.token_urlsafe(16)
    return Invitation(code, pairings.make(Token.of(code).digest, wish, seconds))
