"""What the second look learns from, made on the fly: the candidates of a detector on composed pictures.

Boxes are N×…×4 tensors x0, y0, x1, y1 in pixels of N×3×S×S pictures; rows of zeros fill up.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from edge.vision.crops import CONTEXT, MARGIN, PAD
from scripts.training.assign import pair_iou
from scripts.training.verifier import CROP
from scripts.training.yolox import decode

FLOOR = 0.01
FINDS, CLOSEST = 20, 120
"""Finds of a picture that are looked at, and best cells among which they are sought."""
MISTAKES = 5
"""Of a picture at most: the best finds that are no camera."""
SMALLEST = 4.0


@dataclass(frozen=True, slots=True)
class Candidates:
    """C boxes (C×4) with the number of each one's ``picture``, whether it is a ``camera`` (1 or 0), and its
    ``form`` (-1 where it is not known)."""

    boxes: Tensor
    picture: Tensor
    camera: Tensor
    form: Tensor


def finds(raw: Tensor, grid: Tensor) -> tuple[Tensor, Tensor]:
    """N×FINDS×4 best boxes of which none overlaps a better one by half, and their scores, 0 where there are
    no more. Fast suppression (Bolya et al. 2019, arXiv:1904.02689 §3.4): a suppressed box suppresses too."""
    score = raw[..., 4].sigmoid() * raw[..., 5].sigmoid()
    score, cells = score.topk(CLOSEST, 1)
    boxes = decode(raw, grid).gather(1, cells[..., None].expand(-1, -1, 4))
    better = torch.ones(CLOSEST, CLOSEST, device=raw.device).triu(1)
    covered = (pair_iou(boxes, boxes) * better).amax(1) > 0.5
    score = score.masked_fill(covered | (score < FLOOR), 0)
    score, order = score.topk(FINDS, 1)
    return boxes.gather(1, order[..., None].expand(-1, -1, 4)), score


def candidates(found: Tensor, score: Tensor, boxes: Tensor, forms: Tensor, ignored: Tensor) -> Candidates:
    """The cameras, each beside its true box and where the detector puts it, and the detector's mistakes.

    Args:
        found, score: what ``finds`` gave.
        boxes, forms: N×M×4 cameras of the pictures and N×M their forms.
        ignored: N×K×4, where a find is neither right nor wrong.
    """
    with_box = boxes[..., 2] > boxes[..., 0]
    overlap = pair_iou(found, boxes)
    best, which = overlap.max(-1)
    large = (found[..., 2:] - found[..., :2]).amin(-1) >= SMALLEST
    met = (best >= 0.5) & (score > 0) & large
    spared = torch.maximum(best, pair_iou(found, ignored).amax(-1)) >= 0.3
    wrong = ~spared & (score > 0) & large
    wrong &= wrong.cumsum(1) <= MISTAKES
    parts = [
        (jittered(boxes), with_box, with_box, forms),
        (found, met, met, forms.gather(1, which)),
        (found, wrong, torch.zeros_like(wrong), torch.full_like(which, -1)),
    ]
    kept = [mask.nonzero(as_tuple=True) for _, mask, _, _ in parts]
    return Candidates(
        torch.cat([part[0][at] for part, at in zip(parts, kept, strict=True)]),
        torch.cat([at[0] for at in kept]),
        torch.cat([part[2][at] for part, at in zip(parts, kept, strict=True)]).float(),
        torch.cat([part[3][at] for part, at in zip(parts, kept, strict=True)]),
    )


def jittered(boxes: Tensor) -> Tensor:
    """As a detector would place them."""
    extent = (boxes[..., 2:] - boxes[..., :2]).repeat(1, 1, 2)
    moved = boxes + 0.06 * torch.randn_like(boxes) * extent
    fine = (moved[..., 2:] - moved[..., :2]).amin(-1, keepdim=True) > SMALLEST
    return torch.where(fine, moved, boxes)


def crops(pixels: Tensor, chosen: Candidates, vary: bool) -> Tensor:
    """C×CROP×CROP×3 float crops of the candidates as ``edge.vision.crops`` makes them, BGR 0–255.

    With ``vary`` each is turned, stretched, shifted and mirrored a little at random.
    """
    count, side = len(chosen.boxes), pixels.shape[-1]
    reach = CONTEXT * (chosen.boxes[:, 2:] - chosen.boxes[:, :2]).amax(1) + MARGIN
    centre = (chosen.boxes[:, :2] + chosen.boxes[:, 2:]) / 2
    turn = torch.eye(2, device=pixels.device).repeat(count, 1, 1)
    if vary:
        turn, shift = _poses(count, pixels.device)
        centre = centre + shift * reach[:, None]
    step = (torch.arange(CROP, device=pixels.device) + 0.5) / CROP - 0.5
    rows, columns = torch.meshgrid(step, step, indexing="ij")
    unit = torch.stack((columns, rows), -1).reshape(1, -1, 2)
    places = centre[:, None] + reach[:, None, None] * (unit @ turn.transpose(1, 2))
    grid = (places / side * 2 - 1).reshape(count, CROP, CROP, 2)
    level = (reach / CROP).log2().round().clamp(0, 2).long()
    out = pixels.new_zeros(count, 3, CROP, CROP)
    shrunk = pixels - PAD
    for number in range(3):
        at = (level == number).nonzero()[:, 0]
        if len(at):
            source = shrunk[chosen.picture[at]]
            out[at] = functional.grid_sample(source, grid[at], align_corners=False)
        shrunk = functional.avg_pool2d(shrunk, 2)
    return (out + PAD).permute(0, 2, 3, 1)


def _poses(count: int, device: torch.device) -> tuple[Tensor, Tensor]:
    angle = torch.randn(count, device=device) * 4 * torch.pi / 180
    zoom = torch.empty(count, 2, device=device).uniform_(1 / 1.15, 1 / 0.88)
    mirror = torch.where(torch.rand(count, device=device) < 0.5, -1.0, 1.0)
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack((torch.stack((cos, -sin), -1), torch.stack((sin, cos), -1)), 1)
    stretch = torch.diag_embed(torch.stack((zoom[:, 0] * mirror, zoom[:, 1]), -1))
    return turn @ stretch, torch.randn(count, 2, device=device) * 0.03


def lit(images: Tensor) -> Tensor:
    """N×H×W×3 pictures 0–255 with other light, colour and sharpness, and now and then something in front."""
    count, side, device = len(images), images.shape[1], images.device

    def chance(share: float) -> Tensor:
        return torch.rand(count, 1, 1, 1, device=device) < share

    def between(low: float, high: float, *shape: int) -> Tensor:
        return torch.empty(count, *(shape or (1, 1, 1)), device=device).uniform_(low, high)

    out = images * between(0.6, 1.35) * between(0.9, 1.1, 1, 1, 3) + between(-25, 25)
    out = torch.where(chance(0.15), out.mean(3, keepdim=True).expand_as(out), out)
    soft = blurred(out, between(0.5, 2.0)[:, 0, 0, 0])
    kind = torch.rand(count, 1, 1, 1, device=device)
    sharp = out + between(0.5, 1.5) * (out - soft)
    out = torch.where(kind < 0.2, soft, torch.where(kind < 0.3, sharp, out))
    # No single part may decide.
    first, extent = between(0, side - 24, 2), between(16, 40, 2)
    steps = torch.arange(side, device=device)
    inside = [(steps >= first[:, k : k + 1]) & (steps < (first + extent)[:, k : k + 1]) for k in range(2)]
    patch = (inside[0][:, :, None] & inside[1][:, None])[..., None] & chance(0.25)
    return torch.where(patch, between(0, 255), out).clamp(0, 255)


def blurred(images: Tensor, sigma: Tensor) -> Tensor:
    """N×H×W×3 pictures, each with a Gauss of its own ``sigma`` in pixels."""
    count, height, width, _ = images.shape
    reach = torch.arange(-5, 6, device=images.device)
    kernel = (-(reach**2) / (2 * sigma[:, None] ** 2)).exp()
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(3, 0)
    flat = functional.pad(images.permute(0, 3, 1, 2), (5, 5, 5, 5), mode="replicate").reshape(
        1, 3 * count, height + 10, width + 10
    )
    flat = functional.conv2d(flat, kernel[:, None, :, None], groups=3 * count)
    flat = functional.conv2d(flat, kernel[:, None, None, :], groups=3 * count)
    return flat.reshape(count, 3, height, width).permute(0, 2, 3, 1)
