"""Composes training pictures: crops of real scenes, mosaics, far sheets, pasted cameras and look-alikes.

Everything that is done to a pasted camera is done to pasted things that are no cameras too, so that the
traces of pasting tell nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from scripts.training.sources import Boxes, Cutout, Photo, Pixels, Sources

GREY = 114
DRAWN_SHARE = 0.6
"""Of the pasted cameras, where there are drawn ones."""
HIDDEN = 0.2
"""Share of a camera that a pole in front of it may cover."""
NO_BOXES: Boxes = np.zeros((0, 4), np.float32)
NO_FORMS: NDArray[np.int64] = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Sample:
    """``pixels`` S×S×3; N ``boxes`` with their N ``forms`` are to be found; in ``ignored`` a find is neither
    right nor wrong."""

    pixels: Pixels
    boxes: Boxes
    forms: NDArray[np.int64]
    ignored: Boxes


@dataclass(frozen=True, slots=True)
class Mix:
    """Shares of the kinds of picture: one view, four views, a far sheet; the rest is native background."""

    one: float = 0.42
    four: float = 0.22
    far: float = 0.20


@dataclass(slots=True)
class Composer:
    sources: Sources
    size: int
    rng: np.random.Generator
    paste: bool = True
    mix: Mix = Mix()

    def sample(self) -> Sample:
        draw = self.rng.random()
        mix = self.mix
        native = draw >= mix.one + mix.four + mix.far
        if draw < mix.one:
            parts = [self._cell(self._any(0.72), self.size)]
        elif draw < mix.one + mix.four:
            parts = [self._cell(self._any(0.72), self.size // 2) for _ in range(4)]
        elif not native:
            parts = self._far_cells(int(self.rng.integers(3, 6)))
        else:
            parts = [
                self._cell(self._pick(self.sources.empty or self.sources.scenes), self.size, native=True)
            ]
        sample = _grid(parts, self.size)
        if self.paste:
            sample = self._with_pasted(sample, far=native or len(parts) > 4)
        return self._finished(sample)

    # -- pictures ---------------------------------------------------------------------------------------

    def _any(self, positive: float) -> Photo:
        """A photo with cameras, or by the chance of 1 − ``positive`` one without; of the other kind where
        there is none."""
        draw = self.rng.random()
        if self.sources.empty and (draw >= positive or not (self.sources.scenes or self.sources.products)):
            return self._pick(self.sources.empty)
        if self.sources.products and (draw < 0.14 * positive or not self.sources.scenes):
            return self._pick(self.sources.products)
        weights = np.array([photo.weight for photo in self.sources.scenes])
        return self.sources.scenes[int(self.rng.choice(len(weights), p=weights / weights.sum()))]

    def _pick(self, photos: list[Photo]) -> Photo:
        return photos[int(self.rng.integers(len(photos)))]

    def _log_uniform(self, low: float, high: float) -> float:
        return math.exp(self.rng.uniform(math.log(low), math.log(high)))

    def _far_cells(self, count: int) -> list[Sample]:
        """Whole neighbourhoods shrunk until their cameras are far away, ``count`` × ``count`` of them."""
        side = self.size // count
        return [
            self._cell(self._any(0.6), side, camera=self._log_uniform(9, max(14, 0.45 * side)))
            for _ in range(count * count)
        ]

    def _cell(self, photo: Photo, side: int, camera: float | None = None, native: bool = False) -> Sample:
        """One random view of ``photo`` filling ``side`` × ``side``; ``camera`` sets a camera's long side."""
        height, width = photo.pixels.shape[:2]
        boxes = photo.boxes
        whole = side / max(height, width)
        if native:
            scale, centre = 1.0, self._point(width, height)
        elif len(boxes) and (camera is not None or self.rng.random() < 0.75):
            box = boxes[int(self.rng.integers(len(boxes)))]
            long = max(box[2] - box[0], box[3] - box[1])
            wanted = camera if camera is not None else self._log_uniform(10, 0.7 * side)
            scale = min(wanted / max(long, 1.0), 2.0)
            scale = max(scale, whole * (0.8 if camera is None else 1.0), 0.04)
            centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        else:
            scale = min(whole * self._log_uniform(0.8, 2.4), 2.0)
            centre = self._point(width, height)
        return self._view(photo, scale, centre, side)

    def _point(self, width: int, height: int) -> tuple[float, float]:
        return float(self.rng.uniform(0, width)), float(self.rng.uniform(0, height))

    def _view(self, photo: Photo, scale: float, centre: tuple[float, float], side: int) -> Sample:
        aspect = math.exp(self.rng.uniform(-0.15, 0.15))
        sx, sy = scale * aspect, scale / aspect
        left = centre[0] * sx - self.rng.uniform(0.15, 0.85) * side
        top = centre[1] * sy - self.rng.uniform(0.15, 0.85) * side
        height, width = photo.pixels.shape[:2]
        left = float(np.clip(left, min(0, width * sx - side), max(0, width * sx - side)))
        top = float(np.clip(top, min(0, height * sy - side), max(0, height * sy - side)))
        pixels = _window(photo.pixels, sx, sy, left, top, side)
        boxes = photo.boxes * np.array([sx, sy, sx, sy], np.float32) - np.array(
            [left, top, left, top], np.float32
        )
        return _clipped(pixels, boxes, photo.forms, side)

    # -- pasting ----------------------------------------------------------------------------------------

    def _with_pasted(self, sample: Sample, far: bool) -> Sample:
        cameras = int(self.rng.integers(0, 4 if self.sources.drawn else 3)) + (1 if far else 0)
        others = int(self.rng.integers(0, 5 if self.sources.lookalikes else 3)) + (1 if far else 0)
        things = [self._cameras() for _ in range(cameras)] + [self._others() for _ in range(others)]
        for k in self.rng.permutation(len(things)):
            pool = things[int(k)]
            if pool:
                sample = self._pasted(sample, pool[int(self.rng.integers(len(pool)))], far)
        return sample

    def _others(self) -> list[Cutout]:
        drawn, cut = self.sources.lookalikes, self.sources.distractors
        use_drawn = bool(drawn) and (self.rng.random() < DRAWN_SHARE or not cut)
        return drawn if use_drawn else cut

    def _cameras(self) -> list[Cutout]:
        """Photographed cut-outs or drawn ones, which show cameras from below and behind as no shop does."""
        drawn, cut = self.sources.drawn, self.sources.cameras
        use_drawn = bool(drawn) and (self.rng.random() < DRAWN_SHARE or not cut)
        return drawn if use_drawn else cut

    def _pasted(self, sample: Sample, cutout: Cutout, far: bool) -> Sample:
        size = self.size
        long = self._log_uniform(9, 60 if far else 0.5 * size)
        thing, body = _posed(cutout, long, self.rng)
        height, width = thing.shape[:2]
        if height >= size or width >= size:
            return sample
        x, y = int(self.rng.integers(size - width)), int(self.rng.integers(size - height))
        outline = np.array([x, y, x + width, y + height], np.float32)
        if _meets(np.concatenate((sample.boxes, sample.ignored)), outline):
            return sample
        pixels = sample.pixels.copy()
        if self.rng.random() < 0.5:
            _draw_support(pixels, outline, sample.boxes, self.rng)
        _blend(pixels, thing, x, y, self.rng)
        if body is None:
            return replace(sample, pixels=pixels)
        placed = body + np.array([x, y, x, y], np.float32)
        if max(placed[0, 2] - placed[0, 0], placed[0, 3] - placed[0, 1]) < 7:
            return replace(sample, pixels=pixels, ignored=np.concatenate((sample.ignored, placed)))
        return replace(
            sample,
            pixels=pixels,
            boxes=np.concatenate((sample.boxes, placed)),
            forms=np.append(sample.forms, cutout.form),
        )

    # -- camera and weather -----------------------------------------------------------------------------

    def _finished(self, sample: Sample) -> Sample:
        pixels, boxes, ignored = sample.pixels, sample.boxes, sample.ignored
        if self.rng.random() < 0.5:
            pixels = np.ascontiguousarray(pixels[:, ::-1])
            boxes, ignored = _mirrored(boxes, self.size), _mirrored(ignored, self.size)
        return Sample(_degraded(pixels, self.rng), boxes, sample.forms, ignored)


def _window(pixels: Pixels, sx: float, sy: float, left: float, top: float, side: int) -> Pixels:
    """``side`` × ``side`` pixels of the scaled picture from (left, top); grey where it ends."""
    height, width = pixels.shape[:2]
    x0, y0 = max(0, int(left / sx) - 2), max(0, int(top / sy) - 2)
    x1 = min(width, math.ceil((left + side) / sx) + 2)
    y1 = min(height, math.ceil((top + side) / sy) + 2)
    part = pixels[y0:y1, x0:x1]
    if min(sx, sy) < 0.5:
        # Averaging first: a plain warp would skip pixels and leave aliases that no lens makes.
        small = (max(1, round(part.shape[1] * sx)), max(1, round(part.shape[0] * sy)))
        fx, fy = small[0] / part.shape[1], small[1] / part.shape[0]
        part = cv2.resize(part, small, interpolation=cv2.INTER_AREA)
    else:
        fx = fy = 1.0
    matrix = np.array([[sx / fx, 0, x0 * sx - left], [0, sy / fy, y0 * sy - top]], np.float64)
    window: Pixels = cv2.warpAffine(
        part,
        matrix,
        (side, side),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(GREY,) * 3,
    )
    return window


def _clipped(pixels: Pixels, boxes: Boxes, forms: NDArray[np.int64], side: int) -> Sample:
    if not len(boxes):
        return Sample(pixels, NO_BOXES, NO_FORMS, NO_BOXES)
    inside = boxes.clip(0, side)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    seen = np.prod(inside[:, 2:] - inside[:, :2], axis=1) / np.maximum(area, 1e-6)
    long = (inside[:, 2:] - inside[:, :2]).max(1)
    wanted = (seen > 0.5) & (long >= 7)
    partial = ~wanted & (seen > 0.05)
    return Sample(pixels, inside[wanted], forms[wanted], inside[partial])


def _grid(parts: list[Sample], size: int) -> Sample:
    count = math.isqrt(len(parts))
    if count == 1:
        return parts[0]
    pixels = np.full((size, size, 3), GREY, np.uint8)
    boxes, ignored = [NO_BOXES], [NO_BOXES]
    for k, part in enumerate(parts):
        side = part.pixels.shape[0]
        y, x = (k // count) * side, (k % count) * side
        pixels[y : y + side, x : x + side] = part.pixels
        offset = np.array([x, y, x, y], np.float32)
        boxes.append(part.boxes + offset)
        ignored.append(part.ignored + offset)
    forms = np.concatenate([part.forms for part in parts])
    return Sample(pixels, np.concatenate(boxes), forms, np.concatenate(ignored))


def _meets(boxes: Boxes, outline: NDArray[np.float32]) -> bool:
    overlap = np.minimum(boxes[:, 2:], outline[2:]) - np.maximum(boxes[:, :2], outline[:2])
    return bool((overlap.min(1, initial=np.inf) > 0).any()) if len(boxes) else False


def _mirrored(boxes: Boxes, size: int) -> Boxes:
    return np.stack((size - boxes[:, 2], boxes[:, 1], size - boxes[:, 0], boxes[:, 3]), 1)


def _posed(cutout: Cutout, long: float, rng: np.random.Generator) -> tuple[NDArray[np.uint8], Boxes | None]:
    """The cut-out scaled to ``long`` px, turned a little and mirrored at random, and its body box."""
    source = cutout.pixels
    scale = long / max(source.shape[:2])
    small = cv2.resize(
        source,
        (max(4, round(source.shape[1] * scale)), max(4, round(source.shape[0] * scale))),
        interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
    )
    body = None if cutout.body is None else cutout.body * scale
    if rng.random() < 0.5:
        small = np.ascontiguousarray(small[:, ::-1])
        if body is not None:
            body = _mirrored(body, small.shape[1])
    angle = float(np.clip(rng.normal(0, 6), -15, 15))
    return _turned(small, body, angle)


def _turned(
    pixels: NDArray[np.uint8], body: Boxes | None, angle: float
) -> tuple[NDArray[np.uint8], Boxes | None]:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    reach_x = abs(matrix[0, 0]) * width + abs(matrix[0, 1]) * height
    reach_y = abs(matrix[0, 1]) * width + abs(matrix[0, 0]) * height
    matrix[0, 2] += (reach_x - width) / 2
    matrix[1, 2] += (reach_y - height) / 2
    turned = cv2.warpAffine(pixels, matrix, (max(4, int(reach_x)), max(4, int(reach_y))))
    if body is None:
        return turned, None
    x0, y0, x1, y1 = body[0]
    # A housing fills its box like an ellipse rather than like a rectangle: turn that.
    t = np.linspace(0, 2 * math.pi, 24)
    ring = np.stack(
        ((x0 + x1) / 2 + (x1 - x0) / 2 * np.cos(t), (y0 + y1) / 2 + (y1 - y0) / 2 * np.sin(t), t * 0 + 1)
    )
    moved = matrix @ ring
    return turned, np.array([[*moved.min(1), *moved.max(1)]], np.float32)


def _blend(pixels: Pixels, thing: NDArray[np.uint8], x: int, y: int, rng: np.random.Generator) -> None:
    """Paste with a soft edge, the ground's light, its sharpness and, half the time, a shadow; in place."""
    height, width = thing.shape[:2]
    alpha = cv2.GaussianBlur(thing[..., 3].astype(np.float32) / 255, (0, 0), rng.uniform(0.4, 0.9))[..., None]
    ground = pixels[y : y + height, x : x + width].astype(np.float32)
    body = thing[..., :3].astype(np.float32)
    solid = alpha[..., 0] > 0.5
    if solid.any():
        light = (ground.mean() + 70) / (body[solid].mean() + 70)
        body = body * (rng.uniform(0.35, 0.8) * light + (1 - 0.6)) * rng.uniform(0.75, 1.15)
        tint = ground.mean((0, 1)) / max(ground.mean(), 1)
        body = body * (1 + 0.35 * (tint - 1))
        ramp = np.linspace(rng.uniform(0.8, 1.2), rng.uniform(0.8, 1.2), height, dtype=np.float32)
        body = body * ramp[:, None, None]
    if rng.random() < 0.4:
        body = cv2.GaussianBlur(body, (0, 0), rng.uniform(0.4, 1.2))
    body = body + rng.uniform(0, 6) * rng.standard_normal(body.shape, np.float32)
    if rng.random() < 0.5:
        _shadow(pixels, alpha[..., 0], x, y, rng)
        ground = pixels[y : y + height, x : x + width].astype(np.float32)
    mixed = alpha * body.clip(0, 255) + (1 - alpha) * ground
    pixels[y : y + height, x : x + width] = mixed.clip(0, 255).astype(np.uint8)


def _shadow(pixels: Pixels, alpha: NDArray[np.float32], x: int, y: int, rng: np.random.Generator) -> None:
    size = pixels.shape[0]
    height, width = alpha.shape
    dark = np.zeros((size, size), np.float32)
    dx = int(rng.uniform(-0.4, 0.4) * width)
    dy = int(rng.uniform(0.05, 0.4) * height)
    x0, y0, x1, y1 = max(0, x + dx), max(0, y + dy), min(size, x + dx + width), min(size, y + dy + height)
    if x1 <= x0 or y1 <= y0:
        return
    dark[y0:y1, x0:x1] = alpha[y0 - y - dy : y1 - y - dy, x0 - x - dx : x1 - x - dx]
    margin = max(2, int(0.3 * max(width, height)))
    x0, y0, x1, y1 = max(0, x0 - margin), max(0, y0 - margin), min(size, x1 + margin), min(size, y1 + margin)
    soft = cv2.GaussianBlur(dark[y0:y1, x0:x1], (0, 0), max(0.6, 0.08 * max(width, height)))
    part = pixels[y0:y1, x0:x1].astype(np.float32)
    pixels[y0:y1, x0:x1] = (part * (1 - rng.uniform(0.2, 0.6) * soft[..., None])).astype(np.uint8)


def _draw_support(
    pixels: Pixels, outline: NDArray[np.float32], spared: Boxes, rng: np.random.Generator
) -> None:
    """A pole, arm or cable that the thing hangs on, unless it would hide one of the N×4 cameras; in place."""
    x0, y0, x1, y1 = outline
    long = max(x1 - x0, y1 - y0)
    centre = ((x0 + x1) / 2, (y0 + y1) / 2)
    colour = tuple(int(v) for v in np.clip(rng.uniform(20, 220) + rng.normal(0, 10, 3), 0, 255))
    thickness = max(1, int(long * rng.uniform(0.04, 0.35)))
    if rng.random() < 0.5:
        column = int(centre[0] + rng.uniform(-0.4, 0.4) * long)
        top = 0 if rng.random() < 0.3 else int(y0 - rng.uniform(0, 1) * long)
        ends = (column, top), (column, pixels.shape[0])
    else:
        angle = rng.uniform(0, 2 * math.pi)
        reach = long * rng.uniform(0.6, 2.0)
        ends = (
            (int(centre[0]), int(centre[1])),
            (int(centre[0] + reach * math.cos(angle)), int(centre[1] + reach * math.sin(angle))),
        )
    if len(spared):
        drawn = np.zeros(pixels.shape[:2], np.uint8)
        cv2.line(drawn, *ends, 1, thickness)
        if any(drawn[b[1] : b[3], b[0] : b[2]].mean() > HIDDEN for b in spared.astype(int)):
            return
    cv2.line(pixels, *ends, colour, thickness, cv2.LINE_AA)


def _degraded(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Light, colour, night, haze, blur, sharpening, noise and JPEG, each at random."""
    image = _lit(pixels.astype(np.float32), rng)
    image = _blurred(image, rng)
    if rng.random() < 0.3:
        image = image + rng.uniform(2, 9) * rng.standard_normal(image.shape, np.float32)
    if rng.random() < 0.2:
        # As a phone does it: noise smoothed away, then edges lifted until they shine.
        smooth = cv2.bilateralFilter(np.clip(image, 0, 255).astype(np.float32), 5, 18, 2)
        image = smooth + rng.uniform(0.5, 2.5) * (smooth - cv2.GaussianBlur(smooth, (0, 0), 1.6))
    out = np.asarray(image.clip(0, 255), np.uint8)
    for _ in range(int(rng.choice([0, 1, 2], p=[0.45, 0.4, 0.15]))):
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 92))]
        out = np.asarray(cv2.imdecode(cv2.imencode(".jpg", out, quality)[1], cv2.IMREAD_COLOR), np.uint8)
    return out


def _lit(image: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.floating]:
    if rng.random() < 0.8:
        image = image * rng.uniform(0.5, 1.5) + rng.uniform(-30, 30)
        image = image * rng.uniform(0.9, 1.1, 3).astype(np.float32)
    draw = rng.random()
    if draw < 0.15:
        image = np.repeat(image.mean(2, keepdims=True), 3, 2)
    elif draw < 0.4:
        grey = image.mean(2, keepdims=True)
        image = grey + (image - grey) * rng.uniform(0.2, 1.7)
    if rng.random() < 0.2:
        image = 255 * (image.clip(0, 255) / 255) ** math.exp(rng.uniform(-0.5, 0.8))
    if rng.random() < 0.1:
        veil = rng.uniform(0.1, 0.45)
        image = image * (1 - veil) + rng.uniform(150, 230) * veil
    return image


def _blurred(image: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.floating]:
    """Out of focus, shaken, enlarged from less, or sharpened."""
    draw = rng.random()
    if draw < 0.13:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.4))
    elif draw < 0.18:
        reach = int(rng.integers(3, 7))
        kernel = np.zeros((reach, reach), np.float32)
        end = (int(rng.integers(reach)), int(rng.integers(reach)))
        cv2.line(kernel, (reach - 1 - end[0], reach - 1 - end[1]), end, 1.0)
        image = cv2.filter2D(image, -1, kernel / kernel.sum())
    elif draw < 0.26:
        share = rng.uniform(0.45, 0.9)
        small = cv2.resize(image.astype(np.float32), None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        image = cv2.resize(small, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_CUBIC)
    elif draw < 0.38:
        image = image + rng.uniform(0.4, 1.5) * (image - cv2.GaussianBlur(image, (0, 0), 1.2))
    return image
