"""A made-up maker, Norvane, and photos of its cameras: drawn housings with its symbol and its wordmark."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from edge.domain import Pixels
from scripts.draw_samples import draw
from scripts.drawing import facade as walls
from scripts.drawing import housings, tracer
from scripts.drawing.facade import Facade
from scripts.drawing.scenes import Rig, Scene, View
from scripts.drawing.tracer import Floats, Light, Part, floats

NAME = "Norvane"
LETTERING = "NORVANE"
SIZE = (480, 360)
_AT = (0.0, 0.0, 0.0)
_BUILT: tuple[Callable[[Floats], list[Part]], ...] = (
    lambda mark: housings.bullet(_AT, 58, -14, mark),
    lambda mark: housings.turret(_AT, -16, -26, mark),
    lambda mark: housings.dome(_AT, mark),
    lambda mark: housings.bullet(_AT, -62, -10, mark),
    lambda mark: housings.turret(_AT, 22, -34, mark, 1.15),
    lambda mark: housings.bullet(_AT, 68, -20, mark, 0.9),
    lambda mark: housings.dome(_AT, mark, 1.2),
)
COUNT = len(_BUILT)


def mark(text: str = LETTERING) -> Floats:
    """The symbol, a ring cut by a bar, before the name; coverage 0 to 1."""
    letters = housings.lettering(text, 64)
    height = letters.shape[0]
    symbol = np.zeros((height, height + height // 3), np.float32)
    middle, radius = (height // 2, height // 2), height // 2 - 4
    cv2.circle(symbol, middle, radius, 1.0, 8, cv2.LINE_AA)
    cv2.line(symbol, (8, height - 8), (height - 8, 8), 1.0, 9, cv2.LINE_AA)
    return floats(np.concatenate([symbol, letters], axis=1))


def logo(text: str = LETTERING) -> Pixels:
    """The mark by itself, dark on white, as it is cut from a data sheet."""
    drawn = 255 - (mark(text) * 225).astype(np.uint8)
    framed = cv2.copyMakeBorder(drawn, 24, 24, 30, 30, cv2.BORDER_CONSTANT, value=255)
    return np.asarray(cv2.cvtColor(framed, cv2.COLOR_GRAY2BGR), np.uint8)


@cache
def photo(number: int) -> Pixels:
    """One of ``COUNT`` photos of its cameras, each from another side and in another light."""
    chance = np.random.default_rng(number)
    x, y = float(chance.uniform(-0.3, 0.3)), float(chance.uniform(-0.4, -0.2))
    sun = tracer.unit(floats([[chance.uniform(-0.5, 0.5), 0.8, chance.uniform(0.5, 0.8)]]))[0]
    light = Light(
        sun=sun,
        sun_colour=floats([0.78, 0.88, 0.98]) * np.float32(chance.uniform(0.7, 1.1)),
        sky_colour=floats([0.62, 0.50, 0.42]),
        ground_colour=floats([0.22, 0.25, 0.27]),
    )
    rig = Rig(_BUILT[number](mark()), _AT, 0.40, "", None, None)
    view = View((x, y, 1.4), (0.0, -0.02, 0.1), 0.75)
    return draw(Scene(f"norvane-{number}", *SIZE, view, _wall, light, 90, [rig]), number)[0]


def write_photos(folder: Path, numbers: range) -> list[Path]:
    paths = [folder / f"norvane-{number}.jpg" for number in numbers]
    for path, number in zip(paths, numbers, strict=True):
        cv2.imwrite(str(path), photo(number), (cv2.IMWRITE_JPEG_QUALITY, 90))
    return paths


def _wall(chance: np.random.Generator, scale: float) -> Facade:
    height, width = round(2.8 * scale), round(3.2 * scale)
    return Facade(walls.plaster(chance, height, width, (0.42, 0.55, 0.62)), scale, -1.6, 1.4)
