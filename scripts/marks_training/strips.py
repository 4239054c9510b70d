"""Strips for the embedding: marks composed on the GPU, and marks that really went through a codec.

``cut`` does to a batch what ``edge.vision.embedding.mark_strip`` does to one crop.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from scripts.marks_training.atlas import NOBODY, Atlas, Inks
from scripts.marks_training.blobs import unpacked
from scripts.marks_training.degrade import degraded, uniform
from scripts.marks_training.painting import (
    Paints,
    Placed,
    aspect,
    grounds_cut,
    housing_paints,
    local_mean,
    painted,
    plain_ground,
    sampled,
    screen_paints,
)

HEIGHT, WIDTH = 64, 256
"""Size in pixels at which a mark is embedded."""
CANVASES = (((44, 232), (7.5, 24.0)), ((88, 480), (18.0, 60.0)))
"""Height and width of the canvas, and the heights of marks on it."""
SMALL_SHARE = 0.62
MIX = {"makers": 0.46, "words": 0.26, "symbols": 0.08, "nobody": 0.15, "texture": 0.05}
RIM = (-0.06, 0.36)
"""Shares of a mark's height by which a crop's sides may lie outside it."""
LEAST_REACH = 16.0
SAMPLES = (20, 64)
"""Points at which the contrast of a crop is measured, down and across."""


class Picker:
    """Draws inks of classes, every class of a group equally often."""

    def __init__(self, atlas: Atlas, first: int, last: int) -> None:
        label = atlas.label.cpu().numpy()
        rows = [np.flatnonzero(label == k) for k in range(first, last)]
        rows = [found for found in rows if len(found)]
        most = max((len(found) for found in rows), default=1)
        table = np.stack([np.resize(found, most) for found in rows]) if rows else np.zeros((0, 1), np.int64)
        self._table = torch.from_numpy(table).to(atlas.label.device)

    def __len__(self) -> int:
        return len(self._table)

    def pick(self, count: int) -> Tensor:
        device = self._table.device
        rows = torch.randint(len(self._table), (count,), device=device)
        return self._table[rows, torch.randint(self._table.shape[1], (count,), device=device)]


@dataclass(frozen=True, slots=True)
class Patches:
    """Marks after a real codec: ``pixels`` uint8 (N, 1, H, W), the rims repeated; ``boxes`` (N, 4)."""

    pixels: Tensor
    boxes: Tensor
    labels: Tensor
    heights: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device) -> Patches:
        return Patches(*(p.to(device) for p in (self.pixels, self.boxes, self.labels, self.heights)))


def load_patches(pack: Path, names: tuple[str, ...], *, held: bool) -> Patches:
    with np.load(pack / "patches.npz", allow_pickle=False) as kept:
        pictures = unpacked(kept["pixels"], kept["ends"])
        boxes, vendors, held_out = kept["boxes"], [str(v) for v in kept["vendors"]], kept["held"]
    number = {name: k for k, name in enumerate(names)}
    rows = [k for k in range(len(pictures)) if bool(held_out[k]) == held and vendors[k] in {"", *number}]
    tall = max(picture.shape[0] for picture in pictures)
    long = max(picture.shape[1] for picture in pictures)
    padded = [
        np.pad(p, ((0, tall - p.shape[0]), (0, long - p.shape[1])), mode="edge")
        for p in (pictures[k] for k in rows)
    ]
    return Patches(
        torch.from_numpy(np.stack(padded)[:, None]),
        torch.from_numpy(boxes[rows].astype(np.float32)),
        torch.tensor([number.get(vendors[k], NOBODY) for k in rows]),
        torch.from_numpy((boxes[rows, 3] - boxes[rows, 1]).astype(np.float32)),
    )


class StripMaker:
    """``grounds`` uint8 (G, 1, H, W) are scenes and surfaces; ``patches`` make up ``real`` of each batch."""

    def __init__(self, inks: Inks, grounds: Tensor, patches: Patches | None, real: float = 0.14) -> None:
        self._atlas, self._grounds, self._patches, self._real = inks.marks, grounds, patches, real
        classes = len(inks.names)
        symbols = sum(name.startswith("symbol/") for name in inks.names)
        self._pickers = {
            "makers": Picker(inks.marks, 0, inks.makers),
            "words": Picker(inks.marks, inks.makers, classes - symbols),
            "symbols": Picker(inks.marks, classes - symbols, classes),
            "nobody": Picker(inks.marks, NOBODY, 0),
        }

    def batch(self, count: int) -> tuple[Tensor, Tensor]:
        """Strips (N, 1, 64, 256), 0 to 255, and the class of each."""
        real = int(count * self._real) if self._patches is not None else 0
        small = int((count - real) * SMALL_SHARE)
        parts = [self._composed(small, 0), self._composed(count - real - small, 1)]
        if self._patches is not None and real:
            parts.append(self._coded(self._patches, real))
        return torch.cat([strips for strips, _ in parts]), torch.cat([labels for _, labels in parts])

    def _composed(self, count: int, canvas: int) -> tuple[Tensor, Tensor]:
        shares = {k: v for k, v in MIX.items() if k == "texture" or len(self._pickers[k])}
        counts = _parted(count, shares)
        index = torch.cat([self._pickers[k].pick(n) for k, n in counts.items() if k != "texture"])
        bare = counts["texture"]
        index = torch.cat([index, index[:bare]])
        strips = compose(self._atlas, index, self._grounds, canvas, bare)
        labels = self._atlas.label[index].clone()
        if bare:
            labels[-bare:] = NOBODY
        return strips, labels

    def _coded(self, patches: Patches, count: int) -> tuple[Tensor, Tensor]:
        rows = torch.randint(len(patches), (count,), device=patches.labels.device)
        boxes = jittered(patches.boxes[rows])
        device = boxes.device
        pixels = patches.pixels[rows].float() * uniform(count, 0.7, 1.2, device) + uniform(
            count, -20, 20, device
        )
        return cut(pixels.clamp(0, 255), boxes), patches.labels[rows]


def _parted(count: int, shares: dict[str, float]) -> dict[str, int]:
    """Whole numbers that add up to ``count``, "texture" last."""
    whole = sum(shares.values())
    counts = {name: int(count * share / whole) for name, share in shares.items()}
    counts[next(iter(counts))] += count - sum(counts.values())
    return counts


def compose(atlas: Atlas, index: Tensor, grounds: Tensor, canvas: int, bare: int = 0) -> Tensor:
    """Strips of the inks ``index``; the last ``bare`` show their ground alone."""
    size, (low, high) = CANVASES[canvas]
    count, device = len(index), index.device
    placed = _placed(atlas, index, size, low, high)
    printed = count // 4  # on housings
    ground = torch.cat([
        grounds_cut(grounds, count - printed, size, (0.5, 2.5)),
        _surfaces(grounds, printed, size),
    ])  # fmt: skip
    ink, own, plate = sampled(atlas, placed, size)
    mean = local_mean(ground, plate)
    paints = _joined(screen_paints(mean, placed.height), housing_paints(mean), count - printed)
    if bare:
        shown = torch.ones(count, 1, 1, 1, device=device)
        shown[-bare:] = 0
        ink, plate = ink * shown, torch.where(shown > 0, plate, torch.full_like(plate, -9.0))
    picture = degraded(painted(ground, ink, own, plate, placed.height, paints))
    return cut(picture, jittered(placed.boxes()))


def _placed(atlas: Atlas, index: Tensor, size: tuple[int, int], low: float, high: float) -> Placed:
    count, device = len(index), index.device
    ratio = aspect(atlas, index)
    height = torch.exp(uniform(count, math.log(low), math.log(high), device)).view(-1)
    height = torch.where(ratio < 1.6, height.clamp_min(12.0), height)
    height = torch.minimum(
        height, torch.minimum(size[1] * 0.9 / ratio, torch.full_like(ratio, size[0] * 0.72))
    )
    turned = (torch.rand(count, device=device) < 0.4).float()
    jitter = torch.rand(2, count, device=device) * 4 - 2
    return Placed(
        index,
        size[1] / 2 + jitter[0],
        size[0] / 2 + jitter[1],
        height * ratio * (1 + 0.12 * torch.randn(count, device=device).clamp(-2, 2) * turned),
        height,
        torch.randn(count, device=device) * math.radians(4.5) * turned,
        torch.randn(count, device=device) * 0.12 * turned,
        torch.randn(count, 2, device=device).clamp(-2, 2) * 0.12 * turned[:, None],
    )


def _surfaces(grounds: Tensor, count: int, size: tuple[int, int]) -> Tensor:
    half = count // 2
    return torch.cat([
        plain_ground(half, size, grounds.device), grounds_cut(grounds, count - half, size, (2.0, 6.0))
    ])  # fmt: skip


def _joined(screen: Paints, housing: Paints, first: int) -> Paints:
    """Of the first ones ``screen``, of the rest ``housing``."""
    parts = {
        name: torch.cat([getattr(screen, name)[:first], getattr(housing, name)[first:]])
        for name in ("style", "fill", "edge", "opacity", "own")
    }
    return replace(screen, **parts)


def jittered(boxes: Tensor) -> Tensor:
    """As unsteady as finders and text detectors are."""
    height = (boxes[:, 3] - boxes[:, 1])[:, None]
    rim = torch.rand_like(boxes) * (RIM[1] - RIM[0]) + RIM[0]
    return boxes + rim * height * torch.tensor([-1.0, -1.0, 1.0, 1.0], device=boxes.device)


def cut(pictures: Tensor, boxes: Tensor) -> Tensor:
    """(N, 1, 64, 256): each box letterboxed, its contrast stretched, the rest filled as its rim is."""
    low, high = _contrast(pictures, boxes)
    centre, reach = (low + high) / 2, ((high - low) / 2).clamp_min(LEAST_REACH)

    def stretched(x: Tensor) -> Tensor:
        return ((x - centre) / reach * 127.5 + 127.5).clamp(0, 255)

    scale = torch.minimum(HEIGHT / (boxes[:, 3] - boxes[:, 1]), WIDTH / (boxes[:, 2] - boxes[:, 0])).view(
        -1, 1, 1
    )
    # Sampled at twice the size: a crop that shrinks is averaged.
    down, across = _lattice(2 * HEIGHT, 2 * WIDTH, boxes.device)
    x = (across[None] / 2 - WIDTH / 2) / scale
    y = (down[None] / 2 - HEIGHT / 2) / scale
    middle = ((boxes[:, :2] + boxes[:, 2:]) / 2).view(-1, 1, 1, 2)
    half = ((boxes[:, 2:] - boxes[:, :2]) / 2).view(-1, 1, 1, 2)
    at = torch.stack([x.expand(len(boxes), *x.shape[1:]), y.expand(len(boxes), *y.shape[1:])], 3)
    inside = (at.abs() <= half).all(3)[:, None]
    seen = stretched(_at(pictures, torch.maximum(torch.minimum(at, half - 0.5), 0.5 - half) + middle))
    rim = stretched(_rim(pictures, boxes)).flatten(1).median(1).values.view(-1, 1, 1, 1)
    return functional.avg_pool2d(torch.where(inside, seen, rim), 2)


def _contrast(pictures: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """The darkest and the brightest hundredth in each box, (N, 1, 1, 1)."""
    down, across = _lattice(*SAMPLES, boxes.device)
    share = torch.stack([across / SAMPLES[1], down / SAMPLES[0]], 2)[None]
    values = _at(pictures, _inside(boxes, share)).flatten(1)
    low, high = torch.quantile(values, torch.tensor([0.01, 0.99], device=values.device), dim=1)
    return low.view(-1, 1, 1, 1), high.view(-1, 1, 1, 1)


def _rim(pictures: Tensor, boxes: Tensor) -> Tensor:
    along = torch.linspace(0, 1, 32, device=boxes.device)
    ends = torch.zeros_like(along)
    sides = [
        torch.stack(side, 1) for side in ((along, ends), (along, ends + 1), (ends, along), (ends + 1, along))
    ]
    return _at(pictures, _inside(boxes, torch.cat(sides)[None, None]))


def _inside(boxes: Tensor, share: Tensor) -> Tensor:
    """Points at ``share`` (1, h, w, 2) of each box, half a pixel within it."""
    start, span = boxes[:, :2] + 0.5, boxes[:, 2:] - boxes[:, :2] - 1
    return start.view(-1, 1, 1, 2) + share * span.view(-1, 1, 1, 2)


def _lattice(tall: int, long: int, device: torch.device) -> tuple[Tensor, Tensor]:
    down, across = torch.meshgrid(
        torch.arange(tall, device=device) + 0.5, torch.arange(long, device=device) + 0.5, indexing="ij"
    )
    return down, across


def _at(pictures: Tensor, points: Tensor) -> Tensor:
    """(N, 1, h, w) at ``points`` (N, h, w, 2), x and y in pixels; the rim is repeated outside."""
    tall, long = pictures.shape[2:]
    size = torch.tensor([long, tall], device=pictures.device, dtype=pictures.dtype)
    return functional.grid_sample(pictures, points * 2 / size - 1, align_corners=False, padding_mode="border")
