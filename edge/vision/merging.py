"""From what the detector saw in each tile to one box a camera. Pure geometry, independent of order.

The same camera is seen in several tiles and at several levels, sometimes in part. Whole sightings outrank
those that a tile's edge cut, and then the better score wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.vision.tiling import Plan

Floats = NDArray[np.float64]

SAME_IOU = 0.5
"""Boxes that overlap more are one camera."""
PART_SHARE = 0.6
"""A cut box of which more lies inside another one is a part of it; so is a whole box at ``INSIDE_SHARE``."""
INSIDE_SHARE = 0.85
EDGE = 2.0
"""A box that comes this close to its tile's edge, in level pixels, was cut by it."""
MOST_A_TILE = 100


@dataclass(frozen=True, slots=True, eq=False)
class Sightings:
    """Boxes (N, 4) ``x0, y0, x1, y1`` in picture pixels, scores (N,), and whether a tile's edge inside the
    picture cut them (N,)."""

    boxes: Floats
    scores: Floats
    cut: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Sightings:
        return Sightings(self.boxes[index], self.scores[index], self.cut[index])


NOTHING = Sightings(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.bool_))


def sightings_in_tile(
    plan: Plan, tile: int, boxes: NDArray[np.floating], scores: NDArray[np.floating], min_score: float
) -> Sightings:
    """What a tile shows, in picture pixels: ``boxes`` (A, 4) in input pixels and ``scores`` (A,) as the
    detector gives them. Boxes are clipped to the tile; those below ``min_score``, without area, or of a size
    that the tile's level is not trusted with are left out."""
    good = np.flatnonzero(scores >= min_score)
    if not len(good):
        return NOTHING
    if len(good) > MOST_A_TILE:
        good = good[np.argsort(-scores[good], kind="stable")[:MOST_A_TILE]]
    where = plan.tiles[tile]
    found = boxes[good].astype(np.float64)
    kept_scores = scores[good].astype(np.float64)
    touches = (
        (where.cut_left & (found[:, 0] < EDGE))
        | (where.cut_top & (found[:, 1] < EDGE))
        | (where.cut_right & (found[:, 2] > where.width - EDGE))
        | (where.cut_bottom & (found[:, 3] > where.height - EDGE))
    )
    found = np.clip(found, 0, (where.width, where.height) * 2)
    found = (found + (where.x0, where.y0) * 2) * (plan.scale(where.level) * 2)
    sides = found[:, 2:] - found[:, :2]
    shortest, longest = plan.trusted(where.level)
    keep = (sides.min(axis=1) > 0) & (sides.max(axis=1) > shortest) & (sides.max(axis=1) <= longest)
    return Sightings(found, kept_scores, touches).take(keep)


def merge(seen: Sequence[Sightings]) -> Sightings:
    """One box a camera, best score first. Merging what is merged already changes nothing, and neither does
    the order of what comes in."""
    every = Sightings(
        np.concatenate([s.boxes for s in (*seen, NOTHING)]),
        np.concatenate([s.scores for s in (*seen, NOTHING)]),
        np.concatenate([s.cut for s in (*seen, NOTHING)]),
    )
    if not len(every):
        return every
    # Whole before cut, then by score; equal ones by place, so that the order of arrival cannot matter.
    ranked = every.take(np.lexsort((*every.boxes.T[::-1], -every.scores, every.cut)))
    kept = ranked.take(_survivors(ranked))
    return kept.take(np.lexsort((*kept.boxes.T[::-1], -kept.scores)))


def _survivors(ranked: Sightings) -> NDArray[np.intp]:
    boxes = ranked.boxes
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    part_at = np.where(ranked.cut, PART_SHARE, INSIDE_SHARE)
    open_ = np.ones(len(ranked), np.bool_)
    kept = []
    for first in range(len(ranked)):
        if not open_[first]:
            continue
        kept.append(first)
        rest = np.flatnonzero(open_[first + 1 :]) + first + 1
        sides = np.minimum(boxes[first, 2:], boxes[rest, 2:]) - np.maximum(boxes[first, :2], boxes[rest, :2])
        shared = sides.clip(min=0).prod(axis=1)
        same = shared > SAME_IOU * (areas[first] + areas[rest] - shared)
        open_[rest[same | (shared > part_at[rest] * areas[rest])]] = False
    return np.array(kept, np.intp)
