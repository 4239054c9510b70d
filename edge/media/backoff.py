"""How long to wait before the next try: exponential, with jitter, without end.

The jitter keeps cameras that fell out together (a switch that restarts) from being called in step.
"""

from __future__ import annotations

from random import Random

from edge.settings import Settings


class Backoff:
    """``stream_backoff_first_s`` and then ``stream_backoff_factor`` times as long, up to
    ``stream_backoff_max_s``; of each wait up to ``stream_backoff_jitter`` is taken off by chance, so that the
    limit is never passed."""

    def __init__(self, settings: Settings, random: Random | None = None) -> None:
        self._settings = settings
        self._random = random or Random()
        self._wait = settings.stream_backoff_first_s

    def next(self) -> float:
        """Seconds to wait now; the next answer is longer."""
        settings = self._settings
        wait = min(self._wait, settings.stream_backoff_max_s)
        self._wait = min(self._wait * settings.stream_backoff_factor, settings.stream_backoff_max_s)
        return wait * (1 - settings.stream_backoff_jitter * self._random.random())

    def reset(self) -> None:
        """After a success: the next wait is the first again."""
        self._wait = self._settings.stream_backoff_first_s
