"""What the two networks are trained to do less of."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from scripts.marks_training.nets import boxes_of, cells

SCALE, MARGIN, NO_MARK_AT = 28.0, 0.25, 0.35
VIEWS = 3
"""Centres of each class: a maker has a symbol, a wordmark, and its name in other letters."""
CORE = (0.6, 5.0)
"""A cell lies in a mark within this share of its half sides, and at least so many pixels of its middle."""
FOCUS, WEIGHT = 2.0, 0.6


class Centres(nn.Module):
    """CosFace (Wang et al., CVPR 2018) with several centres a class (Deng et al., ECCV 2020), and "no mark"
    as one more class at a fixed cosine."""

    def __init__(self, classes: int, dimensions: int = 128) -> None:
        super().__init__()
        self.classes = classes
        self.weight = nn.Parameter(torch.randn(classes * VIEWS, dimensions) * 0.1)

    def forward(self, vectors: Tensor, labels: Tensor) -> Tensor:
        """Mean loss. ``labels`` are -1 where no class is shown."""
        cosines = vectors @ functional.normalize(self.weight, dim=1).T
        cosines = cosines.view(len(vectors), self.classes, VIEWS).amax(2)
        cosines = torch.cat([cosines, torch.full_like(cosines[:, :1], NO_MARK_AT)], 1)
        targets = torch.where(labels < 0, torch.full_like(labels, self.classes), labels)
        rows = torch.arange(len(vectors), device=vectors.device)
        taken = torch.zeros_like(cosines)
        taken[rows, targets] = MARGIN * (labels >= 0).to(cosines.dtype)
        return functional.cross_entropy((cosines - taken) * SCALE, targets)


def finder_loss(found: Tensor, boxes: Tensor, shown: Tensor, vague: Tensor) -> Tensor:
    """``boxes`` (N, K, 4) of marks, of which ``shown`` (N, K) are there; in ``vague`` (N, J, 4), empty boxes
    where there is none, nothing is asked. Focal loss (Lin et al., ICCV 2017) and GIoU (Rezatofighi et al.,
    CVPR 2019)."""
    wanted, target = assigned(found, boxes, shown)
    unasked = _covered(found, vague) & ~wanted
    near = _covered(found, boxes * shown[..., None]) & ~wanted
    logits = found[:, 0].float()
    share = torch.sigmoid(logits)
    right = torch.where(wanted, share, 1 - share).clamp(1e-6, 1)
    weight = torch.where(wanted, WEIGHT, 1 - WEIGHT) * (1 - right) ** FOCUS
    weight = weight * ~(unasked | near)
    count = wanted.sum().clamp_min(1)
    classified = -(weight * right.log()).sum() / count
    if not bool(wanted.any()):
        return classified
    overlap = giou(boxes_of(found)[wanted], target[wanted])
    return classified + (1 - overlap).mean()


def assigned(found: Tensor, boxes: Tensor, shown: Tensor) -> tuple[Tensor, Tensor]:
    """Which cells lie in a mark's core (N, h, w), and the box of that mark (N, h, w, 4)."""
    down, across = cells(found.shape[2], found.shape[3], found.device)
    wanted = torch.zeros(len(found), *down.shape, dtype=torch.bool, device=found.device)
    target = torch.zeros(*wanted.shape, 4, device=found.device)
    for k in range(boxes.shape[1]):
        box = boxes[:, k, None, None]
        middle, half = (box[..., :2] + box[..., 2:]) / 2, (box[..., 2:] - box[..., :2]) / 2
        reach = (half * CORE[0]).clamp_min(CORE[1])
        at = torch.stack([across, down], 2)[None]
        inside = ((at - middle).abs() <= reach).all(3) & shown[:, k, None, None]
        wanted |= inside
        target = torch.where(inside[..., None], box, target)
    return wanted, target


def _covered(found: Tensor, boxes: Tensor) -> Tensor:
    """Cells whose middle lies in any of the boxes, (N, h, w)."""
    down, across = cells(found.shape[2], found.shape[3], found.device)
    box = boxes[:, :, None, None]
    hit = (across >= box[..., 0]) & (across < box[..., 2]) & (down >= box[..., 1]) & (down < box[..., 3])
    return hit.any(1)


def giou(one: Tensor, other: Tensor) -> Tensor:
    """Of each pair of boxes (M, 4)."""
    low, high = torch.maximum(one[:, :2], other[:, :2]), torch.minimum(one[:, 2:], other[:, 2:])
    common = (high - low).clamp_min(0).prod(1)
    union = (one[:, 2:] - one[:, :2]).clamp_min(0).prod(1) + (other[:, 2:] - other[:, :2]).prod(1) - common
    low, high = torch.minimum(one[:, :2], other[:, :2]), torch.maximum(one[:, 2:], other[:, 2:])
    whole = (high - low).prod(1)
    return common / union.clamp_min(1e-6) - (whole - union) / whole.clamp_min(1e-6)
