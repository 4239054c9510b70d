"""The audit log: who did what, when, with what outcome; lines of JSON that are only ever added.

It holds changes, exports and refusals, no reading of single results, no query, no token. A flood of refusals
does not wash out what matters: beyond sixty a minute they are counted, and the next line says how many.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from edge.media.clock import SYSTEM_CLOCK, Clock, stamp
from edge.service.access import Caller
from edge.service.access_limits import Buckets
from edge.settings import Settings

_log = logging.getLogger("edge.service.audit")

NAME = "audit.jsonl"
_REFUSALS_A_MINUTE = 60
_LONGEST_TEXT = 300


class Audit:
    """May be used from any thread, and by several processes at once."""

    def __init__(self, folder: Path, settings: Settings, clock: Clock = SYSTEM_CLOCK) -> None:
        self._path = folder / NAME
        self._lock_path = folder / "audit.lock"
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._refusals = Buckets(_REFUSALS_A_MINUTE, clock.monotonic)
        self._left_out = 0

    def note(self, caller: Caller | None, what: str, outcome: str, address: str = "") -> None:
        """Adds a line. A disk that takes none is told to the log of the service and stops no request."""
        line: dict[str, object] = {
            "at": stamp(self._clock.now()),
            "token": caller.id if caller else None,
            "name": caller.name if caller else None,
            "address": address,
            "what": what[:_LONGEST_TEXT],
            "outcome": outcome[:_LONGEST_TEXT],
        }
        with self._lock:
            if self._left_out:
                line["left_out"] = self._left_out
            try:
                self._append(json.dumps(line).encode("ascii") + b"\n")
                self._left_out = 0
            except OSError as error:
                self._left_out += 1
                _log.error("The audit log cannot be written: %s", error.strerror)

    def note_refusal(self, caller: Caller | None, what: str, outcome: str, address: str = "") -> None:
        """As above, for what anybody can bring about without a right token."""
        with self._lock:
            if self._refusals.take("") > 0:
                self._left_out += 1
                return
        self.note(caller, what, outcome, address)

    def _append(self, line: bytes) -> None:
        with self._alone():
            if self._size() + len(line) > self._settings.audit_max_bytes:
                self._rotate()
            descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                file.write(line)

    def _size(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0

    def _rotate(self) -> None:
        """``audit.jsonl`` becomes ``audit.jsonl.1``, that ``.2``, and so on; the oldest goes."""
        names = [self._path, *(self._numbered(n) for n in range(1, self._settings.audit_files))]
        names[-1].unlink(missing_ok=True)
        for newer, older in reversed(list(pairwise(names))):
            if newer.exists():
                newer.replace(older)

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{NAME}.{number}")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Held by one process at a time; given back with the descriptor."""
        descriptor = os.open(self._lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
