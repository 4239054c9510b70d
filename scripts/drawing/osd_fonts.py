"""Faces that on-screen displays are lettered in, and a line of text as ink.

Bitmap faces are printed dot by dot at whole multiples, outline faces smoothly. A face whose file this machine
lacks is left out; Debian's fonts-unifont, fonts-terminus-otb, fonts-wqy-*, fonts-dejavu, fonts-liberation,
fonts-lato, fonts-open-sans and fonts-quicksand have them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from scripts.drawing import osd_pixels

Ink = NDArray[np.float32]
"""Share of ink at each pixel, 0 to 1, shape (height, width)."""
_FONTS = Path("/usr/share/fonts")
_DEJAVU = "truetype/dejavu/DejaVu{}.ttf"
_LIBERATION = "truetype/liberation/Liberation{}.ttf"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: ``cells`` are the columns x0, x1 of each character, ``digit_px`` the height of a 0."""

    ink: Ink
    cells: tuple[tuple[int, int], ...]
    digit_px: int


class Face(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def there(self) -> bool: ...
    def covers(self, text: str) -> bool: ...
    def line(self, text: str, px: int) -> Line:
        """``text`` at about ``px`` pixels from the top of a capital to the foot of a descender."""


@dataclass(frozen=True, slots=True)
class OutlineFace:
    """A scalable face; ``smooth`` is false where its dots lie on the grid."""

    name: str
    file: str
    cjk: bool = False
    smooth: bool = True
    strikes: tuple[int, ...] = ()
    """The only sizes a bitmap face has."""

    @property
    def there(self) -> bool:
        return (_FONTS / self.file).is_file()

    def covers(self, text: str) -> bool:
        return self.cjk or all(ord(character) < 0x250 for character in text)

    def line(self, text: str, px: int) -> Line:
        size, factor = self._size(px)
        font = _font(str(_FONTS / self.file), size)
        ink, cells = _lettered(text, font, self.smooth)
        digit, _ = _lettered("0", font, self.smooth)
        line = _trimmed(ink, cells, int(np.count_nonzero(digit.max(axis=1) > 0.3)))
        return line if factor == 1 else _enlarged(line, factor, factor)

    def _size(self, px: int) -> tuple[int, int]:
        if self.strikes:
            pairs = ((strike, factor) for factor in (1, 2, 3, 4) for strike in self.strikes)
            return min(pairs, key=lambda pair: (abs(pair[0] * pair[1] - px * 1.15), pair[1]))
        if not self.smooth:
            return 16, max(1, round(px * 1.15 / 16))
        return max(6, px), 1


@dataclass(frozen=True, slots=True)
class PixelFace:
    """Our own dots."""

    name: str
    tall: bool = False
    bold: bool = False

    @property
    def there(self) -> bool:
        return True

    def covers(self, text: str) -> bool:
        return all(character in osd_pixels.glyphs() for character in text)

    def line(self, text: str, px: int) -> Line:
        cells = [osd_pixels.cell(character, tall=self.tall, bold=self.bold) for character in text]
        edges = np.cumsum([0, *(dots.shape[1] for dots in cells)])
        ink = np.concatenate(cells, axis=1).astype(np.float32)
        columns = tuple((int(a), int(b)) for a, b in pairwise(edges))
        factor = max(1, round(px / ink.shape[0]))
        return _enlarged(Line(ink, columns, ink.shape[0]), factor, factor)


@dataclass(frozen=True, slots=True)
class OpenCvFace:
    """What ``cv2.putText`` prints: much software does."""

    name: str
    number: int
    thickness: int = 1

    @property
    def there(self) -> bool:
        return True

    def covers(self, text: str) -> bool:
        return text.isascii()

    def line(self, text: str, px: int) -> Line:
        (_, height), _ = cv2.getTextSize("0", self.number, 1.0, self.thickness)
        scale = px * 0.75 / max(1, height)
        parts, edges = [], [0]
        for character in text:
            part = self._glyph(character, scale, px)
            parts.append(part)
            edges.append(edges[-1] + part.shape[1])
        columns = tuple(pairwise(edges))
        digit = np.count_nonzero(self._glyph("0", scale, px).max(axis=1) > 0.3)
        return _trimmed(np.concatenate(parts, axis=1), columns, int(digit))

    def _glyph(self, character: str, scale: float, px: int) -> Ink:
        (width, _), _ = cv2.getTextSize(character, self.number, scale, self.thickness)
        canvas = np.zeros((2 * px, max(2, width + 1)), np.uint8)
        cv2.putText(
            canvas, character, (0, int(1.4 * px)), self.number, scale, 255, self.thickness, cv2.LINE_AA
        )
        return np.asarray(canvas / np.float32(255), np.float32)


@lru_cache(maxsize=64)
def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)


def _lettered(
    text: str, font: ImageFont.FreeTypeFont, smooth: bool
) -> tuple[Ink, tuple[tuple[int, int], ...]]:
    """Character by character without kerning, as a character generator prints."""
    edges = np.round(np.cumsum([0, *(font.getlength(character) for character in text)])).astype(int)
    ascent, descent = font.getmetrics()
    canvas = Image.new("L" if smooth else "1", (int(edges[-1]) + 4, ascent + descent + 4))
    pen = ImageDraw.Draw(canvas)
    for character, x in zip(text, edges, strict=False):
        pen.text((int(x) + 1, ascent + 2), character, fill=255, font=font, anchor="ls")
    ink = np.asarray(np.asarray(canvas.convert("L")) / np.float32(255), np.float32)
    return ink, tuple((int(a) + 1, int(b) + 1) for a, b in pairwise(edges))


def _trimmed(ink: Ink, cells: Sequence[tuple[int, int]], digit_px: int) -> Line:
    """Without empty rows above and below, and empty columns at the ends."""
    ys, xs = np.nonzero(ink > 0.05)
    if len(xs) == 0:
        return Line(ink[:1, :1], ((0, 1),), digit_px)
    left, right = int(xs.min()), int(xs.max()) + 1
    kept = tuple((max(0, a - left), max(1, min(right, b) - left)) for a, b in cells)
    return Line(ink[int(ys.min()) : int(ys.max()) + 1, left:right], kept, digit_px)


def _enlarged(line: Line, across: int, down: int) -> Line:
    ink = np.repeat(np.repeat(line.ink, down, axis=0), across, axis=1)
    return Line(ink, tuple((a * across, b * across) for a, b in line.cells), line.digit_px * down)


def stretched(line: Line, across: float, down: float, *, nearest: bool = False) -> Line:
    """The line resampled, as in a stream that is scaled after the text was printed."""
    height, width = line.ink.shape
    size = (max(4, round(width * across)), max(4, round(height * down)))
    shrinks = across < 1 or down < 1
    how = cv2.INTER_NEAREST if nearest else cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    ink = np.asarray(cv2.resize(line.ink, size, interpolation=how), np.float32)
    cells = tuple((round(a * across), max(round(a * across) + 1, round(b * across))) for a, b in line.cells)
    return Line(ink, cells, round(line.digit_px * down))


def here(faces: Sequence[Face]) -> list[Face]:
    return [face for face in faces if face.there]


_TERMINUS = (12, 14, 16, 18, 20, 22, 24, 28, 32)

TRAIN_TEXT: tuple[Face, ...] = (
    PixelFace("own 5x7"),
    PixelFace("own 8x14", tall=True),
    OutlineFace("unifont", "opentype/unifont/unifont.otf", cjk=True, smooth=False),
    OutlineFace("terminus", "opentype/terminus/terminus-normal.otb", smooth=False, strikes=_TERMINUS),
    OutlineFace("wqy microhei", "truetype/wqy/wqy-microhei.ttc", cjk=True),
    OutlineFace("dejavu sans", _DEJAVU.format("Sans")),
    OutlineFace("dejavu sans mono", _DEJAVU.format("SansMono")),
    OutlineFace("dejavu sans condensed bold", _DEJAVU.format("SansCondensed-Bold")),
    OutlineFace("liberation sans", _LIBERATION.format("Sans-Regular")),
    OutlineFace("liberation mono bold", _LIBERATION.format("Mono-Bold")),
    OutlineFace("open sans", "truetype/open-sans/OpenSans-Semibold.ttf"),
)
TEST_TEXT: tuple[Face, ...] = (
    PixelFace("own 5x7 bold", bold=True),
    OutlineFace("terminus bold", "opentype/terminus/terminus-bold.otb", smooth=False, strikes=_TERMINUS),
    OutlineFace("wqy zenhei", "truetype/wqy/wqy-zenhei.ttc", cjk=True),
    OutlineFace("dejavu sans mono bold", _DEJAVU.format("SansMono-Bold")),
    OutlineFace("dejavu sans condensed", _DEJAVU.format("SansCondensed")),
    OutlineFace("liberation sans bold", _LIBERATION.format("Sans-Bold")),
    OutlineFace("liberation sans narrow", _LIBERATION.format("SansNarrow-Regular")),
    OutlineFace("liberation mono", _LIBERATION.format("Mono-Regular")),
    OutlineFace("lato", "truetype/lato/Lato-Medium.ttf"),
)
TRAIN_MARK: tuple[Face, ...] = (
    OpenCvFace("opencv simplex", cv2.FONT_HERSHEY_SIMPLEX, 2),
    OutlineFace("dejavu sans bold", _DEJAVU.format("Sans-Bold")),
    OutlineFace("dejavu sans condensed bold oblique", _DEJAVU.format("SansCondensed-BoldOblique")),
    OutlineFace("liberation sans bold italic", _LIBERATION.format("Sans-BoldItalic")),
    OutlineFace("open sans extrabold", "truetype/open-sans/OpenSans-ExtraBold.ttf"),
    OutlineFace("quicksand", "truetype/quicksand/Quicksand-Medium.ttf"),
    OutlineFace("lato light", "truetype/lato/Lato-Light.ttf"),
    OutlineFace("wqy microhei", "truetype/wqy/wqy-microhei.ttc", cjk=True),
)
TEST_MARK: tuple[Face, ...] = (
    OpenCvFace("opencv italic", cv2.FONT_HERSHEY_DUPLEX | cv2.FONT_ITALIC, 2),
    OutlineFace("dejavu sans bold oblique", _DEJAVU.format("Sans-BoldOblique")),
    OutlineFace("dejavu serif bold", _DEJAVU.format("Serif-Bold")),
    OutlineFace("lato black", "truetype/lato/Lato-Black.ttf"),
    OutlineFace("lato italic", "truetype/lato/Lato-SemiboldItalic.ttf"),
    OutlineFace("quicksand bold", "truetype/quicksand/Quicksand-Bold.ttf"),
    OutlineFace("open sans condensed", "truetype/open-sans/OpenSans-CondBold.ttf"),
    OutlineFace("wqy zenhei", "truetype/wqy/wqy-zenhei.ttc", cjk=True),
)
