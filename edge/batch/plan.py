"""Which files a batch looks at, in which order; it can be walked again, and in another process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self
from zlib import crc32

from edge.media import remote
from edge.media.archive import Found, Skipped, walk
from edge.settings import Settings

_LOOK = 1 << 20


@dataclass(frozen=True, slots=True)
class Plan:
    """``shard`` is (i, n): the i-th of n disjoint parts, from 1; ``since_ns`` leaves out files that were last
    changed before, in nanoseconds since 1970, and keeps those of which that is not known; ``places`` leaves
    out all others."""

    sources: tuple[str, ...]
    settings: Settings
    shard: tuple[int, int] = (1, 1)
    since_ns: int | None = None
    places: frozenset[str] | None = None

    def only(self, places: Iterable[str]) -> Self:
        return replace(self, places=frozenset(places))

    @property
    def on_disk(self) -> bool:
        """Whether walking it once more costs next to nothing: no list of a storage, no archive to fetch."""
        return not any(remote.is_url(source) or _names_urls(source) for source in self.sources)

    def __iter__(self) -> Iterator[Found]:
        number, shards = self.shard
        for one in walk(self.sources, self.settings, named_links=True):
            old = self.since_ns is not None and 0 < one.modified_ns < self.since_ns
            if old and not isinstance(one, Skipped):
                continue
            if self.places is not None and one.place not in self.places:
                continue
            if crc32(one.place.encode("utf-8", "backslashreplace")) % shards == number - 1:
                yield one


def _names_urls(source: str) -> bool:
    """Of a list, by its beginning."""
    if not source.startswith("@"):
        return False
    try:
        with Path(source[1:]).open("rb") as lines:
            return b"://" in lines.read(_LOOK)
    except OSError:
        return False
