"""Regions of lettering on the train pictures, embedded: what gallery and likelihoods are made from.

The regions are those that the text reader looked at (``scripts/reading_cache.py``), so that fitting sees what
the running system sees.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.domain import Box, TextLine
from edge.vendors.catalogue import Brand, Catalogue
from edge.vision.embedding import Embedder, Vectors
from edge.vision.gallery import distinct, upright
from scripts.reading_cache import HousingReading, load_pixels, load_readings

SETS = ("products/train", "negatives/train")
MARKED = {"nf4713ad27.jpg": "unifi", "n9c31758a0.jpg": "unifi"}
"""Train negatives that bear a maker's symbol (access points), seen by eye."""
COVERS = 0.35
"""Least IoU at which a region is the mark that was boxed."""


@dataclass(frozen=True, slots=True)
class LetteredPicture:
    """``brands``: whose mark it may bear, the sub-brand last; empty on a picture of no camera. ``group`` is
    the same for pictures of one model, which may show the same print. ``views`` are the regions at each turn,
    ``vectors`` (views, D) their embeddings; ``mark`` is the index of the boxed mark's surest view."""

    key: str
    brands: tuple[Brand, ...]
    group: str
    readable: bool
    reading: HousingReading
    views: tuple[TextLine, ...]
    vectors: Vectors
    mark: int | None

    @property
    def platforms(self) -> frozenset[str]:
        return frozenset(brand.platform for brand in self.brands)


def read_pictures(
    data: Path, cache: Path, embedder: Embedder, catalogue: Catalogue
) -> Iterator[LetteredPicture]:
    """The train products and negatives, in the order of their labels."""
    for name in SETS:
        readings = {reading.key: reading for reading in load_readings(cache, name)}
        for text in (data / name / "labels.jsonl").read_text("utf-8").splitlines():
            label = json.loads(text)
            if label["file"] not in readings:
                continue
            pixels = load_pixels(data / name / label["file"])
            reading = readings[label["file"]]
            brands = [*reading.brands, *filter(None, [MARKED.get(label["file"])])]
            views = distinct(reading.lines())
            yield LetteredPicture(
                key=label["file"],
                brands=tuple(b for b in map(catalogue.brand_of, brands) if b is not None),
                group=f"{label.get('vendor')}/{label.get('model') or label['file']}",
                readable=reading.readable,
                reading=reading,
                views=tuple(views),
                vectors=embedder.embed([upright(pixels, view) for view in views]),
                mark=_marked(views, label.get("mark_box")),
            )


def _marked(views: list[TextLine], corners: list[float] | None) -> int | None:
    if not corners:
        return None
    box = Box(*corners)
    return next((i for i, view in enumerate(views) if box.iou(view.box) >= COVERS), None)
