"""Camera housings of nine forms with random proportions, materials, mounts and names."""

from __future__ import annotations

import math
import random
from typing import Any

from scripts.rendering.shapes import Colour, Model, ball, block, cable, face, material, rod, shell, turned

from mathutils import Euler, Matrix  # isort: skip  # Blender's, which shapes has imported

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


def shade() -> Colour:
    """White most often, as sold; then grey, black, beige."""
    kind = random.random()
    if kind < 0.6:
        level = random.uniform(0.62, 0.9)
        return level, level * random.uniform(0.97, 1.0), level * random.uniform(0.9, 1.0)
    if kind < 0.78:
        level = random.uniform(0.12, 0.45)
        return level, level, level * random.uniform(1.0, 1.08)
    if kind < 0.93:
        level = random.uniform(0.01, 0.05)
        return level, level, level
    return random.uniform(0.4, 0.6), random.uniform(0.33, 0.45), random.uniform(0.2, 0.3)


def dirt() -> float:
    return random.uniform(0.2, 0.9) if random.random() < 0.35 else 0.0


class Paints:
    """The materials of one camera."""

    def __init__(self) -> None:
        colour = shade()
        self.colour = colour
        self.body = material(colour, random.uniform(0.25, 0.6), dirt=dirt())
        second = colour if random.random() < 0.7 else shade()
        self.second = material(second, random.uniform(0.25, 0.6), dirt=dirt())
        self.black = material((0.012, 0.012, 0.014), random.uniform(0.1, 0.5))
        self.glass = material((0.01, 0.01, 0.013), 0.04)
        self.smoked = material((0.012, 0.012, 0.014), 0.03, clear=random.choice((0.0, 0.0, 0.6)))
        self.lens = material((0.02, 0.01, random.uniform(0.02, 0.08)), 0.02)
        self.lamp = material((0.25, 0.05, 0.07), 0.25)
        self.white_lamp = material((0.85, 0.8, 0.5), 0.3)
        self.metal = material((0.5, 0.5, 0.5), random.uniform(0.25, 0.6), metal=1.0, dirt=dirt())
        self.mount = self.body if random.random() < 0.65 else random.choice((self.metal, self.second))
        self.wire = material(random.choice(((0.02, 0.02, 0.02), (0.6, 0.6, 0.6))), 0.5)


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


def wall_arm(model: Model, paints: Paints, at: tuple[float, float, float], thick: float) -> None:
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


def bullet() -> Model:
    model, paints = Model("bullet"), Paints()
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
    model, paints = Model("box"), Paints()
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


def dome() -> Model:
    """Under a ceiling, or on an arm or a wall; the bowl hangs down."""
    model, paints = Model("dome"), Paints()
    tall, flare = random.uniform(0.12, 0.4), random.uniform(0.8, 1.0)
    radius = 0.5
    bowl = radius * random.uniform(0.6, 0.86)
    model.body.append(
        turned(
            [
                (0.001, tall),
                (radius * flare, tall),
                (radius * flare, tall * 0.9),
                (radius, tall * random.uniform(0.1, 0.5)),
                (radius * 0.97, 0.0),
                (bowl, -0.02),
            ],
            (0, 0, 0),
            paints.body,
        )
    )
    drop = random.uniform(0.7, 1.0)
    model.body.append(ball((0, 0, -0.01), bowl, paints.smoked, (1, 1, drop), only="lower"))
    eye = bowl * random.uniform(0.4, 0.55)
    aim = random.uniform(-1.2, 1.2)
    model.body.append(
        ball((0, 0, -0.06), eye, random.choice((paints.black, paints.second)), (1, 1, 0.95), only="lower")
    )
    look = (math.sin(aim) * eye * 0.75, -math.cos(aim) * eye * 0.75, -0.06 - eye * 0.55)
    model.body.append(ball(look, eye * 0.4, paints.lens))
    overhead(model, paints, tall, radius)
    model.faces = [
        face(
            (radius * math.sin(a), -radius * math.cos(a), tall * 0.35),
            (math.cos(a), math.sin(a), 0),
            (math.sin(a), -math.cos(a), 0),
            random.uniform(0.2, 0.35),
        )
        for a in (random.uniform(-0.9, 0.9),)
    ]
    return model


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


def turret() -> Model:
    model, paints = Model("turret"), Paints()
    radius, tall = 0.5, random.uniform(0.14, 0.35)
    eye = radius * random.uniform(0.66, 0.84)
    model.body.append(
        turned(
            [
                (0.001, tall),
                (radius * random.uniform(0.85, 1.0), tall),
                (radius, tall * 0.5),
                (radius * 0.96, 0.02),
                (eye * 1.02, -0.05),
            ],
            (0, 0, 0),
            paints.body,
        )
    )
    model.body.append(ball((0, 0, -0.1), eye, paints.second))
    pitch, aim = random.uniform(-0.2, 0.9), random.uniform(-0.9, 0.9)
    before = len(model.body)
    front(model, paints, -eye * 0.86, 0, eye * random.uniform(0.5, 0.66))
    turn = Matrix.Translation((0, 0, -0.1)) @ Euler((pitch, 0, aim), "XYZ").to_matrix().to_4x4()
    for part in model.body[before:]:
        part.matrix_world = turn @ part.matrix_world
    overhead(model, paints, tall, radius)
    a = random.uniform(-0.9, 0.9)
    model.faces = [
        face(
            (radius * math.sin(a), -radius * math.cos(a), tall * 0.5),
            (math.cos(a), math.sin(a), 0),
            (math.sin(a), -math.cos(a), 0),
            random.uniform(0.2, 0.35),
        )
    ]
    return model


def ptz() -> Model:
    model, paints = Model("ptz"), Paints()
    radius = 0.42
    if random.random() < 0.5:  # speed dome: a ball with a window under a cap
        cap = random.uniform(0.3, 0.6)
        model.body.append(
            turned(
                [
                    (0.001, cap),
                    (radius * 0.5, cap),
                    (radius, cap * 0.5),
                    (radius * 1.02, 0.0),
                    (radius * 0.9, -0.05),
                ],
                (0, 0, 0),
                paints.body,
            )
        )
        model.body.append(
            ball((0, 0, -0.02), radius * 0.88, random.choice((paints.smoked, paints.second)), only="lower")
        )
        before, low = len(model.body), -0.02
        front(model, paints, -radius * 0.8, 0, radius * random.uniform(0.3, 0.45))
    else:  # a head in a fork
        cap = random.uniform(0.25, 0.4)
        model.body.append(
            turned(
                [(0.001, cap), (radius * 0.8, cap), (radius * 0.9, 0.1), (radius * 0.7, 0.0)],
                (0, 0, 0),
                paints.body,
            )
        )
        head = radius * random.uniform(0.75, 0.95)
        for side in (-1, 1):
            model.body.append(block((0.1, head, 0.5), (side * head * 1.02, 0, -0.2), paints.body, 0.04))
        model.body.append(ball((0, 0, -0.38), head, paints.second))
        before, low = len(model.body), -0.38
        front(model, paints, -head * 0.8, 0, head * random.uniform(0.45, 0.6))
    turn = (
        Matrix.Translation((0, 0, low))
        @ Euler((random.uniform(0, 0.9), 0, random.uniform(-1, 1)), "XYZ").to_matrix().to_4x4()
    )
    for part in model.body[before:]:
        part.matrix_world = turn @ part.matrix_world
    overhead(model, paints, cap, radius)
    a = random.uniform(-0.9, 0.9)
    model.faces = [
        face(
            (radius * math.sin(a), -radius * math.cos(a), cap * 0.3),
            (math.cos(a), math.sin(a), 0),
            (math.sin(a), -math.cos(a), 0),
            random.uniform(0.25, 0.4),
        )
    ]
    return model


def multi() -> Model:
    model, paints = Model("multi"), Paints()
    radius, tall = 0.55, random.uniform(0.15, 0.3)
    model.body.append(
        turned(
            [(0.001, tall), (radius * 0.8, tall), (radius, tall * 0.4), (radius, 0.0), (0.001, -0.02)],
            (0, 0, 0),
            paints.body,
        )
    )
    count = random.choice((2, 3, 4, 4))
    for k in range(count):
        angle = 2 * math.pi * k / count + 0.4
        at = (radius * 0.62 * math.cos(angle), radius * 0.62 * math.sin(angle), -0.05)
        model.body.append(
            ball(at, radius * random.uniform(0.26, 0.36), random.choice((paints.second, paints.smoked)))
        )
        tip = (at[0] * 1.4, at[1] * 1.4, at[2] - 0.1)
        model.body.append(ball(tip, radius * 0.13, paints.lens))
    overhead(model, paints, tall, radius)
    return model


def fisheye() -> Model:
    model, paints = Model("fisheye"), Paints()
    radius, tall = 0.5, random.uniform(0.12, 0.22)
    model.body.append(
        turned(
            [
                (0.001, tall),
                (radius, tall),
                (radius * 0.98, tall * 0.4),
                (radius * 0.5, -0.04),
                (0.001, -0.05),
            ],
            (0, 0, 0),
            paints.body,
        )
    )
    model.body.append(rod((0, 0, -0.02), (0, 0, -0.09), radius * 0.3, paints.black))
    model.body.append(ball((0, 0, -0.08), radius * 0.22, paints.lens, (1, 1, 0.8), only="lower"))
    overhead(model, paints, tall, radius)
    return model


def alpr() -> Model:
    """A housing with a wide front full of lamps, on a pole, sometimes with a solar panel's box beside."""
    model, paints = Model("alpr"), Paints()
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
    model, paints = Model("doorbell"), Paints()
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


BUILDERS: dict[str, Any] = {
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


def random_housing() -> Model:
    (form,) = random.choices(list(FORMS), list(FORMS.values()))
    model: Model = BUILDERS[form]()
    return model
