"""Random things that hang where cameras hang and are none: lamps, loudspeakers, sensors, sirens, vents, ….

The detector's false boxes on streets are such things. They are built like ``random_housings``, from the same
solids, paints and mounts, so that nothing but their shape tells them from cameras; all of a thing but its
bracket counts as ``housing`` here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from scripts.drawing import tracer
from scripts.drawing.paints import DARK, Paint, Random, painted, random_paint
from scripts.drawing.random_housings import Housing, hung, on_arm, stand
from scripts.drawing.tracer import Colour, Distance, Floats, Part, Points, floats

_SIGNALS = ((0.02, 0.03, 0.55), (0.02, 0.25, 0.75), (0.45, 0.12, 0.02), (0.05, 0.40, 0.06))
"""Red, amber, blue, green."""


def random_lookalike(random: Random) -> Housing:
    return _BUILDERS[int(random.integers(len(_BUILDERS)))](random)


def _cone(radius: float, wide: float, half: float) -> Distance:
    """A truncated cone along z, ``radius`` at -half and ``wide`` at +half."""
    slope = np.float32((wide - radius) / (2 * half))
    lean = np.float32(1 / np.sqrt(1 + slope**2))

    def distance(points: Points) -> Floats:
        at = radius + slope * (points[:, 2] + np.float32(half))
        out = (np.hypot(points[:, 0], points[:, 1]) - at) * lean
        return floats(np.maximum(out, np.abs(points[:, 2]) - np.float32(half)))

    return distance


def _stretched(solid: Distance, across: float, up: float, along: float) -> Distance:
    """The solid scaled by axis; its distances stay underestimates, which a tracer may step by."""
    scale = floats((across, up, along))
    least = np.float32(min(across, up, along))
    return lambda points: floats(solid(floats(points / scale)) * least)


def _grid(pitch: float, share: float, mark: Floats, ground: Floats, around: bool = False) -> Colour:
    """Dots on the x-y plane, or on rings: diodes of a floodlight, holes of a loudspeaker's grille."""

    def colour(points: Points) -> Floats:
        x, y = points[:, 0] / np.float32(pitch), points[:, 1] / np.float32(pitch)
        if around:
            ring = np.hypot(x, y)
            x, y = ring, np.arctan2(y, x) * np.maximum(np.round(ring), 1)
        hole = np.hypot(x - np.round(x), y - np.round(y)) < share
        return floats(np.where(hole[:, None], mark, ground))

    return colour


def _stripes(axis: int, pitch: float, share: float, mark: Floats, ground: Floats) -> Colour:
    def colour(points: Points) -> Floats:
        phase = (points[:, axis] / np.float32(pitch)) % 1
        return floats(np.where((phase < share)[:, None], mark, ground))

    return colour


def _signal(random: Random) -> Colour:
    base = floats(_SIGNALS[int(random.integers(len(_SIGNALS)))]) * np.float32(random.uniform(0.5, 1.6))
    return tracer.plain(*(float(v) for v in base))


def _lit(random: Random) -> Floats:
    """A lamp's face: burning, milky or clear glass over a reflector."""
    kind = random.random()
    if kind < 0.4:
        return floats((1.6, 2.0, 2.2)) * np.float32(random.uniform(0.6, 2.0))
    return floats((0.60, 0.66, 0.68)) if kind < 0.75 else floats((0.20, 0.22, 0.22))


def _plain(colour: Floats) -> Colour:
    return tracer.plain(*(float(v) for v in colour))


def _from_the_front(thing: Housing) -> Housing:
    """To be seen from the front only: from behind it could as well be a camera."""
    return replace(thing, wall=floats(thing.turn @ np.array([0, 0, 1.0])))


def _floodlight(random: Random) -> Housing:
    paint = random_paint(random)
    wide, high = float(random.uniform(0.06, 0.12)), float(random.uniform(0.045, 0.09))
    deep = float(random.uniform(0.008, 0.03))
    face = floats((0.50, 0.55, 0.58)) * np.float32(random.uniform(0.3, 1.2))
    diodes = _grid(float(random.uniform(0.012, 0.03)), 0.36, _lit(random) + floats((0, 0.1, 0.4)), face)
    glass = tracer.block((0, 0, deep), (wide * 0.88, high * 0.86, 0.003), 0.001)
    shell = tracer.block((0, 0, 0), (wide, high, deep), 0.005)
    fins = _stripes(0, 0.012, 0.35, floats(DARK), paint.colour(np.zeros((1, 3), np.float32))[0])
    back = tracer.block((0, 0, -deep * 1.4), (wide * 0.7, high * 0.7, deep * 0.6), 0.003)
    parts = [
        painted(shell, paint),
        Part(glass, diodes if random.random() < 0.6 else _plain(_lit(random)), 0.06, 250),
        Part(back, fins, paint.gloss, paint.sharpness),
    ]
    return on_arm("lamp", parts, high, deep, paint, random)


def _spot(random: Random) -> Housing:
    """A can with a lit or mirrored mouth: nearest of all to a bullet camera."""
    paint = random_paint(random)
    radius = float(random.uniform(0.028, 0.055))
    half = radius * float(random.uniform(0.9, 2.6))
    body = (
        tracer.cylinder((0, 0, 0), 2, radius, half, radius * 0.1)
        if random.random() < 0.6
        else _cone(radius * 0.55, radius, half)
    )
    mouth = tracer.cylinder((0, 0, half), 2, radius * 0.85, radius * 0.3, 0.001)
    deep = half - radius * 0.3
    glow = _lit(random)
    ring = _grid(radius * 0.3, 0.34, glow, glow * np.float32(0.35), around=True)
    face = tracer.cylinder((0, 0, deep), 2, radius * 0.85, 0.003, 0.001)
    parts = [
        painted(tracer.cut(body, mouth), paint),
        Part(face, ring if random.random() < 0.4 else _plain(glow), 0.05, 200),
    ]
    return _from_the_front(on_arm("lamp", parts, radius, half, paint, random))


def _up_down(random: Random) -> Housing:
    """A wall lamp that shines up and down, or a lantern with panes."""
    paint = random_paint(random)
    radius, half = float(random.uniform(0.03, 0.055)), float(random.uniform(0.06, 0.12))
    solid = (
        tracer.cylinder((0, 0, 0), 1, radius, half, 0.004)
        if random.random() < 0.5
        else tracer.block((0, 0, 0), (radius, half, radius), 0.004)
    )
    parts = [painted(solid, paint)]
    for end in (-1, 1):
        glow = tracer.cylinder((0, end * half, 0), 1, radius * 0.75, 0.003, 0.001)
        parts.append(Part(glow, _plain(_lit(random)), 0.04, 60))
    if random.random() < 0.4:
        pane = tracer.block((0, half * 0.1, 0), (radius * 1.03, half * 0.5, radius * 1.03), 0.003)
        parts.append(Part(pane, _plain(_lit(random)), 0.06, 200))
    return on_arm("lamp", parts, radius, radius, paint, random)


def _globe(random: Random) -> Housing:
    """A milky globe or half globe: what a dome camera is taken for."""
    paint = random_paint(random)
    radius = float(random.uniform(0.045, 0.09))
    base = radius * float(random.uniform(0.5, 1.15))
    glass = tracer.sphere((0, 0, 0), radius)
    if random.random() < 0.55:
        glass = tracer.within(glass, tracer.half_space(1, radius * float(random.uniform(0.0, 0.3))))
    glass = _stretched(glass, 1.0, float(random.uniform(0.5, 1.3)), 1.0)
    top = radius * 0.8
    cap = tracer.cylinder((0, top * 0.5, 0), 1, base, top * 0.5, 0.006)
    parts = [Part(glass, _plain(_lit(random)), 0.05, 200), painted(cap, paint)]
    wall = random.random() < 0.35
    turn = tracer.rotation(0, 90) if wall else np.eye(3)
    return hung("lamp", parts + stand(top, base, paint, random), turn, wall)


def _bulkhead(random: Random) -> Housing:
    """A round or oval lamp on a wall, with or without a cage."""
    paint = random_paint(random)
    radius = float(random.uniform(0.06, 0.09))
    oval = float(random.uniform(0.6, 1.0))
    rim = _stretched(tracer.cylinder((0, 0, 0), 2, radius, 0.018, 0.006), 1.0, oval, 1.0)
    dome = _stretched(
        tracer.within(tracer.sphere((0, 0, 0), radius * 0.86), tracer.half_space(2, 0.0, -1)), 1.0, oval, 0.55
    )
    glow = _lit(random)
    bars = _stripes(0, radius * 0.6, 0.16, paint.colour(np.zeros((1, 3), np.float32))[0], glow)
    parts = [
        painted(rim, paint),
        Part(dome, bars if random.random() < 0.35 else _plain(glow), 0.06, 250),
    ]
    return Housing("lamp", parts, np.eye(3), floats((0, 0, 1)), False)


def _street_lamp(random: Random) -> Housing:
    paint = random_paint(random)
    long, wide = float(random.uniform(0.09, 0.17)), float(random.uniform(0.03, 0.055))
    high = wide * float(random.uniform(0.25, 0.6))
    shell = _stretched(tracer.sphere((0, 0, 0), 1.0), wide, high, long)
    lens = tracer.block((0, -high * 0.75, long * 0.15), (wide * 0.6, 0.004, long * 0.45), 0.003)
    parts = [painted(tracer.cut(shell, tracer.half_space(1, -high * 0.75)), paint)]
    parts.append(Part(lens, _plain(_lit(random)), 0.06, 200))
    arm = tracer.capsule((0, 0, -long * 0.8), (0, -high * random.uniform(0, 2), -long * 2.2), wide * 0.35)
    return Housing("lamp", [*parts, painted(arm, paint, housing=False)], np.eye(3), None, True)


def _horn(random: Random) -> Housing:
    paint = random_paint(random)
    mouth, long = float(random.uniform(0.06, 0.10)), float(random.uniform(0.05, 0.09))
    oval = float(random.choice([1.0, 1.0, 0.65]))
    outer = _cone(mouth * 0.3, mouth, long)
    inner = _stretched(_cone(mouth * 0.2, mouth * 0.96, long), 1, 1, 1.02)
    hollow = _stretched(tracer.cut(outer, inner), 1.0, oval, 1.0)
    plug = tracer.capsule((0, 0, -long), (0, 0, long * 0.3), mouth * 0.26)
    driver = tracer.cylinder((0, 0, -long * 1.35), 2, mouth * 0.42, long * 0.4, 0.006)
    rim = tracer.cut(
        tracer.cylinder((0, 0, long), 2, mouth, 0.004, 0.001),
        tracer.cylinder((0, 0, long), 2, mouth * 0.93, 0.02, 0.001),
    )
    solids = [hollow, plug, driver, _stretched(rim, 1.0, oval, 1.0)]
    return on_arm("horn", [painted(s, paint) for s in solids], mouth * 0.4, long * 1.3, paint, random)


def _speaker(random: Random) -> Housing:
    paint = random_paint(random)
    wide, high = float(random.uniform(0.045, 0.08)), float(random.uniform(0.06, 0.12))
    deep = float(random.uniform(0.035, 0.07))
    body = tracer.block((0, 0, 0), (wide, high, deep), float(random.uniform(0.004, 0.02)))
    cloth = paint.colour(np.zeros((1, 3), np.float32))[0] * np.float32(0.7)
    grille = tracer.block((0, 0, deep), (wide * 0.9, high * 0.92, 0.003), 0.001)
    if random.random() < 0.5:
        face = _grid(0.007, 0.34, floats(DARK), cloth)
    else:
        ring = float(random.uniform(0.6, 0.85)) * wide

        def face(points: Points) -> Floats:
            out = np.hypot(points[:, 0], points[:, 1] + high * np.float32(0.3)) / np.float32(ring)
            tweeter = np.hypot(points[:, 0], points[:, 1] - high * np.float32(0.55)) / np.float32(ring)
            result = np.tile(cloth, (len(points), 1))
            result[(out < 1) | (tweeter < 0.4)] = floats((0.03, 0.03, 0.03))
            result[out < 0.35] = floats((0.06, 0.06, 0.06))
            return floats(result)

    parts = [painted(body, paint), Part(grille, face, 0.01, 20)]
    return _from_the_front(on_arm("speaker", parts, high, deep, paint, random))


def _siren(random: Random) -> Housing:
    """An alarm box with a strobe under or over it, or a strobe beacon on its own base."""
    paint = random_paint(random) if random.random() < 0.6 else Paint(_signal(random), 0.04, 90)
    wide, high = float(random.uniform(0.05, 0.1)), float(random.uniform(0.05, 0.1))
    deep = float(random.uniform(0.02, 0.04))
    body = tracer.block((0, 0, 0), (wide, high, deep), float(random.uniform(0.005, 0.018)))
    end = float(random.choice([-1, 1]))
    strobe = _stretched(tracer.sphere((0, end * high / 0.7, 0), wide * 0.6), 1.0, 0.7, 0.5)
    slots = _stripes(1, 0.012, 0.35, floats(DARK), paint.colour(np.zeros((1, 3), np.float32))[0])
    grille = tracer.block((0, 0, deep), (wide * 0.5, high * 0.3, 0.002), 0.001)
    parts = [painted(body, paint), Part(strobe, _signal(random), 0.07, 250), Part(grille, slots, 0.01, 20)]
    return Housing("siren", parts, np.eye(3), floats((0, 0, 1)), False)


def _beacon(random: Random) -> Housing:
    paint = random_paint(random)
    radius, high = float(random.uniform(0.035, 0.055)), float(random.uniform(0.04, 0.1))
    colour = _signal(random) if random.random() < 0.8 else _plain(_lit(random))
    lens = tracer.capsule((0, 0, 0), (0, -high, 0), radius)
    if random.random() < 0.4:
        lens = tracer.cylinder((0, -high / 2, 0), 1, radius, high * 0.7, 0.004)
    base = tracer.cylinder((0, radius * 0.6, 0), 1, radius * 1.25, radius * 0.5, 0.004)
    wall = random.random() < 0.3
    turn = tracer.rotation(0, 90) if wall else np.eye(3)
    if not wall and random.random() < 0.5:  # it stands
        turn = np.diag([1.0, -1.0, -1.0])
        return Housing("beacon", [Part(lens, colour, 0.07, 280), painted(base, paint)], turn, None, False)
    parts = [Part(lens, colour, 0.07, 280), painted(base, paint)]
    return hung("beacon", parts + stand(radius * 1.1, radius, paint, random), turn, wall)


def _motion_sensor(random: Random) -> Housing:
    paint = random_paint(random)
    wide, high = float(random.uniform(0.028, 0.042)), float(random.uniform(0.035, 0.065))
    deep = float(random.uniform(0.018, 0.03))
    body = tracer.block((0, 0, 0), (wide, high, deep), float(random.uniform(0.006, 0.016)))
    milky = floats((0.55, 0.60, 0.62)) * np.float32(random.uniform(0.6, 1.1))
    facets = _stripes(int(random.integers(2)), 0.009, 0.12, milky * np.float32(0.7), milky)
    if random.random() < 0.5:
        lens = _stretched(tracer.sphere((0, -high * 0.4, deep * 1.25), wide * 0.75), 1.0, 1.0, 0.8)
    else:
        lens = tracer.block((0, -high * 0.3, deep), (wide * 0.75, high * 0.45, 0.006), 0.005)
    parts = [painted(body, paint), Part(lens, facets, 0.03, 60)]
    return _from_the_front(on_arm("sensor", parts, high, deep, paint, random))


def _smoke_detector(random: Random) -> Housing:
    paint = random_paint(random)
    base = float(random.uniform(0.045, 0.065))
    high = base * float(random.uniform(0.18, 0.4))
    ground = paint.colour(np.zeros((1, 3), np.float32))[0]
    slots = tracer.cylinder((0, -high, 0), 1, base * float(random.uniform(0.55, 0.8)), high * 0.6, 0.002)
    cap = tracer.cylinder((0, -high * 1.6, 0), 1, base * 0.6, high * 0.3, high * 0.25)
    lamp = tracer.sphere((base * 0.4, -high * 1.8, 0), base * 0.05)
    parts = [
        painted(tracer.cylinder((0, 0, 0), 1, base, high, high * 0.6), paint),
        Part(slots, _stripes(0, base * 0.16, 0.3, floats(DARK), ground), 0.01, 20),
        painted(cap, paint),
        Part(lamp, _signal(random), 0.06, 200),
    ]
    return hung("detector", parts, np.eye(3), False)


def _vent(random: Random) -> Housing:
    """A louvre, a hooded outlet or a cowl."""
    paint = random_paint(random)
    radius = float(random.uniform(0.05, 0.09))
    ground = paint.colour(np.zeros((1, 3), np.float32))[0]
    if random.random() < 0.5:
        louvre = _stripes(1, radius * float(random.uniform(0.2, 0.35)), 0.4, floats(DARK), ground)
        frame = tracer.block((0, 0, 0), (radius, radius, 0.012), 0.003)
        slats = tracer.block((0, 0, 0.012), (radius * 0.85, radius * 0.85, 0.004), 0.001)
        parts = [painted(frame, paint), Part(slats, louvre, 0.02, 40)]
    else:
        hood = tracer.within(tracer.sphere((0, 0, 0), radius), tracer.half_space(2, 0.0, -1))
        mouth = tracer.sphere((0, -radius * 0.7, radius * 0.2), radius * 0.75)
        hole = tracer.block((0, 0, -0.002), (radius * 0.9, radius * 0.9, 0.004), 0.001)
        parts = [painted(tracer.cut(hood, mouth), paint), Part(hole, tracer.plain(*DARK))]
    return Housing("vent", parts, np.eye(3), floats((0, 0, 1)), False)


def _mirror(random: Random) -> Housing:
    paint = Paint(_signal(random), 0.03, 60) if random.random() < 0.5 else random_paint(random)
    radius = float(random.uniform(0.09, 0.14))
    cap = tracer.within(
        tracer.sphere((0, 0, -radius * 1.2), radius * 1.56), tracer.cylinder((0, 0, 0), 2, radius, 0.6)
    )
    cap = tracer.within(cap, tracer.half_space(2, -radius * 0.05, -1))
    rim = tracer.cylinder((0, 0, -radius * 0.05), 2, radius * 1.08, radius * 0.12, 0.004)
    parts = [Part(cap, tracer.plain(0.05, 0.05, 0.05), 0.75, 600), painted(rim, paint)]
    return on_arm("mirror", parts, radius, radius * 0.15, paint, random)


def _traffic_light(random: Random) -> Housing:
    paint = random_paint(random)
    count = int(random.choice([1, 2, 3], p=[0.2, 0.3, 0.5]))
    lamp = float(random.uniform(0.026, 0.034))
    pitch = lamp * 2.5
    body = tracer.block((0, 0, 0), (lamp * 1.3, pitch * count / 2 + 0.004, lamp * 0.8), 0.008)
    parts = [painted(body, paint)]
    for k in range(count):
        y = (k - (count - 1) / 2) * pitch
        tube = tracer.cut(
            tracer.cylinder((0, y, lamp * 1.5), 2, lamp * 1.12, lamp * 0.9, 0.001),
            tracer.cylinder((0, y, lamp * 1.5), 2, lamp * 1.05, lamp * 1.2, 0.001),
            tracer.half_space(1, y - lamp * 0.3),
        )
        lens = tracer.cylinder((0, y, lamp * 0.85), 2, lamp, 0.004, 0.002)
        colour = _signal(random) if random.random() < 0.8 else tracer.plain(*DARK)
        parts += [Part(lens, colour, 0.06, 250), painted(tube, paint)]
    return on_arm("traffic light", parts, pitch * count / 2, lamp, paint, random)


def _dish(random: Random) -> Housing:
    paint = random_paint(random)
    radius = float(random.uniform(0.09, 0.14))
    ball = radius * float(random.uniform(1.5, 2.2))
    shell = tracer.cut(tracer.sphere((0, 0, ball), ball), tracer.sphere((0, 0, ball), ball - 0.006))
    shell = tracer.within(shell, tracer.cylinder((0, 0, 0), 2, radius, 0.3))
    reach = radius * float(random.uniform(0.8, 1.2))
    feed = tracer.capsule((0, -radius * 0.9, 0.02), (0, -radius * 0.35, reach), 0.007)
    head = tracer.cylinder((0, -radius * 0.3, reach), 2, radius * 0.14, radius * 0.2, 0.004)
    parts = [painted(shell, paint), painted(feed, paint), painted(head, random_paint(random))]
    return on_arm("dish", parts, radius * 0.3, 0.01, paint, random)


def _access_point(random: Random) -> Housing:
    """A disc with a light ring, or a box with rod aerials."""
    paint = random_paint(random)
    if random.random() < 0.5:
        base = float(random.uniform(0.07, 0.1))
        high = base * float(random.uniform(0.12, 0.25))
        ring = floats((0.9, 0.35, 0.05)) if random.random() < 0.5 else floats((0.3, 0.3, 0.3))
        ground = paint.colour(np.zeros((1, 3), np.float32))[0]
        inner = base * float(random.uniform(0.25, 0.5))

        def face(points: Points) -> Floats:
            out = np.hypot(points[:, 0], points[:, 2])
            return floats(np.where((np.abs(out - inner) < base * 0.04)[:, None], ring, ground))

        disc = tracer.cylinder((0, 0, 0), 1, base, high, high * 0.8)
        return hung("access point", [Part(disc, face, paint.gloss, paint.sharpness)], np.eye(3), False)
    wide, high = float(random.uniform(0.04, 0.07)), float(random.uniform(0.05, 0.1))
    parts = [painted(tracer.block((0, 0, 0), (wide, high, 0.018), 0.006), paint)]
    for k in range(int(random.integers(0, 4))):
        x = (k - 1) * wide * 0.7
        tall = float(random.uniform(0.06, 0.14))
        rod = tracer.capsule((x, high, 0), (x + float(random.normal(0, 0.01)), high + tall, 0), 0.006)
        parts.append(painted(rod, paint if random.random() < 0.5 else random_paint(random)))
    return on_arm("access point", parts, high, 0.018, paint, random)


def _box_with_lid(random: Random) -> Housing:
    """A junction box, a meter with a round glass, a nesting box with its hole."""
    paint = random_paint(random)
    if random.random() < 0.3:
        paint = Paint(tracer.plain(0.06, 0.16, 0.30), 0.01, 15)
    wide, high = float(random.uniform(0.04, 0.075)), float(random.uniform(0.04, 0.09))
    deep = float(random.uniform(0.018, 0.06))
    parts = [painted(tracer.block((0, 0, 0), (wide, high, deep), float(random.uniform(0.002, 0.01))), paint)]
    kind = random.random()
    if kind < 0.35:
        hole = tracer.cylinder(
            (0, high * 0.25, deep), 2, wide * float(random.uniform(0.2, 0.4)), 0.002, 0.001
        )
        parts.append(Part(hole, tracer.plain(*DARK)))
        lean = float(random.uniform(0.0, 0.02))
        roof = tracer.block((0, high, lean), (wide * 1.2, 0.006, deep * 1.3), 0.002)
        parts.append(painted(roof, paint))
    elif kind < 0.65:
        glass = tracer.cylinder((0, high * 0.2, deep), 2, wide * 0.8, 0.02, 0.006)
        dial = floats((0.5, 0.5, 0.5))
        parts.append(Part(glass, _stripes(1, 0.016, 0.25, floats(DARK), dial), 0.09, 300))
    else:
        for x in (-1, 1):
            for y in (-1, 1):
                spot = (x * wide * 0.8, y * high * 0.82, deep)
                parts.append(Part(tracer.sphere(spot, 0.005), tracer.plain(0.2, 0.2, 0.2)))
    return Housing("box", parts, np.eye(3), floats((0, 0, 1)), False)


def _bell(random: Random) -> Housing:
    paint = Paint(_signal(random), 0.05, 120) if random.random() < 0.6 else random_paint(random)
    radius = float(random.uniform(0.05, 0.08))
    cap = tracer.within(tracer.sphere((0, 0, -radius * 0.3), radius), tracer.half_space(2, 0.0, -1))
    base = tracer.cylinder((0, 0, -0.02), 2, radius * float(random.uniform(0.5, 1.0)), 0.025, 0.004)
    knob = tracer.cylinder((0, 0, radius * 0.7), 2, radius * 0.1, 0.008, 0.002)
    grey = tracer.plain(0.3, 0.3, 0.3)
    parts = [painted(cap, paint), painted(base, random_paint(random)), Part(knob, grey)]
    return Housing("bell", parts, np.eye(3), floats((0, 0, 1)), False)


def _insulator(random: Random) -> Housing:
    """A stack of discs on a rod, as on poles and railway masts."""
    paint = (
        Paint(_plain(floats((0.05, 0.09, 0.22))), 0.06, 150)
        if random.random() < 0.5
        else random_paint(random)
    )
    radius = float(random.uniform(0.03, 0.05))
    count = int(random.integers(2, 7))
    parts = [painted(tracer.capsule((0, 0, 0), (0, -count * radius * 0.8, 0), radius * 0.4), paint)]
    for k in range(count):
        disc = tracer.cylinder((0, -k * radius * 0.8, 0), 1, radius, radius * 0.14, radius * 0.12)
        parts.append(painted(disc, paint))
    return hung("insulator", parts + stand(radius * 0.3, radius, paint, random), np.eye(3), False)


_BUILDERS: tuple[Callable[[Random], Housing], ...] = (
    _floodlight,
    _spot,
    _spot,
    _up_down,
    _globe,
    _globe,
    _bulkhead,
    _street_lamp,
    _street_lamp,
    _horn,
    _speaker,
    _siren,
    _beacon,
    _motion_sensor,
    _motion_sensor,
    _smoke_detector,
    _vent,
    _mirror,
    _traffic_light,
    _dish,
    _access_point,
    _box_with_lid,
    _bell,
    _insulator,
)
