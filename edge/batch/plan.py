"""Which files a batch looks at, in which order; it can be walked again, and in another process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Self
from zlib import crc32

from edge.media.archive import Found, Skipped, walk
from edge.settings import Settings


@dataclass(frozen=True, slots=True)
class Plan:
    """``shard`` is (i, n): the i-th of n disjoint parts, from 1; ``since_ns`` leaves out files that were last
    changed before, in nanoseconds since 1970; ``places`` leaves out all others."""

    sources: tuple[str, ...]
    settings: Settings
    shard: tuple[int, int] = (1, 1)
    since_ns: int | None = None
    places: frozenset[str] | None = None

    def only(self, places: Iterable[str]) -> Self:
        return replace(self, places=frozenset(places))

    def __iter__(self) -> Iterator[Found]:
        number, shards = self.shard
        for one in walk(self.sources, self.settings):
            old = self.since_ns is not None and one.modified_ns < self.since_ns
            if old and not isinstance(one, Skipped):
                continue
            if self.places is not None and one.place not in self.places:
                continue
            if crc32(one.place.encode("utf-8", "backslashreplace")) % shards == number - 1:
                yield one
