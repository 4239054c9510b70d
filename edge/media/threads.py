"""A thread that may hang in a native call, and is then left behind."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger(__name__)

_left_behind: list[threading.Thread] = []
_lock = threading.Lock()


def abandoned_readers() -> int:
    """Threads that were left behind and still hang."""
    with _lock:
        _left_behind[:] = [thread for thread in _left_behind if thread.is_alive()]
        return len(_left_behind)


class Reader:
    """A daemon, so that it cannot keep the program from ending."""

    def __init__(self, name: str, run: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=run, name=name[:60], daemon=True)

    def start(self) -> None:
        self._thread.start()

    def is_stuck(self, seconds: float) -> bool:
        """Whether it still runs after that long."""
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(seconds)
        return self._thread.is_alive()

    def leave(self, seconds: float) -> None:
        """Waits that long for its end, then leaves it behind."""
        if self.is_stuck(seconds):
            with _lock:
                if self._thread not in _left_behind:
                    _left_behind.append(self._thread)
            log.warning("A thread hangs and is left behind (%s).", self._thread.name)
