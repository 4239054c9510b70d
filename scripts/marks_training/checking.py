"""How well the networks do on what is held out of training: typefaces, backgrounds, makers, frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from scripts.marks_training.atlas import Atlas, Inks
from scripts.marks_training.displays import Corners
from scripts.marks_training.losses import giou
from scripts.marks_training.nets import boxes_of
from scripts.marks_training.strips import Patches, compose, cut

FALSE_SHARE = 0.005
"""Share of all marks that may be given a wrong name."""
FALSE_BOXES = 0.1
"""Wrong boxes a corner that may be found."""
QUERIES, ENROLLED = 10, 5
SIZES = ((0, 12), (12, 18), (18, 28), (28, 99))
AROUND = 0.12
"""Share of a mark's height that is cut with it."""
OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class MarkFigures:
    """``right`` is the share of held-out coded marks whose nearest print is of their maker; ``named`` those
    above ``cosine``, above which ``FALSE_SHARE`` of all patches are named wrongly; ``by_size`` the same for
    the heights in ``SIZES``. ``new`` is the share of marks of new makers whose nearest print is theirs, with
    five prints each, ``new_named`` of those above the same cosine."""

    right: float
    named: float
    cosine: float
    by_size: tuple[float, ...]
    new: float
    new_named: float

    def row(self) -> list[float]:
        return [
            round(v, 4)
            for v in (self.right, self.named, self.cosine, *self.by_size, self.new, self.new_named)
        ]


MARK_COLUMNS = (
    "right", "named", "cosine", *(f"named_{low}_{high}" for low, high in SIZES), "new", "new_named",
)  # fmt: skip


@torch.no_grad()
def check_marks(
    net: nn.Module, inks: Inks, grounds: Tensor, patches: Patches, prints_each: int = 24
) -> MarkFigures:
    """Against ``prints_each`` composed prints of each maker."""
    prints = torch.arange(inks.makers, device=grounds.device).repeat_interleave(prints_each)
    gallery = _embedded(net, _prints(inks.marks, prints, grounds))
    height = (patches.boxes[:, 3] - patches.boxes[:, 1])[:, None]
    signs = torch.tensor([-1.0, -1.0, 1.0, 1.0], device=height.device)
    found = _embedded(net, _cut_in_parts(patches.pixels, patches.boxes + AROUND * height * signs))
    best, whose = _nearest(found, gallery, prints)
    right = whose == patches.labels
    cosine = _threshold(best, ~right, FALSE_SHARE)
    marked = patches.labels >= 0
    named = right & (best > cosine)
    sizes = tuple(
        _share(named, marked & (patches.heights >= low) & (patches.heights < high)) for low, high in SIZES
    )
    new, new_named = _new_makers(net, inks, grounds, gallery, cosine)
    return MarkFigures(_share(right, marked), _share(named, marked), cosine, sizes, new, new_named)


def _prints(atlas: Atlas, labels: Tensor, grounds: Tensor) -> Iterator[Tensor]:
    """Composed strips of classes ``labels``."""
    order = torch.argsort(atlas.label, stable=True)
    sorted_labels = atlas.label[order].contiguous()
    first = torch.searchsorted(sorted_labels, labels)
    last = torch.searchsorted(sorted_labels, labels, right=True)
    there = last > first
    pick = first + (torch.rand(len(labels), device=labels.device) * (last - first)).long()
    rows = torch.where(there, order[pick.clamp_max(len(order) - 1)], 0)
    for part in rows.split(256):
        yield compose(atlas, part, grounds, 1)


def _cut_in_parts(pixels: Tensor, boxes: Tensor) -> Iterator[Tensor]:
    for some, places in zip(pixels.split(128), boxes.split(128), strict=True):
        yield cut(some.float(), places)


def _embedded(net: nn.Module, strips: Iterator[Tensor]) -> Tensor:
    return torch.cat([net(part) for part in strips])


def _nearest(vectors: Tensor, gallery: Tensor, owners: Tensor) -> tuple[Tensor, Tensor]:
    best, at = (vectors @ gallery.T).max(1)
    return best, owners[at]


def _threshold(scores: Tensor, false: Tensor, share: float) -> float:
    """The least score above which at most ``share`` of all are false."""
    allowed = int(share * len(scores))
    ranked = torch.sort(scores[false], descending=True).values
    return float(ranked[allowed]) if len(ranked) > allowed else 0.0


def _share(hits: Tensor, of: Tensor) -> float:
    return float((hits & of).sum()) / max(1, int(of.sum()))


def _new_makers(
    net: nn.Module, inks: Inks, grounds: Tensor, gallery: Tensor, cosine: float
) -> tuple[float, float]:
    labels = torch.unique(inks.unseen.label)
    prints, asked = labels.repeat_interleave(ENROLLED), labels.repeat_interleave(QUERIES)
    own = _embedded(net, _prints(inks.unseen, prints, grounds))
    found = _embedded(net, _prints(inks.unseen, asked, grounds))
    known = torch.full((len(gallery),), -1, device=gallery.device)
    best, whose = _nearest(found, torch.cat([own, gallery]), torch.cat([prints, known]))
    right = whose == asked
    return float(right.float().mean()), float((right & (best > cosine)).float().mean())


@dataclass(frozen=True, slots=True)
class FinderFigures:
    """``found`` is the share of marks of held-out corners found at IoU 0.5 with ``FALSE_BOXES`` wrong
    boxes a corner, ``score`` the score that this takes; ``found_at_all`` with any number."""

    found: float
    score: float
    found_at_all: float

    def row(self) -> list[float]:
        return [round(v, 4) for v in (self.found, self.score, self.found_at_all)]


FINDER_COLUMNS = ("found", "score", "found_at_all")


@torch.no_grad()
def check_finder(net: nn.Module, corners: Corners) -> FinderFigures:
    wrong: list[float] = []
    hits: list[float] = []
    marks = 0
    for start in range(0, len(corners), 32):
        part = slice(start, start + 32)
        answers = net(corners.pixels[part].float()).cpu()
        marked, shown, vague = (x[part].cpu() for x in (corners.boxes, corners.shown, corners.vague))
        for k, (boxes, scores) in enumerate(distinct_boxes(answers)):
            truth = marked[k][shown[k]]
            marks += len(truth)
            _count(boxes, scores, truth, vague[k], hits, wrong)
    ranked = sorted(wrong, reverse=True)
    allowed = int(FALSE_BOXES * len(corners))
    score = ranked[allowed] if len(ranked) > allowed else 0.0
    return FinderFigures(sum(hit > score for hit in hits) / max(1, marks), score, len(hits) / max(1, marks))


def _count(
    boxes: Tensor, scores: Tensor, truth: Tensor, vague: Tensor, hits: list[float], wrong: list[float]
) -> None:
    taken = [False] * len(truth)
    for box, score in zip(boxes, scores.tolist(), strict=True):
        fits = [float(giou(box[None], one[None])) >= OVERLAP for one in truth]
        free = [k for k, fit in enumerate(fits) if fit and not taken[k]]
        if free:
            taken[free[0]] = True
            hits.append(score)
        elif not any(fits) and not _in_any(box, vague):
            wrong.append(score)


def _in_any(box: Tensor, others: Tensor) -> bool:
    x, y = float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2
    return any(o[0] <= x <= o[2] and o[1] <= y <= o[3] for o in others.tolist())


def distinct_boxes(
    answers: Tensor, least: float = 0.05, most: int = 8, overlap: float = 0.4
) -> Iterator[tuple[Tensor, Tensor]]:
    """Boxes (K, 4) and scores (K) of each corner, the surest first, none covering another by much."""
    boxes, scores = boxes_of(answers), torch.sigmoid(answers[:, 0].float())
    for box, score in zip(boxes, scores, strict=True):
        at = score.flatten().topk(min(60, score.numel()))
        rows = box.flatten(0, 1)[at.indices]
        kept: list[int] = []
        for k in range(len(rows)):
            if float(at.values[k]) < least or len(kept) == most:
                break
            if all(_covers(rows[k], rows[other]) < overlap for other in kept):
                kept.append(k)
        yield rows[kept], at.values[kept]


def _covers(one: Tensor, other: Tensor) -> float:
    """Common area as a share of the smaller box."""
    common = (torch.minimum(one[2:], other[2:]) - torch.maximum(one[:2], other[:2])).clamp_min(0).prod()
    least = torch.minimum((one[2:] - one[:2]).prod(), (other[2:] - other[:2]).prod())
    return float(common / least.clamp_min(1e-6))
