"""How a running batch is asked to end early: what is begun is finished and committed, the rest is left."""

from __future__ import annotations

import threading


class Control:
    """Consulted by an engine between files; ``stop`` may be called from any thread, and again."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    def stop(self) -> None:
        self._stop.set()

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()
