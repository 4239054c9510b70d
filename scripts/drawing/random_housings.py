"""Random camera housings as solids: bullet, box, turret, dome and PTZ of many shapes, paints and mounts.

A housing is built in its own frame (x right, y up, z where it looks), about its centre, in metres;
``Housing.turn`` leads from there to the world, whose y is up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scripts.drawing import tracer
from scripts.drawing.paints import DARK, Paint, Random, bubble_glass, front_glass, painted, random_paint
from scripts.drawing.tracer import Distance, Floats, Part, floats

Matrix = NDArray[np.float64]
Place = tuple[float, float, float]

_FORMS = {"bullet": 0.36, "box": 0.16, "turret": 0.18, "dome": 0.16, "ptz": 0.14}


@dataclass(frozen=True, slots=True)
class Housing:
    """``wall`` is the world direction out of the wall it hangs on, None where it can be seen from all round;
    ``level`` keeps the eye below a ceiling plate."""

    form: str
    parts: list[Part]
    turn: Matrix
    wall: Floats | None
    level: bool


def random_housing(random: Random) -> Housing:
    form = str(random.choice(list(_FORMS), p=list(_FORMS.values())))
    return _BUILDERS[form](random)


def _place(point: NDArray[np.floating]) -> Place:
    x, y, z = (float(value) for value in point)
    return x, y, z


def _tilt(random: Random) -> Matrix:
    """The camera looks down a little, seldom up."""
    return tracer.rotation(0, float(-np.clip(random.normal(17, 13), -12, 55)))


def _bullet(random: Random) -> Housing:
    radius = float(random.uniform(0.028, 0.045))
    half = radius * float(random.uniform(1.25, 3.6))
    paint, second = random_paint(random), random_paint(random)
    trim = second if random.random() < 0.35 else paint
    square = random.random() < 0.28
    if square:
        flat = float(random.uniform(0.75, 1.0))
        body = tracer.block(
            (0, 0, 0), (radius, radius * flat, half), radius * float(random.uniform(0.2, 0.7))
        )
    else:
        body = tracer.cylinder((0, 0, 0), 2, radius, half, radius * float(random.uniform(0.06, 0.35)))
    inner = radius * float(random.uniform(0.72, 0.9)) * (0.85 if square else 1)
    depth = float(random.uniform(0.004, 0.014))
    well = tracer.cylinder((0, 0, half), 2, inner, depth, 0.001)
    glass = tracer.cylinder((0, 0, half - depth - 0.002), 2, inner, 0.0045, 0.001)
    parts = [
        painted(tracer.cut(body, well), paint),
        Part(glass, front_glass(inner, random), gloss=0.06, sharpness=300),
    ]
    if random.random() < 0.75:
        parts.append(painted(_hood(radius, half, square, random), trim))
    if random.random() < 0.5:  # a rear cap or a ring round the waist
        z = float(random.choice([-half, half * 0.25]))
        wide = radius * float(random.uniform(0.8, 0.93)) if z < 0 else radius * 1.025
        parts.append(painted(tracer.cylinder((0, 0, z), 2, wide, 0.008), trim))
    return on_arm("bullet", parts, radius, half, paint, random)


def _hood(radius: float, half: float, square: bool, random: Random) -> Distance:
    over = radius * float(random.uniform(0.1, 1.0))
    back = half * float(random.uniform(0.1, 1.0))
    middle, extent = (half + over - back) / 2, (half + over + back) / 2
    gap, sheet = float(random.uniform(0.001, 0.006)), float(random.uniform(0.0015, 0.003))
    floor = radius * float(random.choice([0.5, 0.15, -0.2, -0.6]))
    if square:
        outer = tracer.block((0, 0, middle), (radius + gap + sheet, radius + gap + sheet, extent), 0.004)
        inner = tracer.block((0, 0, middle), (radius + gap, radius + gap, extent + 0.05), 0.003)
    else:
        outer = tracer.cylinder((0, 0, middle), 2, radius + gap + sheet, extent, 0.001)
        inner = tracer.cylinder((0, 0, middle), 2, radius + gap, extent + 0.05, 0.001)
    return tracer.cut(outer, inner, tracer.half_space(1, floor))


def _box(random: Random) -> Housing:
    """A long weather housing with a flat or rounded roof that juts out over the front glass."""
    wide = float(random.uniform(0.045, 0.065))
    high = wide * float(random.uniform(0.75, 1.05))
    half = wide * float(random.uniform(1.5, 3.4))
    paint, second = random_paint(random), random_paint(random)
    trim = second if random.random() < 0.3 else paint
    rounding = wide * float(random.uniform(0.06, 0.5))
    frame = float(random.uniform(0.006, 0.012))
    hole = tracer.block((0, 0, half), (wide - frame, high - frame, 0.012), rounding * 0.5 + 0.001)
    glass = tracer.block((0, 0, half - 0.015), (wide - frame, high - frame, 0.005), 0.001)
    parts = [
        painted(tracer.cut(tracer.block((0, 0, 0), (wide, high, half), rounding), hole), paint),
        Part(glass, front_glass(high, random, rectangular=True), gloss=0.07, sharpness=300),
    ]
    over = wide * float(random.uniform(0.2, 1.1))
    if random.random() < 0.85:
        roof = tracer.block(
            (0, high + 0.004, over / 2),
            (wide + float(random.uniform(0.001, 0.012)), 0.003, half + over / 2),
            0.002,
        )
        parts.append(painted(roof, trim))
        if random.random() < 0.5:
            low = high * float(random.uniform(-0.3, 0.6))
            middle, tall = (high + low) / 2, (high - low) / 2 + 0.003
            for hand in (-1, 1):
                side = tracer.block(
                    (hand * (wide + 0.003), middle, over / 2), (0.002, tall, half + over / 2), 0.001
                )
                parts.append(painted(side, trim))
    return on_arm("box", parts, high, half, paint, random)


def on_arm(form: str, parts: list[Part], radius: float, half: float, paint: Paint, random: Random) -> Housing:
    turn = _tilt(random)
    joints = (
        (0.0, -radius, -half * random.uniform(-0.1, 0.8)),
        (0.0, 0.0, -half),
        (0.0, radius, -half * 0.3),
    )
    joint = np.array(joints[int(random.choice(3, p=[0.62, 0.23, 0.15]))])
    mount = str(random.choice(["wall", "pole", "ceiling", "none"], p=[0.42, 0.2, 0.2, 0.18]))
    arm, wall = _arm(mount, joint, turn, paint, random)
    return Housing(form, parts + arm, turn, wall, mount == "ceiling")


def _arm(
    mount: str, joint: NDArray[np.float64], turn: Matrix, paint: Paint, random: Random
) -> tuple[list[Part], Floats | None]:
    """The bracket from ``joint`` (in the housing's frame) to its plate or pole, and the wall's direction."""
    if mount == "none":
        return [], None
    thick = float(random.uniform(0.009, 0.019))
    world = turn @ joint
    facing = float(random.uniform(-85, 85))
    out = tracer.rotation(facing, 0) @ np.array([0, 0, 1.0])
    outward = joint / max(float(np.linalg.norm(joint)), 1e-6)
    elbow = world + turn @ (outward * [1, 1, 0.6]) * float(random.uniform(0.02, 0.05))
    if mount == "ceiling":
        foot = elbow + np.array([0, abs(joint[1]) * 2 + random.uniform(0.05, 0.14), 0])
        if joint[1] <= 0:  # the rod must pass behind the housing
            elbow = elbow - turn @ np.array([0, 0, 0.03])
            foot = elbow + np.array([0, float(random.uniform(0.08, 0.16)), 0])
            rear = turn @ np.array([0, 0, -abs(joint[2]) - 0.075])
            elbow, foot = elbow * [1, 1, 0] + rear * [0, 0, 1], foot * [1, 1, 0] + rear * [0, 0, 1]
        axis, spin = 1, np.eye(3)
    else:
        foot = elbow - out * float(random.uniform(0.05, 0.16)) + [0, float(random.normal(0, 0.015)), 0]
        axis, spin = 2, tracer.rotation(facing, 0)
    local = [_place(turn.T @ point) for point in (world, elbow, foot)]
    solids = [tracer.capsule(local[0], local[1], thick), tracer.capsule(local[1], local[2], thick * 0.95)]
    at = local[2]
    size = float(random.uniform(0.028, 0.05))
    if mount == "pole":
        pole = tracer.cylinder((0, 0, -size * 0.6), 1, size * 0.6, float(random.uniform(0.09, 0.17)), 0.002)
        clamp = tracer.block((0, 0, 0), (size * 0.75, size * 0.8, size * 0.4), 0.004)
        solids += [_moved(pole, turn.T @ spin, at), _moved(clamp, turn.T @ spin, at)]
    elif random.random() < 0.35:
        deep = float(random.uniform(0.008, 0.03))
        solids.append(_moved(tracer.block((0, 0, 0), (size, size, size), 0.005), turn.T @ spin, at))
        solids[-1] = tracer.within(solids[-1], _slab(turn.T @ spin, at, axis, deep))
    else:
        plate = tracer.cylinder((0, 0, 0), axis, size, float(random.uniform(0.006, 0.026)), 0.004)
        solids.append(_moved(plate, turn.T @ spin, at))
    bracket = [painted(solid, paint, housing=False) for solid in solids]
    if random.random() < 0.3:
        bracket.append(_cable(local[0], at, random))
    return bracket, floats(out) if mount == "wall" else None


def _cable(start: Place, end: Place, random: Random) -> Part:
    a, b = np.array(start), np.array(end)
    sag = _place((a + b) / 2 + [random.normal(0, 0.01), -random.uniform(0.02, 0.05), 0])
    first, last = tracer.capsule(start, sag, 0.0035), tracer.capsule(sag, end, 0.0035)
    dark = tracer.plain(*DARK)
    return Part(lambda points: np.minimum(first(points), last(points)), dark, 0.02, 30, housing=False)


def _moved(solid: Distance, turn: Matrix, at: Place) -> Distance:
    return tracer.placed(Part(solid, tracer.plain(0, 0, 0)), turn, at).distance


def _slab(turn: Matrix, at: Place, axis: int, half: float) -> Distance:
    return _moved(lambda points: np.abs(points[:, axis]) - np.float32(half), turn, at)


def _fixture(random: Random) -> tuple[Matrix, bool]:
    """Ceiling (upright) or wall: there the base, local +y, points into the wall, world -z."""
    wall = random.random() < 0.35
    return (tracer.rotation(0, 90) if wall else np.eye(3)), wall


def hung(form: str, parts: list[Part], turn: Matrix, wall: bool) -> Housing:
    return Housing(form, parts, turn, floats((0, 0, 1)) if wall else None, not wall)


def _turret(random: Random) -> Housing:
    turn, wall = _fixture(random)
    paint = random_paint(random)
    ball = float(random.uniform(0.04, 0.055))
    base, high = ball * float(random.uniform(1.05, 1.4)), ball * float(random.uniform(0.2, 0.5))
    sight = tracer.rotation(
        float(random.uniform(130, 230) if wall else random.uniform(-180, 180)), float(-random.uniform(15, 65))
    )
    flat = float(random.uniform(0.6, 0.85))
    disc = ball * float(np.sqrt(1 - flat**2))
    solid = tracer.cut(tracer.sphere((0, 0, 0), ball), tracer.half_space(2, -flat * ball, -1))
    face = tracer.cylinder((0, 0, flat * ball), 2, disc * 0.96, 0.003, 0.001)
    eye = [painted(solid, paint), Part(face, front_glass(disc, random), gloss=0.06, sharpness=300)]
    parts = [tracer.placed(part, sight, (0, 0, 0)) for part in eye]
    top = ball * float(random.uniform(0.35, 0.75))
    parts.append(painted(tracer.cylinder((0, top + high / 2, 0), 1, base, high, high * 0.5), paint))
    if random.random() < 0.4:
        collar = tracer.cylinder((0, top - high * 0.5, 0), 1, ball * 1.03, ball * 0.2, 0.004)
        parts.append(painted(collar, paint))
    return hung("turret", parts + stand(top + high, base, paint, random), turn, wall)


def _dome(random: Random) -> Housing:
    turn, wall = _fixture(random)
    paint = random_paint(random)
    base = float(random.uniform(0.05, 0.075))
    high = base * float(random.uniform(0.15, 0.4))
    bubble = base * float(random.uniform(0.58, 0.86))
    drop = -high + bubble * float(random.uniform(-0.1, 0.45))
    glass = tracer.within(tracer.sphere((0, drop, 0), bubble), tracer.half_space(1, -high * 0.5))
    shell = tracer.cylinder((0, 0, 0), 1, base, high, high * float(random.uniform(0.2, 0.9)))
    parts = [
        painted(shell, paint),
        Part(glass, bubble_glass(drop, wall, random), gloss=float(random.uniform(0.05, 0.1)), sharpness=350),
    ]
    if random.random() < 0.6:  # the ring that holds the bubble
        ring = tracer.cylinder((0, -high, 0), 1, bubble * 1.12, high * float(random.uniform(0.2, 0.5)), 0.003)
        parts.append(painted(tracer.cut(ring, tracer.sphere((0, drop, 0), bubble * 0.995)), paint))
    if random.random() < 0.2:  # a weather hood round the top
        hood = tracer.cylinder((0, high * 0.3, 0), 1, base * 1.12, high * 1.2, 0.003)
        inner = tracer.cylinder((0, -high, 0), 1, base * 1.08, high * 2.2, 0.002)
        parts.append(painted(tracer.cut(hood, inner), paint))
    return hung("dome", parts + stand(high, base, paint, random), turn, wall)


def stand(top: float, base: float, paint: Paint, random: Random) -> list[Part]:
    """Above the base: nothing, a junction box, or a rod with a plate or a goose neck."""
    kind = str(random.choice(["none", "box", "rod", "neck"], p=[0.5, 0.15, 0.2, 0.15]))
    if kind == "none":
        return []
    if kind == "box":
        high = base * float(random.uniform(0.2, 0.45))
        if random.random() < 0.5:
            solid = tracer.cylinder(
                (0, top + high, 0), 1, base * float(random.uniform(1.0, 1.15)), high, 0.004
            )
        else:
            solid = tracer.block((0, top + high, 0), (base * 1.05, high, base * 1.05), 0.005)
        return [painted(solid, paint, housing=False)]
    thick = base * float(random.uniform(0.22, 0.42))
    long = base * float(random.uniform(0.6, 1.8))
    solids = [tracer.capsule((0, top, 0), (0, top + long, 0), thick)]
    if kind == "rod":
        solids.append(tracer.cylinder((0, top + long, 0), 1, thick * 2, 0.006, 0.002))
    else:
        reach = base * float(random.uniform(1.2, 2.4))
        solids.append(tracer.capsule((0, top + long, 0), (0, top + long * 0.9, -reach), thick))
        plate = (thick * 1.8, thick * 2.4, 0.006)
        solids.append(tracer.block((0, top + long * 0.9, -reach), plate, 0.003))
    return [painted(solid, paint, housing=False) for solid in solids]


def _ptz(random: Random) -> Housing:
    """A ball that hangs on a neck: a dark half globe under a cap, or an open eye in a yoke."""
    paint = random_paint(random)
    radius = float(random.uniform(0.05, 0.07))
    if random.random() < 0.55:
        cap = tracer.cylinder((0, radius * 0.45, 0), 1, radius * 1.12, radius * 0.6, radius * 0.4)
        globe = tracer.within(tracer.sphere((0, 0, 0), radius * 0.98), tracer.half_space(1, 0.0))
        glass = bubble_glass(0.0, False, random)
        parts = [painted(cap, paint), Part(globe, glass, gloss=0.08, sharpness=350)]
        top = radius * 1.0
    else:
        sight = tracer.rotation(0, float(-random.uniform(5, 60)))
        eye = tracer.cut(tracer.sphere((0, 0, 0), radius), tracer.half_space(2, -radius * 0.8, -1))
        face = tracer.cylinder((0, 0, radius * 0.8), 2, radius * 0.57, 0.003, 0.001)
        ball = [
            painted(eye, paint),
            Part(face, front_glass(radius * 0.58, random), gloss=0.06, sharpness=300),
        ]
        parts = [tracer.placed(part, sight, (0, 0, 0)) for part in ball]
        trim = random_paint(random) if random.random() < 0.3 else paint
        for hand in (-1, 1):
            cheek = tracer.block(
                (hand * radius * 1.02, radius * 0.4, 0),
                (radius * 0.2, radius * 0.85, radius * 0.5),
                radius * 0.18,
            )
            parts.append(painted(cheek, trim))
        head = tracer.cylinder((0, radius * 1.35, 0), 1, radius * 1.2, radius * 0.35, radius * 0.15)
        parts.append(painted(head, trim))
        top = radius * 1.7
    long, thick = radius * float(random.uniform(0.3, 1.4)), radius * float(random.uniform(0.25, 0.5))
    solids = [tracer.cylinder((0, top + long, 0), 1, thick, long, 0.003)]
    if random.random() < 0.5:
        reach = radius * float(random.uniform(1.2, 2.5))
        spin = tracer.rotation(float(random.uniform(-180, 180)), 0)
        far = _place(spin @ np.array([0, top + 2 * long, -reach]))
        solids.append(tracer.capsule((0, top + 2 * long, 0), far, thick * 0.9))
    return Housing("ptz", parts + [painted(s, paint, housing=False) for s in solids], np.eye(3), None, True)


_BUILDERS: dict[str, Callable[[Random], Housing]] = {
    "bullet": _bullet,
    "box": _box,
    "turret": _turret,
    "dome": _dome,
    "ptz": _ptz,
}
