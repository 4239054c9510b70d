"""A plain map as SVG: outlines of countries, a graticule, and a dot where pictures were taken.

Equirectangular, true to scale at the middle of what is shown; nothing is loaded from anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.batch.numbers import Spot
from edge.media.countries import outlines

_WIDTH = 720
_MIN_SPAN = 3.0
"""Degrees; below it there is nothing but one border to see."""
_STEPS = (0.5, 1, 2, 5, 10, 15, 30)
_LARGEST_DOT = 11.0
_MAX_RINGS = 1500


@dataclass(frozen=True, slots=True)
class _View:
    """West, south, east, north in degrees, and the pixels a degree of latitude takes."""

    west: float
    south: float
    east: float
    north: float

    @property
    def squeeze(self) -> float:
        return max(0.2, math.cos(math.radians((self.south + self.north) / 2)))

    @property
    def scale(self) -> float:
        return _WIDTH / ((self.east - self.west) * self.squeeze)

    @property
    def height(self) -> float:
        return (self.north - self.south) * self.scale

    def x(self, longitude: float) -> float:
        return (longitude - self.west) * self.squeeze * self.scale

    def y(self, latitude: float) -> float:
        return (self.north - latitude) * self.scale


def map_of(spots: Sequence[Spot]) -> str:
    """Nothing where there are no positions."""
    if not spots:
        return ""
    view = _view(spots)
    body = "".join([*_land(view), *_graticule(view), *_dots(spots, view)])
    return (
        f'<svg viewBox="0 0 {_WIDTH} {view.height:.0f}" role="img" class="map" '
        f'aria-label="Where the pictures were taken">{body}</svg>'
    )


def _view(spots: Sequence[Spot]) -> _View:
    """All spots with a margin, at least ``_MIN_SPAN`` wide and between 0.45 and 0.9 times as high as wide."""
    south, north = min(s.latitude for s in spots), max(s.latitude for s in spots)
    west, east = min(s.longitude for s in spots), max(s.longitude for s in spots)
    squeeze = max(0.2, math.cos(math.radians((south + north) / 2)))
    high = max((north - south) * 1.25, _MIN_SPAN * 0.55)
    wide = max((east - west) * 1.2, _MIN_SPAN, high / 0.9 / squeeze)
    wide = min(wide, 360.0)
    high = min(max(high, 0.45 * wide * squeeze), 170.0)
    middle_x = min(max((west + east) / 2, -180 + wide / 2), 180 - wide / 2)
    middle_y = min(max((south + north) / 2, -85 + high / 2), 85 - high / 2)
    return _View(middle_x - wide / 2, middle_y - high / 2, middle_x + wide / 2, middle_y + high / 2)


def _land(view: _View) -> Iterator[str]:
    tolerance = 0.7 / view.scale
    paths = [_path(line, view, tolerance) for line in _visible(view, 3 * tolerance)]
    yield f'<path class="land" d="{"".join(paths)}"/>'


def _visible(view: _View, smallest: float) -> list[NDArray[np.float64]]:
    """Rings in the view that are not smaller than a few pixels, the largest first, bounded in number."""
    found = []
    for line in outlines():
        (west, south), (east, north) = line.min(axis=0), line.max(axis=0)
        outside = east < view.west or west > view.east or north < view.south or south > view.north
        size = max(east - west, north - south)
        if not outside and size >= smallest:
            found.append((size, line))
    found.sort(key=lambda one: -one[0])
    return [line for _, line in found[:_MAX_RINGS]]


def _path(line: NDArray[np.float64], view: _View, tolerance: float) -> str:
    """Simplified (Douglas and Peucker, by OpenCV), and cut a little outside the view."""
    short = cv2.approxPolyDP(line.astype(np.float32)[:, None], tolerance, closed=True)[:, 0]
    margin = (view.east - view.west) * 0.05
    x = np.clip(short[:, 0], view.west - margin, view.east + margin)
    y = np.clip(short[:, 1], view.south - margin, view.north + margin)
    points = " ".join(f"{view.x(a):.1f} {view.y(b):.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))
    return f"M{points}Z"


def _graticule(view: _View) -> Iterator[str]:
    step = next((s for s in _STEPS if (view.east - view.west) / s <= 8), _STEPS[-1])
    for number in range(math.ceil(view.west / step), math.floor(view.east / step) + 1):
        x, name = view.x(number * step), _degrees(number * step, "E", "W")
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{view.height:.1f}"/>'
        yield f'<text class="mid soft" x="{x:.1f}" y="{view.height - 4:.1f}">{name}</text>'
    for number in range(math.ceil(view.south / step), math.floor(view.north / step) + 1):
        y, name = view.y(number * step), _degrees(number * step, "N", "S")
        yield f'<line class="grid" x1="0" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="soft" x="3" y="{y - 3:.1f}">{name}</text>'


def _degrees(value: float, positive: str, negative: str) -> str:
    return f"{abs(value):g}°" + (positive if value > 0 else negative if value < 0 else "")


def _dots(spots: Sequence[Spot], view: _View) -> Iterator[str]:
    """The area of a dot grows with its pictures; those with cameras are filled, the others rings."""
    most = max(spot.pictures for spot in spots)
    for spot in sorted(spots, key=lambda one: -one.pictures):
        radius = max(3.0, _LARGEST_DOT * math.sqrt(spot.pictures / most)) if most > 1 else 4.5
        kind = "dot" if spot.cameras else "dot none"
        hint = f"{spot.pictures} pictures, {spot.cameras} cameras"
        yield (
            f'<circle class="{kind}" cx="{view.x(spot.longitude):.1f}" cy="{view.y(spot.latitude):.1f}" '
            f'r="{radius:.1f}"><title>{hint}</title></circle>'
        )
