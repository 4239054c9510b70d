"""Whoever waits for the answer about a photo comes before a batch, which has the night."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_S = 10.0
"""How long one picture of a batch stands back: photos that never end must not stop a batch for good."""


class Courtesy:
    """Counts photos that people wait for; a batch asks before each of its pictures."""

    def __init__(self, longest_s: float = LONGEST_S) -> None:
        self._longest_s = longest_s
        self._changed = threading.Condition()
        self._waiting = 0

    @contextmanager
    def asked_for(self) -> Iterator[None]:
        """Somebody waits for a photo while the block runs."""
        self._add(1)
        try:
            yield
        finally:
            self._add(-1)

    def stand_back(self) -> None:
        """Returns when nobody waits, or after a while."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting == 0, self._longest_s)

    def _add(self, number: int) -> None:
        with self._changed:
            self._waiting += number
            if self._waiting == 0:
                self._changed.notify_all()
