"""Detection figures: average precision, recall and false boxes, by size and by kind of picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.evaluation.cases import Case
from scripts.evaluation.matching import Scored, average_precision, match, threshold_for
from scripts.evaluation.observations import Observation
from scripts.evaluation.shares import Share

SIZES = ((0, 32), (32, 64), (64, 128), (128, 256), (256, 1 << 20))
"""Long side of the labelled box in pixels of the picture."""
FALSE_BOXES_A_PHOTO = 0.15


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
