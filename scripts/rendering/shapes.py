"""Solids and materials in Blender, for housings and for what only looks like one.

Lengths are in housing lengths, x to the right, y to the back, z up; a camera looks towards -y.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

# Blender's other modules can be imported after it only.
import bpy  # isort: skip
import bmesh  # isort: skip
from mathutils import Matrix, Vector  # isort: skip

Colour = tuple[float, float, float]
Place = tuple[float, float, float]


@dataclass(slots=True)
class Model:
    """What was built: ``body`` is the housing, ``mount`` its bracket and pole, ``marks`` the names on it."""

    form: str
    body: list[Any] = field(default_factory=list)
    mount: list[Any] = field(default_factory=list)
    marks: list[tuple[Any, str]] = field(default_factory=list)
    colour: Colour | None = None
    faces: list[Matrix] = field(default_factory=list)
    """Where a name may stand: frames with x along the writing, z out of the surface, scaled to its room."""


def material(
    colour: Colour,
    rough: float = 0.45,
    metal: float = 0.0,
    clear: float = 0.0,
    glow: float = 0.0,
    dirt: float = 0.0,
) -> Any:
    """Principled; ``clear`` is what passes through, ``dirt`` the share of a blotchy brown film."""
    made = bpy.data.materials.new("m")
    made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    shader = nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*colour, 1)
    shader.inputs["Roughness"].default_value = rough
    shader.inputs["Metallic"].default_value = metal
    shader.inputs["Transmission Weight"].default_value = clear
    if glow:
        shader.inputs["Emission Color"].default_value = (*colour, 1)
        shader.inputs["Emission Strength"].default_value = glow
    if dirt:
        noise, ramp, mix = (nodes.new(f"ShaderNode{kind}") for kind in ("TexNoise", "ValToRGB", "MixRGB"))
        noise.inputs["Scale"].default_value = random.uniform(2, 9)
        noise.inputs["Detail"].default_value = 8
        place, stretch = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeMapping")
        # Rain draws dirt down into streaks.
        stretch.inputs["Scale"].default_value = (1, 1, random.uniform(0.15, 1.0))
        links.new(place.outputs["Object"], stretch.inputs["Vector"])
        links.new(stretch.outputs["Vector"], noise.inputs["Vector"])
        ramp.color_ramp.elements[0].position = random.uniform(0.3, 0.5)
        ramp.color_ramp.elements[1].color = (dirt, dirt, dirt, 1)
        ramp.color_ramp.elements[1].position = random.uniform(0.75, 0.95)
        brown = random.uniform(0.02, 0.15)
        mix.inputs[1].default_value = (*colour, 1)
        mix.inputs[2].default_value = (brown, brown * 0.8, brown * 0.6, 1)
        links.new(noise.outputs["Fac"], ramp.inputs["Fac"])
        links.new(ramp.outputs["Color"], mix.inputs[0])
        links.new(mix.outputs["Color"], shader.inputs["Base Color"])
    return made


def solid(build: Any, paint: Any, *, round_edges: float = 0.0, smooth: bool = True) -> Any:
    """An object of the mesh that ``build`` fills in."""
    mesh = bpy.data.meshes.new("s")
    shape = bmesh.new()
    build(shape)
    if round_edges:
        sharp = [e for e in shape.edges if len(e.link_faces) == 2 and e.calc_face_angle() > 0.5]
        bmesh.ops.bevel(
            shape, geom=sharp, offset=round_edges, segments=3, profile=0.5, affect="EDGES", clamp_overlap=True
        )
    shape.to_mesh(mesh)
    shape.free()
    mesh.materials.append(paint)
    if smooth:
        mesh.shade_smooth()
        mesh.set_sharp_from_angle(angle=0.7)
    thing = bpy.data.objects.new("s", mesh)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def block(size: Place, at: Place, paint: Any, round_edges: float = 0.02) -> Any:
    def build(shape: Any) -> None:
        bmesh.ops.create_cube(shape, size=1.0, matrix=Matrix.Translation(at) @ Matrix.Diagonal((*size, 1)))

    return solid(build, paint, round_edges=min(round_edges, 0.45 * min(size)))


def rod(
    start: Place,
    end: Place,
    radius: float,
    paint: Any,
    tip: float | None = None,
    sides: int = 40,
    edge: float = 0.0,
) -> Any:
    """A cylinder, or a cone that ends with the radius ``tip``."""
    axis = Vector(end) - Vector(start)
    place = (
        Matrix.Translation((Vector(start) + Vector(end)) / 2)
        @ axis.to_track_quat("Z", "Y").to_matrix().to_4x4()
    )

    def build(shape: Any) -> None:
        bmesh.ops.create_cone(
            shape,
            cap_ends=True,
            segments=sides,
            radius1=radius,
            radius2=radius if tip is None else tip,
            depth=axis.length,
            matrix=place,
        )

    return solid(build, paint, round_edges=edge)


def ball(
    at: Place,
    radius: float,
    paint: Any,
    stretch: Place = (1, 1, 1),
    only: str = "",
    flat: float = 1.0,
) -> Any:
    """A sphere, or its ``lower``, ``upper`` or ``front`` half; cut open in front beyond ``flat`` radii."""

    def build(shape: Any) -> None:
        bmesh.ops.create_uvsphere(shape, u_segments=40, v_segments=24, radius=radius)
        if only:
            normal = {"lower": (0, 0, 1), "upper": (0, 0, -1), "front": (0, 1, 0)}[only]
            bmesh.ops.bisect_plane(
                shape,
                geom=[*shape.verts, *shape.edges, *shape.faces],
                plane_co=(0, 0, 0),
                plane_no=normal,
                clear_outer=True,
            )
        if flat < 1:
            bmesh.ops.bisect_plane(
                shape,
                geom=[*shape.verts, *shape.edges, *shape.faces],
                plane_co=(0, -flat * radius, 0),
                plane_no=(0, -1, 0),
                clear_outer=True,
            )
        bmesh.ops.transform(
            shape, matrix=Matrix.Translation(at) @ Matrix.Diagonal((*stretch, 1)), verts=shape.verts
        )

    return solid(build, paint)


def turned(profile: Sequence[tuple[float, float]], at: Place, paint: Any) -> Any:
    """What a lathe makes of (radius, height) pairs, around the vertical through ``at``."""

    def build(shape: Any) -> None:
        ring = [shape.verts.new((radius, 0, height)) for radius, height in profile]
        edges = [shape.edges.new(pair) for pair in pairwise(ring)]
        bmesh.ops.spin(
            shape,
            geom=[*ring, *edges],
            cent=(0, 0, 0),
            axis=(0, 0, 1),
            angle=2 * math.pi,
            steps=44,
            use_merge=True,
        )
        bmesh.ops.remove_doubles(shape, verts=shape.verts, dist=1e-4)
        bmesh.ops.recalc_face_normals(shape, faces=shape.faces)
        bmesh.ops.transform(shape, matrix=Matrix.Translation(at), verts=shape.verts)

    return solid(build, paint)


def shell(length: float, radius: float, at: Place, paint: Any, share: float, thick: float = 0.015) -> Any:
    """A piece of a tube along y, open below: a hood. ``share`` of the circle is there."""

    def build(shape: Any) -> None:
        steps = 28
        rows = []
        for y in (-length / 2, length / 2):
            angles = [math.pi / 2 + (k / steps - 0.5) * 2 * math.pi * share for k in range(steps + 1)]
            rows.append([shape.verts.new((radius * math.cos(a), y, radius * math.sin(a))) for a in angles])
        for k in range(steps):
            shape.faces.new((rows[0][k], rows[0][k + 1], rows[1][k + 1], rows[1][k]))
        bmesh.ops.solidify(shape, geom=shape.faces[:], thickness=thick)
        bmesh.ops.transform(shape, matrix=Matrix.Translation(at), verts=shape.verts)

    return solid(build, paint)


def cable(points: Sequence[Place], radius: float, paint: Any) -> Any:
    curve = bpy.data.curves.new("c", "CURVE")
    curve.dimensions = "3D"
    curve.bevel_depth = radius
    line = curve.splines.new("NURBS")
    line.points.add(len(points) - 1)
    for point, place in zip(line.points, points, strict=True):
        point.co = (*place, 1)
    line.use_endpoint_u = True
    line.order_u = 3
    curve.materials.append(paint)
    thing = bpy.data.objects.new("c", curve)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def decal(target: Any, frame: Matrix, logo: Path, room: float, paint: Colour | None, rough: float) -> Any:
    """A name on the surface of ``target``: the logo's alpha, in its own colours or in one ``paint``.

    ``frame`` has x along the writing and z out of the surface; the logo fills ``room`` of its unit square.
    """
    image = bpy.data.images.load(str(logo))
    width, height = image.size
    across, up = (room, room * height / width) if width > height else (room * width / height, room)
    mesh = bpy.data.meshes.new("d")
    shape = bmesh.new()
    bmesh.ops.create_grid(shape, x_segments=24, y_segments=12, size=0.5)
    layer = shape.loops.layers.uv.new()
    for surface in shape.faces:
        for loop in surface.loops:
            loop[layer].uv = (loop.vert.co.x + 0.5, loop.vert.co.y + 0.5)
    bmesh.ops.transform(shape, matrix=Matrix.Diagonal((across, up, 1, 1)), verts=shape.verts)
    shape.to_mesh(mesh)
    shape.free()
    made = material((0, 0, 0), rough)
    nodes, links = made.node_tree.nodes, made.node_tree.links
    texture = nodes.new("ShaderNodeTexImage")
    texture.image = image
    shader = nodes["Principled BSDF"]
    links.new(texture.outputs["Alpha"], shader.inputs["Alpha"])
    if paint is None:
        links.new(texture.outputs["Color"], shader.inputs["Base Color"])
    else:
        shader.inputs["Base Color"].default_value = (*paint, 1)
    mesh.materials.append(made)
    thing = bpy.data.objects.new("d", mesh)
    bpy.context.scene.collection.objects.link(thing)
    thing.matrix_world = frame
    wrap = thing.modifiers.new("w", "SHRINKWRAP")
    wrap.target = target
    wrap.offset = 0.004
    return thing


def face(at: Place, along: Place, out: Place, size: float) -> Matrix:
    """A frame for ``decal``: the writing runs ``along``, the surface looks ``out``; ``size`` is its room."""
    x, z = Vector(along).normalized(), Vector(out).normalized()
    y = z.cross(x)
    turn = Matrix((x, y, z)).transposed().to_4x4()
    return Matrix.Translation(Vector(at) + z * 0.004) @ turn @ Matrix.Scale(size, 4)
