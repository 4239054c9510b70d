"""What the sample photos show: five house fronts, the cameras on them, the light and the standpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from scripts.drawing import facade as walls
from scripts.drawing import housings, tracer
from scripts.drawing.facade import Facade
from scripts.drawing.tracer import Light, Part, floats


@dataclass(frozen=True, slots=True)
class View:
    """A pinhole camera: ``eye`` and ``target`` in metres, ``span`` the metres across at the target."""

    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    span: float


@dataclass(frozen=True, slots=True)
class Rig:
    """One camera on the wall, with what its label says."""

    parts: list[Part]
    at: tuple[float, float, float]
    reach: float
    form: str
    text: str | None
    vendor: str | None


@dataclass(frozen=True, slots=True)
class Scene:
    name: str
    width: int
    height: int
    view: View
    front: Callable[[np.random.Generator, float], Facade]
    light: Light
    quality: int
    rigs: list[Rig] = field(default_factory=list)


def _sunny(x: float, y: float, z: float, strength: float = 1.0) -> Light:
    return Light(
        sun=tracer.unit(floats([[x, y, z]]))[0],
        sun_colour=floats([0.78, 0.88, 0.98]) * np.float32(strength),
        sky_colour=floats([0.62, 0.50, 0.42]),
        ground_colour=floats([0.22, 0.25, 0.27]),
    )


def _blank(
    generator: np.random.Generator,
    scale: float,
    size: tuple[float, float],
    left: float,
    top: float,
    bricks: bool,
) -> Facade:
    height, width = round(size[1] * scale), round(size[0] * scale)
    if bricks:
        return Facade(walls.brick(generator, height, width, scale), scale, left, top)
    return Facade(walls.plaster(generator, height, width, (0.42, 0.55, 0.62)), scale, left, top)


def _brick_corner(generator: np.random.Generator, scale: float) -> Facade:
    front = _blank(generator, scale, (4.2, 3.6), -2.1, 2.1, bricks=True)
    walls.window(front, 0.35, -1.2, 0.9, 1.0)
    return front


def _plain_plaster(generator: np.random.Generator, scale: float) -> Facade:
    return _blank(generator, scale, (3.2, 2.8), -1.6, 1.4, bricks=False)


def _long_front(generator: np.random.Generator, scale: float) -> Facade:
    front = _blank(generator, scale, (9.0, 6.4), -4.5, 2.25, bricks=True)
    for left in (-2.7, -0.5, 1.7):
        walls.window(front, left, -0.2, 1.0, 1.5)
    walls.window(front, -2.7, -2.6, 1.0, 1.5)
    walls.door(front, -0.5, -3.4, 1.0, 2.2)
    walls.window(front, 1.7, -2.6, 1.0, 1.5)
    return front


def _quiet_street(generator: np.random.Generator, scale: float) -> Facade:
    front = _blank(generator, scale, (12.0, 6.4), -6.0, 3.2, bricks=False)
    for left in (-4.6, -2.4, -0.2, 2.0):
        walls.window(front, left, 0.6, 1.1, 1.6)
    for left in (-4.6, -2.4, 2.0):
        walls.window(front, left, -2.0, 1.1, 1.6)
    walls.door(front, -0.2, -2.9, 1.1, 2.4)
    return front


def _shop_front(generator: np.random.Generator, scale: float) -> Facade:
    front = _blank(generator, scale, (8.0, 5.6), -4.0, 2.6, bricks=True)
    walls.sign(front, (-2.3, 0.25, 2.3, 1.05), "DAHUA")
    walls.window(front, -2.3, -1.9, 1.5, 1.8)
    walls.door(front, -0.45, -2.4, 1.0, 2.3)
    walls.window(front, 0.9, -1.9, 1.4, 1.8)
    return front


def scenes() -> list[Scene]:
    """All samples; sizes of cameras are those of a phone's photo from the pavement."""
    bullet = (-0.32, 0.12, 0.0)
    near_turret = (0.46, 0.34, 0.0)
    close = (-0.06, -0.06, 0.0)
    far = [(-1.25, 1.35, 0.0), (0.85, 1.45, 0.0), (1.35, 0.9, 0.0)]
    return [
        Scene(
            "corner",
            1600,
            1200,
            View((0.5, -0.9, 2.6), (0.05, 0.1, 0.0), 1.9),
            _brick_corner,
            _sunny(0.45, 0.75, 0.6),
            90,
            [
                Rig(
                    housings.bullet(bullet, 62, -16, "HIKVISION"),
                    bullet,
                    0.40,
                    "bullet",
                    "HIKVISION",
                    "hikvision",
                ),
                Rig(
                    housings.turret(near_turret, -18, -28, "UNV"),
                    near_turret,
                    0.36,
                    "turret",
                    "UNV",
                    "uniview",
                ),
            ],
        ),
        Scene(
            "close",
            1600,
            1200,
            View((0.35, -0.42, 1.5), (0.04, 0.0, 0.1), 0.85),
            _plain_plaster,
            _sunny(-0.4, 0.8, 0.7),
            90,
            [
                Rig(
                    housings.bullet(close, 58, -14, "HIKVISION"),
                    close,
                    0.40,
                    "bullet",
                    "HIKVISION",
                    "hikvision",
                )
            ],
        ),
        Scene(
            "front",
            4000,
            3000,
            View((0.8, -2.4, 4.8), (0.1, 0.55, 0.0), 4.2),
            _long_front,
            _sunny(0.5, 0.8, 0.55),
            84,
            [
                Rig(
                    housings.bullet(far[0], 64, -18, "HIKVISION"),
                    far[0],
                    0.40,
                    "bullet",
                    "HIKVISION",
                    "hikvision",
                ),
                Rig(housings.dome(far[1], None), far[1], 0.36, "dome", None, None),
                Rig(housings.turret(far[2], -30, -30, "UNV"), far[2], 0.36, "turret", "UNV", "uniview"),
            ],
        ),
        Scene(
            "street",
            1600,
            1200,
            View((1.5, -1.6, 8.0), (-0.4, 0.5, 0.0), 7.4),
            _quiet_street,
            _sunny(-0.5, 0.7, 0.6),
            90,
        ),
        Scene(
            "shop",
            1600,
            1200,
            View((-0.8, -0.9, 6.0), (0.1, 0.1, 0.0), 5.2),
            _shop_front,
            _sunny(0.4, 0.8, 0.7),
            90,
        ),
    ]
