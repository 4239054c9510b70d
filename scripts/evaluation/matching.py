"""Detections against labels: which found box is which camera, and what follows for precision and recall."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from edge.domain import Box

MATCH_IOU = 0.5


class Found(Protocol):
    """What has been found."""

    @property
    def box(self) -> Box: ...
    @property
    def score(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Scored:
    """A detection after matching. ``truth`` is the index of its camera, None for a false box."""

    score: float
    truth: int | None


def match(truths: Sequence[Box], seen: Sequence[Found], iou: float = MATCH_IOU) -> list[Scored]:
    """Best score first, each detection takes the free camera that it meets best at ``iou`` or more; a second
    box on a camera is a false one. As in Pascal VOC and COCO."""
    free = set(range(len(truths)))
    scored = []
    for detection in sorted(seen, key=lambda s: -s.score):
        best = max(free, key=lambda i: truths[i].iou(detection.box), default=None)
        if best is not None and truths[best].iou(detection.box) < iou:
            best = None
        free.discard(-1 if best is None else best)
        scored.append(Scored(detection.score, best))
    return scored


def average_precision(scored: Iterable[Scored], cameras: int) -> float:
    """Mean of the best precision at 101 recalls from 0 to 1, as COCO has it; ``scored`` over all photos."""
    if cameras == 0:
        return float("nan")
    ranked = sorted(scored, key=lambda s: -s.score)
    hits = np.cumsum([s.truth is not None for s in ranked], dtype=np.float64)
    precision = hits / np.arange(1, len(ranked) + 1)
    best_from_here_on = np.maximum.accumulate(precision[::-1])[::-1]
    recall = hits / cameras
    at = np.searchsorted(recall, np.linspace(0, 1, 101), side="left")
    return float(np.mean([best_from_here_on[i] if i < len(ranked) else 0.0 for i in at]))


def threshold_for(scored: Iterable[Scored], allowed: int) -> float:
    """The lowest score at which at most ``allowed`` boxes are false."""
    wrong = sorted((s.score for s in scored if s.truth is None), reverse=True)
    return float(np.nextafter(wrong[allowed], 2.0)) if len(wrong) > allowed else 0.0
