"""How good a detector is on the photos that are held out of its training: the curve of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from edge.domain import Box, Housing
from scripts.evaluation.matching import Scored, average_precision, match
from scripts.training.sources import Boxes, Photo
from scripts.training.whole import best, letterboxed
from scripts.training.yolox import decode

FLOOR = 0.01
MOST = 50
"""Boxes a photo that count."""


@dataclass(frozen=True, slots=True)
class Held:
    """``pixels`` N×3×S×S uint8 of whole photos, and the boxes in each."""

    pixels: Tensor
    boxes: list[list[Box]]

    @classmethod
    def of(cls, photos: Sequence[Photo], size: int) -> Held:
        pictures = np.stack([letterboxed(photo.pixels, size).transpose(2, 0, 1) for photo in photos])
        boxes = [photo.boxes * (size / max(photo.pixels.shape[:2])) for photo in photos]
        return cls(torch.from_numpy(np.ascontiguousarray(pictures)), [_boxes(one) for one in boxes])


@torch.no_grad()
def held_out_precision(model: nn.Module, held: Held, grid: Tensor, batch: int = 64) -> float:
    """AP at IoU 0.5 over whole photos, as ``scripts.evaluate`` has it."""
    device = grid.device
    was_training = model.training
    model.eval()
    scored: list[Scored] = []
    for first in range(0, len(held.boxes), batch):
        pixels = held.pixels[first : first + batch].to(device).float()
        with torch.autocast(device.type, torch.bfloat16):
            raw = model(pixels)
        raw = raw.float()
        boxes = decode(raw, grid).cpu().numpy()
        scores = (raw[..., 4].sigmoid() * raw[..., 5].sigmoid()).cpu().numpy()
        for truths, places, chances in zip(held.boxes[first : first + batch], boxes, scores, strict=True):
            kept = best(places, chances, FLOOR, MOST)
            scored += match(
                truths,
                [Housing(box, float(chances[k])) for k, box in zip(kept, _boxes(places[kept]), strict=True)],
            )
    model.train(was_training)
    return average_precision(scored, sum(len(boxes) for boxes in held.boxes))


def _boxes(rows: Boxes) -> list[Box]:
    return [Box(*(float(side) for side in row)) for row in rows]
