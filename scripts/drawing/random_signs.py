"""Random things that bear a maker's name and are no cameras: signs, cartons, recorders, switches, shirts, ….

A name counts for a camera only on a camera, so whatever learns what a camera is must also have seen names on
everything else that makers and dealers print them on; ``marked_housing`` draws cameras that bear one, so that
the name itself tells neither way. Built like ``random_lookalikes``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from scripts.drawing import prints, tracer
from scripts.drawing.osd_fonts import Ink
from scripts.drawing.paints import DARK, Paint, Random, painted, random_paint
from scripts.drawing.prints import Print
from scripts.drawing.random_housings import Housing, Matrix, on_arm, random_housing
from scripts.drawing.tracer import Distance, Floats, Part, floats

_MARKED_SIDE = {"bullet": 0, "box": 0, "turret": 2, "dome": 2, "ptz": 2}
"""The axis along which a camera's name is seen."""
_FRONT = floats((0, 0, 0.32))
"""Out of the wall, and shorter than 1: so a print is not looked at from farther aside than 68 degrees."""


def random_sign(random: Random) -> Housing:
    return _BUILDERS[int(random.integers(len(_BUILDERS)))](random)


def marked_housing(random: Random) -> Housing:
    """A camera with a name on its body."""
    housing = random_housing(random)
    if housing.form not in _MARKED_SIDE:
        return housing
    bodies = [k for k, part in enumerate(housing.parts) if part.housing]
    index = bodies[-1] if housing.form == "turret" else bodies[0]
    parts = list(housing.parts)
    parts[index] = _marked(parts[index], _MARKED_SIDE[housing.form], random)
    return replace(housing, parts=parts)


def _marked(part: Part, axis: int, random: Random) -> Part:
    ink = prints.lettered(prints.a_name(random), 48, random)
    if random.random() < 0.3:
        ink = prints.beside([prints.symbol(56, random), ink], 12)
    low, high = _extent(part, 1)
    ends = _extent(part, 2 if axis == 0 else 0)
    wide = (ends[1] - ends[0]) * float(random.uniform(0.25, 0.6))
    wide = min(wide, (high - low) * 0.5 * ink.shape[1] / ink.shape[0])
    across = float(random.uniform(-0.15, 0.15)) * (ends[1] - ends[0]) + (ends[0] + ends[1]) / 2
    up = (low + high) / 2 + float(random.uniform(-0.1, 0.15)) * (high - low)
    colour = prints.standing_off(part.colour(np.zeros((1, 3), np.float32))[0], random)
    return replace(part, colour=prints.decal(part.colour, ink, colour, axis, (across, up), wide))


def _extent(part: Part, axis: int) -> tuple[float, float]:
    """Where a solid begins and ends along an axis, to two millimetres."""
    line = np.arange(-0.3, 0.3, 0.006, dtype=np.float32)
    grid = np.stack(np.meshgrid(line, line, line, indexing="ij"), -1).reshape(-1, 3)
    inside = grid[part.distance(floats(grid)) <= 0.004, axis]
    return (float(inside.min()), float(inside.max())) if len(inside) else (-0.03, 0.03)


def _leaning(random: Random, most: float) -> Matrix:
    """A turn that shows up to ``most`` degrees of a thing's top."""
    return tracer.rotation(float(random.uniform(-25, 25)), -float(random.uniform(0, most)))


def _printed(solid: Distance, sheet: Print, wide: float, high: float, random: Random) -> Part:
    glossy = random.random() < 0.4
    gloss, sharpness = (0.05, 150.0) if glossy else (0.01, 20.0)
    return Part(solid, prints.on_front(sheet, wide, high), gloss, sharpness)


def _size(random: Random, low: float, high: float) -> tuple[float, float]:
    """Half width and half height of a plate ``low`` to ``high`` times as wide as high."""
    aspect = float(np.exp(random.uniform(np.log(low), np.log(high))))
    long = float(random.uniform(0.09, 0.14))
    return (long, long / aspect) if aspect > 1 else (long * aspect, long)


def _sign(random: Random) -> Housing:
    """A plate on a wall, a pole or a door; round, with round corners or square."""
    wide, high = _size(random, 0.6, 3.5)
    thin = float(random.uniform(0.001, 0.006))
    plate = tracer.block((0, 0, 0), (wide, high, thin), min(thin, 0.002))
    if random.random() < 0.2:
        high = wide = min(wide, high)
        plate = tracer.cylinder((0, 0, 0), 2, wide, thin, 0.001)
    part = _printed(plate, prints.poster(wide / high, random), wide, high, random)
    if random.random() < 0.35:
        return on_arm("sign", [part], high, thin, random_paint(random), random)
    return Housing("sign", [part], np.eye(3), _FRONT, False)


def _fascia(random: Random) -> Housing:
    """A shop's long sign, flat or as a box with light in it."""
    wide, high = _size(random, 3.5, 8.0)
    deep = float(random.uniform(0.003, 0.03))
    colour = prints.ground(random)
    sheet = prints.blank(wide / high, colour)
    prints.named(sheet, float(random.uniform(0.35, 0.7)), random)
    if random.random() < 0.3:
        sheet *= np.float32(random.uniform(1.2, 2.0))
    part = _printed(tracer.block((0, 0, 0), (wide, high, deep), 0.002), sheet, wide, high, random)
    return Housing("fascia", [part], np.eye(3), _FRONT, False)


def _carton(random: Random) -> Housing:
    """A closed box of card with its tape; the front is printed, the sides repeat its rim."""
    wide, high = _size(random, 0.6, 2.2)
    deep = float(random.uniform(0.03, 0.1))
    sheet = prints.poster(wide / high, random)
    face = _printed(tracer.block((0, 0, 0), (wide, high, deep), 0.002), sheet, wide, high, random)
    tape = tracer.block((0, high, 0), (wide * 1.002, 0.001, deep * 0.25), 0.001)
    parts = [face, Part(tape, tracer.plain(0.3, 0.45, 0.55), 0.08, 120)]
    return Housing("carton", parts, _leaning(random, 50), _FRONT, False)


def _front_of_a_device(aspect: float, base: Floats, random: Random) -> Print:
    """Lamps, sockets, slots and buttons along a front, and a name."""
    sheet = prints.blank(aspect, base)
    height, width = sheet.shape[:2]
    ink = prints.standing_off(base, random).tolist()
    for _ in range(int(random.integers(1, 4))):
        kind, left = int(random.integers(4)), float(random.uniform(0.05, 0.6)) * width
        count, step = int(random.integers(1, 9)), height * float(random.uniform(0.25, 0.6))
        y = height * float(random.uniform(0.3, 0.7))
        for k in range(count):
            _fitting(sheet, kind, left + k * step, y, height * 0.12, ink)
    prints.named(sheet, float(random.uniform(0.1, 0.35)), random)
    return sheet


def _fitting(sheet: Print, kind: int, x: float, y: float, size: float, ink: list[float]) -> None:
    """A lamp, a socket, a slot or a ring, drawn in place."""
    a, b = (int(x - size), int(y - size)), (int(x + size), int(y + size))
    if kind == 0:
        cv2.circle(sheet, (int(x), int(y)), max(2, int(size * 0.3)), (0.1, 0.7, 0.2), -1, cv2.LINE_AA)
    elif kind == 1:
        cv2.rectangle(sheet, a, b, (0.01, 0.01, 0.01), -1)
        cv2.rectangle(sheet, a, b, (0.35, 0.36, 0.36), 1)
    elif kind == 2:
        cv2.rectangle(sheet, a, (b[0], int(y - size * 0.6)), ink, -1)
    else:
        cv2.circle(sheet, (int(x), int(y)), max(3, int(size)), ink, max(1, int(size * 0.25)), cv2.LINE_AA)


def _device(form: str, random: Random, low: float, high: float, deep: tuple[float, float]) -> Housing:
    """A box with a front; its name stands there or on its lid."""
    paint = random_paint(random)
    wide, tall = _size(random, low, high)
    depth = wide * float(random.uniform(*deep))
    base = paint.colour(np.zeros((1, 3), np.float32))[0]
    corner = float(random.uniform(0.001, min(0.012, 0.45 * tall)))
    body = tracer.block((0, 0, 0), (wide, tall, depth), corner)
    face = tracer.block((0, 0, depth), (wide * 0.97, tall * 0.93, 0.002), 0.001)
    front = _front_of_a_device(wide / tall, floats(base * np.float32(random.choice([1.0, 0.15]))), random)
    shell = painted(body, paint)
    if random.random() < 0.5:
        ink = prints.lettered(prints.a_name(random), 48, random)
        colour = prints.standing_off(base, random)
        shell = replace(
            shell, colour=_on_lid(shell, ink, colour, wide * float(random.uniform(0.3, 0.9)), tall)
        )
    parts = [shell, _printed(face, front, wide, tall, random), *_aerials(wide, tall, depth, paint, random)]
    return Housing(form, parts, _leaning(random, 75), _FRONT, False)


def _on_lid(shell: Part, ink: Ink, colour: Floats, wide: float, tall: float) -> tracer.Colour:
    """The shell's colour with a name on its upper face, to be read from the front."""
    deep = wide * ink.shape[0] / ink.shape[1]
    sheet = np.repeat(cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)[..., None], 3, 2)

    def printed(points: tracer.Points) -> Floats:
        below = shell.colour(points)
        u, v = points[:, 0] / np.float32(wide / 2), -points[:, 2] / np.float32(deep / 2)
        share = prints.sampled(sheet, floats(u), floats(v)) * (points[:, 1] > tall * 0.9)[:, None]
        return floats(below + (colour - below) * share)

    return printed


def _aerials(wide: float, tall: float, deep: float, paint: Paint, random: Random) -> list[Part]:
    parts = []
    for _ in range(int(random.choice([0, 1, 2, 4], p=[0.7, 0.1, 0.12, 0.08]))):
        x, up = float(random.uniform(-0.9, 0.9)) * wide, float(random.uniform(0.05, 0.12))
        rod = tracer.capsule((x, tall, -deep), (x + float(random.normal(0, 0.01)), tall + up, -deep), 0.005)
        parts.append(painted(rod, paint))
    return parts


def _recorder(random: Random) -> Housing:
    return _device("recorder", random, 3.5, 8.0, (0.4, 1.0))


def _switch(random: Random) -> Housing:
    return _device("switch", random, 2.0, 5.0, (0.2, 0.7))


def _router(random: Random) -> Housing:
    return _device("router", random, 1.2, 4.0, (0.3, 0.9))


def _module(random: Random) -> Housing:
    """A converter, plug or power supply: a small block with a label and perhaps a cable."""
    thing = _device("module", random, 0.6, 3.0, (0.2, 1.0))
    if random.random() < 0.5:
        start = (float(random.uniform(-0.05, 0.05)), 0.0, -0.02)
        end = (start[0] + float(random.normal(0, 0.12)), -0.12, float(random.uniform(-0.1, 0.1)))
        cable = Part(tracer.capsule(start, end, 0.004), tracer.plain(*DARK), 0.02, 30)
        return replace(thing, parts=[*thing.parts, cable])
    return thing


def _monitor(random: Random) -> Housing:
    """A screen, dark or lit, with a name on its lower rim or on the picture."""
    wide, high = _size(random, 1.2, 1.9)
    sheet = prints.blank(wide / high, floats(DARK))
    rim = int(sheet.shape[0] * random.uniform(0.04, 0.12))
    if random.random() < 0.5:
        sheet[rim:-rim, rim:-rim] = prints.ground(random)
        prints.named(sheet[rim:-rim, rim:-rim], float(random.uniform(0.1, 0.3)), random)
    prints.named(sheet[-2 * rim :], 0.5, random)
    screen = _printed(tracer.block((0, 0, 0), (wide, high, 0.006), 0.002), sheet, wide, high, random)
    foot = tracer.block((0, -high - 0.02, -0.01), (wide * 0.15, 0.03, 0.004), 0.002)
    plate = tracer.block((0, -high - 0.045, 0), (wide * 0.35, 0.004, 0.03), 0.002)
    paint = random_paint(random)
    parts = [screen] + ([painted(foot, paint), painted(plate, paint)] if random.random() < 0.7 else [])
    return Housing("monitor", parts, np.eye(3), _FRONT, False)


def _terminal(random: Random) -> Housing:
    """A reader or keypad by a door: keys, a small screen, a ring for the finger, no lens."""
    paint = random_paint(random)
    wide, high = _size(random, 0.4, 1.0)
    base = paint.colour(np.zeros((1, 3), np.float32))[0]
    sheet = prints.blank(wide / high, floats(base * np.float32(random.choice([1.0, 0.1]))))
    height, width = sheet.shape[:2]
    ink = prints.standing_off(floats(sheet[0, 0]), random).tolist()
    top = int(height * random.uniform(0.3, 0.5))
    if random.random() < 0.7:
        cv2.rectangle(
            sheet, (int(width * 0.15), int(height * 0.12)), (int(width * 0.85), top), (0.02,) * 3, -1
        )
    for row in range(int(random.integers(0, 5))):
        for column in range(3):
            spot = (int(width * (0.25 + 0.25 * column)), int(top + (height - top) * (row + 0.7) / 5.5))
            cv2.circle(sheet, spot, max(2, int(width * 0.07)), ink, 1, cv2.LINE_AA)
    prints.named(sheet[: int(height * 0.12)] if random.random() < 0.5 else sheet, 0.09, random)
    corner = float(random.uniform(0.002, 0.012))
    body = painted(tracer.block((0, 0, 0), (wide, high, 0.014), corner), paint)
    face = _printed(
        tracer.block((0, 0, 0.014), (wide * 0.96, high * 0.97, 0.002), 0.001), sheet, wide, high, random
    )
    return Housing("terminal", [body, face], np.eye(3), _FRONT, False)


def _hub(random: Random) -> Housing:
    """An alarm hub or access point: a flat cushion or disc with a symbol in its middle."""
    paint = random_paint(random)
    wide = float(random.uniform(0.06, 0.1))
    thin = float(random.uniform(0.01, 0.02))
    body = tracer.block((0, 0, 0), (wide, wide, thin), thin * 0.9)
    if random.random() < 0.5:
        body = tracer.cylinder((0, 0, 0), 2, wide, thin, thin * 0.8)
    shell = painted(body, paint)
    ink = (
        prints.symbol(64, random)
        if random.random() < 0.5
        else prints.lettered(prints.a_name(random), 48, random)
    )
    colour = prints.standing_off(paint.colour(np.zeros((1, 3), np.float32))[0], random)
    size = wide * float(random.uniform(0.3, 1.2))
    up = float(random.choice([0.0, -0.4, 0.4])) * wide
    shell = replace(shell, colour=prints.decal(shell.colour, ink, colour, 2, (0.0, up), size))
    return Housing("hub", [shell], np.eye(3), _FRONT, False)


def _shirt(random: Random) -> Housing:
    """A T-shirt or vest with a name on the chest, in soft folds."""
    wide, high = float(random.uniform(0.07, 0.09)), float(random.uniform(0.09, 0.12))
    sheet = prints.blank(wide / high, prints.ground(random))
    prints.named(
        sheet[: int(sheet.shape[0] * random.uniform(0.45, 0.8))], float(random.uniform(0.1, 0.25)), random
    )
    sleeve = float(random.uniform(0.6, 1.0)) * wide
    solids = [
        tracer.block((0, 0, 0), (wide, high, 0.02), 0.018),
        tracer.capsule((wide * 0.8, high * 0.75, 0), (wide + sleeve, high * 0.35, 0), 0.026),
        tracer.capsule((-wide * 0.8, high * 0.75, 0), (-wide - sleeve, high * 0.35, 0), 0.026),
    ]
    neck = tracer.sphere((0, high * 1.08, 0.01), wide * 0.4)
    phase = random.uniform(0, 6, 2)

    def cloth(points: tracer.Points) -> Floats:
        folds = (
            np.sin(points[:, 0] * 70 + phase[0]) * np.sin(points[:, 1] * 40 + phase[1]) * np.float32(0.003)
        )
        whole = np.minimum.reduce([solid(points) for solid in solids])
        return floats(np.maximum(whole + folds, -neck(points)) * 0.8)

    part = Part(cloth, prints.on_front(sheet, wide, high), 0.004, 10)
    return Housing("shirt", [part], np.eye(3), _FRONT, False)


def _sticker(random: Random) -> Housing:
    """A small round or square sticker on a door's leaf or a pane."""
    leaf_wide, leaf_high = _size(random, 0.4, 0.9)
    pane = random.random() < 0.5
    leaf = tracer.block((0, 0, 0), (leaf_wide, leaf_high, 0.006), 0.002)
    behind = (
        Part(leaf, tracer.plain(0.04, 0.04, 0.04), 0.09, 300) if pane else painted(leaf, random_paint(random))
    )
    wide, high = (0.5 * leaf_wide * float(random.uniform(0.4, 1.0)),) * 2
    at = (float(random.uniform(-0.4, 0.4)) * leaf_wide, float(random.uniform(-0.5, 0.6)) * leaf_high, 0.007)
    plate = tracer.block((0, 0, 0), (wide, high, 0.001), 0.0005)
    if random.random() < 0.4:
        plate = tracer.cylinder((0, 0, 0), 2, wide, 0.001, 0.0005)
    part = tracer.placed(_printed(plate, prints.poster(1.0, random), wide, high, random), np.eye(3), at)
    return Housing("sticker", [behind, part], np.eye(3), _FRONT, False)


_BUILDERS: tuple[Callable[[Random], Housing], ...] = (
    _sign,
    _sign,
    _fascia,
    _carton,
    _carton,
    _recorder,
    _recorder,
    _recorder,
    _switch,
    _router,
    _module,
    _module,
    _monitor,
    _terminal,
    _terminal,
    _hub,
    _shirt,
    _sticker,
)
