"""Words as ink, from glyphs that were drawn beforehand: a machine without typefaces can letter too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Ink = NDArray[np.uint8]
"""Share of ink at each pixel, 0 to 255, shape (height, width)."""

EM = 48
"""Pixels of the em square at which glyphs are kept."""
CHARACTERS = "".join(chr(code) for code in range(33, 127))
LEVELS = 17
"""Grey levels between two that are kept: fewer compress better."""


@dataclass(frozen=True, slots=True)
class Glyph:
    """``left`` and ``top`` say where its ink begins, from the pen and from the top of the line; ``advance``
    how far the pen moves. Pixels."""

    ink: Ink
    left: int
    top: int
    advance: float


Glyphs = Mapping[str, Glyph]
"""By character, of one typeface."""


def draw_glyphs(path: Path, characters: str = CHARACTERS) -> dict[str, Glyph]:
    """Every character that the typeface has.

    Raises:
        OSError: if the file is no typeface.
    """
    font = ImageFont.truetype(str(path), EM, layout_engine=ImageFont.Layout.BASIC)
    found = {}
    for character in characters:
        left, top, right, bottom = (int(side) for side in font.getbbox(character))
        if right <= left or bottom <= top:
            continue
        canvas = Image.new("L", (right - left + 2, bottom - top + 2))
        ImageDraw.Draw(canvas).text((1 - left, 1 - top), character, fill=255, font=font)
        ink = (np.asarray(canvas, np.uint8) // LEVELS * LEVELS).astype(np.uint8)
        found[character] = Glyph(ink, left - 1, top - 1, float(font.getlength(character)))
    return found


def word(text: str, glyphs: Glyphs, tracking: float = 0.0) -> Ink | None:
    """The word's ink without empty rims; ``tracking`` adds that many pixels between letters. None where a
    character is missing."""
    if not text.strip() or any(character not in glyphs for character in text if character != " "):
        return None
    height = 2 * EM
    width = sum(2 * EM if c == " " else glyphs[c].ink.shape[1] + int(glyphs[c].advance) for c in text)
    canvas = np.zeros((height, width + int(tracking + 1) * len(text) + EM), np.uint8)
    pen = float(EM // 4)
    for character in text:
        if character == " ":
            pen += EM * 0.3 + tracking
            continue
        glyph = glyphs[character]
        x, y = max(0, round(pen) + glyph.left), glyph.top + EM // 4
        part = canvas[y : y + glyph.ink.shape[0], x : x + glyph.ink.shape[1]]
        np.maximum(part, glyph.ink[: part.shape[0], : part.shape[1]], out=part)
        pen += glyph.advance + tracking
    return trimmed(canvas)


def trimmed(ink: Ink) -> Ink | None:
    ys, xs = np.nonzero(ink > 12)
    if len(xs) == 0:
        return None
    return ink[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]


def save_glyphs(path: Path, faces: Mapping[str, Glyphs]) -> None:
    every = [(name, char, glyph) for name, glyphs in faces.items() for char, glyph in glyphs.items()]
    np.savez_compressed(
        path,
        faces=np.array([name for name, _, _ in every]),
        characters=np.array([char for _, char, _ in every]),
        places=np.array([(g.left, g.top, g.ink.shape[0], g.ink.shape[1]) for _, _, g in every], np.int16),
        advances=np.array([g.advance for _, _, g in every], np.float32),
        pixels=joined(g.ink for _, _, g in every),
    )


def load_glyphs(path: Path) -> dict[str, dict[str, Glyph]]:
    with np.load(path, allow_pickle=False) as kept:
        names, characters, advances = kept["faces"], kept["characters"], kept["advances"]
        places, pixels = kept["places"], kept["pixels"]
    inks = parted(pixels, [(int(row[2]), int(row[3])) for row in places])
    faces: dict[str, dict[str, Glyph]] = {}
    for name, character, advance, place, ink in zip(names, characters, advances, places, inks, strict=True):
        glyph = Glyph(ink, int(place[0]), int(place[1]), float(advance))
        faces.setdefault(str(name), {})[str(character)] = glyph
    return faces


def joined(inks: Iterable[Ink]) -> NDArray[np.uint8]:
    """All pixels in one row."""
    rows = [ink.ravel() for ink in inks]
    return np.concatenate(rows) if rows else np.zeros(0, np.uint8)


def parted(pixels: NDArray[np.uint8], shapes: Sequence[tuple[int, int]]) -> list[Ink]:
    """The inks that ``joined`` put in one row."""
    found, start = [], 0
    for height, width in shapes:
        found.append(pixels[start : start + height * width].reshape(height, width))
        start += height * width
    return found
