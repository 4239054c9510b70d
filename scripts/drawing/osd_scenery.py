"""What the camera looks at: a photo as daylight, infrared, night, rain or fog would give it, with sensor
noise and something that moves.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import cv2
import numpy as np

from scripts.drawing.osd_paint import Frame, floats

SIZES = {
    (640, 360): 5, (640, 480): 2, (704, 576): 2, (800, 448): 1, (960, 540): 1, (1280, 720): 6, (1280, 960): 1,
    (1920, 1080): 6, (2304, 1296): 1, (2560, 1440): 1.5,
}  # fmt: skip
"""Width and height of a camera's streams, with weights."""
SPARE = 0.05
"""Share of the size that a picture is larger by, for the camera to move in."""


class Light(Enum):
    DAY = "day"
    INFRARED = "infrared"
    NIGHT = "night"
    RAIN = "rain"
    FOG = "fog"
    BLUR = "blur"


WEIGHTS = {Light.DAY: 48, Light.INFRARED: 24, Light.NIGHT: 8, Light.RAIN: 7, Light.FOG: 5, Light.BLUR: 8}


@dataclass(frozen=True, slots=True)
class Background:
    path: Path
    name: str


def backgrounds(data: Path, split: str) -> list[Background]:
    """Photos of the split: two thirds of the scenes are train's, no scene is in both. Photos where a maker's
    name can be read are left out."""
    found = []
    for line in (data / "backgrounds/labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        if (split == "test") == (zlib.crc32(str(label["scene"]).encode()) % 3 == 0):
            found.append(Background(data / "backgrounds" / label["file"], label["file"]))
    for line in (data / "scenes/train/labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        test = zlib.crc32(str(label["source"]).encode()) % 3 == 0
        if not any(label["vendors"]) and (split == "test") == test:
            found.append(Background(data / "scenes/train" / label["file"], label["file"]))
    return found


@dataclass(frozen=True, slots=True)
class Footage:
    """``pan`` is the camera's way in pixels a frame; ``noise`` the standard deviation of grey levels."""

    base: Frame
    width: int
    height: int
    light: Light
    noise: float
    pan: tuple[float, float]
    mover: Frame | None
    way: tuple[float, float, float, float]
    seed: int

    def frames(self, count: int, step: float = 1.0) -> Iterator[Frame]:
        """``step`` is the time between frames in twenty-fifths of a second."""
        generator = np.random.default_rng(self.seed)
        grain = _grain(generator, self.light is Light.INFRARED or self.base.shape[0] % 2 == 0)
        for number in range(count):
            frame = self._seen(number * step)
            if self.light is Light.RAIN:
                _rain(frame, generator)
            if self.noise > 0:
                _add_noise(frame, grain, self.noise, generator)
            yield np.clip(frame, 0, 255, out=frame)

    def _seen(self, time: float) -> Frame:
        spare = self.base.shape[1] - self.width, self.base.shape[0] - self.height
        x, y = (round(_swing(p * time + s / 2, s)) for p, s in zip(self.pan, spare, strict=True))
        frame = self.base[y : y + self.height, x : x + self.width].copy()
        if self.mover is not None:
            _put(frame, self.mover, self.way[0] + self.way[2] * time, self.way[1] + self.way[3] * time)
        return frame


def _swing(at: float, span: int) -> float:
    """Back and forth between 0 and ``span``."""
    if span <= 0:
        return 0
    at = at % (2 * span)
    return at if at <= span else 2 * span - at


def _put(frame: Frame, thing: Frame, x: float, y: float) -> None:
    """A BGR thing with soft alpha as fourth plane (0 to 1)."""
    height, width = thing.shape[:2]
    left, top = round(x), round(y)
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(frame.shape[1], left + width), min(frame.shape[0], top + height)
    if x1 > x0 and y1 > y0:
        part = thing[y0 - top : y1 - top, x0 - left : x1 - left]
        here = frame[y0:y1, x0:x1]
        here += (part[..., :3] - here) * part[..., 3:]


def footage(
    pool: Sequence[Background], size: tuple[int, int], light: Light, chance: random.Random
) -> tuple[Footage, str]:
    """A view of one of the photos, and which photo."""
    width, height = size
    background = chance.choice(pool)
    base = _cropped(_read(background.path), (round(width * (1 + SPARE)), round(height * (1 + SPARE))), chance)
    seed = chance.getrandbits(32)
    base = _lit(base, light, chance, np.random.default_rng(seed))
    mover, way = None, (0.0, 0.0, 0.0, 0.0)
    if chance.random() < 0.6:
        other = _read(chance.choice(pool).path)
        mover, way = _thing(other, base, size, chance)
    still = chance.random() < 0.7
    pan = (0.0, 0.0) if still else (chance.uniform(-1.5, 1.5) * width / 1280, chance.uniform(-0.5, 0.5))
    noise = chance.uniform(3, 11) if light in (Light.INFRARED, Light.NIGHT) else chance.uniform(0.3, 4)
    return Footage(base, width, height, light, noise, pan, mover, way, seed), background.name


def _read(path: Path) -> Frame:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path} is no picture")
    return np.asarray(image, np.float32)


def _cropped(image: Frame, size: tuple[int, int], chance: random.Random) -> Frame:
    height, width = image.shape[:2]
    aspect = size[0] / size[1]
    w = min(width, int(height * aspect))
    w = max(32, int(w * chance.uniform(0.75, 1.0)))
    h = min(height, int(w / aspect))
    x, y = chance.randint(0, width - w), chance.randint(0, height - h)
    part = image[y : y + h, x : x + w]
    how = cv2.INTER_AREA if size[0] < w else cv2.INTER_CUBIC
    scaled = np.asarray(cv2.resize(part, size, interpolation=how), np.float32)
    if chance.random() < 0.5:
        scaled = np.ascontiguousarray(scaled[:, ::-1])
    if chance.random() < 0.6:  # Cameras sharpen, much.
        soft = cv2.GaussianBlur(scaled, (0, 0), size[0] / 900)
        scaled += (scaled - soft) * np.float32(chance.uniform(0.4, 2.0))
    return np.clip(scaled, 0, 255)


def _lit(image: Frame, light: Light, chance: random.Random, generator: np.random.Generator) -> Frame:
    if light is Light.INFRARED:
        return _infrared(image, chance)
    if light is Light.NIGHT:
        dark = (
            255 * (image / 255) ** np.float32(chance.uniform(1.5, 2.6)) * np.float32(chance.uniform(0.3, 0.8))
        )
        return np.asarray(dark * floats((chance.uniform(0.6, 1), 0.9, chance.uniform(0.9, 1.2))), np.float32)
    if light is Light.FOG:
        veil = chance.uniform(0.25, 0.6)
        return np.asarray(image * (1 - veil) + chance.uniform(150, 235) * veil, np.float32)
    if light is Light.BLUR:
        return np.asarray(
            cv2.GaussianBlur(image, (0, 0), chance.uniform(1.5, 6) * image.shape[1] / 1280), np.float32
        )
    gain = floats([chance.uniform(0.93, 1.07) for _ in range(3)]) * np.float32(chance.uniform(0.75, 1.35))
    return np.clip(image * gain + generator.normal(0, 8), 0, 255).astype(np.float32)


def _infrared(image: Frame, chance: random.Random) -> Frame:
    """Grey, bright in the middle where the lamps shine, dark at the rim."""
    grey = image @ floats((0.2, 0.4, 0.4))
    height, width = grey.shape
    across = np.linspace(-1, 1, width, dtype=np.float32)[None] - chance.uniform(-0.2, 0.2)
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None] - chance.uniform(-0.2, 0.3)
    lamps = np.exp(-(across**2 + down**2) * np.float32(chance.uniform(0.4, 1.8)))
    shade = (
        255
        * (grey / 255) ** np.float32(chance.uniform(0.8, 1.5))
        * lamps
        * np.float32(chance.uniform(0.6, 1.3))
    )
    shade = np.clip(shade + chance.uniform(0, 18), 0, 255)
    return np.repeat(shade[..., None], 3, axis=2).astype(np.float32)


def _thing(
    other: Frame, base: Frame, size: tuple[int, int], chance: random.Random
) -> tuple[Frame, tuple[float, float, float, float]]:
    """A soft-edged piece of another photo that walks by; where it starts, its speed a frame."""
    width, height = size
    h = round(height * chance.uniform(0.08, 0.3))
    w = round(h * chance.uniform(0.35, 1.6))
    y, x = chance.randint(0, other.shape[0] // 2), chance.randint(0, other.shape[1] // 2)
    part = cv2.resize(other[y : y + other.shape[0] // 2, x : x + other.shape[1] // 2], (w, h))
    if float(np.ptp(base.mean(axis=(0, 1)))) < 1:
        part = np.repeat(part.mean(axis=2, keepdims=True), 3, axis=2)
    part *= np.float32(min(1.5, (base.mean() + 10) / (part.mean() + 10)))
    alpha = np.zeros((h, w), np.float32)
    cv2.ellipse(alpha, (w // 2, h // 2), (int(w * 0.42), int(h * 0.45)), 0, 0, 360, 1.0, -1)
    alpha = cv2.GaussianBlur(alpha, (0, 0), max(1.0, w / 25))
    start = chance.uniform(0, width * 0.8), chance.uniform(height * 0.2, height * 0.7)
    speed = chance.uniform(-4, 4) * width / 1280, chance.uniform(-1, 1) * height / 720
    return np.dstack([part, alpha]).astype(np.float32), (*start, *speed)


def _grain(generator: np.random.Generator, grey: bool) -> Frame:
    shape = (512, 512, 1) if grey else (512, 512, 3)
    noise = cv2.GaussianBlur(generator.standard_normal(shape).astype(np.float32), (0, 0), 0.7)
    noise = noise.reshape(shape)
    return np.asarray(noise / noise.std(), np.float32)


def _add_noise(frame: Frame, grain: Frame, strength: float, generator: np.random.Generator) -> None:
    shifts = generator.integers(0, 512, 2)
    tile = np.roll(grain, (int(shifts[0]), int(shifts[1])), (0, 1)) * np.float32(strength)
    for y in range(0, frame.shape[0], 512):
        for x in range(0, frame.shape[1], 512):
            part = frame[y : y + 512, x : x + 512]
            part += tile[: part.shape[0], : part.shape[1]]


def _rain(frame: Frame, generator: np.random.Generator) -> None:
    height, width = frame.shape[:2]
    streaks = np.zeros((height, width), np.float32)
    length = height / 18
    for x, y, z in generator.uniform(0, 1, (int(60 + width / 12), 3)):
        start = int(x * width), int(y * height)
        end = int(start[0] + length * 0.15), int(start[1] + length * (0.4 + z))
        cv2.line(streaks, start, end, 0.12 + 0.25 * z, 1 + int(z * width / 1300), cv2.LINE_AA)
    frame += (200 - frame) * streaks[..., None]


def any_size(chance: random.Random) -> tuple[int, int]:
    return chance.choices(tuple(SIZES), tuple(SIZES.values()))[0]


def any_light(chance: random.Random) -> Light:
    return chance.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()))[0]
