"""Detection figures: average precision, recall and false boxes, by size and by kind of picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from edge.domain import Box
from scripts.evaluation.cases import Case
from scripts.evaluation.observations import Observation, Seen
from scripts.evaluation.shares import Share

MATCH_IOU = 0.5
SIZES = ((0, 32), (32, 64), (64, 128), (128, 256), (256, 1 << 20))
"""Long side of the labelled box in pixels of the picture."""
FALSE_BOXES_A_PHOTO = 0.15


@dataclass(frozen=True, slots=True)
class Scored:
    """A detection after matching. ``truth`` is the index of its camera, None for a false box."""

    score: float
    truth: int | None


@dataclass(frozen=True, slots=True)
class Detection:
    """``found`` and ``false_boxes`` are at the default threshold; ``recall_at_false`` at the threshold that
    gives at most ``FALSE_BOXES_A_PHOTO``."""

    photos: int
    threshold: float
    ap50: float
    found: Share
    false_boxes: int
    recall_at_false: Share
    threshold_at_false: float
    by_size: dict[str, Share]
    by_kind: dict[str, tuple[Share, int, int]]
    """Cameras found, false boxes, photos."""

    @property
    def false_a_photo(self) -> float:
        return self.false_boxes / self.photos if self.photos else 0.0


def match(truths: Sequence[Box], seen: Sequence[Seen], iou: float = MATCH_IOU) -> list[Scored]:
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


def measure(results: Sequence[tuple[Case, Observation]]) -> Detection:
    """Figures over scenes and negatives together. On a picture whose cameras are not all boxed, boxes that
    meet none are left out."""
    matched = [(case, _matched(case, observation)) for case, observation in results]
    threshold = results[0][1].threshold if results else 0.0
    everything = [scored for _, rows in matched for scored in rows]
    cameras = sum(len(case.truths) for case, _ in matched)
    at_false = threshold_for(everything, int(FALSE_BOXES_A_PHOTO * len(results)))
    kinds = {case.kind if case.truths else f"negative: {case.kind}" for case, _ in matched}
    return Detection(
        photos=len(results),
        threshold=threshold,
        ap50=average_precision(everything, cameras),
        found=_found(matched, threshold),
        false_boxes=_false(matched, threshold),
        recall_at_false=_found(matched, at_false),
        threshold_at_false=at_false,
        by_size={_size_name(*size): _found(matched, threshold, size) for size in SIZES},
        by_kind={kind: _kind(matched, threshold, kind) for kind in sorted(kinds)},
    )


def _matched(case: Case, observation: Observation) -> list[Scored]:
    scored = match([t.box for t in case.truths if t.box is not None], observation.detections)
    return scored if case.complete else [s for s in scored if s.truth is not None]


_Matched = Sequence[tuple[Case, list[Scored]]]


def _found(matched: _Matched, threshold: float, size: tuple[int, int] = (0, 1 << 30)) -> Share:
    found = total = 0
    for case, rows in matched:
        hit = {s.truth for s in rows if s.score >= threshold}
        for index, truth in enumerate(case.truths):
            if truth.box is not None and size[0] <= truth.box.long_side < size[1]:
                total += 1
                found += index in hit
    return Share(found, total)


def _false(matched: _Matched, threshold: float) -> int:
    return sum(s.truth is None and s.score >= threshold for _, rows in matched for s in rows)


def _kind(matched: _Matched, threshold: float, kind: str) -> tuple[Share, int, int]:
    own = [(c, rows) for c, rows in matched if (c.kind if c.truths else f"negative: {c.kind}") == kind]
    return _found(own, threshold), _false(own, threshold), len(own)


def _size_name(low: int, high: int) -> str:
    return f"{low} px and more" if high >= 1 << 20 else f"{low} to {high} px"
