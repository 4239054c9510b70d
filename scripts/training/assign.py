"""The YOLOX training loss: dynamic label assignment (SimOTA, arXiv:2107.08430 §2.2), GIoU, BCE."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from scripts.training.yolox import decode

CENTRE_RADIUS = 2.5
"""Cells around a box's centre that may answer for it, in strides."""
TOP_CANDIDATES = 10
BOX_WEIGHT = 5.0
_NEVER = 1e9


def detection_loss(raw: Tensor, grid: Tensor, boxes: Tensor, ignored: Tensor) -> Tensor:
    """Mean loss per assigned cell over a batch.

    Args:
        raw: N×A×6 network output.
        grid: A×3 from ``anchor_grid``.
        boxes: N×M×4 true boxes in input pixels; rows of zeros fill up where a picture has fewer than M.
        ignored: N×K×4 alike; cells inside answer for nothing and are not punished.
    """
    decoded = decode(raw, grid)
    points = (grid[:, :2] + 0.5) * grid[:, 2:]
    with torch.no_grad():
        owner, overlap = _assigned(raw, decoded, grid, points, boxes)
        answers = owner >= 0
        counts = answers | ~_inside(points, ignored).any(1)
    chance = functional.binary_cross_entropy_with_logits(
        raw[..., 4], answers.float(), weight=counts.float(), reduction="sum"
    )
    picture, cell = answers.nonzero(as_tuple=True)
    truth = boxes[picture, owner[picture, cell]]
    place = (1 - _giou(decoded[picture, cell], truth)).sum()
    label = functional.binary_cross_entropy_with_logits(
        raw[picture, cell, 5], overlap[picture, cell], reduction="sum"
    )
    return (BOX_WEIGHT * place + label + chance) / max(len(cell), 1)


def _inside(points: Tensor, boxes: Tensor) -> Tensor:
    """N×M×A: whether each of A×2 points lies in each of N×M×4 boxes; never in a box of zeros."""
    x, y = points[:, 0], points[:, 1]
    x0, y0, x1, y1 = boxes[..., None].unbind(-2)
    return (x > x0) & (x < x1) & (y > y0) & (y < y1)


def _assigned(
    raw: Tensor, decoded: Tensor, grid: Tensor, points: Tensor, boxes: Tensor
) -> tuple[Tensor, Tensor]:
    """N×A: index of the box that a cell answers for, -1 for none; the IoU that it reaches, else 0."""
    real = (boxes[..., 2] > boxes[..., 0])[..., None]
    inside = _inside(points, boxes)
    centres = (boxes[..., :2] + boxes[..., 2:]) / 2
    near = ((points - centres[:, :, None]).abs() < CENTRE_RADIUS * grid[:, 2:]).all(-1) & real
    cells = (inside | near).any(1, keepdim=True)
    iou = pair_iou(boxes, decoded) * (cells & real)
    score = (raw[..., 4].float().sigmoid() * raw[..., 5].float().sigmoid()).sqrt().clamp(1e-6, 1 - 1e-6)
    cost = -score.log()[:, None] - 3 * (iou + 1e-8).log() + 1e5 * ~(inside & near)
    cost = cost.masked_fill(~(cells & real), _NEVER)
    counts = iou.topk(TOP_CANDIDATES, -1).values.sum(-1).int().clamp(min=1)
    cheapest = cost.topk(TOP_CANDIDATES, -1, largest=False)
    kept = torch.arange(TOP_CANDIDATES, device=raw.device) < counts[..., None]
    kept = kept & (cheapest.values < _NEVER)
    chosen = torch.zeros_like(cost, dtype=torch.bool).scatter_(-1, cheapest.indices, kept)
    # A cell that several boxes want answers for the one that it costs least.
    owner = torch.where(chosen.sum(1) > 1, cost.argmin(1), chosen.int().argmax(1))
    overlap = iou.gather(1, owner[:, None])[:, 0]
    taken = chosen.any(1)
    return torch.where(taken, owner, -1), overlap * taken


def pair_iou(a: Tensor, b: Tensor) -> Tensor:
    """N×M×A intersection over union of N×M×4 and N×A×4 boxes."""
    extent = (
        torch.minimum(a[:, :, None, 2:], b[:, None, :, 2:])
        - torch.maximum(a[:, :, None, :2], b[:, None, :, :2])
    ).clamp(min=0)
    shared = extent.prod(-1)
    area_a, area_b = (a[..., 2:] - a[..., :2]).prod(-1), (b[..., 2:] - b[..., :2]).prod(-1)
    return shared / (area_a[:, :, None] + area_b[:, None] - shared + 1e-9)


def _giou(a: Tensor, b: Tensor) -> Tensor:
    """Generalised IoU of N×4 and N×4 boxes, pair by pair (arXiv:1902.09630)."""
    shared = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(-1)
    union = (a[:, 2:] - a[:, :2]).prod(-1) + (b[:, 2:] - b[:, :2]).prod(-1) - shared
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(-1)
    return shared / (union + 1e-9) - (hull - union) / (hull + 1e-9)
