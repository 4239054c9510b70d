"""Draws the sample photos of ``docs/samples``: ``python -m scripts.draw_samples [--out DIR] [--only NAME]``.

House fronts with cameras, rendered here from nothing but code, so that README, tests and the first run have
pictures without anybody's rights in them. The same seed gives the same pixels; ``labels.jsonl`` beside the
pictures says where the housings are.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import Pixels
from scripts.drawing import tracer
from scripts.drawing.scenes import Rig, Scene, View, scenes
from scripts.drawing.tracer import Floats, Light, Part, floats

SAMPLES = Path(__file__).resolve().parents[1] / "docs" / "samples"
SEED = 7


@dataclass(frozen=True, slots=True)
class Label:
    """A housing in a finished picture; ``box`` is x0, y0, x1, y1 in its pixels."""

    box: tuple[int, int, int, int]
    form: str
    text: str | None
    vendor: str | None


class Lens:
    """Maps between pixels of a ``width`` × ``height`` picture and rays of the view."""

    def __init__(self, view: View, width: int, height: int) -> None:
        eye, target = np.array(view.eye), np.array(view.target)
        forward = target - eye
        away = float(np.linalg.norm(forward))
        forward = forward / away
        right = np.cross(forward, (0, 1, 0))
        right /= np.linalg.norm(right)
        self.eye = eye.astype(np.float32)
        self.axes = np.stack([right, np.cross(right, forward), forward])
        self.focal = width * away / view.span
        self.centre = (width / 2, height / 2)

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        local = (points - self.eye) @ self.axes.T
        plane = local[:, :2] / local[:, 2:] * self.focal
        return np.stack([self.centre[0] + plane[:, 0], self.centre[1] - plane[:, 1]], 1)

    def rays(self, x: Floats, y: Floats) -> Floats:
        """Unit directions through the pixel positions ``x`` and ``y`` (N each)."""
        across = (x - self.centre[0]) / self.focal
        down = (y - self.centre[1]) / self.focal
        local = np.stack([across, -down, np.ones_like(across)], 1)
        return tracer.unit((local @ self.axes).astype(np.float32))


def draw(scene: Scene, seed: int = SEED) -> tuple[Pixels, list[Label]]:
    """The finished picture, BGR uint8, and the labels of its housings."""
    generator = np.random.default_rng(seed)
    lens = Lens(scene.view, scene.width, scene.height)
    light = scene.light
    albedo, sky = _backdrop(scene, lens, generator)
    plane_light = light.sun_colour * light.sun[2] + light.ambient(floats([[0, 0, 1]]))[0]
    picture = np.where(sky[..., None] > 0.5, albedo, albedo * plane_light)
    labels = [_add_rig(picture, albedo, sky, rig, lens, light) for rig in scene.rigs]
    return _developed(picture, generator), labels


def _backdrop(scene: Scene, lens: Lens, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Albedo of the wall as the lens sees it, above the roof line the sky's radiance, and the sky's mask."""
    front = scene.front(generator, scene.width / scene.view.span)
    height, width = front.albedo.shape[:2]
    across, down = width / front.per_metre, height / front.per_metre
    corners = np.array(
        [
            [front.left, front.top, 0],
            [front.left + across, front.top, 0],
            [front.left + across, front.top - down, 0],
            [front.left, front.top - down, 0],
        ]
    )
    flat = floats([[0, 0], [width, 0], [width, height], [0, height]])
    matrix = cv2.getPerspectiveTransform(flat, lens.project(corners).astype(np.float32))
    size = (scene.width, scene.height)
    albedo = cv2.warpPerspective(front.albedo, matrix, size, flags=cv2.INTER_LINEAR)
    covered = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, size, flags=cv2.INTER_LINEAR)
    down_share = np.linspace(0, 1, scene.height, dtype=np.float32)[:, None, None]
    air = scene.light.sky_colour * (1.5 - 0.3 * down_share) * 1.1 + 0.25 * down_share
    clouds = cv2.resize(
        generator.standard_normal((7, 10)).astype(np.float32), size, interpolation=cv2.INTER_CUBIC
    )
    air = air + 0.12 * np.clip(clouds, 0, 2)[..., None]
    albedo = albedo + air * (1 - covered[..., None])
    return np.asarray(albedo, np.float32), 1 - covered


def _add_rig(picture: Floats, albedo: Floats, sky: Floats, rig: Rig, lens: Lens, light: Light) -> Label:
    """Renders the rig and its shadow on the wall into their part of the picture.

    The wall takes one ray a pixel; pixels that the rig touches, four.
    """
    x0, y0, x1, y1 = _region(rig, lens, picture.shape[1], picture.shape[0])
    here = picture[y0:y1, x0:x1]
    rows, columns = (grid.astype(np.float32) for grid in np.mgrid[y0:y1, x0:x1])
    directions = lens.rays(columns.ravel() + np.float32(0.5), rows.ravel() + np.float32(0.5))
    to_wall = -lens.eye[2] / directions[:, 2]
    wall = lens.eye + directions * to_wall[:, None]
    touched = np.zeros(len(wall), bool)
    for block in _blocks(len(wall)):
        touched[block] = tracer.trace(rig.parts, lens.eye, directions[block]) < to_wall[block]
        wall[block] = _on_wall(rig.parts, light, wall[block])
    on_wall = sky[y0:y1, x0:x1] <= 0.5
    here[on_wall] = albedo[y0:y1, x0:x1][on_wall] * wall.reshape(here.shape)[on_wall]
    near = cv2.dilate(touched.reshape(rows.shape).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    colours, housing = _finely(rig.parts, light, lens, columns[near], rows[near], here[near])
    here[near] = colours
    ys, xs = rows[near][housing >= 2], columns[near][housing >= 2]
    box = (int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1)
    return Label(box, rig.form, rig.text, rig.vendor)


def _blocks(count: int) -> Iterator[slice]:
    """Slices small enough for the processor's cache."""
    return (slice(start, start + 8192) for start in range(0, count, 8192))


def _finely(
    parts: list[Part], light: Light, lens: Lens, x: Floats, y: Floats, behind: Floats
) -> tuple[Floats, NDArray[np.int32]]:
    """Mean of four rays for each pixel at (``x``, ``y``), and how many of them met a housing."""
    sums = np.zeros_like(behind)
    housing = np.zeros(len(sums), np.int32)
    for dx, dy in ((0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)):
        directions = lens.rays(x + np.float32(dx), y + np.float32(dy))
        for block in _blocks(len(sums)):
            colours, is_housing = _radiance(parts, light, lens.eye, directions[block], behind[block])
            sums[block] += colours / 4
            housing[block] += is_housing
    return sums, housing


def _on_wall(parts: list[Part], light: Light, wall: Floats) -> Floats:
    """Irradiance, linear BGR, of points of the wall that parts may shade."""
    out = np.broadcast_to(floats([0, 0, 1]), wall.shape)
    sun = tracer.sunlight(parts, wall + out * np.float32(0.002), light.sun) * light.sun[2]
    ambient = light.ambient(out) * tracer.openness(parts, wall, out)[:, None]
    return np.asarray(light.sun_colour * sun[:, None] + ambient, np.float32)


def _radiance(
    parts: list[Part], light: Light, eye: Floats, directions: Floats, behind: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """Linear BGR along each ray, ``behind`` where it misses all parts; and whether it met a housing."""
    away = tracer.trace(parts, eye, directions)
    hit = away < -eye[2] / directions[:, 2]
    colours = behind.copy()
    housing = np.zeros(len(behind), bool)
    if hit.any():
        points = eye + directions[hit] * away[hit, None]
        colours[hit], housing[hit] = tracer.shade(parts, light, points, directions[hit])
    return colours, housing


def _region(rig: Rig, lens: Lens, width: int, height: int) -> tuple[int, int, int, int]:
    """The part of the picture that the rig and its shadow can touch."""
    reach = rig.reach
    corners = np.array(
        [
            (rig.at[0] + dx * reach, rig.at[1] + dy * reach, z)
            for dx in (-1, 1)
            for dy in (-1.3, 0.9)
            for z in (0.0, 1.3 * reach)
        ]
    )
    spots = lens.project(corners)
    x0, y0 = np.maximum(np.floor(spots.min(0)).astype(int), 0)
    x1, y1 = np.minimum(np.ceil(spots.max(0)).astype(int), (width, height))
    return int(x0), int(y0), int(x1), int(y1)


def _developed(picture: Floats, generator: np.random.Generator) -> Pixels:
    """Lens blur, vignette, film curve (ACES fit by K. Narkowicz, 2015) and sensor noise."""
    height, width = picture.shape[:2]
    light = cv2.GaussianBlur(np.asarray(picture, np.float32), (0, 0), 0.7)
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None]
    light *= 1 - 0.10 * (x * x + y * y)
    light = light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14)
    signal = np.power(np.clip(light, 0, 1), 1 / 2.2, dtype=np.float32) * 255
    signal += generator.standard_normal(signal.shape, np.float32) * 1.6
    return np.asarray(np.rint(signal).clip(0, 255), np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=SAMPLES)
    parser.add_argument("--only", help="name of one sample")
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    for scene in scenes():
        if arguments.only not in (None, scene.name):
            continue
        pixels, labels = draw(scene, arguments.seed)
        path = arguments.out / f"{scene.name}.jpg"
        done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, scene.quality])
        if not done:
            raise SystemExit(f"{path} cannot be encoded")
        path.write_bytes(data.tobytes())
        _write_label(arguments.out / "labels.jsonl", _line(scene, labels))
        print(f"{path}: {len(data) // 1000} kB, {len(labels)} cameras")


def _write_label(path: Path, line: dict[str, object]) -> None:
    """Puts the line of one picture in place of its old one."""
    lines = [json.loads(text) for text in path.read_text().splitlines()] if path.exists() else []
    kept = [other for other in lines if other["file"] != line["file"]]
    ordered = sorted([*kept, line], key=lambda item: str(item["file"]))
    path.write_text("".join(json.dumps(item) + "\n" for item in ordered))


def _line(scene: Scene, labels: list[Label]) -> dict[str, object]:
    return {
        "file": f"{scene.name}.jpg",
        "width": scene.width,
        "height": scene.height,
        "boxes": [label.box for label in labels],
        "forms": [label.form for label in labels],
        "texts": [label.text for label in labels],
        "vendors": [label.vendor for label in labels],
    }


if __name__ == "__main__":
    main()
