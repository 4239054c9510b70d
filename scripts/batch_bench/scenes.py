"""Scenes for an archive: the house fronts of the samples from other standpoints, in other light, with other
cameras. Seeded; all of it drawn here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from edge.domain import Pixels
from scripts.draw_samples import draw
from scripts.drawing import housings
from scripts.drawing.scenes import Rig, Scene, scenes
from scripts.drawing.tracer import Light, Part, floats, unit

_NAMES = ("HIKVISION", "DAHUA", "UNV", "AXIS", "REOLINK", "VIVOTEK")
_MARKED = 0.6
"""Share of the cameras that bear a name."""
_TRIES = 20

Place = tuple[float, float, float]
_FORMS: dict[str, Callable[[Place, float, float, str | None], list[Part]]] = {
    "bullet": housings.bullet,
    "turret": housings.turret,
    "dome": lambda at, _yaw, _pitch, text: housings.dome(at, text),
}


def random_scene(seed: int, width: int, height: int) -> Pixels:
    """One picture; the same seed gives the same."""
    random = np.random.default_rng(seed)
    for _ in range(_TRIES):
        try:
            return draw(_varied(random, width, height), int(random.integers(1 << 30)))[0]
        except ValueError:
            continue  # a camera hangs outside of the picture
    raise ValueError(f"seed {seed} gives no scene")


def _varied(random: np.random.Generator, width: int, height: int) -> Scene:
    fronts = scenes()
    scene = fronts[int(random.integers(len(fronts)))]
    eye = tuple(float(value + random.normal(0, 0.12) * scene.view.eye[2] / 3) for value in scene.view.eye)
    span = scene.view.span * float(random.uniform(0.75, 1.35))
    view = replace(scene.view, eye=(eye[0], eye[1], max(eye[2], 0.8)), span=span)
    rigs = [_rig(random, rig.at) for rig in scene.rigs if random.random() < 0.85]
    return replace(scene, width=width, height=height, view=view, light=_light(random), rigs=rigs)


def _rig(random: np.random.Generator, near: Place) -> Rig:
    form = sorted(_FORMS)[int(random.integers(len(_FORMS)))]
    text = _NAMES[int(random.integers(len(_NAMES)))] if random.random() < _MARKED else None
    at = (near[0] + float(random.normal(0, 0.1)), near[1] + float(random.normal(0, 0.08)), 0.0)
    yaw, pitch = float(random.uniform(-75, 75)), float(random.uniform(-35, -8))
    parts = _FORMS[form](at, yaw, pitch, text)
    return Rig(parts, at, 0.40, form, text, text.lower() if text else None)


def _light(random: np.random.Generator) -> Light:
    strength = np.float32(random.uniform(0.5, 1.15))
    sun = floats([[random.uniform(-0.6, 0.6), random.uniform(0.5, 0.9), random.uniform(0.4, 0.8)]])
    return Light(
        sun=unit(sun)[0],
        sun_colour=floats([0.78, 0.88, 0.98]) * strength,
        sky_colour=floats([0.62, 0.50, 0.42]),
        ground_colour=floats([0.22, 0.25, 0.27]),
    )
