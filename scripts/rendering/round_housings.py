"""Housings that hang: domes, turrets, positioners, several eyes on a ring, fisheyes."""

from __future__ import annotations

import math
import random

from scripts.rendering.eyes import head, looking
from scripts.rendering.mounts import overhead
from scripts.rendering.paints import Paints, begun
from scripts.rendering.shapes import Model, ball, block, face, rod, turned

from mathutils import Matrix  # isort: skip  # Blender's, which shapes has imported


def dome() -> Model:
    """Under a ceiling, or on an arm or a wall; the bowl hangs down."""
    model, paints = begun("dome")
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


def turret() -> Model:
    model, paints = begun("turret")
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
    head(model, paints, (0, 0, -0.1), eye, looking(0.1, 1.2, 0.9), paints.second)
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
    model, paints = begun("ptz")
    radius = 0.42
    cap = (speed_dome if random.random() < 0.6 else fork)(model, paints, radius)
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


def speed_dome(model: Model, paints: Paints, radius: float) -> float:
    """A bowl of smoked glass, or a ball with a window, under a cap; returns the cap's height."""
    cap = random.uniform(0.42, 0.65)
    profile = [
        (0.001, cap),
        (radius * 0.5, cap),
        (radius, cap * 0.5),
        (radius * 1.02, 0.0),
        (radius * 0.9, -0.05),
    ]
    model.body.append(turned(profile, (0, 0, 0), paints.body))
    bowl = radius * 0.88
    if random.random() < 0.5:
        model.body.append(ball((0, 0, -0.02), bowl, paints.smoked, only="lower"))
        model.body.append(ball((0, 0, -0.06), bowl * 0.5, paints.black))
        return cap
    drop = random.uniform(0.04, 0.16)
    head(
        model,
        paints,
        (0, 0, -drop),
        bowl,
        looking(0.1, 1.1, 1.2),
        random.choice((paints.second, paints.black)),
    )
    return cap


def fork(model: Model, paints: Paints, radius: float) -> float:
    """A head between two arms under a cap; returns the cap's height."""
    cap = random.uniform(0.25, 0.4)
    profile = [(0.001, cap), (radius * 0.8, cap), (radius * 0.9, 0.1), (radius * 0.7, 0.0)]
    model.body.append(turned(profile, (0, 0, 0), paints.body))
    size = radius * random.uniform(0.75, 0.95)
    for side in (-1, 1):
        model.body.append(block((0.1, size, 0.5), (side * size * 1.02, 0, -0.2), paints.body, 0.04))
    head(model, paints, (0, 0, -0.38), size, looking(0.0, 1.0, 0.15), paints.second)
    return cap


def multi() -> Model:
    model, paints = begun("multi")
    radius, tall = 0.55, random.uniform(0.15, 0.3)
    model.body.append(
        turned(
            [(0.001, tall), (radius * 0.8, tall), (radius, tall * 0.4), (radius, 0.0), (0.001, -0.02)],
            (0, 0, 0),
            paints.body,
        )
    )
    count = random.choice((2, 3, 4, 4))
    size, eyes = radius * random.uniform(0.28, 0.38), random.choice((paints.second, paints.black))
    for k in range(count):
        angle = 2 * math.pi * k / count + 0.4
        at = (radius * 0.62 * math.cos(angle), radius * 0.62 * math.sin(angle), -0.05)
        outward = Matrix.Rotation(angle + math.pi / 2, 4, "Z") @ looking(0.2, 0.9, 0.4)
        head(model, paints, at, size, outward, eyes)
    overhead(model, paints, tall, radius)
    return model


def fisheye() -> Model:
    model, paints = begun("fisheye")
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
