"""The outlines of countries inside a rectangle, simplified to what can be seen of them."""

from __future__ import annotations

import cv2
import numpy as np

from edge.media.countries import outlines

MAX_RINGS = 600
_MARGIN = 0.05


def outlines_in(
    west: float, south: float, east: float, north: float, width_px: int
) -> list[list[tuple[float, float]]]:
    """Rings as longitude and latitude in degrees, those larger than a few pixels of a map ``width_px``
    wide, the largest first; cut a little outside the rectangle. Natural Earth, after Douglas and Peucker."""
    tolerance = 0.7 * (east - west) / width_px
    margin = (east - west) * _MARGIN
    low, high = (west - margin, south - margin), (east + margin, north + margin)
    found = []
    for line in outlines():
        least, most = line.min(axis=0), line.max(axis=0)
        size = float((most - least).max())
        if (most >= low).all() and (least <= high).all() and size >= 3 * tolerance:
            found.append((size, line))
    found.sort(key=lambda one: -one[0])
    rings = []
    for _, line in found[:MAX_RINGS]:
        short = cv2.approxPolyDP(line.astype(np.float32)[:, None], tolerance, closed=True)[:, 0]
        cut = np.unique(np.clip(short, low, high).round(4), axis=0)
        if len(cut) > 2:
            rings.append([(x, y) for x, y in np.clip(short, low, high).round(4).tolist()])
    return rings
