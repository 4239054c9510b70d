"""Build the gallery of marks: `python -m scripts.build_gallery --data DATA --cache CACHE`.

It holds the mean embedding of each logo as drawn on housings, and those of the marks on the train products.
Adding a vendor takes an entry in the catalogue, logos in DATA/logos or boxed products, and this command
(CACHE: readings, ``scripts/reading_cache.py``); the network stays as it is. Makers that the catalogue does
not know are left out.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.settings import Settings
from edge.vendors.catalogue import Catalogue, load_catalogue
from edge.vision.embedding import Embedder, Vectors, unit
from edge.vision.gallery import Gallery
from scripts.logo_renders import Logo, read_logos, seen_on
from scripts.mark_regions import LetteredPicture, open_embedder, read_pictures

DRAWS = 32
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models/gallery.npz"))
    options = parser.parse_args()
    embedder = open_embedder(Settings(provider="cpu"))
    catalogue = load_catalogue()
    prototypes = logo_prototypes(read_logos(options.data / "logos"), embedder, catalogue, LOGO_SEED)
    pictures = read_pictures(options.data, options.cache, embedder, catalogue)
    kept = thinned([*prototypes, *mark_prototypes(pictures)])
    np.savez_compressed(
        options.out,
        vectors=np.stack([p.vector for p in kept]).astype(np.float16),
        brands=np.array([p.brand for p in kept]),
        from_logo=np.array([not p.group for p in kept]),
    )
    counts = Counter(p.brand for p in kept)
    print(f"{options.out}: {len(kept)} marks of {len(counts)} brands, {options.out.stat().st_size} bytes")
    print(", ".join(f"{brand} {count}" for brand, count in sorted(counts.items())))


if __name__ == "__main__":
    main()
