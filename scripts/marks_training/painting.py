"""Inks put onto pictures, many at once: where they lie, and how they are painted.

Pictures are float (B, 1, H, W), 0 to 255; sizes and places are in pixels, one value a picture (B).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from scripts.marks_training.atlas import Atlas
from scripts.marks_training.degrade import happens, uniform

HALF, QUARTER = 0.7, 0.35
"""Shares of an ink's own size below which a softer copy is sampled."""
STYLES = ("plain", "outline", "shadow", "box", "emboss")
OFTEN = (0.36, 0.24, 0.12, 0.16, 0.12)
SMALL = 14.0
"""Height below which nothing is embossed and paint stands off its ground more."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Inks ``index`` of an atlas: middle, size (upright), and how they are turned: ``angle`` in radians,
    ``lean`` sideways for each pixel down, ``tilt`` (B, 2) the perspective across and down."""

    index: Tensor
    x: Tensor
    y: Tensor
    width: Tensor
    height: Tensor
    angle: Tensor
    lean: Tensor
    tilt: Tensor

    def boxes(self) -> Tensor:
        """(B, 4), x0, y0, x1, y1 of what lies level."""
        half = torch.stack([self.width, self.height], 1) / 2
        middle = torch.stack([self.x, self.y], 1)
        return torch.cat([middle - half, middle + half], 1)


def level(atlas: Atlas, index: Tensor, x: Tensor, y: Tensor, height: Tensor) -> Placed:
    """Neither turned nor tilted."""
    none = torch.zeros_like(x)
    return Placed(index, x, y, height * aspect(atlas, index), height, none, none, none[:, None].repeat(1, 2))


def aspect(atlas: Atlas, index: Tensor) -> Tensor:
    extent = atlas.extent[index]
    return extent[:, 1] / extent[:, 0]


def _within(placed: Placed, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Where each pixel lies in the ink, as shares of its width and height (0 to 1 inside), (B, H, W)."""
    device = placed.x.device
    down, across = torch.meshgrid(
        torch.arange(size[0], device=device) + 0.5, torch.arange(size[1], device=device) + 0.5, indexing="ij"
    )
    x = across[None] - _wide(placed.x)
    y = down[None] - _wide(placed.y)
    cos, sin = _wide(placed.angle.cos()), _wide(placed.angle.sin())
    x, y = cos * x + sin * y, cos * y - sin * x
    x = (x + _wide(placed.lean) * y) / _wide(placed.width)
    y = y / _wide(placed.height)
    depth = (1 + _wide(placed.tilt[:, 0]) * x + _wide(placed.tilt[:, 1]) * y).clamp_min(0.2)
    return x / depth + 0.5, y / depth + 0.5


def _wide(values: Tensor) -> Tensor:
    return values.view(-1, 1, 1)


def sampled(atlas: Atlas, placed: Placed, size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
    """Share of ink at each pixel; the ink's own grey levels there (-1 where it has none); and the plate, how
    far each pixel lies inside the ink's rectangle (in heights, negative outside). Each (B, 1, H, W)."""
    u, v = _within(placed, size)
    extent = atlas.extent[placed.index]
    shown = placed.height / extent[:, 0]
    copy = (shown < HALF).long() + (shown < QUARTER).long()
    cells = atlas.ink[copy, placed.index].float() / 255
    tall, long = cells.shape[2:]
    grid = torch.stack(
        [(1 + u * _wide(extent[:, 1])) * 2 / long - 1, (1 + v * _wide(extent[:, 0])) * 2 / tall - 1], 3
    )
    inside = ((u > -0.02) & (u < 1.02) & (v > -0.04) & (v < 1.04))[:, None]
    ink = functional.grid_sample(cells, grid, align_corners=False) * inside
    row = atlas.own[placed.index]
    own = functional.grid_sample(
        atlas.grey[row.clamp_min(0)].float(), grid, align_corners=False, padding_mode="border"
    )
    ratio = _wide(placed.width / placed.height)
    plate = torch.minimum(torch.minimum(u, 1 - u) * ratio, torch.minimum(v, 1 - v))[:, None]
    return ink, torch.where(row.view(-1, 1, 1, 1) < 0, torch.full_like(own, -1.0), own), plate


@dataclass(frozen=True, slots=True)
class Paints:
    """(B, 1, 1, 1) each: ``style`` an index into STYLES, ``fill`` and ``edge`` grey levels, ``own`` whether
    the ink's own grey levels are used where it has them."""

    style: Tensor
    fill: Tensor
    edge: Tensor
    opacity: Tensor
    own: Tensor


def screen_paints(ground: Tensor, height: Tensor) -> Paints:
    """As displays are painted. ``ground`` (B, 1, 1, 1) is the grey level behind."""
    count, device = len(ground), ground.device
    style = torch.multinomial(torch.tensor(OFTEN, device=device), count, replacement=True).view(-1, 1, 1, 1)
    style = torch.where((style == 4) & (height.view(-1, 1, 1, 1) < SMALL), torch.zeros_like(style), style)
    dark = torch.where(
        happens(count, 0.22, device), uniform(count, 0, 60, device), uniform(count, 190, 255, device)
    )
    fill = torch.where(happens(count, 0.12, device), uniform(count, 60, 200, device), dark)
    edge = torch.where(fill > 128, uniform(count, 0, 40, device), uniform(count, 215, 255, device))
    away = torch.where(ground > 128, uniform(count, 0, 60, device), uniform(count, 195, 255, device))
    sinks = ((fill - ground).abs() < 55) & (style != 1) & (style != 3)
    opacity = torch.where(happens(count, 0.5, device), torch.ones_like(fill), uniform(count, 0.45, 1, device))
    return Paints(style, torch.where(sinks, away, fill), edge, opacity, happens(count, 0.35, device))


def housing_paints(ground: Tensor) -> Paints:
    """As makers print on housings: one colour, sometimes hardly off the ground, at times their own."""
    count, device = len(ground), ground.device
    off = torch.exp(uniform(count, math.log(16), math.log(190), device))
    up = torch.where((ground - 128).abs() < 40, happens(count, 0.5, device), ground < 128)
    fill = (ground + torch.where(up, off, -off)).clamp(0, 255)
    style = torch.where(happens(count, 0.12, device), 4, 0)
    return Paints(style, fill, fill, uniform(count, 0.5, 1, device), happens(count, 0.25, device))


def painted(
    picture: Tensor, ink: Tensor, own: Tensor, plate: Tensor, height: Tensor, paints: Paints
) -> Tensor:
    """The picture with its ink."""
    style, opacity = paints.style, paints.opacity
    count, device = len(picture), picture.device
    edge = _edge(ink, height) * opacity
    shadow = torch.roll(ink, (1, 1), (2, 3)) * opacity * 0.85
    box = (plate > -uniform(count, 0.1, 0.35, device)) * uniform(count, 0.4, 1.0, device)
    under = torch.where(style == 1, edge, torch.where(style == 2, shadow, torch.where(style == 3, box, 0.0)))
    picture = picture + (paints.edge - picture) * under
    fill = torch.where(paints.own & (own >= 0), own, paints.fill)
    relief = _relief(ink) * (torch.randint(2, (count, 1, 1, 1), device=device) * 2 - 1) * opacity
    raised = picture + relief.clamp_min(0) * (255 - picture) - (-relief).clamp_min(0) * picture
    raised = raised + (fill - raised) * ink * opacity * 0.35
    return torch.where(style == 4, raised, picture + (fill - picture) * ink * opacity)


def _edge(ink: Tensor, height: Tensor) -> Tensor:
    """An outline of one pixel, of two around what is high."""
    thin = functional.max_pool2d(ink, 3, 1, 1)
    return torch.where(height.view(-1, 1, 1, 1) > 36, functional.max_pool2d(thin, 3, 1, 1), thin)


def _relief(ink: Tensor) -> Tensor:
    """Light from above left."""
    soft = functional.avg_pool2d(ink, 3, 1, 1)
    return (torch.roll(soft, (-1, -1), (2, 3)) - torch.roll(soft, (1, 1), (2, 3))).clamp(-1, 1)


def grounds_cut(grounds: Tensor, count: int, size: tuple[int, int], zoom: tuple[float, float]) -> Tensor:
    """Windows of random pictures; a window's pixel is 1/zoom pixels of its picture. Lit anew."""
    device = grounds.device
    tall, long = grounds.shape[2:]
    scale = torch.exp(uniform(count, math.log(zoom[0]), math.log(zoom[1]), device)).view(-1, 1, 1)
    down, across = torch.meshgrid(
        torch.arange(size[0], device=device) - size[0] / 2,
        torch.arange(size[1], device=device) - size[1] / 2,
        indexing="ij",
    )
    x = (torch.rand(count, 1, 1, device=device) * 2 - 1) + across[None] / scale * 2 / long
    y = (torch.rand(count, 1, 1, device=device) * 2 - 1) + down[None] / scale * 2 / tall
    x = x * torch.where(torch.rand(count, 1, 1, device=device) < 0.5, 1.0, -1.0)
    chosen = grounds[torch.randint(len(grounds), (count,), device=device)].float()
    cut = functional.grid_sample(
        chosen, torch.stack([x, y], 3), align_corners=False, padding_mode="reflection"
    )
    cut = 255 * (cut / 255).clamp(0, 1) ** torch.exp(uniform(count, -0.5, 0.6, device))
    return (cut * uniform(count, 0.55, 1.2, device) + uniform(count, -10, 35, device)).clamp(0, 255)


def plain_ground(count: int, size: tuple[int, int], device: torch.device) -> Tensor:
    """Shaded surfaces without a pattern."""
    across = torch.linspace(-1, 1, size[1], device=device).view(1, 1, 1, -1)
    down = torch.linspace(-1, 1, size[0], device=device).view(1, 1, -1, 1)
    mean = torch.where(
        happens(count, 0.3, device), uniform(count, 8, 80, device), uniform(count, 100, 250, device)
    )
    return (mean + across * uniform(count, -25, 25, device) + down * uniform(count, -25, 25, device)).clamp(
        0, 255
    )


def local_mean(picture: Tensor, plate: Tensor) -> Tensor:
    """Mean grey level where the plate is, (B, 1, 1, 1)."""
    mask = (plate > 0).float()
    return (picture * mask).sum((1, 2, 3), keepdim=True) / mask.sum((1, 2, 3), keepdim=True).clamp_min(1)
