"""Arms, poles, boxes and cables between a thing and its wall, ceiling or post."""

from __future__ import annotations

import random

from scripts.rendering.paints import Paints
from scripts.rendering.shapes import Model, Place, ball, block, cable, rod


def wall_arm(model: Model, paints: Paints, at: Place, thick: float) -> None:
    """From the underside or back of a housing to a plate on a wall or ceiling, or to a pole."""
    x, y, z = at
    kind = random.random()
    side = random.uniform(-0.25, 0.25)
    if kind < 0.35:  # a wall behind
        elbow = (x + side * 0.3, y + random.uniform(0.0, 0.15), z - random.uniform(0.12, 0.3))
        foot = (x + side, y + random.uniform(0.35, 0.7), elbow[2] + random.uniform(-0.1, 0.1))
        plate, out = (foot[0], foot[1] + 0.04, foot[2]), (0, 1)
    elif kind < 0.6:  # a ceiling above: the arm comes over the top
        elbow = (x, y, z + random.uniform(0.3, 0.45))
        foot = (x + side, y + random.uniform(-0.1, 0.2), z + random.uniform(0.5, 0.8))
        plate, out = (foot[0], foot[1], foot[2] + 0.04), (1, 0)
    else:  # a post below
        elbow = (x, y, z - random.uniform(0.1, 0.2))
        foot = (x, y, z - random.uniform(0.3, 0.6))
        plate, out = (foot[0], foot[1], foot[2] - 0.04), (1, 0)
    model.mount += [
        rod(at, elbow, thick, paints.mount),
        ball(elbow, thick * random.uniform(1.2, 1.8), paints.mount),
        rod(elbow, foot, thick * random.uniform(0.8, 1.2), paints.mount),
        rod(foot, plate, thick * random.uniform(2.0, 3.4), paints.mount, edge=0.01),
    ]
    if random.random() < 0.3:
        box = random.uniform(0.12, 0.2)
        depth = box if out == (0, 1) else 0.0
        model.mount.append(
            block(
                (2 * box, 2 * box, 2 * box),
                (plate[0], plate[1] + depth, plate[2] - (box if not depth else 0)),
                paints.mount,
                0.03,
            )
        )
    if random.random() < 0.45:
        tail = (x, y + 0.25, z - 0.1)
        points = [at, (x + side, y + 0.15, z - random.uniform(0.1, 0.35)), tail, foot]
        model.mount.append(cable(points, random.uniform(0.01, 0.02), paints.wire))


def overhead(model: Model, paints: Paints, top: float, radius: float) -> None:
    """What a thing that hangs is fixed to: nothing seen, a ceiling, a pipe or an arm from a wall."""
    kind = random.random()
    thick = random.uniform(0.05, 0.09)
    if kind < 0.35:
        return
    if kind < 0.5:
        high = random.uniform(0.05, 0.25)
        model.mount.append(
            rod((0, 0, top), (0, 0, top + high), radius * random.uniform(0.8, 1.1), paints.mount, edge=0.02)
        )
    elif kind < 0.7:
        model.mount.append(rod((0, 0, top), (0, 0, top + random.uniform(0.5, 1.2)), thick, paints.mount))
        model.mount.append(rod((0, 0, top), (0, 0, top + 0.1), radius * 0.6, paints.mount, tip=thick))
    else:
        rise, reach = random.uniform(0.15, 0.4), random.uniform(0.6, 1.1)
        points = [(0, 0, top), (0, 0, top + rise), (0, reach * 0.3, top + rise * 1.3), (0, reach, top + rise)]
        model.mount.append(cable(points, thick, paints.mount))
        model.mount.append(
            rod((0, 0, top), (0, 0, top + 0.12), radius * random.uniform(0.4, 0.9), paints.mount, tip=thick)
        )
        model.mount.append(block((0.3, 0.06, 0.4), (0, reach + 0.03, top + rise), paints.mount, 0.02))
