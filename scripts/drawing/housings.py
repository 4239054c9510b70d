"""Camera housings as solids: bullet, turret and dome, with plain lettering; proportions of common models.

Each builder returns parts in place. The lettering is set in Pillow's built-in font: letters, no logos.
Instead of a text, the coverage of a drawn mark can be given (0 to 1, as ``lettering`` makes it).
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from scripts.drawing import tracer
from scripts.drawing.tracer import Colour, Floats, Part, Points, floats, plain

Place = tuple[float, float, float]

_WHITE = (0.66, 0.69, 0.70)
_GREY = (0.30, 0.31, 0.31)
_BLACK = (0.012, 0.012, 0.013)


def lettering(text: str, height: int = 64) -> Floats:
    """Coverage 0 to 1 of a bold line of text, cropped to its letters."""
    font = cast(ImageFont.FreeTypeFont, ImageFont.load_default(height))
    left, top, right, bottom = font.getbbox(text, stroke_width=height // 32)
    size = (round(right - left) + 2, round(bottom - top) + 2)
    page = Image.new("L", size, 0)
    ImageDraw.Draw(page).text((1 - left, 1 - top), text, 255, font, stroke_width=height // 32)
    return floats(np.asarray(page) / 255)


def _sampled(letters: Floats, across: Floats, up: Floats) -> Floats:
    """Coverage at ``across`` and ``up``, both 0 to 1 over the text and outside it beyond."""
    if not across.size:
        return np.zeros(0, np.float32)
    x = (across * (letters.shape[1] - 1)).astype(np.float32)
    y = ((1 - up) * (letters.shape[0] - 1)).astype(np.float32)
    found = cv2.remap(
        letters, x[:, None], y[:, None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0
    )
    return floats(found)[:, 0]


def _ink(base: tuple[float, float, float], coverage: Floats, ink: tuple[float, float, float]) -> Floats:
    share = coverage[:, None]
    return np.asarray(floats(base) * (1 - share) + floats(ink) * share, np.float32)


def _lens_face(radius: float) -> Colour:
    """A black front glass with a lens and a ring of infrared diodes; local z is the view."""

    def colour(points: Points) -> Floats:
        x, y = points[:, 0], points[:, 1]
        out = np.hypot(x, y) / np.float32(radius)
        result = np.tile(floats(_BLACK), (len(points), 1))
        result[(out > 0.94)] = (0.05, 0.05, 0.05)
        angle = np.round(np.arctan2(y, x) / (np.pi / 6)) * (np.pi / 6)
        ring = 0.70 * radius
        diode = np.hypot(x - ring * np.cos(angle), y - ring * np.sin(angle)) / radius
        result[diode < 0.115] = (0.10, 0.085, 0.09)
        result[diode < 0.05] = (0.22, 0.17, 0.20)
        result[(out < 0.46)] = (0.035, 0.035, 0.036)
        result[(out < 0.38)] = (0.006, 0.006, 0.006)
        result[(out < 0.24)] = (0.045, 0.022, 0.030)
        result[(out < 0.11)] = (0.004, 0.004, 0.004)
        return result

    return colour


def bullet(at: Place, yaw: float, pitch: float, text: str | Floats | None, scale: float = 1.0) -> list[Part]:
    """A bullet camera with hood on a wall bracket; ``at`` is where the bracket meets the wall."""
    s = scale
    radius, long = 0.040 * s, 0.105 * s
    letters = lettering(text) if isinstance(text, str) else text

    def side(points: Points) -> Floats:
        if letters is None:
            return np.tile(floats(_WHITE), (len(points), 1))
        tall = 0.027 * s
        wide = tall * letters.shape[1] / letters.shape[0]
        result = np.tile(floats(_WHITE), (len(points), 1))
        for hand in (-1, 1):  # printed on both sides, reading from the left
            here = points[:, 0] * hand > 0
            along = points[here, 2] * -hand / wide + 0.5
            result[here] = _ink(
                _WHITE,
                _sampled(letters, along, (points[here, 1] + 0.007 * s) / tall + 0.5),
                (0.02, 0.02, 0.02),
            )
        return result

    body = tracer.cylinder((0, 0, 0), 2, radius, long, 0.006 * s)
    well = tracer.cylinder((0, 0, long), 2, radius - 0.005 * s, 0.007 * s, 0.001 * s)
    shell = tracer.cut(
        tracer.cylinder((0, 0.002 * s, 0.016 * s), 2, radius + 0.007 * s, long + 0.012 * s, 0.002 * s),
        tracer.cylinder((0, 0.002 * s, 0.016 * s), 2, radius + 0.004 * s, long + 0.05 * s, 0.001 * s),
        tracer.half_space(1, 0.012 * s),
    )
    glass = tracer.cylinder((0, 0, long - 0.009 * s), 2, radius - 0.005 * s, 0.004 * s, 0.001 * s)
    parts = [
        Part(tracer.cut(body, well), side),
        Part(shell, plain(*_WHITE)),
        Part(glass, _lens_face(radius - 0.005 * s), gloss=0.09, sharpness=300),
        Part(tracer.cylinder((0, 0, -long - 0.004 * s), 2, radius * 0.9, 0.008 * s), plain(*_GREY)),
    ]
    turn = tracer.rotation(yaw, pitch)
    centre = np.array(at) + (0, 0.075 * s, 0.115 * s) + turn @ (0, 0, 0.035 * s)
    foot = centre + turn @ (0, -radius, -0.035 * s)
    base = (at[0], at[1], 0.0)
    elbow = (at[0], at[1], float(foot[2]))
    bracket = [
        Part(
            tracer.cylinder((at[0], at[1], 0.012 * s), 2, 0.045 * s, 0.014 * s), plain(*_WHITE), housing=False
        ),
        Part(tracer.capsule(base, elbow, 0.014 * s), plain(*_WHITE), housing=False),
        Part(tracer.capsule(elbow, _place(foot), 0.013 * s), plain(*_WHITE), housing=False),
        Part(_cable(at, s), plain(*_BLACK), housing=False),
    ]
    return [tracer.placed(part, turn, _place(centre)) for part in parts] + bracket


def _place(point: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Place:
    x, y, z = (float(value) for value in point)
    return x, y, z


def _cable(at: Place, s: float) -> tracer.Distance:
    upper = tracer.capsule(
        (at[0] - 0.02 * s, at[1], 0.01), (at[0] - 0.10 * s, at[1] - 0.05 * s, 0.01), 0.004 * s
    )
    lower = tracer.capsule(
        (at[0] - 0.10 * s, at[1] - 0.05 * s, 0.01), (at[0] - 0.12 * s, at[1] - 0.2 * s, 0), 0.004 * s
    )
    return lambda points: np.minimum(upper(points), lower(points))


def _arm(at: Place, reach: float, s: float) -> list[Part]:
    """A bracket that holds a ceiling camera off the wall."""
    x, y, _ = at
    return [
        Part(
            tracer.block((x, y, 0.010 * s), (0.05 * s, 0.075 * s, 0.011 * s), 0.004),
            plain(*_WHITE),
            housing=False,
        ),
        Part(tracer.capsule((x, y, 0), (x, y + 0.02 * s, reach), 0.024 * s), plain(*_WHITE), housing=False),
    ]


def _drum(at: Place, reach: float, text: str | Floats | None, s: float, lift: float) -> list[Part]:
    """The round base that hangs under the arm, with lettering around its side."""
    letters = lettering(text) if isinstance(text, str) else text
    radius = 0.066 * s
    centre = (at[0], at[1] - lift, reach)

    def side(points: Points) -> Floats:
        if letters is None:
            return np.tile(floats(_WHITE), (len(points), 1))
        tall = 0.026 * s
        wide = tall * letters.shape[1] / letters.shape[0]
        around = np.arctan2(points[:, 0] - centre[0], points[:, 2] - centre[2]) * np.float32(radius)
        up = (points[:, 1] - centre[1]) / np.float32(tall) + 0.5
        return _ink(_WHITE, _sampled(letters, around / np.float32(wide) + 0.5, up), (0.02, 0.02, 0.02))

    return [
        Part(tracer.cylinder(centre, 1, radius, 0.028 * s, 0.006 * s), side),
        Part(
            tracer.cylinder((at[0], at[1] - lift + 0.04 * s, reach), 1, radius * 0.8, 0.02 * s),
            plain(*_WHITE),
        ),
    ]


def turret(at: Place, yaw: float, pitch: float, text: str | Floats | None, scale: float = 1.0) -> list[Part]:
    """A turret (eyeball) camera hanging from an arm; the ball looks along ``yaw`` and ``pitch``."""
    s, reach = scale, 0.15 * scale
    ball = 0.052 * s
    centre = (at[0], at[1] - 0.088 * s, reach)
    turn = tracer.rotation(yaw, pitch)
    solid = tracer.sphere((0, 0, 0), ball)
    face = tracer.within(tracer.sphere((0, 0, 0), ball * 1.004), tracer.half_space(2, -0.62 * ball, -1))
    eye = [
        Part(tracer.cut(solid, tracer.half_space(2, -0.72 * ball, -1)), plain(*_WHITE)),
        Part(face, _lens_face(0.76 * ball), gloss=0.08, sharpness=300),
    ]
    drum = _drum(at, reach, text, s, 0.03 * s)
    return [tracer.placed(part, turn, centre) for part in eye] + drum + _arm(at, reach, s)


def dome(at: Place, text: str | Floats | None, scale: float = 1.0) -> list[Part]:
    """A dome camera with smoked glass hanging from an arm."""
    s, reach = scale, 0.15 * scale
    centre = (at[0], at[1] - 0.060 * s, reach)
    glass = tracer.within(tracer.sphere(centre, 0.054 * s), tracer.half_space(1, centre[1] + 0.006 * s))

    def smoked(points: Points) -> Floats:
        """The lens module shows faintly through the glass."""
        seen = np.hypot(
            points[:, 0] - centre[0] - 0.008 * s, points[:, 1] - centre[1] + 0.022 * s
        ) / np.float32(s)
        front = points[:, 2] > centre[2]
        result = np.tile(floats((0.020, 0.019, 0.018)), (len(points), 1))
        result[front & (seen < 0.021)] = (0.055, 0.055, 0.055)
        result[front & (seen < 0.015)] = (0.006, 0.006, 0.007)
        result[front & (seen < 0.005)] = (0.05, 0.025, 0.03)
        return result

    drum = _drum(at, reach, text, s, 0.03 * s)
    return [Part(glass, smoked, gloss=0.10, sharpness=400), *drum, *_arm(at, reach, s)]
