"""Random paints, front glasses and bubbles of camera housings; colours are linear BGR."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scripts.drawing import tracer
from scripts.drawing.tracer import Colour, Distance, Floats, Part, Points, floats

Random = np.random.Generator

_PAINTS = (
    ((0.70, 0.72, 0.73), 0.56),
    ((0.42, 0.43, 0.43), 0.17),
    ((0.38, 0.50, 0.56), 0.13),
    ((0.075, 0.075, 0.075), 0.11),
    ((0.016, 0.016, 0.017), 0.13),
)
DARK = (0.010, 0.010, 0.011)


@dataclass(frozen=True, slots=True)
class Paint:
    colour: Colour
    gloss: float
    sharpness: float


def random_paint(random: Random) -> Paint:
    shares = np.array([share for _, share in _PAINTS])
    base = floats(_PAINTS[int(random.choice(len(_PAINTS), p=shares / shares.sum()))][0])
    base = floats(base * random.uniform(0.82, 1.06) * random.uniform(0.97, 1.03, 3))
    glossy = random.random() < 0.5
    return Paint(
        _soiled(base, random),
        float(random.uniform(0.03, 0.06) if glossy else random.uniform(0.004, 0.015)),
        float(random.uniform(60, 220) if glossy else random.uniform(8, 25)),
    )


def _soiled(base: Floats, random: Random) -> Colour:
    """Plain paint with blotches and streaks of dirt from a few slow waves."""
    waves = floats(random.normal(0, 1, (4, 3)) * np.array([70, 35, 70]))
    phases = floats(random.uniform(0, 6.28, 4))
    amount = np.float32(random.choice([0.02, 0.05, 0.14], p=[0.5, 0.35, 0.15]))
    tint = floats((0.75, 0.92, 1.0))

    def colour(points: Points) -> Floats:
        dirt = np.clip(np.sin(points @ waves.T + phases).sum(1) * 0.5, 0, 2)[:, None] * amount
        return floats(base * (1 - dirt) + base * tint * dirt * 0.5)

    return colour


def painted(solid: Distance, paint: Paint, housing: bool = True) -> Part:
    return Part(solid, paint.colour, paint.gloss, paint.sharpness, housing)


def front_glass(radius: float, random: Random, rectangular: bool = False) -> Colour:
    """A front glass about the local z axis: one or two lenses, a ring or rows of diodes, or bare glass."""
    lens = float(random.uniform(0.22, 0.55))
    lenses = 2 if random.random() < 0.12 else 1
    diodes = 0 if rectangular else int(random.choice([0, 2, 4, 6, 8, 12, 18, 24]))
    size = min(0.16, 1.5 / max(diodes, 6))
    ring, shift = float(random.uniform(0.68, 0.8)), float(random.uniform(0, 3))
    glass = floats(DARK) * np.float32(random.choice([0.6, 1.0, 3.0]))
    barrel = float(random.choice([0.03, 0.10, 0.35]))
    glow = floats((0.10, 0.085, 0.10)) * np.float32(random.uniform(0.4, 3))
    if lenses == 2:
        lens = min(lens, 0.3)

    def colour(points: Points) -> Floats:
        x, y = points[:, 0] / np.float32(radius), points[:, 1] / np.float32(radius)
        result = np.tile(glass, (len(points), 1))
        if not rectangular:
            result[np.hypot(x, y) > 0.94] = 0.05
        if diodes:
            step = 2 * np.pi / diodes
            angle = np.round((np.arctan2(y, x) - shift) / step) * step + shift
            away = np.hypot(x - ring * np.cos(angle), y - ring * np.sin(angle))
            result[away < size] = glow
            result[away < size * 0.45] = glow * 2.2
        for centre in (0.0,) if lenses == 1 else (-0.36, 0.36):
            out = np.hypot(x, y - centre) / np.float32(lens)
            result[out < 1.0] = barrel
            result[out < 0.84] = 0.006
            result[out < 0.52] = (0.045, 0.022, 0.030)
            result[out < 0.26] = 0.004
        return floats(result)

    return colour


def bubble_glass(drop: float, wall: bool, random: Random) -> Colour:
    """Smoked or clear glass; the lens module and its dark slot show through on one side."""
    yaw = float(random.uniform(130, 230) if wall else random.uniform(-180, 180))
    look = floats(tracer.rotation(yaw, float(-random.uniform(20, 75))) @ np.array([0, 0, 1.0]))
    clear = random.random() < 0.4
    base = floats((0.16, 0.16, 0.16) if clear else (0.016, 0.015, 0.015)) * np.float32(
        random.uniform(0.5, 1.6)
    )
    ball = floats(base * (2.2 if clear else 1.8) + 0.01)

    def colour(points: Points) -> Floats:
        share = tracer.unit(floats(points - floats((0, drop, 0)))) @ look
        result = np.tile(base, (len(points), 1))
        result[share > 0.70] = ball
        result[share > 0.86] = 0.008
        result[share > 0.975] = (0.05, 0.028, 0.035)
        result[share > 0.992] = 0.004
        return floats(result)

    return colour
