"""Which content is in whose hands while many workers classify at once, so that copies are done once.

Content belongs to its first place in the plan. Workers are not in step: where a later copy comes first, both
are classified, and whoever writes, in plan order, takes the earlier for the original. So the ledger saves
work and never decides an answer; if it is lost and begun anew, only work is done twice.
"""

from __future__ import annotations

from enum import StrEnum, auto
from pathlib import Path

from edge.batch.index_view import IndexView

MOST_TRIES = 3
"""A file in whose company so many workers died is left alone."""


class Claim(StrEnum):
    NEW = auto()
    COPY = auto()
    DEADLY = auto()


class Ledger:
    """One for a batch, beside its index; one thread."""

    def __init__(self, index: Path) -> None:
        self._index = IndexView(index)
        self._claims: dict[str, int] = {}
        self._tries: dict[int, int] = {}

    def claim(self, position: int, sha256: str, finished: int | None = None) -> Claim:
        """What the worker at ``position`` of the plan is to do with this content; the same if it asks again.
        ``finished`` is the position that it had in hand before."""
        if finished is not None:
            self._tries.pop(finished, None)
        if self._index.place_of(sha256) is not None:
            return Claim.COPY
        first = self._claims.get(sha256, position)
        if first < position:
            return Claim.COPY
        self._claims[sha256] = position
        self._tries[position] = self._tries.get(position, 0) + 1
        return Claim.DEADLY if self._tries[position] > MOST_TRIES else Claim.NEW

    def forget(self, position: int) -> None:
        """All up to ``position`` is committed: the index knows what had an answer."""
        self._claims = {sha256: at for sha256, at in self._claims.items() if at > position}
        self._tries = {at: tries for at, tries in self._tries.items() if at > position}
