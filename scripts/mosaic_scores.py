"""Recall by size and false boxes of a detector on labelled canvases, at fixed operating points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt

import numpy as np

from edge.domain import Box, Housing

SIZES = ((12.0, 24.0), (24.0, 64.0 + 1e-6))
FALSE_BOXES_A_CANVAS = (3.0, 10.0)
MATCH_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Canvas:
    megapixels: float
    cameras: tuple[Box, ...]
    found: tuple[Housing, ...]
    """Best score first."""


@dataclass(frozen=True, slots=True)
class Recall:
    """Cameras found of those whose long side is ``shortest`` to ``longest`` pixels; 95 % Wilson interval."""

    shortest: float
    longest: float
    found: int
    cameras: int

    @property
    def value(self) -> float:
        return self.found / self.cameras if self.cameras else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.found, self.cameras)


@dataclass(frozen=True, slots=True)
class Score:
    views: str
    """``tiles`` or ``whole``."""
    at: str
    """The operating point: ``3 a canvas``, ``10 a canvas``, ``default``."""
    threshold: float
    recall: tuple[Recall, ...]
    false_a_canvas: float
    false_a_megapixel: float

    def as_json(self) -> dict[str, object]:
        recall = [asdict(r) | {"recall": r.value, "wilson95": r.interval} for r in self.recall]
        return asdict(self) | {"recall": recall}


def wilson(hits: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's score interval for a share (Wilson 1927)."""
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def match(canvas: Canvas) -> list[int | None]:
    """For each found box, best score first, the camera that it is the first to meet (IoU 0.5 or more; of
    several, the one that it meets best), or None: a false box."""
    if not canvas.cameras:
        return [None] * len(canvas.found)
    cameras = np.array([box.as_tuple() for box in canvas.cameras])
    areas = (cameras[:, 2:] - cameras[:, :2]).prod(axis=1)
    free = np.ones(len(cameras), np.bool_)
    met: list[int | None] = []
    for housing in canvas.found:
        box = np.array(housing.box.as_tuple())
        sides = np.minimum(cameras[:, 2:], box[2:]) - np.maximum(cameras[:, :2], box[:2])
        shared = sides.clip(min=0).prod(axis=1)
        iou = np.where(free, shared / (areas + housing.box.area - shared), 0)
        best = int(iou.argmax())
        met.append(best if iou[best] >= MATCH_IOU else None)
        free[best] &= iou[best] < MATCH_IOU
    return met


def score(canvases: Sequence[Canvas], views: str, default_threshold: float) -> list[Score]:
    """The points of 3 and 10 false boxes a canvas and of the default threshold."""
    met = [match(canvas) for canvas in canvases]
    pairs = [pair for c, m in zip(canvases, met, strict=True) for pair in zip(c.found, m, strict=True)]
    false_scores = sorted((housing.score for housing, hit in pairs if hit is None), reverse=True)
    points = [
        (f"{n:g} a canvas", _threshold(false_scores, int(n * len(canvases)))) for n in FALSE_BOXES_A_CANVAS
    ]
    points.append(("default", default_threshold))
    return [_score_at(canvases, met, views, at, threshold) for at, threshold in points]


def _threshold(false_scores: Sequence[float], allowed: int) -> float:
    """The least threshold that lets no more than ``allowed`` false boxes through."""
    return float(np.nextafter(false_scores[allowed], 2)) if allowed < len(false_scores) else 0.0


def _score_at(
    canvases: Sequence[Canvas], met: Sequence[Sequence[int | None]], views: str, at: str, threshold: float
) -> Score:
    false_boxes = 0
    hits = [0] * len(SIZES)
    cameras = [0] * len(SIZES)
    for canvas, matches in zip(canvases, met, strict=True):
        for camera in canvas.cameras:
            for size in _sizes_of(camera):
                cameras[size] += 1
        for housing, hit in zip(canvas.found, matches, strict=True):
            if housing.score < threshold:
                continue
            if hit is None:
                false_boxes += 1
                continue
            for size in _sizes_of(canvas.cameras[hit]):
                hits[size] += 1
    return Score(
        views,
        at,
        threshold,
        tuple(Recall(*size, hit, n) for size, hit, n in zip(SIZES, hits, cameras, strict=True)),
        false_boxes / len(canvases),
        false_boxes / sum(canvas.megapixels for canvas in canvases),
    )


def _sizes_of(camera: Box) -> list[int]:
    return [i for i, (shortest, longest) in enumerate(SIZES) if shortest <= camera.long_side < longest]


def table(scores: Sequence[Score]) -> str:
    lines = [
        f"{'views':6} {'false boxes':12} {'threshold':>9} {'12–24 px':>22} {'24–64 px':>22}"
        f" {'a canvas':>9} {'a MP':>6}"
    ]
    for s in scores:
        recalls = " ".join(
            f"{r.value:.3f} [{r.interval[0]:.3f}, {r.interval[1]:.3f}]".rjust(22) for r in s.recall
        )
        false_boxes = f"{s.false_a_canvas:9.2f} {s.false_a_megapixel:6.3f}"
        lines.append(f"{s.views:6} {s.at:12} {s.threshold:9.3f} {recalls} {false_boxes}")
    if scores:
        lines.append("cameras: " + ", ".join(f"{r.cameras}" for r in scores[0].recall))
    return "\n".join(lines)
