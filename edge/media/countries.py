"""In which country a place lies, without a network: Natural Earth's boundaries at 1:10 million.

``countries.npz`` (``scripts/build_countries.py``) holds them as TopoJSON's arcs, on a grid of some 400
metres. Natural Earth draws who holds a place. Crimea is told as Ukraine, as the General Assembly of the
United Nations affirmed (resolution 68/262 of 27 March 2014). At a border, an answer may be off by a
kilometre, and Monaco and the Vatican are too small for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).with_name("countries.npz")
_CRIMEA = (32.3, 44.3, 36.65, 46.25)
"""West, south, east, north, in degrees; of Natural Earth's Russia only the peninsula lies inside."""


@dataclass(frozen=True, slots=True)
class _Rings:
    """All rings of all countries: ``boxes`` (N, 4) west, south, east, north; ``lines`` their points (M, 2) in
    degrees, longitude first; ``owners`` the country of each."""

    boxes: NDArray[np.float64]
    lines: tuple[NDArray[np.float64], ...]
    owners: tuple[str, ...]


def country_at(latitude: float, longitude: float) -> str | None:
    """The two letters of ISO 3166-1 (XK: Kosovo) for a place in degrees; None at sea or where nobody's."""
    rings = _rings()
    boxes = rings.boxes
    near = np.flatnonzero(
        (boxes[:, 0] <= longitude)
        & (longitude <= boxes[:, 2])
        & (boxes[:, 1] <= latitude)
        & (latitude <= boxes[:, 3])
    )
    inside: dict[str, bool] = {}
    for index in near:
        owner = rings.owners[index]
        # A lake or an enclave is a ring of its own inside another: even and odd tell.
        inside[owner] = inside.get(owner, False) != _encloses(rings.lines[index], longitude, latitude)
    found = min((owner for owner, within in inside.items() if within), default=None)
    west, south, east, north = _CRIMEA
    if found == "RU" and west <= longitude <= east and south <= latitude <= north:
        return "UA"
    return found


def outlines() -> tuple[NDArray[np.float64], ...]:
    """The rings of all countries, each (M, 2) degrees, longitude first."""
    return _rings().lines


def _encloses(line: NDArray[np.float64], x: float, y: float) -> bool:
    """Even-odd rule: a ray to the east crosses the ring an odd number of times."""
    x0, y0, x1, y1 = line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1]
    crosses = (y0 > y) != (y1 > y)
    where = x0[crosses] + (y - y0[crosses]) * (x1[crosses] - x0[crosses]) / (y1[crosses] - y0[crosses])
    return bool(np.count_nonzero(where > x) % 2)


@lru_cache(maxsize=1)
def _rings() -> _Rings:
    with np.load(FILE, allow_pickle=False) as file:
        data = {name: file[name] for name in file.files}
    starts = np.concatenate([[0], np.cumsum(data["arc_lengths"])])
    arcs = [
        np.cumsum(data["points"][a:b], axis=0) * data["scale"] + data["translate"]
        for a, b in pairwise(starts)
    ]
    lines, first = [], 0
    for length in data["ring_lengths"]:
        lines.append(_joined(arcs, data["ring_arcs"][first : first + length]))
        first += length
    boxes = np.array([[*line.min(axis=0), *line.max(axis=0)] for line in lines])
    return _Rings(boxes, tuple(lines), tuple(str(owner) for owner in data["ring_owners"]))


def _joined(arcs: list[NDArray[np.float64]], numbers: NDArray[np.int32]) -> NDArray[np.float64]:
    """Arcs end to end; a complemented number means the arc backwards (TopoJSON, section 2.1.4)."""
    return np.concatenate([arcs[n] if n >= 0 else arcs[~n][::-1] for n in numbers])
