"""The two networks: one finds marks on displays, one tells whose they are."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from scripts.training.mobilenet import MobileNetV2

LAST = 14
"""MobileNetV2's blocks that are used: to 96 channels at a sixteenth of the size."""
STRIDE = 8
"""Pixels of a corner for each cell of the finder's answer."""


class MarkNet(nn.Module):
    """Strips (N, 1, 64, 256), 0 to 255 of any type → unit vectors (N, ``dimensions``). What stands where on
    the strip stays apart, for letters have an order."""

    def __init__(self, dimensions: int = 128) -> None:
        super().__init__()
        self.features = MobileNetV2().features[:LAST]
        self.squeeze = nn.Sequential(nn.Conv2d(96, 48, 1, bias=False), nn.BatchNorm2d(48), nn.ReLU())
        self.project = nn.Linear(48 * 4 * 16, dimensions)

    def forward(self, strips: Tensor) -> Tensor:
        x = (strips.float() / 255.0 - 0.449) / 0.226
        x = self.squeeze(self.features(x.expand(-1, 3, -1, -1)))
        return functional.normalize(self.project(x.flatten(1)).float(), dim=1)


def start_from_imagenet(net: MarkNet, path: Path) -> None:
    """``path`` is what ``scripts.marks_training.pack`` kept of the weights."""
    with np.load(path, allow_pickle=False) as kept:
        state = {name.removeprefix("features."): torch.from_numpy(kept[name]) for name in kept.files}
    net.features.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in state.items()})


class MarkFinder(nn.Module):
    """Grey corners (N, 1, H, W), 0 to 255, H and W multiples of 16 → (N, 5, H / 8, W / 8): how surely a cell
    lies in a mark (logit), and from its middle how far the mark reaches left, up, right and down (log of
    eighths of pixels)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(_full(1, 16, 2), _separable(16, 32, 2), _separable(32, 32))
        self.middle = nn.Sequential(_separable(32, 64, 2), _separable(64, 64), _separable(64, 64))
        self.deep = nn.Sequential(
            _separable(64, 112, 2), _separable(112, 112, kernel=5), _separable(112, 112, kernel=5, spread=2),
            _separable(112, 112, kernel=5, spread=3),
        )  # fmt: skip
        self.join = nn.Sequential(_pointwise(64 + 112, 80), _separable(80, 80), _separable(80, 80))
        self.head = nn.Conv2d(80, 5, 1)
        nn.init.constant_(self.head.bias[:1], -math.log(99.0))
        nn.init.constant_(self.head.bias[1:], 1.0)

    def forward(self, corners: Tensor) -> Tensor:
        x = self.middle(self.stem((corners.float() - 110.0) / 60.0))
        wide = functional.interpolate(self.deep(x), scale_factor=2.0, mode="nearest")
        found: Tensor = self.head(self.join(torch.cat([x, wide], 1)))
        return found


def _full(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


def _pointwise(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


def _separable(inputs: int, outputs: int, stride: int = 1, kernel: int = 3, spread: int = 1) -> nn.Sequential:
    reach = kernel // 2 * spread
    return nn.Sequential(
        nn.Conv2d(inputs, inputs, kernel, stride, reach, spread, groups=inputs, bias=False),
        nn.BatchNorm2d(inputs),
        nn.ReLU(),
        *_pointwise(inputs, outputs),
    )


def boxes_of(found: Tensor) -> Tensor:
    """(N, H / 8, W / 8, 4), x0, y0, x1, y1 in pixels, of the finder's answer."""
    down, across = cells(found.shape[2], found.shape[3], found.device)
    reach = torch.exp(found[:, 1:].float().clamp(-6, 5)) * STRIDE
    return torch.stack(
        [across - reach[:, 0], down - reach[:, 1], across + reach[:, 2], down + reach[:, 3]], 3
    )


def cells(tall: int, long: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Pixels of the middles of cells: down and across, (tall, long) each."""
    down, across = torch.meshgrid(
        (torch.arange(tall, device=device) + 0.5) * STRIDE,
        (torch.arange(long, device=device) + 0.5) * STRIDE,
        indexing="ij",
    )
    return down, across
