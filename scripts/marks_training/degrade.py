"""What a camera does to a picture, on the GPU: blur, sharpening, noise, and the marks of block codecs.

Pictures are float (B, 1, H, W), 0 to 255. The codec's imitation quantises the cosine transform of blocks of 4
or 8 pixels with a dead zone, as H.264 and H.265 do to what their prediction leaves, and JPEG with its table.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

JPEG = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55), (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62), (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)  # fmt: skip
"""Quantisation of luma, ITU-T T.81, table K.1."""
DEAD_ZONE = 1 / 3
"""Rounding offset of H.264's intra blocks."""


def uniform(count: int, low: float, high: float, device: torch.device) -> Tensor:
    """(count, 1, 1, 1)."""
    return torch.rand(count, 1, 1, 1, device=device) * (high - low) + low


def happens(count: int, share: float, device: torch.device) -> Tensor:
    """(count, 1, 1, 1), bool."""
    return torch.rand(count, 1, 1, 1, device=device) < share


def degraded(pictures: Tensor) -> Tensor:
    """Each in a way of its own."""
    count, device = len(pictures), pictures.device
    x = blurred(pictures, uniform(count, 0.15, 1.3, device) * happens(count, 0.6, device) + 0.05)
    x = torch.where(happens(count, 0.4, device), sharpened(x, uniform(count, 0.3, 1.8, device)), x)
    x = x + torch.randn_like(x) * uniform(count, 0.0, 9.0, device) * happens(count, 0.8, device)
    x = coded(x.clamp(0, 255))
    x = torch.where(happens(count, 0.35, device), jpeg(x, uniform(count, 30, 95, device)), x)
    return x.clamp(0, 255)


def blurred(x: Tensor, sigma: Tensor) -> Tensor:
    """A Gaussian of its own standard deviation (pixels, up to 2) for each picture."""
    at = torch.arange(-3, 4, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-(at**2) / (2 * sigma.view(-1, 1) ** 2).clamp_min(1e-3))
    kernel = kernel / kernel.sum(dim=1, keepdim=True)
    count, _, height, width = x.shape
    flat = functional.pad(x.view(1, count, height, width), (3, 3, 3, 3), mode="replicate")
    flat = functional.conv2d(flat, kernel.view(count, 1, 7, 1), groups=count)
    return functional.conv2d(flat, kernel.view(count, 1, 1, 7), groups=count).view(count, 1, height, width)


def sharpened(x: Tensor, amount: Tensor) -> Tensor:
    return x + (x - functional.avg_pool2d(functional.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)) * amount


def coded(x: Tensor) -> Tensor:
    """Blocks of 4 for half of the batch, of 8 for the rest; three in twenty pass untouched."""
    half = len(x) // 2
    parts = [_blocks(part, side) for part, side in ((x[:half], 4), (x[half:], 8)) if len(part)]
    return torch.where(happens(len(x), 0.85, x.device), torch.cat(parts), x)


def _blocks(x: Tensor, side: int) -> Tensor:
    """Quantised by 4 to 60 grey levels (about QP 16 to 40), then softened at the blocks' borders."""
    count = len(x)
    step = torch.exp(uniform(count, math.log(4.0), math.log(60.0), x.device)).view(-1, 1, 1)
    shift = (int(torch.randint(side, (1,))), int(torch.randint(side, (1,))))
    moved = functional.pad(x, (shift[1], side - shift[1], shift[0], side - shift[0]), mode="replicate")
    moved, size = _even(moved, side)
    blocks = functional.unfold(moved, side, stride=side)
    basis = cosine_basis(side, x.device)
    found = basis @ blocks
    kept = torch.sign(found) * torch.floor(found.abs() / step + DEAD_ZONE) * step
    # The mean of a block is predicted from its neighbours and coded finely.
    kept[:, :1] = torch.round(found[:, :1] / (step * 0.5)) * (step * 0.5)
    out = functional.fold(basis.T @ kept, moved.shape[2:], side, stride=side)
    out = _deblocked(out, side, step.view(-1, 1, 1, 1))[:, :, : size[0], : size[1]]
    return out[:, :, shift[0] : shift[0] + x.shape[2], shift[1] : shift[1] + x.shape[3]]


def _even(x: Tensor, side: int) -> tuple[Tensor, tuple[int, int]]:
    height, width = x.shape[2:]
    return functional.pad(x, (0, -width % side, 0, -height % side), mode="replicate"), (height, width)


def cosine_basis(side: int, device: torch.device) -> Tensor:
    """(side², side²), orthonormal, the mean first."""
    at = torch.arange(side, device=device, dtype=torch.float32)
    row = torch.cos((at[None] + 0.5) * at[:, None] * math.pi / side) * math.sqrt(2 / side)
    row[0] /= math.sqrt(2)
    return torch.einsum("ux,vy->uvxy", row, row).reshape(side * side, side * side)


def _deblocked(x: Tensor, side: int, step: Tensor) -> Tensor:
    """Smooth across borders where the difference is smaller than what quantisation may have made."""
    smooth = functional.avg_pool2d(functional.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    rows = torch.arange(x.shape[2], device=x.device) % side
    columns = torch.arange(x.shape[3], device=x.device) % side
    at_border = ((rows == 0) | (rows == side - 1))[:, None] | ((columns == 0) | (columns == side - 1))[None]
    return torch.where(at_border & ((smooth - x).abs() < step * 0.6), smooth, x)


def jpeg(x: Tensor, quality: Tensor) -> Tensor:
    """At ``quality`` 1 to 100, as libjpeg scales the table."""
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality).view(-1, 1, 1) / 100
    table = (torch.tensor(JPEG, device=x.device, dtype=torch.float32).view(1, 64, 1) * scale).clamp_min(1)
    whole, size = _even(x - 128, 8)
    basis = cosine_basis(8, x.device)
    blocks = basis @ functional.unfold(whole, 8, stride=8)
    out = functional.fold(basis.T @ (torch.round(blocks / table) * table), whole.shape[2:], 8, stride=8)
    return out[:, :, : size[0], : size[1]] + 128
