"""One picture: the thing, the light, the eye, and where the housing is in it. Runs inside Blender."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Euler, Matrix, Vector

from scripts.rendering.shapes import Model

FIELD_OF_VIEW = math.radians(24)
HANGING = {"dome", "turret", "ptz", "multi", "fisheye", "detector", "lamp", "access_point"}
"""They look down from a ceiling or an arm; some of them are put on a wall instead."""
FURTHEST = 1.5
"""How much farther the eye may stand than the housing alone asks for, so that its mount is seen too."""

LEGIBLE = 0.6
"""Share of a name that must be seen for it to be told."""

Quad = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Sight:
    """In shares of the picture, from left and top: the housing's box, and the corners of each mark."""

    body: tuple[float, float, float, float]
    marks: list[tuple[str, Quad]]
    azimuth: float
    elevation: float


def cleared(side: int) -> Any:
    """An empty scene for a picture of ``side`` × ``side`` pixels."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.render.resolution_x = scene.render.resolution_y = side
    scene.render.film_transparent = True
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    return scene


def light(scene: Any) -> None:
    """Sky, ground and sun; sometimes dusk, or a lamp of the night."""
    world = bpy.data.worlds.new("w")
    scene.world = world
    world.use_nodes = True
    # A soft sky needs no fine map of where its light comes from; making one costs more than the picture.
    world.cycles.sampling_method = "MANUAL"
    world.cycles.sample_map_resolution = 64
    nodes, links = world.node_tree.nodes, world.node_tree.links
    ramp, place, split = (nodes.new(f"ShaderNode{kind}") for kind in ("ValToRGB", "TexCoord", "SeparateXYZ"))
    links.new(place.outputs["Generated"], split.inputs[0])
    scale = nodes.new("ShaderNodeMapRange")
    scale.inputs["From Min"].default_value = -1
    links.new(split.outputs["Z"], scale.inputs["Value"])
    links.new(scale.outputs[0], ramp.inputs["Fac"])
    links.new(ramp.outputs["Color"], nodes["Background"].inputs["Color"])
    ground, haze = random.uniform(0.05, 0.4), random.uniform(0.6, 1.0)
    blue = random.uniform(0.0, 0.5)
    ramp.color_ramp.elements[0].color = (ground, ground * 0.95, ground * 0.88, 1)
    ramp.color_ramp.elements[1].color = (haze * (1 - blue), haze * (1 - 0.6 * blue), haze, 1)
    for where, level in ((0.47, ground * 1.2), (0.53, haze)):
        ramp.color_ramp.elements.new(where).color = (level, level, level, 1)
    night = random.random() < 0.08
    nodes["Background"].inputs["Strength"].default_value = (
        random.uniform(0.03, 0.15) if night else random.uniform(0.35, 1.3)
    )
    if night or random.random() < 0.65:
        lamp = bpy.data.lights.new("l", "SUN")
        lamp.energy = random.uniform(0.3, 1.5) if night else random.uniform(0.8, 5.0)
        lamp.angle = random.uniform(0.005, 0.2)
        warm = random.uniform(0.0, 0.35)
        lamp.color = (1.0, 1 - 0.5 * warm, 1 - warm)
        sun = bpy.data.objects.new("l", lamp)
        scene.collection.objects.link(sun)
        sun.rotation_euler = (random.uniform(0.1, 1.35), 0, random.uniform(0, 2 * math.pi))
    scene.view_settings.view_transform = random.choice(("Standard", "Standard", "AgX"))
    scene.view_settings.exposure = random.uniform(-0.3, 0.6) + (1.5 if night else 0.0)


def pose(model: Model, frontal: bool) -> None:
    """Tilts the thing as it would be mounted."""
    bpy.context.view_layer.update()
    turn = Matrix.Identity(4)
    if model.form in HANGING:
        if random.random() < (0.9 if frontal else 0.25):
            turn = Euler((-math.pi / 2 + random.uniform(0, 0.3), 0, 0)).to_matrix().to_4x4()
    else:
        turn = (
            Euler((random.uniform(-0.02, 0.45) if not frontal else 0.0, random.gauss(0, 0.03), 0))
            .to_matrix()
            .to_4x4()
        )
    for thing in (*model.body, *model.mount, *(mark for mark, _ in model.marks)):
        thing.matrix_world = turn @ thing.matrix_world


def eye(scene: Any, model: Model, frontal: bool) -> tuple[Any, float, float]:
    """A camera that sees the housing from the street, more often than not from below."""
    if frontal:
        azimuth = random.uniform(-1.0, 1.0)
    elif random.random() < 0.3:
        azimuth = random.uniform(-math.pi, math.pi)
    else:
        azimuth = random.gauss(0, 1.0)
    elevation = math.radians(random.uniform(-58, 5) if random.random() < 0.75 else random.uniform(-12, 28))
    if frontal and elevation < -0.6:
        elevation *= 0.5
    toward = Vector(
        (
            math.sin(azimuth) * math.cos(elevation),
            -math.cos(azimuth) * math.cos(elevation),
            math.sin(elevation),
        )
    )
    lens = bpy.data.cameras.new("e")
    lens.angle = FIELD_OF_VIEW
    seeing = bpy.data.objects.new("e", lens)
    scene.collection.objects.link(seeing)
    scene.camera = seeing
    bpy.context.view_layer.update()
    middle, reach = _extent(model.body)
    all_middle, all_reach = _extent([*model.body, *model.mount])
    distance = reach / math.tan(FIELD_OF_VIEW / 2)
    wide = all_reach / math.tan(FIELD_OF_VIEW / 2)
    if wide <= FURTHEST * distance:
        middle, distance = all_middle, wide
    else:
        middle, distance = middle.lerp(all_middle, 0.35), FURTHEST * distance
    seeing.location = middle + toward * distance * 1.08
    turn = (middle - seeing.location).to_track_quat("-Z", "Y").to_euler()
    seeing.rotation_euler = turn
    seeing.rotation_euler.rotate_axis("Z", random.gauss(0, 0.05))
    bpy.context.view_layer.update()
    return seeing, azimuth, elevation


def sight(scene: Any, model: Model, seeing: Any, azimuth: float, elevation: float) -> Sight:
    points = _seen(scene, seeing, [corner for thing in model.body for corner in _vertices(thing)])
    xs, ys = [x for x, _ in points], [y for _, y in points]
    marks = []
    for thing, name in model.marks:
        if _open_to(scene, seeing.location, thing) >= LEGIBLE:
            corners = [thing.matrix_world @ Vector(corner) for corner in _corners(thing)]
            marks.append((name, _seen(scene, seeing, corners)))
    box = (max(0.0, min(xs)), max(0.0, min(ys)), min(1.0, max(xs)), min(1.0, max(ys)))
    return Sight(box, marks, azimuth, elevation)


def _open_to(scene: Any, eye: Vector, thing: Any) -> float:
    """Share of a thing's surface that is seen from ``eye``: neither turned away nor hidden behind another."""
    graph = bpy.context.evaluated_depsgraph_get()
    surface = thing.evaluated_get(graph).data
    seen = 0
    for polygon in surface.polygons:
        ray = (thing.matrix_world @ polygon.center - eye).normalized()
        facing = (thing.matrix_world.to_3x3() @ polygon.normal).dot(ray) < 0
        seen += facing and scene.ray_cast(graph, eye, ray)[4] == thing
    return seen / len(surface.polygons)


def render(scene: Any, path: Path, samples: int) -> None:
    scene.cycles.samples = samples
    scene.cycles.use_denoising = True
    scene.cycles.denoising_quality = "FAST"
    scene.cycles.max_bounces = 5
    scene.cycles.seed = random.randrange(1 << 30)
    scene.render.threads_mode = "FIXED"
    scene.render.threads = 1
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def _vertices(thing: Any) -> list[Vector]:
    return [thing.matrix_world @ vertex.co for vertex in thing.data.vertices]


def _corners(thing: Any) -> list[tuple[float, float, float]]:
    """Of a flat grid, around it from its lower left."""
    xs, ys = ([vertex.co[k] for vertex in thing.data.vertices] for k in range(2))
    low, high = (min(xs), min(ys)), (max(xs), max(ys))
    return [(low[0], low[1], 0), (high[0], low[1], 0), (high[0], high[1], 0), (low[0], high[1], 0)]


def _extent(things: Sequence[Any]) -> tuple[Vector, float]:
    """Middle of the things and the radius around it, by the corners of their boxes."""
    corners = [thing.matrix_world @ Vector(corner) for thing in things for corner in thing.bound_box]
    low = Vector([min(corner[k] for corner in corners) for k in range(3)])
    high = Vector([max(corner[k] for corner in corners) for k in range(3)])
    return (low + high) / 2, (high - low).length / 2


def _seen(scene: Any, seeing: Any, points: Sequence[Vector]) -> Quad:
    places = [world_to_camera_view(scene, seeing, point) for point in points]
    return [(place.x, 1 - place.y) for place in places]
