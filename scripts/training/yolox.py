"""YOLOX (Ge et al. 2021, arXiv:2107.08430; architecture Apache-2.0, Megvii) with one class, in two sizes.

Feature sizes of ``nano`` follow the published one: depth 0.33, width 0.25, depthwise convolutions in neck and
head. ``small`` has the same neck and heads behind an EfficientNet-Lite0, which knows ImageNet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from scripts.training.efficientnet import LEVELS, EfficientNetLite0

STRIDES = (8, 16, 32)


class ConvUnit(nn.Module):
    """Convolution, batch norm, SiLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03)

    def forward(self, x: Tensor) -> Tensor:
        return functional.silu(self.norm(self.conv(x)))


def separable(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """A 3×3 depthwise convolution followed by a pointwise one."""
    return nn.Sequential(ConvUnit(inputs, inputs, 3, stride, inputs), ConvUnit(inputs, outputs, 1))


class Residual(nn.Module):
    def __init__(self, channels: int, shortcut: bool) -> None:
        super().__init__()
        self.reduce = ConvUnit(channels, channels, 1)
        self.expand = separable(channels, channels)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y = self.expand(self.reduce(x))
        return x + y if self.shortcut else y


class CrossStage(nn.Module):
    """Cross-stage-partial block (Wang et al. 2019, arXiv:1911.11929)."""

    def __init__(self, inputs: int, outputs: int, depth: int = 1, shortcut: bool = True) -> None:
        super().__init__()
        half = outputs // 2
        self.deep = ConvUnit(inputs, half, 1)
        self.short = ConvUnit(inputs, half, 1)
        self.join = ConvUnit(2 * half, outputs, 1)
        self.blocks = nn.Sequential(*(Residual(half, shortcut) for _ in range(depth)))

    def forward(self, x: Tensor) -> Tensor:
        deep, short = self.deep(x), self.short(x)
        return self.join(torch.cat((self.blocks(deep), short), 1))


class PyramidPool(nn.Module):
    """Spatial pyramid pooling at 5, 9 and 13 cells."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.reduce = ConvUnit(inputs, inputs // 2, 1)
        self.pools = nn.ModuleList(nn.MaxPool2d(k, 1, k // 2) for k in (5, 9, 13))
        self.join = ConvUnit(inputs * 2, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.reduce(x)
        return self.join(torch.cat([x, *(pool(x) for pool in self.pools)], 1))


class Backbone(nn.Module):
    def __init__(self, width: int = 16) -> None:
        super().__init__()
        w = width
        self.stem = ConvUnit(12, w, 3)
        self.stage2 = nn.Sequential(separable(w, 2 * w, 2), CrossStage(2 * w, 2 * w))
        self.stage3 = nn.Sequential(separable(2 * w, 4 * w, 2), CrossStage(4 * w, 4 * w, 3))
        self.stage4 = nn.Sequential(separable(4 * w, 8 * w, 2), CrossStage(8 * w, 8 * w, 3))
        self.stage5 = nn.Sequential(
            separable(8 * w, 16 * w, 2), PyramidPool(16 * w, 16 * w), CrossStage(16 * w, 16 * w, 1, False)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        # "Focus": every second pixel into channels, in the published order.
        x = torch.cat((x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]), 1)
        p3 = self.stage3(self.stage2(self.stem(x)))
        p4 = self.stage4(p3)
        return p3, p4, self.stage5(p4)


class Neck(nn.Module):
    """Path aggregation: top-down, then bottom-up."""

    def __init__(self, c3: int, c4: int, c5: int) -> None:
        super().__init__()
        self.lateral5 = ConvUnit(c5, c4, 1)
        self.down4 = CrossStage(2 * c4, c4, 1, False)
        self.lateral4 = ConvUnit(c4, c3, 1)
        self.down3 = CrossStage(2 * c3, c3, 1, False)
        self.stride3 = separable(c3, c3, 2)
        self.up4 = CrossStage(2 * c3, c4, 1, False)
        self.stride4 = separable(c4, c4, 2)
        self.up5 = CrossStage(2 * c4, c5, 1, False)

    def forward(self, p3: Tensor, p4: Tensor, p5: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        f5 = self.lateral5(p5)
        f4 = self.lateral4(self.down4(torch.cat((_double(f5), p4), 1)))
        n3 = self.down3(torch.cat((_double(f4), p3), 1))
        n4 = self.up4(torch.cat((self.stride3(n3), f4), 1))
        n5 = self.up5(torch.cat((self.stride4(n4), f5), 1))
        return n3, n4, n5


def _double(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="nearest")


class Head(nn.Module):
    """Decoupled head of one level: box offsets, objectness, class."""

    def __init__(self, inputs: int, width: int = 64) -> None:
        super().__init__()
        self.stem = ConvUnit(inputs, width, 1)
        self.class_tower = nn.Sequential(separable(width, width), separable(width, width))
        self.box_tower = nn.Sequential(separable(width, width), separable(width, width))
        self.class_out = nn.Conv2d(width, 1, 1)
        self.box_out = nn.Conv2d(width, 4, 1)
        self.object_out = nn.Conv2d(width, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        label = self.class_out(self.class_tower(x))
        box = self.box_tower(x)
        return torch.cat((self.box_out(box), self.object_out(box), label), 1)


class Detector(nn.Module):
    """Input N×3×S×S BGR 0–255; output N×A×6 raw: box offsets (4), objectness logit, class logit."""

    def __init__(self) -> None:
        super().__init__()
        self.neck = Neck(64, 128, 256)
        self.heads = nn.ModuleList(Head(c) for c in (64, 128, 256))

    def levels(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Features of 64, 128 and 256 channels at S/8, S/16 and S/32."""
        raise NotImplementedError

    def frozen(self) -> list[nn.Module]:
        """Edges and textures are learnt already: these parts stay as they start, which also saves a third of
        a step on the CPU."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        levels = self.neck(*self.levels(x))
        flat = [
            head(level).flatten(2).transpose(1, 2) for head, level in zip(self.heads, levels, strict=True)
        ]
        return torch.cat(flat, 1)


class YoloxNano(Detector):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()

    def levels(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        p3, p4, p5 = self.backbone(x)
        return p3, p4, p5

    def frozen(self) -> list[nn.Module]:
        return [self.backbone.stem, self.backbone.stage2]


class Small(Detector):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = EfficientNetLite0()
        self.lateral = nn.ModuleList(
            ConvUnit(inputs, outputs, 1)
            for inputs, outputs in zip(LEVELS.values(), (64, 128, 256), strict=True)
        )

    def levels(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        p3, p4, p5 = (unit(level) for unit, level in zip(self.lateral, self.backbone(x), strict=True))
        return p3, p4, p5

    def frozen(self) -> list[nn.Module]:
        return self.backbone.frozen()


SIZES: dict[str, type[Detector]] = {"nano": YoloxNano, "small": Small}


def anchor_grid(size: int) -> Tensor:
    """A×3: column, row and stride of every output cell of a ``size`` × ``size`` input."""
    levels = []
    for stride in STRIDES:
        cells = torch.arange(size // stride, dtype=torch.float32)
        rows, columns = torch.meshgrid(cells, cells, indexing="ij")
        levels.append(torch.stack((columns, rows, torch.full_like(rows, stride)), -1).reshape(-1, 3))
    return torch.cat(levels)


def decode(raw: Tensor, grid: Tensor) -> Tensor:
    """Boxes x0, y0, x1, y1 in input pixels from raw outputs (…×A×6) and ``anchor_grid``."""
    centre = (raw[..., :2] + grid[:, :2]) * grid[:, 2:]
    half = raw[..., 2:4].clamp(max=8).exp() * grid[:, 2:] / 2
    return torch.cat((centre - half, centre + half), -1)


def load_coco_start(model: Detector, path: str, probe: int = 416) -> int:
    """Copy an ONNX export of the 80-class YOLOX-nano into ``model``, except the class predictions.

    Batch norm is folded into that export's convolutions, so each norm is set to pass them through. Layers
    are matched in execution order within equal shapes. Returns the number of convolutions copied.
    """
    graph = onnx.load(path).graph
    arrays = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    pool = [
        (arrays[node.input[1]], arrays[node.input[2]], node.input[1])
        for node in graph.node
        if node.op_type == "Conv"
    ]
    names = {module: name for name, module in model.named_modules()}
    copied = 0
    for conv in _execution_order(model, probe):
        name = names[conv]
        if name.endswith("class_out"):
            continue
        is_output = name.endswith(("box_out", "object_out"))
        match = next(
            (
                k
                for k, (weight, _, source) in enumerate(pool)
                if weight.shape == tuple(conv.weight.shape) and _same_role(name, source) == is_output
            ),
            None,
        )
        if match is None:
            raise ValueError(f"no layer in {path} fits {name}")
        weight, bias, _ = pool.pop(match)
        _copy_folded(model, name, conv, weight, bias)
        copied += 1
    return copied


def load_ours(model: Detector, path: str) -> None:
    """Copy one of our own exports into ``model``; its nodes bear the modules' names."""
    graph = onnx.load(path).graph
    arrays = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    for node in convolutions:
        name = _module_of(node.name)
        conv = model.get_submodule(name)
        if not isinstance(conv, nn.Conv2d):
            raise TypeError(f"{node.name} of {path} is no convolution of the network")
        _copy_folded(model, name, conv, arrays[node.input[1]], arrays[node.input[2]])


def _module_of(node: str) -> str:
    """``/model/heads.0/box_tower/box_tower.0/conv/Conv`` → ``heads.0.box_tower.0.conv``."""
    names: list[str] = []
    for part in node.split("/")[2:-1]:
        if names and part.startswith(names[-1] + "."):
            names[-1] = part
        else:
            names.append(part)
    return ".".join(names)


def _same_role(name: str, source: str) -> bool:
    """Whether ``source`` is the export's prediction layer that ``name`` stands for."""
    if "_preds" not in source:
        return False
    level = name.split(".")[1]
    role = "reg_preds" if name.endswith("box_out") else "obj_preds"
    return f"{role}.{level}." in source


def _execution_order(model: Detector, probe: int) -> Sequence[nn.Conv2d]:
    order: list[nn.Conv2d] = []
    hooks = [
        module.register_forward_hook(lambda m, _i, _o: order.append(m))
        for module in model.modules()
        if isinstance(module, nn.Conv2d)
    ]
    with torch.no_grad():
        model.eval()(torch.zeros(1, 3, probe, probe))
    for hook in hooks:
        hook.remove()
    return order


def _copy_folded(model: Detector, name: str, conv: nn.Conv2d, weight: object, bias: object) -> None:
    with torch.no_grad():
        conv.weight.copy_(torch.tensor(weight))
        if conv.bias is not None:
            conv.bias.copy_(torch.tensor(bias))
            return
        norm = model.get_submodule(name.rsplit(".", 1)[0]).norm
        norm.running_mean.zero_()
        norm.running_var.fill_(1 - norm.eps)
        norm.weight.fill_(1)
        norm.bias.copy_(torch.tensor(bias))


@torch.no_grad()
def settle_norms(model: Detector, batches: Iterable[Tensor]) -> None:
    """Makes norms that pass a folded convolution through into norms of what really comes in.

    In training a norm takes mean and deviation from the batch, so one that only passes through would change
    the network at the first step. Its mean and variance become those of ``batches`` (N×3×S×S), its weight
    and bias what undoes them: the network answers as before, also in training.
    """
    sums: dict[str, list[Tensor]] = {}

    def keep(name: str) -> Callable[[nn.Module, tuple[Tensor], Tensor], None]:
        def hook(_module: nn.Module, inputs: tuple[Tensor], _output: Tensor) -> None:
            x = inputs[0].float()
            sums.setdefault(name, []).append(torch.stack((x.mean((0, 2, 3)), (x * x).mean((0, 2, 3)))))

        return hook

    norms = {name: m for name, m in model.named_modules() if isinstance(m, nn.BatchNorm2d)}
    hooks = [norm.register_forward_hook(keep(name)) for name, norm in norms.items()]
    model.eval()
    for batch in batches:
        model(batch)
    for hook in hooks:
        hook.remove()
    for name, norm in norms.items():
        mean, square = torch.stack(sums[name]).mean(0)
        variance = (square - mean * mean).clamp(min=1e-5)
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        shift = norm.bias - norm.running_mean * scale
        norm.weight.copy_(scale * (variance + norm.eps).sqrt())
        norm.bias.copy_(shift + mean * scale)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
