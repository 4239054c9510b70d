"""Marks as a camera would see them: logos drawn on housings, and lettering of nobody, for training and the
gallery. Needs the shared research data; nothing that it draws is kept.
"""

from __future__ import annotations

import json
import random
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import Pixels

LINE_ICONS = "arcticons"
"""A set of app icons redrawn as thin outlines: no housing carries them."""
RENDER_WIDTH = 384
FLAT = 45.0
"""Spread of grey levels inside a logo's ink up to which it is one colour."""
Ink = NDArray[np.float32]
"""Share of ink at each pixel, 0 to 1, shape (height, width)."""


@dataclass(frozen=True, slots=True)
class Logo:
    """``colour`` is BGR of the same shape as ``ink``; ``identity`` says which drawings are the same mark,
    ``note`` what its label remarks."""

    vendor: str
    identity: str
    ink: Ink
    colour: Pixels
    note: str = ""

    @property
    def flat(self) -> bool:
        """Whether one colour draws it: else its shape lies in its colours, not in its ink alone."""
        solid = self.ink > 0.9
        return not solid.any() or float(self.colour[solid].mean(axis=1).std()) < FLAT


def read_logos(folder: Path) -> Iterator[Logo]:
    for line in (folder / "labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        drawn = None if LINE_ICONS in label["path"] else _rgba(folder / label["file"])
        if drawn is None:
            continue
        ink, colour = _ink(drawn)
        ys, xs = np.nonzero(ink > 0.2)
        if len(xs) < 50:
            continue
        part = np.s_[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1]
        identity = f"{label['vendor']}/{label['variant']}"
        yield Logo(label["vendor"], identity, ink[part], colour[part], label["note"] or "")


def _rgba(path: Path) -> Pixels | None:
    """BGRA, or None where it cannot be drawn (some SVG files state no size)."""
    data = path.read_bytes()
    if path.suffix == ".svg":
        import resvg_py  # noqa: PLC0415  (only the training environment has it)

        try:
            data = bytes(resvg_py.svg_to_bytes(svg_path=str(path), width=RENDER_WIDTH))
        except ValueError:
            return None
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        return None
    if image.dtype != np.uint8:
        image = (image / 257).astype(np.uint8)
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    if image.shape[2] == 3:
        image = cv2.cvtColor(image, cv2.COLOR_BGR2BGRA)
    scale = RENDER_WIDTH / image.shape[1]
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    drawn: Pixels = image
    return drawn


def _ink(bgra: Pixels) -> tuple[Ink, Pixels]:
    """From alpha; on an opaque drawing from the distance to the colour of its rim."""
    alpha = (bgra[..., 3] / 255.0).astype(np.float32)
    colour: Pixels = bgra[..., :3]
    if float(alpha.mean()) < 0.97:
        return alpha, colour
    rim = np.concatenate([colour[0], colour[-1], colour[:, 0], colour[:, -1]]).astype(np.float32)
    distance = np.abs(colour.astype(np.float32) - np.median(rim, axis=0)).max(axis=2)
    ink: Ink = np.clip(distance / max(60.0, float(distance.max()) * 0.7), 0, 1).astype(np.float32)
    return ink, colour


def nobodys_words(count: int, seed: int) -> Iterator[Logo]:
    """Invented words in stroke fonts: makers that no gallery knows."""
    chance = random.Random(seed)
    fonts = (
        cv2.FONT_HERSHEY_SIMPLEX,
        cv2.FONT_HERSHEY_DUPLEX,
        cv2.FONT_HERSHEY_TRIPLEX,
        cv2.FONT_HERSHEY_COMPLEX,
    )
    for number in range(count):
        letters = chance.choices(string.ascii_lowercase, k=chance.randint(2, 10))
        text = "".join(letters)
        text = chance.choice((text, text.upper(), text.capitalize(), text[:3] + str(chance.randint(10, 999))))
        font, thick = chance.choice(fonts), chance.randint(3, 9)
        (width, height), base = cv2.getTextSize(text, font, 2.2, thick)
        canvas = np.zeros((height + base + 16, width + 16), np.uint8)
        cv2.putText(canvas, text, (8, height + 8), font, 2.2, 255, thick, cv2.LINE_AA)
        lean = np.array([[1, chance.choice((0.0, 0.0, -0.25)), 0], [0, 1, 0]], np.float32)
        canvas = cv2.warpAffine(canvas, lean, (canvas.shape[1], canvas.shape[0]))
        ys, xs = np.nonzero(canvas > 50)
        ink = canvas[ys.min() : ys.max() + 1, xs.min() : xs.max() + 1].astype(np.float32) / 255
        yield Logo("", f"word/{number}", ink, np.zeros((*ink.shape, 3), np.uint8))


def seen_on(logo: Logo, surface: Pixels, chance: np.random.Generator) -> Pixels:
    """The logo as a decal on a patch of housing: small, turned, low in contrast, blurred, compressed; cut out
    with a rim as unsteady as a text detector's. BGR, 8 to 72 pixels high."""
    height, width = logo.ink.shape
    target = float(np.exp(chance.uniform(np.log(9), np.log(60))))
    scale = target / min(height, width * 0.8)
    size = (max(6, round(width * scale)), max(6, round(height * scale)))
    ink = cv2.resize(logo.ink, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    colour = cv2.resize(logo.colour, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    rim = chance.uniform(-0.04, 0.35, 4) * size[1]
    frame = (max(8, int(size[0] + rim[0] + rim[1])), max(8, int(size[1] + rim[2] + rim[3])))
    matrix = _warp(size, rim, chance)
    ink = cv2.warpPerspective(ink, matrix, frame, flags=cv2.INTER_LINEAR)
    colour = cv2.warpPerspective(colour, matrix, frame, borderMode=cv2.BORDER_REPLICATE)
    ground = _ground(surface, frame, chance)
    paint = _paint(logo, colour, ground, chance)
    opacity = chance.uniform(0.45, 1.0)
    mixed = ground + (paint - ground) * (ink * opacity)[..., None]
    return _degraded(mixed, chance)


def _warp(
    size: tuple[int, int], rim: NDArray[np.float64], chance: np.random.Generator
) -> NDArray[np.float64]:
    width, height = size
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    centre = corners.mean(axis=0)
    angle = np.radians(chance.normal(0, 7))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    moved = (corners - centre) @ turn * chance.uniform((0.75, 0.85), 1.1) + centre
    moved += chance.normal(0, 0.04, (4, 2)) * (height, height) + (rim[0], rim[2])
    matrix: NDArray[np.float64] = cv2.getPerspectiveTransform(corners, moved.astype(np.float32))
    return matrix


def _ground(surface: Pixels, frame: tuple[int, int], chance: np.random.Generator) -> NDArray[np.float32]:
    """A patch of ``surface``, or a plain shaded one."""
    width, height = frame
    if chance.random() < 0.4 or min(surface.shape[:2]) < 12:
        level = chance.choice((chance.uniform(10, 70), chance.uniform(120, 250)))
        across, down = np.linspace(-1, 1, width)[None], np.linspace(-1, 1, height)[:, None]
        ramp = across * chance.normal(0, 12) + down * chance.normal(0, 12)
        return np.repeat((level + ramp)[..., None], 3, axis=2).astype(np.float32)
    side = min(surface.shape[:2])
    w = min(surface.shape[1], max(8, int(side * 0.5)))
    h = min(surface.shape[0], max(8, int(w * height / width)))
    x, y = chance.integers(0, surface.shape[1] - w + 1), chance.integers(0, surface.shape[0] - h + 1)
    patch: Pixels = cv2.resize(surface[y : y + h, x : x + w], frame, interpolation=cv2.INTER_AREA)
    return patch.astype(np.float32)


def _paint(
    logo: Logo, colour: Pixels, ground: NDArray[np.float32], chance: np.random.Generator
) -> NDArray[np.float32]:
    """One colour that stands off the ground, or the logo's own colours."""
    own = colour.astype(np.float32)
    if not logo.flat:
        return own
    if chance.random() < 0.3 and abs(float(own.mean()) - float(ground.mean())) > 30:
        return own
    level = float(ground.mean())
    off = chance.uniform(18, 200) * (1 if level < 90 else -1 if level > 165 else chance.choice((-1, 1)))
    return np.clip(np.full_like(ground, level + off) + chance.normal(0, 12, 3), 0, 255).astype(np.float32)


def _degraded(image: NDArray[np.floating], chance: np.random.Generator) -> Pixels:
    image = cv2.GaussianBlur(image, (0, 0), float(chance.uniform(0.2, 1.4)))
    image = image + chance.normal(0, chance.uniform(0, 7), image.shape)
    dull = np.clip(image * chance.uniform(0.75, 1.15) + chance.normal(0, 8), 0, 255).astype(np.uint8)
    if chance.random() < 0.7:
        _, data = cv2.imencode(".jpg", dull, [cv2.IMWRITE_JPEG_QUALITY, int(chance.integers(25, 95))])
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return dull


def patches(pictures: Sequence[Pixels], count: int, seed: int) -> Iterator[Pixels]:
    """Random windows of the pictures, as wide as marks are: whatever is no mark."""
    chance = np.random.default_rng(seed)
    for _ in range(count):
        picture = pictures[int(chance.integers(len(pictures)))]
        height = max(8, int(min(picture.shape[:2]) * np.exp(chance.uniform(np.log(0.03), np.log(0.3)))))
        width = min(picture.shape[1], int(height * chance.uniform(0.8, 5)))
        x = int(chance.integers(0, picture.shape[1] - width + 1))
        y = int(chance.integers(0, max(1, picture.shape[0] - height + 1)))
        yield picture[y : y + height, x : x + width]
