"""Things on walls and poles that are no cameras, of the same materials and on the same mounts.

What from behind could as well be a camera is seen from the front only (``frontal``).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

from scripts.rendering.mounts import overhead, wall_arm
from scripts.rendering.paints import begun
from scripts.rendering.shapes import Model, ball, block, cable, material, rod, turned


def lamp() -> Model:
    model, paints = begun("lamp")
    glow = material((1.0, 0.95, 0.8), 0.3, glow=random.choice((0.0, 0.0, 1.5)))
    radius = random.uniform(0.3, 0.5)
    model.body.append(
        ball(
            (0, 0, 0),
            radius,
            random.choice((glow, material((0.9, 0.9, 0.88), 0.3))),
            (1, 1, random.uniform(0.7, 1.2)),
        )
    )
    model.body.append(rod((0, 0, radius * 0.7), (0, 0, radius * 1.2), radius * 0.5, paints.body))
    overhead(model, paints, radius * 1.2, radius)
    return model


def street_lamp() -> Model:
    model, paints = begun("street_lamp")
    model.body.append(block((0.32, 1.0, random.uniform(0.08, 0.18)), (0, 0, 0), paints.body, 0.05))
    pale = material((0.85, 0.85, 0.8), 0.3)
    model.body.append(block((0.26, 0.6, 0.03), (0, -0.12, -0.07), pale, 0.01))
    model.mount.append(rod((0, 0.45, 0), (0, 1.0, -0.15), 0.05, paints.metal))
    model.mount.append(rod((0, 1.0, -0.15), (0, 1.05, -1.3), 0.07, paints.metal))
    return model


def floodlight() -> Model:
    model, paints = begun("floodlight")
    wide, tall = random.uniform(0.7, 1.0), random.uniform(0.5, 0.8)
    model.body.append(block((wide, 0.18, tall), (0, 0, 0), paints.body, 0.03))
    pale = material((0.8, 0.8, 0.7), 0.15)
    model.body.append(block((wide * 0.85, 0.02, tall * 0.82), (0, -0.1, 0), pale, 0.01))
    columns, rows = random.randint(2, 8), random.randint(1, 6)
    yellow = material((0.9, 0.8, 0.25), 0.3)
    for column in range(columns):
        for row in range(rows):
            at = (
                ((column + 0.5) / columns - 0.5) * wide * 0.75,
                -0.115,
                ((row + 0.5) / rows - 0.5) * tall * 0.7,
            )
            model.body.append(block((wide * 0.4 / columns, 0.01, tall * 0.4 / rows), at, yellow, 0.0))
    for k in range(random.randint(0, 8)):
        model.body.append(block((wide * 0.9, 0.1, 0.02), (0, 0.13, (k / 8 - 0.45) * tall), paints.body, 0.0))
    wall_arm(model, paints, (0, 0.08, -tall / 2), 0.04)
    return model


def horn() -> Model:
    """A loudspeaker's horn."""
    model, paints = begun("horn")
    flare = [(0.06 + 0.42 * (k / 12) ** 2.2, k / 12 * 0.6) for k in range(13)]
    bell = turned([*flare, (0.5, 0.62), (0.44, 0.6)], (0, 0, 0), paints.body)
    bell.rotation_euler = (math.pi / 2, 0, 0)
    core = rod((0, -0.3, 0), (0, 0.25, 0), 0.13, paints.second, edge=0.02)
    model.body += [bell, core]
    wall_arm(model, paints, (0, 0.15, -0.12), 0.04)
    return model


def speaker() -> Model:
    model, paints = begun("speaker")
    wide, tall = random.uniform(0.4, 0.7), random.uniform(0.6, 1.0)
    model.body.append(block((wide, 0.4, tall), (0, 0, 0), paints.body, 0.03))
    grille = material((0.03, 0.03, 0.03), 0.8)
    model.body.append(
        block((wide * 0.9, 0.02, tall * 0.9), (0, -0.2, 0), random.choice((grille, paints.second)), 0.02)
    )
    if random.random() < 0.5:
        model.body.append(rod((0, -0.2, -0.1), (0, -0.225, -0.1), wide * 0.35, paints.black))
    wall_arm(model, paints, (0, 0.2, 0), 0.04)
    return model


def detector() -> Model:
    """A smoke or motion detector, an access point: a white thing on a ceiling without a lens."""
    model, paints = begun("detector")
    tall = random.uniform(0.1, 0.4)
    model.body.append(
        turned(
            [(0.001, tall), (0.5, tall), (0.5, tall * 0.6), (random.uniform(0.2, 0.45), 0.0), (0.001, -0.02)],
            (0, 0, 0),
            paints.body,
        )
    )
    if random.random() < 0.6:
        for k in range(14):
            angle = 2 * math.pi * k / 14
            at = (0.42 * math.cos(angle), 0.42 * math.sin(angle), tall * 0.45)
            model.body.append(block((0.03, 0.03, tall * 0.3), at, paints.black, 0.0))
    dot = material(random.choice(((0.8, 0.05, 0.05), (0.1, 0.7, 0.1), (0.1, 0.2, 0.9))), 0.2, glow=1.0)
    model.body.append(ball((0.2, -0.1, -0.005), 0.02, dot))
    return model


def siren() -> Model:
    model, paints = begun("siren")
    model.body.append(
        block((0.6, 0.22, random.uniform(0.5, 0.9)), (0, 0, 0), paints.body, random.uniform(0.02, 0.1))
    )
    hot = material(random.choice(((0.8, 0.03, 0.02), (0.9, 0.4, 0.02), (0.05, 0.15, 0.9))), 0.15)
    model.body.append(block((0.5, 0.1, 0.16), (0, -0.1, -0.3), hot, 0.03))
    return model


def beacon() -> Model:
    model, paints = begun("beacon")
    hot = material(
        random.choice(((0.8, 0.03, 0.02), (0.9, 0.4, 0.02), (0.05, 0.15, 0.9), (0.02, 0.6, 0.1))), 0.1
    )
    tall = random.uniform(0.4, 0.9)
    model.body.append(rod((0, 0, 0), (0, 0, tall), 0.3, hot, tip=0.26, edge=0.05))
    model.body.append(rod((0, 0, -0.15), (0, 0, 0), 0.36, paints.second, edge=0.02))
    model.mount.append(rod((0, 0, -0.15), (0, 0, -0.7), 0.08, paints.metal))
    return model


def dish() -> Model:
    model, paints = begun("dish")
    bowl = turned([(0.001 + 0.5 * k / 12, 0.16 * (k / 12) ** 2) for k in range(13)], (0, 0, 0), paints.body)
    bowl.rotation_euler = (math.pi / 2 - 0.4, 0, 0)
    model.body.append(bowl)
    model.body.append(rod((0, 0, -0.45), (0, -0.5, 0.05), 0.02, paints.metal))
    model.body.append(rod((0, -0.46, 0.02), (0, -0.56, 0.08), 0.06, paints.second))
    wall_arm(model, paints, (0, 0.1, -0.05), 0.05)
    return model


def traffic_light() -> Model:
    model, paints = begun("traffic_light")
    dark = random.choice((paints.black, material((0.35, 0.3, 0.03), 0.5)))
    count = random.choice((2, 3, 3))
    model.body.append(block((0.36, 0.25, 0.34 * count), (0, 0, 0), dark, 0.03))
    lit = random.randrange(count)
    colours = ((0.8, 0.02, 0.02), (0.9, 0.5, 0.02), (0.02, 0.8, 0.3))
    for k in range(count):
        z = (count - 1) * 0.17 - k * 0.34
        red, green, blue = colours[k]
        level = 1.0 if k == lit else 0.1
        paint = material((red * level, green * level, blue * level), 0.2, glow=3.0 if k == lit else 0.0)
        model.body.append(rod((0, -0.12, z), (0, -0.14, z), 0.13, paint))
        model.body.append(block((0.3, 0.2, 0.02), (0, -0.22, z + 0.14), dark, 0.0))
    model.mount.append(rod((0, 0.1, 1.2), (0, 0.1, -1.4), 0.07, paints.metal))
    return model


def meter() -> Model:
    """A cabinet, a meter, a junction box with its cables."""
    model, paints = begun("meter")
    model.body.append(
        block((random.uniform(0.4, 1.0), 0.25, random.uniform(0.4, 1.0)), (0, 0, 0), paints.body, 0.03)
    )
    if random.random() < 0.5:
        model.body.append(
            rod((0, -0.12, 0.1), (0, -0.16, 0.1), 0.15, random.choice((paints.glass, paints.second)))
        )
    for _ in range(random.randint(0, 3)):
        x = random.uniform(-0.3, 0.3)
        model.mount.append(cable([(x, 0, -0.3), (x, 0.02, -0.6), (x + 0.2, 0.1, -0.9)], 0.025, paints.wire))
    return model


def nest_box() -> Model:
    model, paints = begun("nest_box")
    wood = material((random.uniform(0.2, 0.4), random.uniform(0.12, 0.22), 0.07), 0.8, dirt=0.6)
    model.body.append(block((0.5, 0.45, 0.7), (0, 0, 0), wood, 0.01))
    model.body.append(block((0.6, 0.6, 0.05), (0, -0.03, 0.4), random.choice((wood, paints.second)), 0.01))
    model.body.append(rod((0, -0.22, 0.12), (0, -0.235, 0.12), random.uniform(0.06, 0.1), paints.black))
    return model


def access_point() -> Model:
    """Flat and white, round or square, with a lit ring or dot."""
    model, paints = begun("access_point")
    tall = random.uniform(0.08, 0.2)
    if random.random() < 0.5:
        rim = random.uniform(0.3, 0.48)
        profile = [(0.001, tall), (0.5, tall), (0.5, tall * 0.5), (rim, 0.0), (0.001, -0.01)]
        model.body.append(turned(profile, (0, 0, 0), paints.body))
    else:
        model.body.append(block((1.0, 1.0, tall), (0, 0, tall / 2), paints.body, tall * 0.45))
    blue = material((0.1, 0.3, 0.9), 0.3, glow=random.choice((0.0, 2.0)))
    if random.random() < 0.6:
        size = random.uniform(0.03, 0.16)
        model.body.append(rod((0, 0, 0), (0, 0, -0.012), size, blue))
        model.body.append(rod((0, 0, 0), (0, 0, -0.014), size * 0.8, paints.body))
    return model


def mirror() -> Model:
    """A convex traffic mirror on a post."""
    model, paints = begun("mirror")
    rim = random.choice((material((0.8, 0.25, 0.03), 0.4), paints.body, paints.black))
    silver = material((0.85, 0.85, 0.87), 0.03, metal=1.0)
    model.body.append(rod((0, 0.06, 0), (0, 0, 0), 0.5, rim, edge=0.01))
    model.body.append(ball((0, 0.0, 0), 0.45, silver, (1, 0.2, 1), only="front"))
    model.mount.append(rod((0, 0.1, 0.1), (0, 0.1, -1.0), random.uniform(0.03, 0.05), paints.metal))
    return model


def sign() -> Model:
    """A board on a post or a wall, with a border and bars in place of writing."""
    model, paints = begun("sign")
    wide, tall = random.uniform(0.5, 1.0), random.uniform(0.35, 1.0)
    ground = material(
        random.choice(((0.8, 0.8, 0.8), (0.02, 0.1, 0.5), (0.7, 0.55, 0.02), (0.6, 0.02, 0.02))), 0.4
    )
    ink = material(random.choice(((0.02, 0.02, 0.02), (0.85, 0.85, 0.85))), 0.5)
    model.body.append(block((wide, 0.02, tall), (0, 0, 0), ground, 0.008))
    for k in range(random.randint(1, 4)):
        across = wide * random.uniform(0.3, 0.8)
        model.body.append(block((across, 0.004, tall * 0.09), (0, -0.012, tall * (0.3 - 0.2 * k)), ink, 0.0))
    if random.random() < 0.7:
        model.mount.append(rod((0, 0.04, tall / 2), (0, 0.04, -1.2), 0.035, paints.metal))
    return model


def solar_panel() -> Model:
    model, paints = begun("solar_panel")
    blue = material((0.01, 0.015, 0.05), 0.1)
    wide = random.uniform(0.6, 1.0)
    model.body.append(block((wide, 0.03, 0.7), (0, 0, 0), paints.metal, 0.005))
    model.body.append(block((wide * 0.95, 0.02, 0.66), (0, -0.01, 0), blue, 0.0))
    for k in range(1, 6):
        model.body.append(block((0.006, 0.004, 0.66), ((k / 6 - 0.5) * wide, -0.021, 0), paints.metal, 0.0))
    model.mount.append(rod((0, 0.05, 0), (0, 0.25, -1.0), 0.04, paints.metal))
    return model


def nest() -> Model:
    """A bird's nest of twigs on a bracket."""
    model, paints = begun("nest")
    twig = material((0.1, 0.07, 0.04), 0.9)
    model.body.append(ball((0, 0, 0), 0.4, twig, (1, 1, random.uniform(0.4, 0.7)), only="lower"))
    for _ in range(70):
        angle, reach = random.uniform(0, 2 * math.pi), random.uniform(0.5, 1.1)
        x, y, z = 0.4 * math.cos(angle), 0.4 * math.sin(angle), random.uniform(-0.15, 0.06)
        along = (-math.sin(angle) * reach * 0.3, math.cos(angle) * reach * 0.3, random.uniform(-0.1, 0.1))
        end = (x + along[0], y + along[1], z + along[2])
        model.body.append(rod((x, y, z), end, random.uniform(0.006, 0.014), twig, sides=6))
    model.mount.append(rod((0, 0, -0.2), (0, 0.6, -0.35), 0.05, paints.metal))
    return model


def spotlight() -> Model:
    """A can with a lit face: the lamp that looks most like a camera, so from the front only."""
    model, paints = begun("spotlight")
    radius = random.uniform(0.18, 0.32)
    model.body.append(
        rod((0, -0.4, 0), (0, 0.3, 0), radius, paints.body, tip=radius * random.uniform(0.6, 1.0), edge=0.02)
    )
    pale = material((0.95, 0.9, 0.75), 0.15, glow=random.choice((0.0, 1.0, 6.0)))
    model.body.append(rod((0, -0.395, 0), (0, -0.405, 0), radius * 0.88, pale))
    wall_arm(model, paints, (0, 0.1, -radius), random.uniform(0.03, 0.05))
    return model


BUILDERS: dict[str, tuple[Callable[[], Model], bool]] = {
    "lamp": (lamp, False),
    "street_lamp": (street_lamp, False),
    "floodlight": (floodlight, True),
    "horn": (horn, False),
    "speaker": (speaker, True),
    "detector": (detector, True),
    "siren": (siren, True),
    "beacon": (beacon, False),
    "dish": (dish, False),
    "traffic_light": (traffic_light, True),
    "meter": (meter, True),
    "nest_box": (nest_box, True),
    "access_point": (access_point, True),
    "mirror": (mirror, True),
    "sign": (sign, True),
    "solar_panel": (solar_panel, False),
    "nest": (nest, False),
    "spotlight": (spotlight, True),
}


def random_lookalike(forms: Sequence[str] = ()) -> tuple[Model, bool]:
    """A thing that is no camera, of ``forms`` if any, and whether it may be seen from the front only."""
    build, frontal = BUILDERS[random.choice(list(forms) or list(BUILDERS))]
    return build(), frontal
