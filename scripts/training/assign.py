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


def detection_loss(raw: Tensor, grid: Tensor, boxes: list[Tensor], ignored: list[Tensor]) -> Tensor:
    """Mean loss per assigned cell over a batch.

    Args:
        raw: N×A×6 network output.
        grid: A×3 from ``anchor_grid``.
        boxes: N tensors of M×4 true boxes in input pixels.
        ignored: N tensors of K×4; cells inside answer for nothing and are not punished.
    """
    decoded = decode(raw, grid)
    points = (grid[:, :2] + 0.5) * grid[:, 2:]
    total = raw.new_zeros(())
    assigned = 0
    for k, truth in enumerate(boxes):
        object_target = raw.new_zeros(raw.shape[1])
        object_weight = 1.0 - _inside(points, ignored[k]).any(0).float() if len(ignored[k]) else None
        if len(truth):
            cells, owners, overlap = _assign(raw[k].detach(), decoded[k].detach(), grid, points, truth)
            object_target[cells] = 1.0
            if object_weight is not None:
                object_weight[cells] = 1.0
            assigned += len(cells)
            total = total + BOX_WEIGHT * (1 - _giou(decoded[k, cells], truth[owners])).sum()
            total = total + functional.binary_cross_entropy_with_logits(
                raw[k, cells, 5], overlap, reduction="sum"
            )
        total = total + functional.binary_cross_entropy_with_logits(
            raw[k, :, 4], object_target, weight=object_weight, reduction="sum"
        )
    return total / max(assigned, 1)


def _inside(points: Tensor, boxes: Tensor) -> Tensor:
    """M×A: whether each point lies in each box."""
    x, y = points[None, :, 0], points[None, :, 1]
    return (
        (x > boxes[:, None, 0]) & (x < boxes[:, None, 2]) & (y > boxes[:, None, 1]) & (y < boxes[:, None, 3])
    )


def _assign(
    raw: Tensor, decoded: Tensor, grid: Tensor, points: Tensor, truth: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Cells that answer for a box, the box each answers for, and the IoU it reaches."""
    inside = _inside(points, truth)
    centres = (truth[:, :2] + truth[:, 2:]) / 2
    near = ((points[None] - centres[:, None]).abs() < CENTRE_RADIUS * grid[None, :, 2:]).all(-1)
    cells = (inside | near).any(0).nonzero()[:, 0]
    iou = _iou(truth, decoded[cells])
    score = (raw[cells, 4].sigmoid() * raw[cells, 5].sigmoid()).sqrt().clamp(1e-6, 1 - 1e-6)
    outside = ~(inside & near)[:, cells]
    cost = -score.log()[None] - 3 * (iou + 1e-8).log() + 1e5 * outside.float()
    chosen = torch.zeros_like(cost, dtype=torch.bool)
    counts = iou.topk(min(TOP_CANDIDATES, len(cells)), 1).values.sum(1).int().clamp(min=1)
    for row, count in enumerate(counts.tolist()):
        chosen[row, cost[row].topk(count, largest=False).indices] = True
    shared = chosen.sum(0) > 1
    if shared.any():
        best = cost[:, shared].argmin(0)
        chosen[:, shared] = False
        chosen[best, shared.nonzero()[:, 0]] = True
    picked = chosen.any(0).nonzero()[:, 0]
    owners = chosen[:, picked].float().argmax(0)
    return cells[picked], owners, iou[owners, picked]


def _iou(a: Tensor, b: Tensor) -> Tensor:
    """M×N intersection over union of M×4 and N×4 boxes."""
    extent = (
        torch.minimum(a[:, None, 2:], b[None, :, 2:]) - torch.maximum(a[:, None, :2], b[None, :, :2])
    ).clamp(min=0)
    shared = extent.prod(-1)
    area_a, area_b = (a[:, 2:] - a[:, :2]).prod(-1), (b[:, 2:] - b[:, :2]).prod(-1)
    return shared / (area_a[:, None] + area_b[None] - shared + 1e-9)


def _giou(a: Tensor, b: Tensor) -> Tensor:
    """Generalised IoU of N×4 and N×4 boxes, pair by pair (arXiv:1902.09630)."""
    shared = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(-1)
    union = (a[:, 2:] - a[:, :2]).prod(-1) + (b[:, 2:] - b[:, :2]).prod(-1) - shared
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(-1)
    return shared / (union + 1e-9) - (hull - union) / (hull + 1e-9)
