"""A small sphere tracer over signed distance functions, in metres, all arrays float32.

Sphere tracing: J. C. Hart, "Sphere tracing", The Visual Computer 12 (1996). Distance functions of the basic
solids are textbook geometry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]
Points = Floats
"""N×3, metres: x right, y up, z out of the wall, which is the plane z = 0."""

Distance = Callable[[Points], Floats]
Colour = Callable[[Points], Floats]

_STEPS = 48
_HIT = 0.0004
_FAR = 9.0


@dataclass(frozen=True, slots=True)
class Part:
    """A solid with one material: ``colour`` gives linear BGR, ``gloss`` the mirror share at a right angle.

    ``housing`` marks what counts as the camera itself, as against its bracket and cable.
    """

    distance: Distance
    colour: Colour
    gloss: float = 0.04
    sharpness: float = 60.0
    housing: bool = True


def floats(values: ArrayLike) -> Floats:
    return np.asarray(values, np.float32)


def plain(blue: float, green: float, red: float) -> Colour:
    value = np.array([blue, green, red], np.float32)
    return lambda points: np.broadcast_to(value, points.shape)


def length(vectors: Floats) -> Floats:
    return floats(np.sqrt(np.einsum("ij,ij->i", vectors, vectors)))


def unit(vectors: Floats) -> Floats:
    return floats(vectors / np.maximum(length(vectors), 1e-9)[:, None])


def capsule(start: tuple[float, float, float], end: tuple[float, float, float], radius: float) -> Distance:
    a, b = np.array(start, np.float32), np.array(end, np.float32)
    axis = b - a

    def distance(points: Points) -> Floats:
        share = np.clip((points - a) @ axis / np.float32(axis @ axis), 0, 1)
        return length(points - a - share[:, None] * axis) - np.float32(radius)

    return distance


def cylinder(
    centre: tuple[float, float, float], along: int, radius: float, half: float, rounding: float = 0.003
) -> Distance:
    """A disc or rod whose axis is the coordinate axis ``along``."""
    middle = np.array(centre, np.float32)
    across = [axis for axis in range(3) if axis != along]

    def distance(points: Points) -> Floats:
        local = points - middle
        out = np.hypot(local[:, across[0]], local[:, across[1]]) - np.float32(radius - rounding)
        over = np.abs(local[:, along]) - np.float32(half - rounding)
        outside = np.hypot(np.maximum(out, 0), np.maximum(over, 0))
        return floats(np.minimum(np.maximum(out, over), 0) + outside - np.float32(rounding))

    return distance


def block(centre: tuple[float, float, float], half: tuple[float, float, float], rounding: float) -> Distance:
    middle, extent = np.array(centre, np.float32), np.array(half, np.float32) - np.float32(rounding)

    def distance(points: Points) -> Floats:
        over = np.abs(points - middle) - extent
        return floats(length(np.maximum(over, 0)) + np.minimum(over.max(1), 0) - np.float32(rounding))

    return distance


def sphere(centre: tuple[float, float, float], radius: float) -> Distance:
    middle = np.array(centre, np.float32)
    return lambda points: length(points - middle) - np.float32(radius)


def cut(solid: Distance, *away: Distance) -> Distance:
    """``solid`` without what lies in any of ``away``."""

    def distance(points: Points) -> Floats:
        return floats(np.maximum.reduce([solid(points), *(-hole(points) for hole in away)]))

    return distance


def within(solid: Distance, other: Distance) -> Distance:
    return lambda points: np.maximum(solid(points), other(points))


def half_space(axis: int, limit: float, sign: int = 1) -> Distance:
    """All points with ``sign`` × coordinate ≤ ``limit``."""
    return lambda points: np.float32(sign) * points[:, axis] - np.float32(limit)


def placed(part: Part, turn: NDArray[np.float64], at: tuple[float, float, float]) -> Part:
    """The part turned by the rotation matrix ``turn`` and moved to ``at``."""
    matrix, offset = turn.astype(np.float32), np.array(at, np.float32)

    def local(points: Points) -> Points:
        return floats((points - offset) @ matrix)

    return Part(
        lambda points: part.distance(local(points)),
        lambda points: part.colour(local(points)),
        part.gloss,
        part.sharpness,
        part.housing,
    )


def rotation(yaw: float, pitch: float) -> NDArray[np.float64]:
    """Turns the local axis +z by ``yaw`` to the right and ``pitch`` upwards, in degrees."""
    y, p = np.radians([yaw, pitch])
    around_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    around_x = np.array([[1, 0, 0], [0, np.cos(p), np.sin(p)], [0, -np.sin(p), np.cos(p)]])
    return np.asarray(around_y @ around_x)


@dataclass(frozen=True, slots=True)
class Light:
    """The sun's direction (towards it) and colour, the sky's and the bounce's colour; linear BGR."""

    sun: Floats
    sun_colour: Floats
    sky_colour: Floats
    ground_colour: Floats

    def ambient(self, normals: Floats) -> Floats:
        share = (0.5 + 0.5 * normals[:, 1:2]).astype(np.float32)
        return self.sky_colour * share + self.ground_colour * (1 - share)

    def mirror(self, directions: Floats) -> Floats:
        """What a reflecting surface sees: sky above, street below, a soft edge between, and the sun."""
        share = 1 / (1 + np.exp(-14 * (directions[:, 1:2] - 0.05)))
        view = self.sky_colour * 1.5 * share + self.ground_colour * 0.6 * (1 - share)
        return np.asarray(view, np.float32)


def nearest(parts: list[Part], points: Points) -> Floats:
    return floats(np.minimum.reduce([part.distance(points) for part in parts]))


def trace(parts: list[Part], origin: Floats, directions: Floats) -> Floats:
    """Distance along each ray to the first surface; infinite where there is none."""
    reach = np.float32(max(0.0, float(nearest(parts, origin[None])[0]) - 0.01))  # empty space around the eye
    travelled = np.full(len(directions), reach, np.float32)
    active = np.arange(len(directions))
    result = np.full(len(directions), np.inf, np.float32)
    for _ in range(_STEPS):
        points = origin + directions[active] * travelled[active, None]
        gap = nearest(parts, points)
        result[active[gap < _HIT]] = travelled[active[gap < _HIT]]
        travelled[active] += gap * np.float32(0.9)
        active = active[(gap >= _HIT) & (travelled[active] < _FAR) & (points[:, 2] > -0.01)]
        if not len(active):
            break
    return result


def normals_at(parts: list[Part], points: Points) -> Floats:
    """Gradient of the distance from four samples at the corners of a tetrahedron."""
    corners = np.array([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]], np.float32)
    step = np.float32(0.0006)
    return unit(np.asarray(sum(c * nearest(parts, points + c * step)[:, None] for c in corners), np.float32))


def sunlight(parts: list[Part], points: Points, sun: Floats) -> Floats:
    """Share of the sun that reaches each point, 0 to 1, with a penumbra."""
    share = np.ones(len(points), np.float32)
    travelled = np.full(len(points), 0.004, np.float32)
    for _ in range(18):
        gap = nearest(parts, points + sun * travelled[:, None])
        share = np.minimum(share, np.clip(26 * gap / travelled + 0.3, 0, 1))
        travelled += np.clip(gap, 0.006, 0.07)
    return share


def openness(parts: list[Part], points: Points, normals: Floats) -> Floats:
    """Ambient occlusion from three samples along the normal, 0 (closed) to 1 (open)."""
    closed = np.zeros(len(points), np.float32)
    for reach, weight in ((0.008, 20.0), (0.025, 8.0), (0.07, 3.0)):
        closed += np.float32(weight) * np.maximum(reach - nearest(parts, points + normals * reach), 0)
    return 1 - np.clip(closed, 0, 0.85)


def shade(
    parts: list[Part], light: Light, points: Points, directions: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """Linear BGR of the surface points that rays with ``directions`` met, and which of them are housing."""
    owner = np.argmin([part.distance(points) for part in parts], 0)
    normals = normals_at(parts, points)
    sun = sunlight(parts, points + normals * np.float32(0.002), light.sun)
    facing = np.maximum(normals @ light.sun, 0) * sun
    lit = (
        light.sun_colour * facing[:, None]
        + light.ambient(normals) * openness(parts, points, normals)[:, None]
    )
    reflected = directions - 2 * np.einsum("ij,ij->i", directions, normals)[:, None] * normals
    grazing = (1 - np.clip(-np.einsum("ij,ij->i", directions, normals), 0, 1)) ** 5
    half = unit(light.sun - directions)
    highlight = np.maximum(np.einsum("ij,ij->i", half, normals), 0)
    colours = np.empty_like(points)
    housing = np.zeros(len(points), bool)
    for index, part in enumerate(parts):
        mine = owner == index
        if not mine.any():
            continue
        mirror = part.gloss + (1 - part.gloss) * grazing[mine] * 0.5
        glint = (
            highlight[mine] ** part.sharpness * sun[mine] * (0.5 + part.sharpness / 60) * (part.gloss * 10)
        )
        colours[mine] = (
            part.colour(points[mine]) * lit[mine]
            + light.mirror(reflected[mine]) * mirror[:, None]
            + light.sun_colour * glint[:, None]
        )
        housing |= mine & part.housing
    return colours, housing
