"""Draws twenty results on dev pictures, without the pictures: `models/dev-results.svg` in the model card.

    python -m scripts.show_results --answers runs/evaluate/KEY.jsonl --data DATA --out dev-results.svg

The pictures are third parties' and may not be shown, so each is an empty frame with the labelled housings and
what Camid found. They are drawn by lot from those that ``scripts.evaluate`` has asked about, so many of each
set (``DRAWN``), whatever came out; ``--seed`` draws others.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import cv2

from edge.domain import Box
from edge.vendors.catalogue import Catalogue, load_catalogue
from scripts.evaluation.cases import NEGATIVES, PRODUCTS, SCENES, Case
from scripts.evaluation.matching import match
from scripts.evaluation.observations import Observation, Seen, kept_answers
from scripts.training.command import described

DRAWN = {SCENES: 10, NEGATIVES: 4, PRODUCTS: 6}
COLUMNS, CELL, GAP, LINES = 5, 190, 14, 46
RIGHT, WRONG, LABEL, UNJUDGED = "#1a7f37", "#c62828", "#8a8a8a", "#1f4e8c"
LEGEND = (
    (LABEL, "labelled"),
    (RIGHT, "found, and labelled"),
    (WRONG, "found, not labelled"),
    (UNJUDGED, "found, nothing labelled to compare with"),
)


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture's place in the drawing: ``scale`` its pixels to those of the drawing."""

    left: float
    top: float
    scale: float
    wide: float

    def rectangle(self, box: Box, style: str) -> str:
        x, y = self.left + self.scale * box.x0, self.top + self.scale * box.y0
        width, height = self.scale * (box.x1 - box.x0), self.scale * (box.y1 - box.y0)
        return (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="none" {style}/>'
        )

    def words(self, box: Box, text: str, colour: str) -> str:
        """Above the box, within the frame."""
        end = self.left + self.scale * box.x0 > self.left + 0.6 * self.wide
        x = self.left + self.scale * (box.x1 if end else box.x0)
        y = max(self.top + 9, self.top + self.scale * box.y0 - 2)
        anchor = ' text-anchor="end"' if end else ""
        return f'<text x="{x:.1f}" y="{y:.1f}" font-size="9" fill="{colour}"{anchor}>{escape(text)}</text>'


def drawn_by_lot(answers: Sequence[tuple[Case, Observation]], seed: int) -> list[tuple[Case, Observation]]:
    lot = random.Random(seed)
    chosen = []
    for name, count in DRAWN.items():
        chosen += lot.sample([one for one in answers if one[0].set == name], count)
    return chosen


def sheet(results: Sequence[tuple[Case, Observation]], catalogue: Catalogue) -> str:
    """SVG."""
    rows = -(-len(results) // COLUMNS)
    width, height = COLUMNS * (CELL + GAP) + GAP, rows * (CELL + LINES + GAP) + 2 * GAP
    cells = [
        _cell(
            case, seen, catalogue, GAP + k % COLUMNS * (CELL + GAP), GAP + k // COLUMNS * (CELL + LINES + GAP)
        )
        for k, (case, seen) in enumerate(results)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="11">\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n'
        + "\n".join([*cells, *_legend(height)])
        + "\n</svg>\n"
    )


def _legend(height: int) -> Iterable[str]:
    for k, (colour, words) in enumerate(LEGEND):
        x, y = GAP + 150 * k, height - GAP
        dashes = ' stroke-dasharray="4 2"' if colour == LABEL else ""
        yield f'<rect x="{x}" y="{y - 9}" width="14" height="10" fill="none" stroke="{colour}"{dashes}/>'
        yield f'<text x="{x + 20}" y="{y}" fill="#333">{words}</text>'


def _cell(case: Case, seen: Observation, catalogue: Catalogue, left: int, top: int) -> str:
    pixels = cv2.imread(str(case.path))
    assert pixels is not None, case.path
    tall, wide = pixels.shape[:2]
    scale = CELL / max(tall, wide)
    frame = Frame(left + (CELL - scale * wide) / 2, top + (CELL - scale * tall) / 2, scale, scale * wide)
    boxes = [truth.box for truth in case.truths if truth.box is not None]
    hits = _hits(boxes, seen.cameras)
    parts = [frame.rectangle(Box(0, 0, wide, tall), 'stroke="#ddd"')]
    parts += [frame.rectangle(box, f'stroke="{LABEL}" stroke-dasharray="4 2"') for box in boxes]
    for k, camera in enumerate(seen.cameras):
        colour = UNJUDGED if case.set == PRODUCTS else RIGHT if k in hits else WRONG
        parts.append(frame.rectangle(camera.box, f'stroke="{colour}" stroke-width="1.5"'))
        parts.append(frame.words(camera.box, f"{camera.score:.2f}{_name(camera, catalogue)}", colour))
    for line, text in enumerate(_said(case, seen, len(hits), catalogue)):
        y = top + CELL + 13 + 13 * line
        parts.append(f'<text x="{left}" y="{y}" fill="#333">{escape(text)}</text>')
    return "\n".join(parts)


def _hits(boxes: Sequence[Box], cameras: Sequence[Seen]) -> dict[int, int]:
    """The label that each find meets, by the number of the find."""
    order = sorted(range(len(cameras)), key=lambda k: -cameras[k].score)
    matched = match(boxes, [cameras[k] for k in order])
    return {k: one.truth for k, one in zip(order, matched, strict=True) if one.truth is not None}


def _name(camera: Seen, catalogue: Catalogue) -> str:
    named = camera.brand or camera.platform
    return f" {_maker(named, catalogue)}" if named else ""


def _maker(name: str, catalogue: Catalogue) -> str:
    return catalogue.brands[name].name if name in catalogue.brands else name


def _said(case: Case, seen: Observation, hits: int, catalogue: Catalogue) -> Iterable[str]:
    if case.set == PRODUCTS:
        truth = case.truths[0]
        maker = truth.sub_brand or truth.vendor
        yield "outside the catalogue" if case.open_set else _maker(maker, catalogue) if maker else "no brand"
        yield f"{case.set}/dev, {'readable' if case.readable else 'not readable'}"
        return
    makers = sorted({_maker(truth.vendor, catalogue) for truth in case.truths if truth.vendor})
    yield f"{case.kind}{': ' if makers else ''}{', '.join(makers)}"
    yield f"{case.set}/dev"
    yield f"{len(case.truths)} labelled, {hits} found, {len(seen.cameras) - hits} false"


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--answers", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    answers = kept_answers(options.answers, options.data)
    options.out.write_text(sheet(drawn_by_lot(answers, options.seed), load_catalogue()), "utf-8")


if __name__ == "__main__":
    main()
