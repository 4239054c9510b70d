"""Evidence over looks: the same bytes and the same pixels count once, however often they are looked at.

Reading the same wordmark a hundred times tells no more than reading it twice, so what a place in the picture
showed in the last readings is *voted* on, not added up: a misreading is outvoted. What was read only once,
and not again in the next readings, was no part of the display (a van that stood there) and is dropped. What
the protocol says is that of the newest exchange; where that changes, another device answers, and all is
forgotten.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from edge.domain import Box, Evidence, EvidenceKind

VOTES = 5
"""Readings of one place that are remembered."""

PATIENCE = 4
"""Readings that may miss what was read once before it is dropped."""

TOLD = frozenset({EvidenceKind.PROTOCOL, EvidenceKind.METADATA})
"""Kinds that stand in the stream's bytes and need no reading of the picture."""

_SAME_PLACE = 0.3
"""IoU from which two boxes of different looks are one place: a reading's box wavers by some pixels."""

Reading = tuple[Evidence, ...]


@dataclass(slots=True)
class _Place:
    """One part of the display. ``box`` is relative to the picture's sides."""

    kind: EvidenceKind
    origin: str
    box: Box | None
    readings: deque[Reading] = field(default_factory=lambda: deque(maxlen=VOTES))
    seen: int = 0
    missed: int = 0

    def add(self, reading: Reading) -> None:
        self.readings.append(reading)
        self.seen += 1
        self.missed = 0

    @property
    def expired(self) -> bool:
        return self.seen < 2 and self.missed >= PATIENCE

    def elected(self) -> Reading:
        """Of the platforms that the readings speak for, the one most often read (the newest of equals), with
        the newest reading that says so."""
        votes = Counter(_speaks_for(reading) for reading in self.readings)
        most = max(votes.values())
        reading = next(r for r in reversed(self.readings) if votes[_speaks_for(r)] == most)
        return tuple(replace(item, origin=self.origin) for item in reading)


@dataclass(slots=True)
class Ledger:
    """What all looks at one stream have shown about the camera that records it."""

    _exchange: Reading = ()
    _metadata: dict[str, Evidence] = field(default_factory=dict)
    _places: list[_Place] = field(default_factory=list)

    def exchanged(self, evidence: Iterable[Evidence]) -> None:
        """What the newest exchange says takes the place of the one before."""
        reading = tuple(evidence)
        if self._exchange and _values(reading) != _values(self._exchange):
            self.forget()
        self._exchange = reading

    def learned(self, evidence: Iterable[Evidence]) -> None:
        """What stands in the stream's bytes outside the picture."""
        self._metadata.update({item.origin or item.value: item for item in evidence})

    def read(self, evidence: Iterable[Evidence], width: int, height: int) -> None:
        """What one reading of the display showed in a picture of ``width`` × ``height`` pixels; nothing is an
        answer too."""
        seen: list[_Place] = []
        for origin, reading in _by_origin(evidence).items():
            place = self._place(reading[0].kind, origin, _relative(reading, width, height), seen)
            place.add(reading)
            seen.append(place)
        for place in self._places:
            if not any(place is one for one in seen):
                place.missed += 1
        self._places = [place for place in self._places if not place.expired]

    def doubt(self) -> None:
        """The camera may be another one: what it showed must be seen again to stay."""
        for place in self._places:
            place.seen = min(place.seen, 1)

    def forget(self) -> None:
        self._exchange = ()
        self._metadata.clear()
        self._places.clear()

    def told(self) -> tuple[Evidence, ...]:
        return (*self._exchange, *self._metadata.values())

    def evidence(self) -> tuple[Evidence, ...]:
        display = (item for place in self._places for item in place.elected())
        return (*self.told(), *display)

    def _place(self, kind: EvidenceKind, origin: str, box: Box | None, taken: Sequence[_Place]) -> _Place:
        free = [p for p in self._places if p.kind is kind and not any(p is one for one in taken)]
        same = next((p for p in free if p.origin == origin), None) or _nearest(free, box)
        if same is None:
            same = _Place(kind, origin, box)
            self._places.append(same)
        same.box = box or same.box
        return same


def _nearest(places: Sequence[_Place], box: Box | None) -> _Place | None:
    """The place that ``box`` overlaps most, if it does at all."""
    if box is None:
        return None
    overlaps = [(place.box.iou(box), place) for place in places if place.box is not None]
    iou, place = max(overlaps, key=lambda one: one[0], default=(0.0, None))
    return place if iou >= _SAME_PLACE else None


def _by_origin(evidence: Iterable[Evidence]) -> dict[str, Reading]:
    groups: dict[str, list[Evidence]] = {}
    for item in evidence:
        groups.setdefault(item.origin or f"{item.kind}:{item.value}:{item.box}", []).append(item)
    return {origin: tuple(group) for origin, group in groups.items()}


def _relative(reading: Reading, width: int, height: int) -> Box | None:
    box = next((item.box for item in reading if item.box is not None), None)
    if box is None:
        return None
    return Box(box.x0 / width, box.y0 / height, box.x1 / width, box.y1 / height)


def _speaks_for(reading: Reading) -> str | None:
    """The platform that a reading supports most; of equals the first by name."""
    supports = [(value, platform) for item in reading for platform, value in item.supports.items()]
    return max(supports, key=lambda one: (one[0], one[1]), default=(0.0, None))[1]


def _values(reading: Reading) -> set[tuple[EvidenceKind, str]]:
    return {(item.kind, item.value) for item in reading}
