"""What is printed on things: makers' names, invented ones, small print, pictograms: textures of a solid.

A print is a flat picture in linear BGR; ``on_front`` and ``decal`` lay it on a solid of ``tracer``. The faces
of ``osd_fonts`` letter it; nobody's logo is used.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vendors.catalogue import load_catalogue
from scripts.drawing.osd_fonts import TEST_MARK, TRAIN_MARK, Face, Ink, here
from scripts.drawing.paints import Random
from scripts.drawing.tracer import Colour, Floats, Points, floats

Print = NDArray[np.float32]
"""H×W×3, linear BGR."""

LONG_SIDE = 384
_HARDLY_A_NAME = 3
_ROW = 1 << 14
"""OpenCV takes no row longer than 32767."""
_WORDS = (
    *("CCTV", "24H", "VIDEO", "SECURITY", "SMART", "NETWORK", "RECORDER", "DVR", "NVR", "PoE", "ULTRA", "HD"),
    *("4K", "H.265+", "POWER", "STATUS", "RESET", "HDMI", "INSTALLER", "SERVICE", "SALES", "ALARM", "AREA"),
    *("WARNING", "UNDER", "SURVEILLANCE", "WIFI", "SYSTEM", "PRO", "MODEL", "INPUT", "12V", "2A", "MADE IN"),
    *("ZONA", "VIDEOSORVEGLIANZA", "VIDEOVIGILADA", "SUPRAVEGHEAT", "VIDEOSURVEILLANCE", "ACCESS", "www"),
)


@lru_cache(maxsize=1)
def makers() -> tuple[str, ...]:
    """The names of the catalogue's makers as they are lettered, in Latin script."""
    marks = (mark.text for brand in load_catalogue().brands.values() for mark in brand.wordmarks)
    return tuple(sorted({text for text in marks if text.isascii() and len(text) >= _HARDLY_A_NAME}))


def a_name(random: Random) -> str:
    """A maker's name three times in four, else one that nobody has; as written, large, small, spaced."""
    text = str(random.choice(makers()))
    if random.random() < 0.25:
        text = "".join(random.choice(list(string.ascii_lowercase), int(random.integers(3, 9))))
    ways = (text, text, text.upper(), text.lower(), text.capitalize(), " ".join(text.upper()))
    return ways[int(random.integers(len(ways)))]


def small_print(random: Random, words: int) -> str:
    return " ".join(str(word) for word in random.choice(_WORDS, words))


@lru_cache(maxsize=1)
def faces() -> tuple[Face, ...]:
    return tuple(here([*TRAIN_MARK, *TEST_MARK]))


def lettered(text: str, height: int, random: Random) -> Ink:
    """The text in some face, ``height`` pixels high."""
    choice = [face for face in faces() if face.covers(text)]
    ink = choice[int(random.integers(len(choice)))].line(text, max(8, height)).ink
    scale = height / ink.shape[0]
    size = (max(2, round(ink.shape[1] * scale * random.uniform(0.8, 1.15))), max(2, height))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.float32)


def symbol(height: int, random: Random) -> Ink:
    """A simple device of discs, bars and arcs, as makers put before their name; of no maker."""
    canvas = np.zeros((96, 96), np.uint8)
    kind = int(random.integers(4))
    if kind == 0:
        cv2.circle(canvas, (48, 48), 44, 255, int(random.choice([-1, 10, 18])), cv2.LINE_AA)
        cv2.circle(canvas, (48, 48), int(random.integers(10, 26)), int(random.choice([0, 255])), -1)
    elif kind == 1:
        corners = np.stack((random.integers(4, 92, 5), random.integers(4, 92, 5)), 1).astype(np.int32)
        cv2.fillConvexPoly(canvas, cv2.convexHull(corners.reshape(-1, 1, 2)), 255, cv2.LINE_AA)
    elif kind == 2:
        for k in range(int(random.integers(2, 5))):
            cv2.ellipse(canvas, (48, 80), (16 + 20 * k, 16 + 20 * k), 0, 200, 340, 255, 9, cv2.LINE_AA)
    else:
        for k in range(int(random.integers(2, 5))):
            cv2.line(canvas, (10 + 22 * k, 88), (30 + 22 * k, 8), 255, 11, cv2.LINE_AA)
    small = cv2.resize(canvas, (height, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small / np.float32(255), np.float32)


def pictogram(height: int, random: Random) -> Ink:
    """A camera in one colour, as on signs that warn of one."""
    canvas = np.zeros((96, 128), np.uint8)
    body = cv2.boxPoints(((64.0, 34.0), (float(random.uniform(70, 96)), 32.0), float(random.uniform(8, 24))))
    cv2.fillConvexPoly(canvas, np.asarray(body, np.int32), 255, cv2.LINE_AA)
    cv2.line(canvas, (58, 44), (30, 76), 255, 9, cv2.LINE_AA)
    cv2.line(canvas, (22, 58), (22, 94), 255, 12, cv2.LINE_AA)
    if random.random() < 0.5:
        canvas = np.ascontiguousarray(canvas[:, ::-1])
    small = cv2.resize(canvas, (round(height * 4 / 3), height), interpolation=cv2.INTER_AREA)
    return np.asarray(small / np.float32(255), np.float32)


def ground(random: Random) -> Floats:
    """White, black, grey, kraft or a strong colour; linear BGR."""
    plain = ((0.72, 0.73, 0.73), (0.015, 0.015, 0.016), (0.35, 0.36, 0.36), (0.16, 0.28, 0.42))
    if random.random() < 0.65:
        return floats(plain[int(random.integers(len(plain)))]) * np.float32(random.uniform(0.7, 1.05))
    return floats(random.uniform(0.01, 0.6, 3) ** 1.5)


def standing_off(colour: Floats, random: Random) -> Floats:
    """An ink that can be told from its ground."""
    dark = float(colour.mean()) < 0.2
    tint = random.uniform(0.6, 1.0, 3) if random.random() < 0.6 else random.uniform(0.05, 1.0, 3)
    return floats(tint * (0.75 if dark else 0.06))


def laid(sheet: Print, ink: Ink, left: float, top: float, colour: Floats) -> None:
    """``ink`` over ``sheet`` at (left, top) in shares of what room there is, shrunk if it does not fit; in
    place."""
    height, width = sheet.shape[:2]
    fit = min(1.0, 0.92 * width / ink.shape[1], 0.92 * height / ink.shape[0])
    if fit < 1:
        size = (max(1, int(ink.shape[1] * fit)), max(1, int(ink.shape[0] * fit)))
        ink = np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), np.float32)
    y = int((height - ink.shape[0]) * (0.04 + 0.92 * top))
    x = int((width - ink.shape[1]) * (0.04 + 0.92 * left))
    part = sheet[y : y + ink.shape[0], x : x + ink.shape[1]]
    part += (colour - part) * ink[..., None]


def beside(inks: Sequence[Ink], gap: int) -> Ink:
    """Inks in a row, centred on one line."""
    height = max(ink.shape[0] for ink in inks)
    row = np.zeros((height, sum(ink.shape[1] for ink in inks) + gap * (len(inks) - 1)), np.float32)
    x = 0
    for ink in inks:
        y = (height - ink.shape[0]) // 2
        row[y : y + ink.shape[0], x : x + ink.shape[1]] = ink
        x += ink.shape[1] + gap
    return row


def blank(aspect: float, colour: Floats) -> Print:
    """An empty sheet, ``aspect`` times as wide as high."""
    height = LONG_SIDE / aspect if aspect > 1 else LONG_SIDE
    width = LONG_SIDE if aspect > 1 else LONG_SIDE * aspect
    return np.tile(colour, (max(8, round(height)), max(8, round(width)), 1)).astype(np.float32)


def named(sheet: Print, share: float, random: Random) -> None:
    """A name, often with a symbol before it, ``share`` of the sheet high, somewhere on it; in place."""
    height = max(6, int(sheet.shape[0] * share))
    inks = [lettered(a_name(random), height, random)]
    if random.random() < 0.35:
        inks.insert(0, symbol(round(height * random.uniform(0.9, 1.5)), random))
    colour = standing_off(floats(np.median(sheet, (0, 1))), random)
    left, top = (float(random.choice([0.5, random.random()])) for _ in range(2))
    laid(sheet, beside(inks, height // 3), left, top, colour)


def poster(aspect: float, random: Random) -> Print:
    """A whole sign: ground, bands, name, small print, now and then the pictogram of a camera."""
    colour = ground(random)
    sheet = blank(aspect, colour)
    height, width = sheet.shape[:2]
    if random.random() < 0.4:
        band = int(height * random.uniform(0.12, 0.45))
        sheet[:band] = standing_off(colour, random) if random.random() < 0.5 else ground(random)
    if random.random() < 0.35:
        cv2.rectangle(sheet, (4, 4), (width - 5, height - 5), standing_off(colour, random).tolist(), 4)
    ink = standing_off(floats(np.median(sheet, (0, 1))), random)
    if random.random() < 0.3:
        laid(sheet, pictogram(int(height * random.uniform(0.3, 0.6)), random), random.random(), 0.1, ink)
    for _ in range(int(random.integers(0, 4))):
        line = lettered(small_print(random, int(random.integers(1, 5))), max(6, int(height * 0.07)), random)
        laid(sheet, line, random.random(), random.uniform(0.5, 1.0), ink)
    named(sheet, float(random.uniform(0.12, 0.5)), random)
    return sheet


def on_front(sheet: Print, wide: float, high: float) -> Colour:
    """The sheet over the front of a solid, |x| ≤ ``wide`` and |y| ≤ ``high`` in metres."""
    return lambda points: sampled(sheet, points[:, 0] / np.float32(wide), points[:, 1] / np.float32(high))


def sampled(sheet: Print, across: Floats, up: Floats) -> Floats:
    """The sheet's colours at −1..1 to the right and −1..1 upwards; its rim goes on outside."""
    height, width = sheet.shape[:2]
    x = floats((across + 1) / 2 * width - 0.5).reshape(1, -1)
    y = floats((1 - up) / 2 * height - 0.5).reshape(1, -1)
    rows = [
        cv2.remap(sheet, x[:, k : k + _ROW], y[:, k : k + _ROW], cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)
        for k in range(0, x.shape[1], _ROW)
    ]
    return floats(np.concatenate(rows, 1)[0])


def decal(
    under: Colour, ink: Ink, colour: Floats, axis: int, centre: tuple[float, float], wide: float
) -> Colour:
    """``under`` with a print seen along the coordinate ``axis`` from both of its ends, the right way round.

    It is ``wide`` metres wide; ``centre`` is its place across (z seen along x, x seen along z) and up (y).
    """
    across, side = (2, 0) if axis == 0 else (0, 2)
    high = wide * ink.shape[0] / ink.shape[1]
    sheet = np.repeat(cv2.copyMakeBorder(ink, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)[..., None], 3, 2)

    def printed(points: Points) -> Floats:
        # Seen along +x the right hand is −z, and along +z it is +x.
        hand = np.sign(points[:, side]) * (-1 if axis == 0 else 1)
        u = (points[:, across] - np.float32(centre[0])) * hand / np.float32(wide / 2)
        v = (points[:, 1] - np.float32(centre[1])) / np.float32(high / 2)
        share = sampled(sheet, floats(u), floats(v))
        below = under(points)
        return floats(below + (colour - below) * share)

    return printed
