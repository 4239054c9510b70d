"""House fronts as flat pictures in linear BGR: brick or plaster, windows, a door, a shop with its sign."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from scripts.drawing.housings import lettering
from scripts.drawing.tracer import Floats, floats


@dataclass(frozen=True, slots=True)
class Facade:
    """``albedo`` is H×W×3, linear BGR, ``per_metre`` its pixels a metre; it begins at (left, top) metres."""

    albedo: Floats
    per_metre: float
    left: float
    top: float


def _noise(generator: np.random.Generator, height: int, width: int, cell: int) -> Floats:
    """Smooth noise of mean 0 and deviation about 1, with blotches of ``cell`` pixels."""
    small = generator.standard_normal((height // cell + 2, width // cell + 2)).astype(np.float32)
    return floats(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))


def brick(generator: np.random.Generator, height: int, width: int, per_metre: float) -> Floats:
    """Running bond of 24 × 7 cm bricks with 1 cm joints, each brick of its own shade."""
    rows, columns = np.arange(height) / per_metre, np.arange(width) / per_metre
    course = (rows / 0.08).astype(int)
    shifted = columns[None, :] + (course[:, None] % 2) * 0.125
    number = (shifted / 0.25).astype(int)
    shade = generator.normal(1, 0.16, (course.max() + 1, number.max() + 1)).astype(np.float32)
    tint = generator.normal(0, 0.06, (course.max() + 1, number.max() + 1)).astype(np.float32)
    value = shade[course[:, None], number]
    warm = tint[course[:, None], number]
    wall = np.stack([0.065 * value, (0.095 + 0.02 * warm) * value, (0.25 + 0.12 * warm) * value], -1)
    joint = ((rows % 0.08) < 0.010)[:, None] | ((shifted % 0.25) < 0.010)
    soft = cv2.GaussianBlur(joint.astype(np.float32), (0, 0), max(0.6, per_metre * 0.0015))[..., None]
    wall = wall * (1 - soft) + floats((0.26, 0.29, 0.31)) * soft
    edge = np.roll(soft, round(per_metre * 0.008), 0) * (1 - soft)  # the joint's upper brick throws a shadow
    return _weathered(generator, np.asarray(wall * (1 - 0.35 * edge), np.float32), 0.05)


def plaster(
    generator: np.random.Generator, height: int, width: int, tone: tuple[float, float, float]
) -> Floats:
    wall = np.tile(floats(tone), (height, width, 1))
    return _weathered(generator, wall, 0.035)


def _weathered(generator: np.random.Generator, wall: Floats, grain: float) -> Floats:
    """Stains, streaks of rain and grain."""
    height, width = wall.shape[:2]
    stains = 0.05 * _noise(generator, height, width, 300) + 0.03 * _noise(generator, height, width, 60)
    streaks = 0.03 * cv2.resize(_noise(generator, 8, width, 12)[:4], (width, height))
    fine = grain * _noise(generator, height, width, 3)
    return np.asarray(wall * np.clip(1 + stains + streaks + fine, 0.4, 1.6)[..., None], np.float32)


def _rectangle(
    facade: Facade, box: tuple[float, float, float, float], colour: tuple[float, float, float]
) -> None:
    """Fills left, bottom, right, top in metres."""
    x0, y0 = _pixel(facade, box[0], box[3])
    x1, y1 = _pixel(facade, box[2], box[1])
    cv2.rectangle(facade.albedo, (x0, y0), (x1, y1), colour, -1, cv2.LINE_AA)


def _pixel(facade: Facade, x: float, y: float) -> tuple[int, int]:
    return round((x - facade.left) * facade.per_metre), round((facade.top - y) * facade.per_metre)


def _darken(facade: Facade, box: tuple[float, float, float, float], share: float) -> None:
    x0, y0 = np.maximum(_pixel(facade, box[0], box[3]), 0)
    x1, y1 = np.maximum(_pixel(facade, box[2], box[1]), 0)
    facade.albedo[y0:y1, x0:x1] *= share


def window(facade: Facade, left: float, bottom: float, width: float, height: float) -> None:
    """A recessed window with sill, frame, cross bars and a pane that mirrors the sky."""
    right, top = left + width, bottom + height
    _darken(facade, (left - 0.09, bottom - 0.16, right + 0.13, bottom - 0.07), 0.6)
    _rectangle(facade, (left - 0.07, bottom - 0.07, right + 0.07, bottom), (0.42, 0.45, 0.46))
    _rectangle(facade, (left, bottom, right, top), (0.10, 0.11, 0.12))
    _rectangle(facade, (left + 0.03, bottom + 0.01, right - 0.01, top - 0.09), (0.55, 0.57, 0.58))
    for column in range(2):
        pane_left = left + 0.08 + column * (width - 0.1) / 2
        pane = (pane_left, bottom + 0.06, pane_left + (width - 0.1) / 2 - 0.05, top - 0.14)
        _pane(facade, pane)


def _pane(facade: Facade, box: tuple[float, float, float, float]) -> None:
    x0, y0 = np.maximum(_pixel(facade, box[0], box[3]), 0)
    x1, y1 = np.maximum(_pixel(facade, box[2], box[1]), 0)
    glass = facade.albedo[y0:y1, x0:x1]
    if not glass.size:
        return
    down = np.linspace(0, 1, glass.shape[0], dtype=np.float32)[:, None, None]
    across = np.linspace(0, 1, glass.shape[1], dtype=np.float32)[None, :, None]
    sky = floats((0.30, 0.22, 0.16)) * (1 - down) + floats((0.05, 0.05, 0.05)) * down
    glass[:] = sky * (0.8 + 0.2 * np.sin(3 * across + 2 * down)) + 0.02
    curtain = np.broadcast_to(np.abs(across - 0.5) > 0.36, (*glass.shape[:2], 1))[..., 0]
    glass[curtain] = glass[curtain] * 0.6 + floats((0.12, 0.13, 0.13))


def door(facade: Facade, left: float, bottom: float, width: float, height: float) -> None:
    right, top = left + width, bottom + height
    _rectangle(facade, (left - 0.08, bottom, right + 0.08, top + 0.08), (0.36, 0.38, 0.38))
    _rectangle(facade, (left, bottom, right, top), (0.05, 0.08, 0.06))
    for row in range(3):
        low = bottom + 0.12 + row * (height - 0.2) / 3
        for column in range(2):
            x = left + 0.1 + column * (width - 0.1) / 2
            _rectangle(facade, (x, low, x + width / 2 - 0.16, low + height / 3 - 0.2), (0.035, 0.055, 0.042))


def sign(facade: Facade, box: tuple[float, float, float, float], text: str) -> None:
    """A lit board with raised letters that throw a small shadow."""
    _darken(facade, (box[0] + 0.02, box[1] - 0.06, box[2] + 0.05, box[1]), 0.55)
    _rectangle(facade, box, (0.19, 0.05, 0.035))
    letters = lettering(text, 400)
    x0, y0 = _pixel(facade, box[0], box[3])
    x1, y1 = _pixel(facade, box[2], box[1])
    tall = round((y1 - y0) * 0.52)
    wide = min(round(tall * letters.shape[1] / letters.shape[0]), round((x1 - x0) * 0.9))
    mask = cv2.resize(letters, (wide, tall), interpolation=cv2.INTER_AREA)[..., None]
    left, top = (x0 + x1 - wide) // 2, (y0 + y1 - tall) // 2
    for offset, colour in ((max(1, tall // 40), (0.06, 0.02, 0.012)), (0, (0.75, 0.78, 0.80))):
        region = facade.albedo[top + offset : top + offset + tall, left + offset : left + offset + wide]
        region[:] = region * (1 - mask) + floats(colour) * mask
