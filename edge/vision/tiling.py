"""Where the detector looks: the whole picture, and tiles of it at falling resolutions. Pure geometry.

A camera that covers 20 pixels of a 12-megapixel photo is gone in a 416-pixel view of the whole; one that
covers 600 pixels does not fit into a 416-pixel tile. So a large photo is seen at several *levels*, each half
the size of the one before, and each camera is found at the level where it has a good size: a level overlaps
its tiles enough that every camera up to the overlap is whole in one of them, and larger ones are left to
the next level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

PAD = 114
"""Grey value that fills an input beyond the picture, as in the detector's training."""

TILE_FROM = 3.0
"""Long side, in detector inputs, up to which a picture is seen as a whole only (docs/design/tiling.md)."""
_FINER = 2.0
"""A further level is worth its tiles while it is more than this much finer than the view of the whole."""
TRUSTED_SHARE = 0.25
"""Longest camera that a tile is trusted with, in input sides; the next level shows a larger one better."""


@dataclass(frozen=True, slots=True)
class Level:
    """A copy of the picture at one resolution; ``width`` and ``height`` in its own pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Tile:
    """One input of the detector: the part of a level from ``x0, y0`` on, ``width`` × ``height`` level pixels,
    at the top left of the input. The four flags say which of its edges lie inside the picture and may cut a
    camera."""

    level: int
    x0: int
    y0: int
    width: int
    height: int
    cut_left: bool = False
    cut_top: bool = False
    cut_right: bool = False
    cut_bottom: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What the detector looks at in one picture of ``width`` × ``height`` pixels.

    ``levels`` run from fine to coarse, the last one being the whole picture in one input; ``tiles`` are
    sorted by level, then by row.
    """

    width: int
    height: int
    side: int
    levels: tuple[Level, ...]
    tiles: tuple[Tile, ...]

    def scale(self, level: int) -> tuple[float, float]:
        """Picture pixels per level pixel, in x and y."""
        return self.width / self.levels[level].width, self.height / self.levels[level].height

    def trusted(self, level: int) -> tuple[float, float]:
        """Long sides, in picture pixels, of the cameras that a level may report: each level has its octave
        and shares half of it with the next, so that every size is looked for at a scale that suits it and
        the others cannot add false boxes."""
        longest = TRUSTED_SHARE * self.side * max(self.scale(level))
        shortest = 0.0 if level == 0 else TRUSTED_SHARE * self.side * max(self.scale(level - 1)) / 2
        return shortest, math.inf if level == len(self.levels) - 1 else longest


def plan_tiles(
    width: int, height: int, side: int, *, overlap: float, max_tiles: int, tile_from: float = TILE_FROM
) -> Plan:
    """Plans the views of a ``width`` × ``height`` picture for a detector with ``side`` × ``side`` inputs.

    ``overlap`` is the least share of a tile's side that neighbours have in common. Pictures whose long side
    is at most ``tile_from`` (2 or more) inputs long are seen as a whole only. Where native tiles and the
    levels above them would be more than ``max_tiles`` (1 or more; the whole view counts), the finest level
    is made smaller until they are not.

    Raises:
        ValueError: if a side is not positive, or ``overlap`` or ``max_tiles`` is out of range.
    """
    if min(width, height, side) < 1 or not 0 <= overlap < 1 or max_tiles < 1:
        raise ValueError(
            f"no plan for {width}×{height}, side {side}, overlap {overlap}, max_tiles {max_tiles}"
        )
    whole = _scaled(width, height, side / max(width, height))
    levels = _tiled_levels(width, height, side, overlap, max_tiles, tile_from)
    tiles = [tile for index, level in enumerate(levels) for tile in _tiles_of(index, level, side, overlap)]
    tiles.append(Tile(len(levels), 0, 0, whole.width, whole.height))
    return Plan(width, height, side, (*levels, whole), tuple(tiles))


def _tiled_levels(
    width: int, height: int, side: int, overlap: float, max_tiles: int, tile_from: float
) -> tuple[Level, ...]:
    if max(width, height) <= max(_FINER, tile_from) * side:
        return ()
    scale = 1.0
    while True:
        levels = _halvings(width, height, scale, side)
        if 1 + sum(_count(level, side, overlap) for level in levels) <= max_tiles:
            return levels
        scale *= 0.97


def _halvings(width: int, height: int, scale: float, side: int) -> tuple[Level, ...]:
    """Levels from ``scale`` down by halves, as long as one is clearly finer than the view of the whole."""
    levels = []
    while max(width, height) * scale > _FINER * side:
        levels.append(_scaled(width, height, scale))
        scale /= 2
    return tuple(levels)


def _scaled(width: int, height: int, scale: float) -> Level:
    return Level(max(1, round(width * scale)), max(1, round(height * scale)))


def _count(level: Level, side: int, overlap: float) -> int:
    return len(_starts(level.width, side, overlap)) * len(_starts(level.height, side, overlap))


def _tiles_of(index: int, level: Level, side: int, overlap: float) -> list[Tile]:
    return [
        Tile(
            level=index,
            x0=x0,
            y0=y0,
            width=min(side, level.width),
            height=min(side, level.height),
            cut_left=x0 > 0,
            cut_top=y0 > 0,
            cut_right=x0 + side < level.width,
            cut_bottom=y0 + side < level.height,
        )
        for y0 in _starts(level.height, side, overlap)
        for x0 in _starts(level.width, side, overlap)
    ]


def _starts(length: int, side: int, overlap: float) -> list[int]:
    """Where tiles begin along one axis: first at 0, last flush with the end, evenly spread between."""
    if length <= side:
        return [0]
    step = max(1, math.floor(side * (1 - overlap)))
    gaps = math.ceil((length - side) / step)
    return [i * (length - side) // gaps for i in range(gaps + 1)]
