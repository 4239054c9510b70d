"""What a gallery is made of: mean embeddings of drawn logos, and embeddings of photographed marks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from edge.vendors.catalogue import Catalogue
from edge.vision.embedding import Embedder, Vectors, unit
from edge.vision.gallery import Gallery
from scripts.logo_renders import Logo, seen_on
from scripts.mark_regions import LetteredPicture

DRAWS = 12
LOGO_SEED = 5
ALIKE = 0.93
"""Cosine from which a mark is already in the gallery."""


@dataclass(frozen=True, slots=True)
class Prototype:
    """``group`` is that of the pictures it comes from, empty for a logo."""

    brand: str
    vector: Vectors
    group: str


def logo_prototypes(
    logos: Iterable[Logo], embedder: Embedder, catalogue: Catalogue, seed: int
) -> list[Prototype]:
    chance = np.random.default_rng(seed)
    plain = np.zeros((2, 2, 3), np.uint8)  # too small for a pattern: every ground is plain
    found = []
    for logo in logos:
        brand = catalogue.brand_of(logo.vendor)
        if brand is not None:
            vectors = embedder.embed([seen_on(logo, plain, chance) for _ in range(DRAWS)])
            found.append(Prototype(brand.id, unit(vectors.mean(axis=0, keepdims=True))[0], ""))
    return found


def mark_prototypes(pictures: Iterable[LetteredPicture]) -> list[Prototype]:
    """The surest view of each boxed mark."""
    return [
        Prototype(picture.brands[-1].id, picture.vectors[picture.mark], picture.group)
        for picture in pictures
        if picture.mark is not None and picture.brands
    ]


def gallery_of(prototypes: Sequence[Prototype]) -> Gallery:
    return Gallery(np.stack([p.vector for p in prototypes]), tuple(p.brand for p in prototypes))


def thinned(prototypes: Sequence[Prototype]) -> list[Prototype]:
    """Without those that a kept one of the same brand already stands for."""
    kept: list[Prototype] = []
    for prototype in prototypes:
        twins = [
            p for p in kept if p.brand == prototype.brand and float(p.vector @ prototype.vector) >= ALIKE
        ]
        if not twins:
            kept.append(prototype)
    return kept
