"""What a camera sees with: glass, lens and lamps, flat or in a ball that turns."""

from __future__ import annotations

import math
import random
from typing import Any

from scripts.rendering.paints import Paints
from scripts.rendering.shapes import Model, Place, ball, rod

from mathutils import Euler, Matrix  # isort: skip  # Blender's, which shapes has imported


def front(model: Model, paints: Paints, y: float, z: float, radius: float, x: float = 0.0) -> None:
    """Glass with a lens behind it and infra-red lamps around, looking to -y from (x, y, z)."""
    bezel = rod((x, y + 0.03, z), (x, y, z), radius, random.choice((paints.black, paints.second)), edge=0.008)
    glass = rod((x, y + 0.004, z), (x, y - 0.006, z), radius * random.uniform(0.8, 0.95), paints.glass)
    lens = radius * random.uniform(0.22, 0.42)
    ring = rod((x, y, z), (x, y - 0.012, z), lens * 1.25, random.choice((paints.black, paints.metal)))
    eye = ball((x, y - 0.008, z), lens, paints.lens, (1, 0.35, 1), only="front")
    model.body += [bezel, glass, ring, eye]
    kind = random.random()
    if kind < 0.65:
        count, where = random.choice((2, 4, 6, 12, 18, 24)), radius * random.uniform(0.6, 0.72)
        size = radius * (0.2 if count < 5 else 0.09)
        paint = random.choice((paints.lamp, paints.lamp, paints.white_lamp))
        turn = random.uniform(0, math.pi)
        for k in range(count):
            angle = turn + 2 * math.pi * k / count
            at = (x + where * math.cos(angle), y - 0.006, z + where * math.sin(angle))
            model.body.append(rod(at, (at[0], at[1] - 0.006, at[2]), size, paint, sides=14))


def head(model: Model, paints: Paints, at: Place, radius: float, turn: Matrix, paint: Any) -> None:
    """A ball with a flat face, turned towards what it watches."""
    share = random.uniform(0.5, 0.72)
    flat = math.sqrt(1 - share**2)
    before = len(model.body)
    model.body.append(ball((0, 0, 0), radius, paint, flat=flat))
    front(model, paints, -radius * (flat + 0.01), 0, radius * share * 1.02)
    place = Matrix.Translation(at) @ turn
    for part in model.body[before:]:
        part.matrix_world = place @ part.matrix_world


def looking(low: float, high: float, aside: float) -> Matrix:
    """A turn of the eye: down by an angle from ``low`` to ``high``, and up to ``aside`` to either side."""
    return Euler((random.uniform(low, high), 0, random.uniform(-aside, aside)), "XYZ").to_matrix().to_4x4()
