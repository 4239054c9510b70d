"""Corners of frames for the finder: composed on the GPU with clocks, captions, buttons, signs and marks, and
drawn ones that went through a codec.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from scripts.marks_training.atlas import NOBODY, Atlas, Inks
from scripts.marks_training.blobs import unpacked
from scripts.marks_training.corners import HEIGHT, WIDTH
from scripts.marks_training.degrade import degraded, happens, uniform
from scripts.marks_training.painting import (
    Placed,
    aspect,
    grounds_cut,
    level,
    local_mean,
    painted,
    sampled,
    screen_paints,
)
from scripts.marks_training.strips import Picker

SIZE = (HEIGHT, WIDTH)
MARKED, CLOCKED, CAPTIONED, SIGNED = 0.62, 0.62, 0.35, 0.35
LONGEST = 300.0
"""Pixels of width that a mark has at most."""
MOST = 3
"""Boxes of a drawn corner that are kept."""


@dataclass(frozen=True, slots=True)
class Corners:
    """``pixels`` (N, 1, 192, 512); ``boxes`` (N, K, 4) of which ``shown`` (N, K) are there; ``vague``
    (N, J, 4)."""

    pixels: Tensor
    boxes: Tensor
    shown: Tensor
    vague: Tensor

    def __len__(self) -> int:
        return len(self.pixels)

    def to(self, device: torch.device) -> Corners:
        return Corners(*(p.to(device) for p in (self.pixels, self.boxes, self.shown, self.vague)))


def load_corners(pack: Path, *, held: bool) -> Corners:
    """uint8 pixels; what is smaller is filled up with its rim."""
    with np.load(pack / "corners.npz", allow_pickle=False) as kept:
        pictures = unpacked(kept["pixels"], kept["ends"])
        rows, held_out = kept["boxes"], kept["held"]
    numbers = [k for k in range(len(pictures)) if bool(held_out[k]) == held]
    boxes = np.zeros((len(numbers), MOST, 4), np.float32)
    vague = np.zeros((len(numbers), MOST, 4), np.float32)
    shown = np.zeros((len(numbers), MOST), bool)
    pixels = np.zeros((len(numbers), HEIGHT, WIDTH), np.uint8)
    for place, number in enumerate(numbers):
        picture = pictures[number]
        lack = (HEIGHT - picture.shape[0], WIDTH - picture.shape[1])
        pixels[place] = np.pad(picture, ((0, lack[0]), (0, lack[1])), mode="edge")
        own = rows[rows[:, 0] == number]
        marks, names = own[own[:, 5] == 0, 1:5][:MOST], own[own[:, 5] == 1, 1:5][:MOST]
        boxes[place, : len(marks)], shown[place, : len(marks)], vague[place, : len(names)] = (
            marks,
            True,
            names,
        )
    return Corners(
        torch.from_numpy(pixels[:, None]),
        torch.from_numpy(boxes),
        torch.from_numpy(shown),
        torch.from_numpy(vague),
    )


class CornerMaker:
    """``scenes`` uint8 (G, 1, H, W); ``drawn`` the share ``real`` of each batch."""

    def __init__(self, inks: Inks, scenes: Tensor, drawn: Corners | None, real: float = 0.25) -> None:
        self._marks, self._texts, self._scenes = inks.marks, inks.texts, scenes
        self._drawn, self._real = drawn, real
        self._makers = Picker(inks.marks, 0, inks.makers)
        self._others = Picker(inks.marks, inks.makers, len(inks.names))
        self._nobody = Picker(inks.marks, NOBODY, 0)

    def batch(self, count: int) -> Corners:
        real = int(count * self._real) if self._drawn is not None else 0
        made = self._composed(count - real)
        if self._drawn is None or not real:
            return made
        rows = torch.randint(len(self._drawn), (real,), device=self._scenes.device)
        pixels = self._drawn.pixels[rows].float()
        device = pixels.device
        pixels = pixels * uniform(real, 0.7, 1.25, device) + uniform(real, -25, 25, device)
        pixels = (pixels + torch.randn_like(pixels) * uniform(real, 0, 4, device)).clamp(0, 255)
        return Corners(
            torch.cat([made.pixels, pixels]),
            torch.cat([made.boxes, self._drawn.boxes[rows]]),
            torch.cat([made.shown, self._drawn.shown[rows]]),
            torch.cat([made.vague, self._drawn.vague[rows]]),
        )

    def _composed(self, count: int) -> Corners:
        device = self._scenes.device
        picture = grounds_cut(self._scenes, count, SIZE, (0.4, 2.0))
        marks, clocks = self._laid_out(count)
        marked, clocked = happens(count, MARKED, device), happens(count, CLOCKED, device)
        box = marks.boxes()
        clocked = clocked & ~_touches(box, clocks.boxes(), marked)
        caption = self._caption(count)
        captioned = happens(count, CAPTIONED, device) & ~_touches(box, caption.boxes(), marked)
        sign = self._sign(count)
        signed = happens(count, SIGNED, device) & ~_touches(box, _grown(sign.boxes(), 12), marked)
        picture = _put(picture, self._marks, sign, signed)
        picture = _panel(picture, box, clocks.boxes())
        picture = _put(picture, self._texts, caption, captioned)
        picture = _put(picture, self._texts, clocks, clocked)
        picture = _put(picture, self._marks, marks, marked)
        limits = torch.tensor([WIDTH, HEIGHT, WIDTH, HEIGHT], device=device, dtype=torch.float32)
        boxes = torch.zeros(count, MOST, 4, device=device)
        boxes[:, 0] = torch.minimum(box.clamp_min(0), limits)
        shown = torch.zeros(count, MOST, dtype=torch.bool, device=device)
        shown[:, 0] = marked.view(-1)
        return Corners(degraded(picture), boxes, shown, torch.zeros(count, MOST, 4, device=device))

    def _laid_out(self, count: int) -> tuple[Placed, Placed]:
        """A mark and a clock at the same corner, one beyond the other, or side by side."""
        device = self._scenes.device
        makers = int(count * 0.68)
        index = torch.cat([self._makers.pick(makers), self._others.pick(count - makers)])
        marks = self._sized(self._marks, index, 7.0, 42.0, LONGEST)
        texts = torch.randint(len(self._texts.label), (count,), device=device)
        clocks = self._sized(self._texts, texts, 7.0, 26.0, WIDTH * 0.95)
        first = torch.rand(count, device=device) < 0.5
        beside = torch.rand(count, device=device) < 0.3
        beside = beside & (marks.width + clocks.width < WIDTH * 0.85)
        rim = torch.rand(2, count, device=device) * torch.tensor([[60.0], [30.0]], device=device)
        gap = 3 + torch.rand(count, device=device) * 14
        stacked = ~beside
        mark_y = rim[1] + stacked * first * (clocks.height + gap) + marks.height / 2
        clock_y = rim[1] + stacked * ~first * (marks.height + gap) + clocks.height / 2
        mark_x = rim[0] + beside * first * (clocks.width + 2 * gap) + marks.width / 2
        clock_x = rim[0] + beside * ~first * (marks.width + 2 * gap) + clocks.width / 2
        right, below = torch.rand(count, device=device) < 0.5, torch.rand(count, device=device) < 0.5
        return (
            replace(marks, x=_side(mark_x, right, WIDTH), y=_side(mark_y, below, HEIGHT)),
            replace(clocks, x=_side(clock_x, right, WIDTH), y=_side(clock_y, below, HEIGHT)),
        )

    def _sized(self, atlas: Atlas, index: Tensor, low: float, high: float, longest: float) -> Placed:
        count, device = len(index), index.device
        height = torch.exp(uniform(count, math.log(low), math.log(high), device)).view(-1)
        ratio = aspect(atlas, index)
        height = torch.where(ratio < 1.6, (height * 1.6).clamp_min(12.0), height)
        height = torch.minimum(height, longest / ratio)
        nowhere = torch.zeros(count, device=device)
        return level(atlas, index, nowhere, nowhere, height)

    def _caption(self, count: int) -> Placed:
        device = self._scenes.device
        index = torch.randint(len(self._texts.label), (count,), device=device)
        placed = self._sized(self._texts, index, 8.0, 34.0, WIDTH * 1.3)
        at = torch.rand(2, count, device=device)
        return replace(placed, x=at[0] * WIDTH, y=at[1] * HEIGHT)

    def _sign(self, count: int) -> Placed:
        """Buttons and near misses, and makers' names that stand turned in the scene."""
        device = self._scenes.device
        half = count // 2
        index = torch.cat([self._nobody.pick(half), self._makers.pick(count - half)])
        placed = self._sized(self._marks, index, 9.0, 44.0, WIDTH * 0.5)
        at = torch.rand(2, count, device=device)
        turned = (torch.arange(count, device=device) >= half).float()
        angle = (0.12 + 0.3 * torch.rand(count, device=device)) * torch.where(at[0] < 0.5, 1.0, -1.0)
        return replace(
            placed,
            x=at[0] * WIDTH,
            y=at[1] * HEIGHT,
            angle=angle * turned,
            lean=torch.randn(count, device=device).clamp(-2, 2) * 0.2 * turned,
            tilt=torch.randn(count, 2, device=device).clamp(-2, 2) * 0.2 * turned[:, None],
        )


def _side(at: Tensor, far: Tensor, length: int) -> Tensor:
    return torch.where(far, length - at, at)


def _grown(boxes: Tensor, by: float) -> Tensor:
    return boxes + torch.tensor([-by, -by, by, by], device=boxes.device)


def _touches(one: Tensor, other: Tensor, there: Tensor) -> Tensor:
    """Whether boxes overlap, where ``there``: (B, 1, 1, 1)."""
    apart = (one[:, 2:] + 3 < other[:, :2]).any(1) | (other[:, 2:] + 3 < one[:, :2]).any(1)
    return ~apart.view(-1, 1, 1, 1) & there


def _put(picture: Tensor, atlas: Atlas, placed: Placed, shown: Tensor) -> Tensor:
    ink, own, plate = sampled(atlas, placed, SIZE)
    paints = screen_paints(local_mean(picture, plate), placed.height)
    return torch.where(shown, painted(picture, ink, own, plate, placed.height, paints), picture)


def _panel(picture: Tensor, marks: Tensor, clocks: Tensor) -> Tensor:
    """Behind the lettering of some corners a strip right across, as info bars have."""
    count, device = len(picture), picture.device
    top = torch.minimum(marks[:, 1], clocks[:, 1]).view(-1, 1, 1, 1) - uniform(count, 1, 8, device)
    bottom = torch.maximum(marks[:, 3], clocks[:, 3]).view(-1, 1, 1, 1) + uniform(count, 1, 8, device)
    rows = (torch.arange(HEIGHT, device=device) + 0.5).view(1, 1, -1, 1)
    strip = (rows > top) & (rows < bottom) & happens(count, 0.12, device)
    tone = torch.where(
        happens(count, 0.7, device), uniform(count, 0, 40, device), uniform(count, 200, 255, device)
    )
    mixed = picture + (tone - picture) * uniform(count, 0.4, 1.0, device)
    return torch.where(strip, mixed, picture)
