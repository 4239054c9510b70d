"""Who asks: a caller with a name and scopes. What a caller sent belongs to it; an admin sees everything."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

ADMIN_ID = "admin"
"""The caller with the token of the service itself, and the owner of photos from before tokens had names."""


class Scope(StrEnum):
    UPLOAD = "upload"
    """Send photos, review those that one can read, and change one's own sightings."""
    READ = "read"
    """One's own photos and those that were shared, their results, reviews and sightings; counters."""
    STREAMS = "streams"
    """Watch, change, check and remove streams: all of them, for they belong to the installation."""
    ADMIN = "admin"
    """Everything, of everybody: batches and exports too."""


class Kind(StrEnum):
    TOKEN = "token"
    """Sent by a program or a page, in a header."""
    PHONE = "phone"
    """Of a paired browser, which keeps it as a cookie; no script can read it."""


class Owned(Protocol):
    @property
    def owner(self) -> str: ...

    @property
    def shared(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Caller:
    """``id`` owns what the caller sends; ``name`` is what people call its token."""

    id: str
    name: str
    scopes: frozenset[Scope]

    def may(self, scopes: frozenset[Scope]) -> bool:
        """Whether it has one of ``scopes``; an admin has all of them."""
        return Scope.ADMIN in self.scopes or not self.scopes.isdisjoint(scopes)

    def sees(self, thing: Owned) -> bool:
        return self.only is None or thing.shared or thing.owner == self.id

    @property
    def only(self) -> str | None:
        """The owner whose things it sees beside shared ones; None: those of everybody."""
        return None if Scope.ADMIN in self.scopes else self.id


ADMIN = Caller(ADMIN_ID, ADMIN_ID, frozenset({Scope.ADMIN}))
