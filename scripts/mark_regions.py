"""Regions of lettering in the shared pictures, embedded: what gallery and likelihoods are made from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.domain import Box, Pixels, TextLine
from edge.settings import Settings
from edge.vision.embedding import Embedder, Vectors, mark_strip
from edge.vision.gallery import upright
from edge.vision.runtime import load_manifest, open_session
from edge.vision.text_detection import Quad, TextDetector

SEARCH_SIDES = (320, 640)
SQUARE = 1.6
COVERS = 0.35
"""Least IoU at which a region is the mark that was boxed."""


@dataclass(frozen=True, slots=True)
class Region:
    """``vendor`` is the maker of the camera, or None on a picture without one; ``is_mark`` whether the region
    is its boxed mark. ``group`` is the same for pictures that may show the same print. ``vectors`` holds one
    row for each turn."""

    file: str
    vendor: str | None
    sub_brand: str | None
    group: str
    is_mark: bool
    box: Box
    vectors: Vectors


def open_networks(settings: Settings) -> tuple[TextDetector, Embedder]:
    manifest = load_manifest(settings.models_dir)
    detector = TextDetector(open_session(manifest.entry("text_detection"), settings))
    return detector, Embedder(open_session(manifest.entry("embedding"), settings), mark_strip)


def read_regions(data: Path, detector: TextDetector, embedder: Embedder) -> Iterator[Region]:
    """All regions of the train products with a boxed or no mark, and of the train negatives."""
    for folder in ("products/train", "negatives/train"):
        for text in (data / folder / "labels.jsonl").read_text("utf-8").splitlines():
            label = json.loads(text)
            picture = cv2.imread(str(data / folder / label["file"]))
            if picture is None or (label.get("mark_readable") and not label["mark_box"]):
                continue
            mark = Box(*label["mark_box"]) if label.get("mark_box") else None
            vendor = label.get("vendor")
            group = f"{vendor}/{label.get('model') or label['file']}"
            for box, views in views_of(picture, detector):
                vectors = embedder.embed([upright(picture, view) for view in views])
                is_mark = mark is not None and mark.iou(box) >= COVERS
                yield Region(label["file"], vendor, label.get("sub_brand"), group, is_mark, box, vectors)


def views_of(picture: Pixels, detector: TextDetector) -> Iterator[tuple[Box, list[TextLine]]]:
    """Each region of lettering once, with the turns at which the text reader looks at it."""
    seen: list[Box] = []
    for side in SEARCH_SIDES:
        for quad in detector.find(picture, min(side, 4 * max(picture.shape[:2]))):
            if all(quad.box.iou(other) < 0.6 for other in seen):
                seen.append(quad.box)
                yield quad.box, [_view(quad, way) for way in _ways(quad)]


def _ways(quad: Quad) -> tuple[int, ...]:
    return (0, 180, 90, 270) if quad.width < SQUARE * quad.height else (0, 180)


def _view(quad: Quad, way: int) -> TextLine:
    along = quad.corners[1] - quad.corners[0]
    slope = round(float(np.degrees(np.arctan2(along[1], along[0]))))
    height = quad.height if way in (0, 180) else quad.width
    return TextLine("", quad.score, quad.box, height, (way - slope) % 360)
