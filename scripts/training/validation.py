"""How good a detector is on the photos that are held out of its training: the curve of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from scripts.training.compose import GREY
from scripts.training.sources import Boxes, Photo
from scripts.training.yolox import decode

FLOOR = 0.01
MOST = 50
"""Boxes a photo that count."""


@dataclass(frozen=True, slots=True)
class Held:
    """``pixels`` N×3×S×S uint8 of whole photos, and the boxes in each."""

    pixels: Tensor
    boxes: list[Boxes]

    @classmethod
    def of(cls, photos: Sequence[Photo], size: int) -> Held:
        pictures, boxes = [], []
        for photo in photos:
            scale = size / max(photo.pixels.shape[:2])
            small = cv2.resize(photo.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            small = small[:size, :size]
            canvas = np.full((size, size, 3), GREY, np.uint8)
            canvas[: small.shape[0], : small.shape[1]] = small
            pictures.append(canvas.transpose(2, 0, 1))
            boxes.append(photo.boxes * scale)
        return cls(torch.from_numpy(np.ascontiguousarray(np.stack(pictures))), boxes)


@torch.no_grad()
def average_precision(model: nn.Module, held: Held, grid: Tensor, batch: int = 64) -> float:
    """AP at IoU 0.5 over whole photos, all points interpolated."""
    device = grid.device
    was_training = model.training
    model.eval()
    scores, right = [], []
    for first in range(0, len(held.boxes), batch):
        pixels = held.pixels[first : first + batch].to(device).float()
        with torch.autocast(device.type, torch.bfloat16):
            raw = model(pixels)
        raw = raw.float()
        boxes = decode(raw, grid).cpu().numpy()
        score = (raw[..., 4].sigmoid() * raw[..., 5].sigmoid()).cpu().numpy()
        for k in range(len(boxes)):
            found = score[k] > FLOOR
            best, chance = _best(boxes[k][found], score[k][found])
            scores.append(chance)
            right.append(_right(best, held.boxes[first + k]))
    model.train(was_training)
    return _area(np.concatenate(scores), np.concatenate(right), sum(len(b) for b in held.boxes))


def _best(
    boxes: NDArray[np.float32], scores: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    rectangles = [(float(b[0]), float(b[1]), float(b[2] - b[0]), float(b[3] - b[1])) for b in boxes]
    kept = [int(k) for k in cv2.dnn.NMSBoxes(rectangles, scores.tolist(), FLOOR, 0.5)][:MOST]
    return boxes[kept], scores[kept]


def _right(found: NDArray[np.float32], truth: Boxes) -> NDArray[np.bool_]:
    """For each of the found boxes, best first, whether it is the first to meet a true one at IoU 0.5."""
    right = np.zeros(len(found), np.bool_)
    free = np.ones(len(truth), np.bool_)
    for k, box in enumerate(found):
        if not free.any():
            break
        extent = np.minimum(truth[:, 2:], box[2:]) - np.maximum(truth[:, :2], box[:2])
        shared = extent.clip(0).prod(1)
        union = (truth[:, 2:] - truth[:, :2]).prod(1) + (box[2:] - box[:2]).prod() - shared
        iou = shared / union * free
        if iou.max() >= 0.5:
            free[iou.argmax()] = False
            right[k] = True
    return right


def _area(scores: NDArray[np.float32], right: NDArray[np.bool_], cameras: int) -> float:
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    precision = hits / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float((envelope * right[order]).sum() / max(cameras, 1))
