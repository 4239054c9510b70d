"""Signs without letters: symbols that nobody uses, to learn shapes by, and a player's buttons."""

from __future__ import annotations

import cv2
import numpy as np

from scripts.marks_training.lettering import Ink, trimmed

SIDE = 96


def symbol(number: int) -> Ink:
    """Invented symbol ``number``: a few strokes, arcs, discs and polygons, some cut out again."""
    chance = np.random.default_rng([77, number])
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    if chance.random() < 0.3:
        _outer(canvas, chance)
    for part in range(int(chance.integers(1, 5))):
        _part(canvas, chance, 255 if part == 0 or chance.random() < 0.7 else 0)
    if chance.random() < 0.3:
        canvas = np.maximum(canvas, canvas[:, ::-1])
    ink = trimmed(canvas)
    return ink if ink is not None and min(ink.shape) >= 12 else symbol(number + 100_003)


def _outer(canvas: Ink, chance: np.random.Generator) -> None:
    thick = int(chance.choice((-1, 5, 9)))
    if chance.random() < 0.5:
        cv2.circle(canvas, (SIDE // 2, SIDE // 2), SIDE // 2 - 6, 255, thick, cv2.LINE_AA)
    else:
        cv2.rectangle(canvas, (6, 10), (SIDE - 6, SIDE - 10), 255, thick)


def _part(canvas: Ink, chance: np.random.Generator, level: int) -> None:
    kind = int(chance.integers(4))
    thick = int(chance.choice((-1, 4, 8, 12)))
    x, y = (int(v) for v in chance.integers(20, SIDE - 20, 2))
    if kind == 0:
        axes = (int(chance.integers(8, 36)), int(chance.integers(8, 36)))
        start, span = float(chance.uniform(0, 360)), float(chance.uniform(90, 360))
        cv2.ellipse(
            canvas,
            (x, y),
            axes,
            float(chance.uniform(0, 180)),
            start,
            start + span,
            level,
            thick,
            cv2.LINE_AA,
        )
    elif kind == 1:
        points = chance.integers(4, SIDE - 4, (int(chance.integers(3, 6)), 2)).astype(np.int32)
        cv2.fillPoly(canvas, [points], level, cv2.LINE_AA)
    elif kind == 2:
        points = chance.integers(4, SIDE - 4, (int(chance.integers(2, 5)), 2)).astype(np.int32)
        cv2.polylines(canvas, [points], bool(chance.random() < 0.4), level, max(4, abs(thick)), cv2.LINE_AA)
    else:
        w, h = (int(v) for v in chance.integers(6, 40, 2))
        cv2.rectangle(canvas, (x - w, y - h), (x + w, y + h), level, thick)


def buttons() -> list[Ink]:
    """Play, pause, stop, record, close, menu, arrow, battery, signal bars, cross-hair, gear, moon."""
    drawn = []
    for draw in _BUTTONS:
        canvas = np.zeros((SIDE, SIDE), np.uint8)
        draw(canvas)
        for ink in (canvas, _ringed(canvas)):
            kept = trimmed(ink)
            if kept is not None:
                drawn.append(kept)
    return drawn


def _ringed(canvas: Ink) -> Ink:
    small = cv2.resize(canvas, (52, 52), interpolation=cv2.INTER_AREA)
    out = np.zeros((SIDE, SIDE), np.uint8)
    out[22:74, 22:74] = small
    cv2.circle(out, (SIDE // 2, SIDE // 2), 44, 255, 5, cv2.LINE_AA)
    return out


def _polygon(canvas: Ink, *points: tuple[int, int]) -> None:
    cv2.fillPoly(canvas, [np.array(points, np.int32)], 255, cv2.LINE_AA)


def _play(canvas: Ink) -> None:
    _polygon(canvas, (20, 10), (20, 86), (84, 48))


def _pause(canvas: Ink) -> None:
    canvas[12:84, 20:40] = canvas[12:84, 56:76] = 255


def _stop(canvas: Ink) -> None:
    canvas[16:80, 16:80] = 255


def _record(canvas: Ink) -> None:
    cv2.circle(canvas, (48, 48), 34, 255, -1, cv2.LINE_AA)


def _close(canvas: Ink) -> None:
    cv2.line(canvas, (16, 16), (80, 80), 255, 9, cv2.LINE_AA)
    cv2.line(canvas, (80, 16), (16, 80), 255, 9, cv2.LINE_AA)


def _menu(canvas: Ink) -> None:
    for y in (20, 44, 68):
        canvas[y : y + 9, 12:84] = 255


def _arrow(canvas: Ink) -> None:
    cv2.polylines(canvas, [np.array([(60, 14), (26, 48), (60, 82)], np.int32)], False, 255, 10, cv2.LINE_AA)


def _battery(canvas: Ink) -> None:
    cv2.rectangle(canvas, (8, 28), (78, 68), 255, 6)
    canvas[34:62, 14:50] = 255
    canvas[40:56, 78:88] = 255


def _signal(canvas: Ink) -> None:
    for k in range(4):
        canvas[80 - 18 * (k + 1) : 82, 10 + 20 * k : 24 + 20 * k] = 255


def _cross_hair(canvas: Ink) -> None:
    cv2.circle(canvas, (48, 48), 28, 255, 5, cv2.LINE_AA)
    cv2.line(canvas, (48, 6), (48, 90), 255, 4)
    cv2.line(canvas, (6, 48), (90, 48), 255, 4)


def _gear(canvas: Ink) -> None:
    for turn in np.linspace(0, 2 * np.pi, 9)[:-1]:
        tip = (int(48 + 40 * np.cos(turn)), int(48 + 40 * np.sin(turn)))
        cv2.line(canvas, (48, 48), tip, 255, 12, cv2.LINE_AA)
    cv2.circle(canvas, (48, 48), 28, 255, -1, cv2.LINE_AA)
    cv2.circle(canvas, (48, 48), 12, 0, -1, cv2.LINE_AA)


def _moon(canvas: Ink) -> None:
    cv2.circle(canvas, (48, 48), 36, 255, -1, cv2.LINE_AA)
    cv2.circle(canvas, (64, 40), 30, 0, -1, cv2.LINE_AA)


_BUTTONS = (
    _play, _pause, _stop, _record, _close, _menu, _arrow, _battery, _signal, _cross_hair, _gear, _moon,
)  # fmt: skip
