"""The colours and materials of one thing."""

from __future__ import annotations

import random

from scripts.rendering.shapes import Colour, Model, material


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
    return random.uniform(0.15, 0.7) if random.random() < 0.3 else 0.0


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


def begun(form: str) -> tuple[Model, Paints]:
    """A thing with nothing to it yet, and what to paint it with."""
    paints = Paints()
    return Model(form, colour=paints.colour), paints
