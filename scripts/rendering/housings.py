"""Camera housings of nine forms with random proportions, materials, mounts and names."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from scripts.rendering.eyes import front
from scripts.rendering.mounts import wall_arm
from scripts.rendering.paints import begun
from scripts.rendering.round_housings import dome, fisheye, multi, ptz, turret
from scripts.rendering.shapes import Model, ball, block, face, material, rod, shell

FORMS = {
    "bullet": 0.30,
    "dome": 0.16,
    "turret": 0.14,
    "ptz": 0.14,
    "box": 0.10,
    "multi": 0.05,
    "fisheye": 0.03,
    "alpr": 0.04,
    "doorbell": 0.04,
}
"""How often each is met."""


def bullet() -> Model:
    model, paints = begun("bullet")
    radius, length = random.uniform(0.15, 0.27), 1.0
    square = random.random() < 0.35
    if square:
        tall = radius * random.uniform(1.5, 1.9)
        model.body.append(
            block((2 * radius, length, tall), (0, 0, 0), paints.body, radius * random.uniform(0.2, 0.7))
        )
    else:
        tall = 2 * radius
        model.body.append(
            rod(
                (0, -length / 2, 0),
                (0, length / 2, 0),
                radius,
                paints.body,
                tip=radius * random.uniform(0.75, 1.0),
                edge=0.02,
            )
        )
    front(model, paints, -length / 2 - 0.015, 0, min(radius, tall / 2) * random.uniform(0.86, 0.98))
    if random.random() < 0.65:
        reach = random.uniform(0.05, 0.22)
        cover = random.uniform(0.6, 1.0)
        if square or random.random() < 0.25:
            hood = block(
                (2.15 * radius, length * cover + reach, 0.025),
                (0, -length / 2 - reach + (length * cover + reach) / 2, tall / 2 + 0.02),
                paints.second,
                0.01,
            )
        else:
            hood = shell(
                length * cover + reach,
                radius * random.uniform(1.04, 1.14),
                (0, -length / 2 - reach + (length * cover + reach) / 2, 0.01),
                paints.second,
                random.uniform(0.3, 0.6),
            )
        model.body.append(hood)
    if random.random() < 0.5:
        model.body.append(rod((0, 0.42, 0), (0, 0.56, 0), radius * 0.7, paints.black, tip=radius * 0.5))
    wall_arm(model, paints, (0, random.uniform(0.1, 0.4), -tall / 2), random.uniform(0.035, 0.07))
    spot, room = random.uniform(-0.3, 0.2), random.uniform(0.25, 0.5)
    edge = radius + (0.0 if square else 0.002)
    model.faces = [
        face((edge, spot, 0), (0, 1, 0), (1, 0, 0), room),
        face((-edge, spot, 0), (0, -1, 0), (-1, 0, 0), room),
    ]
    return model


def box() -> Model:
    model, paints = begun("box")
    wide, tall = random.uniform(0.26, 0.4), random.uniform(0.22, 0.36)
    model.body.append(block((wide, 1.0, tall), (0, 0, 0), paints.body, random.uniform(0.01, 0.06)))
    model.body.append(block((wide * 0.84, 0.02, tall * 0.8), (0, -0.5, 0), paints.glass, 0.01))
    radius = min(wide, tall) * random.uniform(0.2, 0.34)
    model.body.append(rod((0, -0.49, 0), (0, -0.53, 0), radius, paints.black))
    model.body.append(ball((0, -0.52, 0), radius * 0.75, paints.lens, (1, 0.4, 1), only="front"))
    if random.random() < 0.75:
        reach = random.uniform(0.03, 0.2)
        model.body.append(
            block((wide * 1.1, 1.0 + reach, 0.025), (0, -reach / 2, tall / 2 + 0.03), paints.second, 0.01)
        )
        if random.random() < 0.6:
            for side in (-1, 1):
                model.body.append(
                    block(
                        (0.02, 1.0 + reach, tall * random.uniform(0.3, 0.8)),
                        (side * wide * 0.55, -reach / 2, tall * 0.25),
                        paints.second,
                        0.005,
                    )
                )
    if random.random() < 0.25:
        model.body.append(rod((wide * 0.2, -0.52, -tall * 0.4), (0, -0.52, tall * 0.2), 0.008, paints.black))
    wall_arm(model, paints, (0, random.uniform(0.0, 0.3), -tall / 2), random.uniform(0.04, 0.08))
    room = random.uniform(0.25, 0.5)
    model.faces = [
        face((wide / 2 + 0.002, random.uniform(-0.2, 0.2), 0), (0, 1, 0), (1, 0, 0), room),
        face((-wide / 2 - 0.002, random.uniform(-0.2, 0.2), 0), (0, -1, 0), (-1, 0, 0), room),
    ]
    return model


def alpr() -> Model:
    """A housing with a wide front full of lamps, on a pole, sometimes with a solar panel's box beside."""
    model, paints = begun("alpr")
    wide, tall, deep = random.uniform(0.4, 0.6), random.uniform(0.3, 0.5), random.uniform(0.5, 0.9)
    model.body.append(block((wide, deep, tall), (0, 0, 0), paints.body, 0.03))
    model.body.append(block((wide * 0.9, 0.02, tall * 0.86), (0, -deep / 2, 0), paints.glass, 0.01))
    for k in range(random.choice((1, 2))):
        x = (k - 0.25) * wide * 0.4
        model.body.append(rod((x, -deep / 2, 0), (x, -deep / 2 - 0.02, 0), tall * 0.2, paints.black))
        model.body.append(ball((x, -deep / 2 - 0.01, 0), tall * 0.15, paints.lens, (1, 0.4, 1), only="front"))
    columns, rows = random.randint(3, 6), random.randint(2, 4)
    for column in range(columns):
        for row in range(rows):
            at = ((column / columns - 0.4) * wide * 0.8, -deep / 2 - 0.012, (row / rows - 0.4) * tall * 0.8)
            model.body.append(rod(at, (at[0], at[1] - 0.005, at[2]), 0.018, paints.lamp, sides=10))
    if random.random() < 0.6:
        model.body.append(
            block((wide * 1.1, deep * 1.25, 0.02), (0, -deep * 0.1, tall / 2 + 0.02), paints.second, 0.005)
        )
    model.mount.append(rod((0, deep * 0.2, -tall / 2), (0, deep * 0.2, -tall / 2 - 0.25), 0.05, paints.mount))
    model.mount.append(
        rod((0, deep * 0.6, -1.4), (0, deep * 0.6, 0.8), random.uniform(0.06, 0.12), paints.metal)
    )
    model.faces = [
        face((wide / 2 + 0.002, 0, 0), (0, 1, 0), (1, 0, 0), 0.35),
        face((-wide / 2 - 0.002, 0, 0), (0, -1, 0), (-1, 0, 0), 0.35),
    ]
    return model


def doorbell() -> Model:
    """A doorbell, or a small upright camera for a room."""
    model, paints = begun("doorbell")
    wide, deep = random.uniform(0.34, 0.6), random.uniform(0.12, 0.4)
    model.body.append(block((wide, deep, 1.0), (0, 0, 0), paints.body, random.uniform(0.03, 0.15)))
    model.body.append(
        block((wide * 0.86, 0.02, random.uniform(0.35, 0.9)), (0, -deep / 2, 0.02), paints.glass, 0.05)
    )
    radius = wide * random.uniform(0.16, 0.28)
    model.body.append(rod((0, -deep / 2, 0.25), (0, -deep / 2 - 0.03, 0.25), radius, paints.black))
    model.body.append(
        ball((0, -deep / 2 - 0.02, 0.25), radius * 0.75, paints.lens, (1, 0.4, 1), only="front")
    )
    if random.random() < 0.6:
        ring = material((0.2, 0.5, 0.9), 0.3, glow=random.choice((0.0, 2.0)))
        model.body.append(rod((0, -deep / 2, -0.25), (0, -deep / 2 - 0.015, -0.25), wide * 0.25, ring))
        model.body.append(rod((0, -deep / 2, -0.25), (0, -deep / 2 - 0.02, -0.25), wide * 0.2, paints.second))
    else:
        model.mount.append(rod((0, 0, -0.5), (0, 0, -0.62), wide * 0.6, paints.mount, edge=0.02))
    model.faces = [face((0, -deep / 2 - 0.012, -0.42), (1, 0, 0), (0, -1, 0), 0.25)]
    return model


BUILDERS: dict[str, Callable[[], Model]] = {
    "bullet": bullet,
    "dome": dome,
    "turret": turret,
    "ptz": ptz,
    "box": box,
    "multi": multi,
    "fisheye": fisheye,
    "alpr": alpr,
    "doorbell": doorbell,
}


def random_housing(forms: Sequence[str] = ()) -> tuple[Model, bool]:
    """One of all forms as often as it is met, or of ``forms`` only; it may be seen from everywhere."""
    chosen = list(forms) or list(FORMS)
    (form,) = random.choices(chosen, [FORMS[each] for each in chosen])
    return BUILDERS[form](), False
