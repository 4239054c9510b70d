"""When each stream is due: a heap in which a stream stands at most once, so that nothing piles up."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field


@dataclass(slots=True)
class Schedule:
    """Times are seconds of a monotonic clock. Not for several threads at a time."""

    _heap: list[tuple[float, int, str]] = field(default_factory=list)
    _current: dict[str, tuple[float, int]] = field(default_factory=dict)
    _count: int = 0

    def put(self, stream: str, due: float) -> None:
        """``stream`` is due then, and not when it was due before."""
        self._count += 1
        self._current[stream] = (due, self._count)
        heapq.heappush(self._heap, (due, self._count, stream))
        self._tidy()

    def remove(self, stream: str) -> None:
        self._current.pop(stream, None)

    def next_due(self) -> float | None:
        """When the first stream is due; None: none is waiting."""
        self._drop_stale()
        return self._heap[0][0] if self._heap else None

    def pop(self, now: float) -> tuple[str, float] | None:
        """The stream that has been due longest, and since when; it then waits no more."""
        due = self.next_due()
        if due is None or due > now:
            return None
        _, _, stream = heapq.heappop(self._heap)
        del self._current[stream]
        return stream, due

    def __contains__(self, stream: str) -> bool:
        return stream in self._current

    def __len__(self) -> int:
        return len(self._current)

    def _drop_stale(self) -> None:
        while self._heap and not self._stands(self._heap[0]):
            heapq.heappop(self._heap)

    def _tidy(self) -> None:
        """Entries that were replaced before they came up must not add up."""
        if len(self._heap) > 2 * len(self._current) + 64:
            self._heap = [entry for entry in self._heap if self._stands(entry)]
            heapq.heapify(self._heap)

    def _stands(self, entry: tuple[float, int, str]) -> bool:
        return self._current.get(entry[2]) == entry[:2]
