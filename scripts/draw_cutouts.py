"""Draws random camera housings from street viewpoints as cut-outs: BGRA pictures and ``labels.jsonl``.

    python -m scripts.draw_cutouts --out DIR --count 900 --seed 11 --jobs 2
    python -m scripts.draw_cutouts --out DIR --count 900 --seed 21 --jobs 2 --what lookalikes

A line of ``labels.jsonl``: ``file``, ``form`` (bullet, box, turret, dome, ptz) and ``body``, the box
[x0, y0, x1, y1] in pixels of what is seen of the housing with its hood, without bracket, pole,
plate and cable. Look-alikes (lamps, loudspeakers, sensors, …) and ``signs`` (signs, cartons, recorders and
other things with a maker's name) have their own name as ``form`` and no body (null). ``marked`` are cameras
that bear a name.
What is there already is kept, so a run that was cut off goes on where it ended.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.drawing import tracer
from scripts.drawing.paints import Random
from scripts.drawing.random_housings import Housing, random_housing
from scripts.drawing.random_lookalikes import random_lookalike
from scripts.drawing.random_signs import marked_housing, random_sign
from scripts.drawing.tracer import Floats, Light, Part, floats

Mask = NDArray[np.bool_]
Box = tuple[int, int, int, int]

KINDS: dict[str, Callable[[Random], Housing]] = {
    "cameras": random_housing,
    "lookalikes": random_lookalike,
    "signs": random_sign,
    "marked": marked_housing,
}
_CAMERAS = {"cameras", "marked"}
_STEPS = 44
_LONGEST = (160, 240)
_LEAST_BODY = 0.06
"""Share of the picture that the body must fill, else it is hidden behind its own bracket: drawn anew."""


@dataclass(frozen=True, slots=True)
class Cutout:
    """``pixels`` is H×W×4 uint8 sRGB BGRA, not premultiplied; ``body`` the housing's box in pixels."""

    pixels: NDArray[np.uint8]
    form: str
    body: Box


@dataclass(frozen=True, slots=True)
class View:
    """A pinhole eye in the housing's frame; ``rows`` are right, up and forward; ``light`` is in the world."""

    eye: Floats
    rows: Floats
    light: Light
    turn: Floats
    exposure: float

    def rays(self, across: Floats, up: Floats) -> Floats:
        return tracer.unit(floats(across[:, None] * self.rows[0] + up[:, None] * self.rows[1] + self.rows[2]))


@dataclass(frozen=True, slots=True)
class Samples:
    """Per ray: linear BGR (0 where nothing is hit), the part hit (-1 for none), whether that is housing."""

    colour: Floats
    owner: NDArray[np.int64]
    housing: Mask


def draw(seed: int, index: int, side: int | None = None, what: str = "cameras") -> Cutout:
    """The cut-out with number ``index``; ``side`` sets its longer side in pixels, 160 to 240 if None.
    ``what`` is a key of ``KINDS``."""
    for attempt in range(20):
        random = np.random.default_rng([seed, index, attempt])
        housing = KINDS[what](random)
        view = _view(housing, random)
        cutout = _picture(housing, view, side or int(random.integers(_LONGEST[0], _LONGEST[1] + 1)))
        if cutout is not None:
            return cutout
    raise ValueError(f"no housing to be seen in cut-out {index} of seed {seed}")


def _view(housing: Housing, random: Random) -> View:
    """An eye mostly below the camera, in front of its wall if it has one, and light from anywhere."""
    for _ in range(200):
        below = random.uniform(5, 60) if random.random() < 0.75 else random.uniform(-10, 75)
        if housing.level:
            below = abs(below)
        azimuth, e = random.uniform(0, 2 * np.pi), np.radians(below)
        towards = np.array([np.sin(azimuth) * np.cos(e), -np.sin(e), np.cos(azimuth) * np.cos(e)])
        if housing.wall is None or float(towards @ housing.wall) > 0.12:
            break
    forward = -towards
    right = np.cross(forward, [0, 1, 0])
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    roll = np.radians(random.uniform(-8, 8))
    right, up = np.cos(roll) * right + np.sin(roll) * up, np.cos(roll) * up - np.sin(roll) * right
    far = float(random.choice([0.9, 1.8, 4.0]))
    rows = floats(np.stack([right, up, forward]) @ housing.turn)
    light, exposure = _light(towards, random)
    return View(floats(housing.turn.T @ (towards * far)), rows, light, floats(housing.turn), exposure)


def _light(towards: NDArray[np.float64], random: Random) -> tuple[Light, float]:
    """Sun from anywhere above, or overcast, or backlight: then the exposure is for the bright sky."""
    azimuth, height = random.uniform(0, 2 * np.pi), np.radians(random.uniform(12, 75))
    sun = np.array([np.sin(azimuth) * np.cos(height), np.sin(height), np.cos(azimuth) * np.cos(height)])
    warm = random.uniform(0, 1)
    strength = float(random.choice([0.0, 0.5, 1.1, 1.7], p=[0.25, 0.2, 0.3, 0.25]))
    ambient = float(random.uniform(0.35, 1.0)) + (0.35 if strength == 0 else 0)
    backlit = bool(sun @ towards < -0.2) and random.random() < 0.6
    exposure = float(random.uniform(0.25, 0.65) if backlit else random.uniform(0.75, 1.5))
    tint = random.uniform(-0.12, 0.12)
    sky = floats(np.array([1.08 + tint, 1.0, 0.93 - tint]) * ambient)
    ground = floats(np.array([0.8, 0.93, 1.0]) * ambient * random.uniform(0.35, 0.85))
    return Light(
        floats(sun), floats(np.array([1 - 0.3 * warm, 1 - 0.1 * warm, 1.0]) * strength), sky, ground
    ), exposure


def _picture(housing: Housing, view: View, side: int) -> Cutout | None:
    left, right, low, high = _frame(housing.parts, view)
    pixel = max(right - left, high - low) / (side - 4)
    width, height = round((right - left) / pixel) + 4, round((high - low) / pixel) + 4
    x = left + (np.arange(width) - 1.5) * pixel
    y = high - (np.arange(height) - 1.5) * pixel
    grid_x, grid_y = (floats(grid).ravel() for grid in np.meshgrid(x, y))
    first = _samples(housing.parts, view, grid_x, grid_y, pixel)
    premultiplied = np.concatenate([first.colour, (first.owner >= 0)[:, None]], 1).astype(np.float32)
    body = first.housing.astype(np.float32)
    ragged = np.flatnonzero(_edges(first, height, width))
    offsets = np.array([(-1, -1), (1, -1), (-1, 1), (1, 1)]) * 0.25 * pixel
    many_x, many_y = (
        np.repeat(grid[ragged], 4) + np.tile(offsets[:, i], len(ragged))
        for i, grid in enumerate((grid_x, grid_y))
    )
    fine = _samples(housing.parts, view, floats(many_x), floats(many_y), pixel)
    layers = np.concatenate([fine.colour, (fine.owner >= 0)[:, None]], 1)
    premultiplied[ragged] = layers.reshape(-1, 4, 4).mean(1)
    body[ragged] = fine.housing.reshape(-1, 4).mean(1)
    box = _box_of(body.reshape(height, width) >= 0.5)
    if box is None or (body > 0.5).sum() < _LEAST_BODY * width * height:
        return None
    alpha = premultiplied[:, 3:]
    linear = np.clip(premultiplied[:, :3] / np.maximum(alpha, 1e-6), 0, 1)
    encoded = np.where(linear < 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    pixels = np.rint(np.concatenate([encoded, alpha], 1) * 255).astype(np.uint8)
    return Cutout(pixels.reshape(height, width, 4), housing.form, box)


def _frame(parts: list[Part], view: View) -> tuple[float, float, float, float]:
    """Left, right, low and high of the solid on the plane at distance 1, from a coarse trace."""
    reach = 0.45 / float(tracer.length(view.eye[None])[0])
    line = np.linspace(-reach, reach, 72)
    x, y = (floats(grid).ravel() for grid in np.meshgrid(line, line))
    step = 2 * reach / 71
    far = _march(parts, view.eye, view.rays(x, y), step)
    hit = np.isfinite(far)
    if not hit.any():
        return -reach, reach, -reach, reach
    return (
        float(x[hit].min() - step),
        float(x[hit].max() + step),
        float(y[hit].min() - step),
        float(y[hit].max() + step),
    )


def _march(parts: list[Part], eye: Floats, directions: Floats, pixel: float) -> Floats:
    """Distance to the first surface, infinite where none is: coarser the wider a pixel is out there."""
    middle = float(tracer.length(eye[None])[0])
    travelled = np.full(len(directions), max(0.0, middle - 0.5), np.float32)
    active = np.arange(len(directions))
    result = np.full(len(directions), np.inf, np.float32)
    close = np.float32(max(0.0003, 0.25 * pixel * middle))
    for _ in range(_STEPS):
        gap = tracer.nearest(parts, eye + directions[active] * travelled[active, None])
        met = gap < close
        result[active[met]] = travelled[active[met]]
        travelled[active] += gap * np.float32(0.97)
        active = active[~met & (travelled[active] < middle + 0.5)]
        if not len(active):
            break
    return result


def _samples(parts: list[Part], view: View, x: Floats, y: Floats, pixel: float) -> Samples:
    directions = view.rays(x, y)
    far = _march(parts, view.eye, directions, pixel)
    hit = np.isfinite(far)
    colour = np.zeros((len(x), 3), np.float32)
    owner = np.full(len(x), -1)
    if hit.any():
        points = floats(view.eye + directions[hit] * far[hit, None])
        owner[hit] = np.argmin([part.distance(points) for part in parts], 0)
        colour[hit] = _shade(parts, view, points, directions[hit], owner[hit])
    housing = np.array([part.housing for part in parts] + [False])[owner]
    return Samples(colour, owner, housing)


def _shade(parts: list[Part], view: View, points: Floats, rays: Floats, owner: NDArray[np.int64]) -> Floats:
    """Linear BGR after exposure, at most 1; sun, sky with occlusion, mirror and highlight."""
    light, sun = view.light, floats(view.light.sun @ view.turn)
    normals = tracer.normals_at(parts, points)
    facing = np.maximum(normals @ sun, 0)
    bright = np.flatnonzero(facing > 0) if light.sun_colour.max() > 0 else np.zeros(0, np.int64)
    if len(bright):
        facing[bright] *= _sunlight(parts, points[bright] + normals[bright] * np.float32(0.002), sun)
    ambient = light.ambient(floats(normals @ view.turn.T))
    lit = light.sun_colour * facing[:, None] + ambient * _openness(parts, points, normals)[:, None]
    cosine = np.einsum("ij,ij->i", rays, normals)
    mirrored = light.mirror(floats((rays - 2 * cosine[:, None] * normals) @ view.turn.T))
    grazing = (1 - np.clip(-cosine, 0, 1)) ** 5
    glance = np.maximum(np.einsum("ij,ij->i", tracer.unit(sun - rays), normals), 0)
    result = np.empty_like(points)
    for index in np.unique(owner):
        part, mine = parts[index], owner == index
        mirror = part.gloss + (1 - part.gloss) * grazing[mine] * 0.3
        glint = (
            glance[mine] ** part.sharpness
            * (facing[mine] > 0.02)
            * (0.5 + part.sharpness / 60)
            * part.gloss
            * 8
        )
        result[mine] = part.colour(points[mine]) * lit[mine] + mirrored[mine] * mirror[:, None]
        result[mine] += light.sun_colour * glint[:, None]
    return floats(np.clip(result * np.float32(view.exposure), 0, 1))


def _sunlight(parts: list[Part], points: Floats, sun: Floats) -> Floats:
    """Share of the sun that reaches each point; the solids are small, so few long steps do."""
    share = np.ones(len(points), np.float32)
    travelled = np.full(len(points), 0.004, np.float32)
    for _ in range(9):
        gap = tracer.nearest(parts, points + sun * travelled[:, None])
        share = np.minimum(share, np.clip(26 * gap / travelled + 0.3, 0, 1))
        travelled += np.clip(gap, 0.007, 0.07)
    return share


def _openness(parts: list[Part], points: Floats, normals: Floats) -> Floats:
    """Ambient occlusion from two samples along the normal, 0 (closed) to 1 (open)."""
    closed = np.zeros(len(points), np.float32)
    for reach, weight in ((0.01, 22.0), (0.04, 9.0)):
        closed += np.float32(weight) * np.maximum(reach - tracer.nearest(parts, points + normals * reach), 0)
    return 1 - np.clip(closed, 0, 0.8)


def _edges(samples: Samples, height: int, width: int) -> Mask:
    """Pixels beside another part, the background or a sharp step of brightness: they are sampled finer."""
    owner = samples.owner.reshape(height, width).astype(np.float32)
    tone = np.sqrt(samples.colour.mean(1)).reshape(height, width)
    kernel = np.ones((3, 3), np.uint8)
    parted = cv2.dilate(owner, kernel) != cv2.erode(owner, kernel)
    stepped = cv2.dilate(tone, kernel) - cv2.erode(tone, kernel) > 0.16
    return np.asarray(parted | stepped).ravel()


def _box_of(mask: Mask) -> Box | None:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def write(out: Path, seed: int, index: int, what: str = "cameras") -> str:
    """Draws one cut-out into ``out`` and gives its line for ``labels.jsonl``."""
    cv2.setNumThreads(1)
    cutout = draw(seed, index, what=what)
    name = f"drawn-{seed}-{index:05d}.png"
    if not cv2.imwrite(str(out / name), cutout.pixels):
        raise OSError(f"cannot write {out / name}")
    body = cutout.body if what in _CAMERAS else None
    return json.dumps({"file": name, "form": cutout.form, "body": body})


def missing(out: Path, seed: int, count: int) -> list[int]:
    """The numbers below ``count`` that have no picture or no label yet."""
    labels = out / "labels.jsonl"
    lines = labels.read_text("utf-8").splitlines() if labels.is_file() else []
    known = {json.loads(line)["file"] for line in lines}
    names = {index: f"drawn-{seed}-{index:05d}.png" for index in range(count)}
    return [index for index, name in names.items() if name not in known or not (out / name).is_file()]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=900)
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--what", choices=list(KINDS), default="cameras")
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    todo = missing(options.out, options.seed, options.count)
    with (
        ProcessPoolExecutor(options.jobs) as pool,
        (options.out / "labels.jsonl").open("a", encoding="utf-8") as sink,
    ):
        for line in pool.map(partial(write, options.out, options.seed, what=options.what), todo):
            sink.write(line + "\n")
            sink.flush()


if __name__ == "__main__":
    main()
