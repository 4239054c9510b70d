"""Build the gallery of marks: `python -m scripts.build_gallery --data DATA --cache CACHE`.

It holds the mean embedding of each logo as drawn on housings, and those of the marks on the train products.
Adding a vendor takes an entry in the catalogue, logos in DATA/logos or boxed products, and this command
(CACHE: readings, ``scripts/reading_cache.py``); the network stays as it is. Makers that the catalogue does
not know are left out.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from edge.settings import Settings
from edge.vendors.catalogue import load_catalogue
from edge.vision.embedding import load_mark_embedder
from scripts.logo_renders import read_logos
from scripts.mark_fit import trusted
from scripts.mark_regions import read_pictures
from scripts.prototypes import LOGO_SEED, logo_prototypes, mark_prototypes, thinned


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models/gallery.npz"))
    options = parser.parse_args()
    embedder = load_mark_embedder(Settings(provider="cpu"), threads=1)
    catalogue = load_catalogue()
    prototypes = logo_prototypes(read_logos(options.data / "logos"), embedder, catalogue, LOGO_SEED)
    pictures = list(read_pictures(options.data, options.cache, embedder, catalogue))
    kept = thinned(trusted(pictures, [*prototypes, *mark_prototypes(pictures)], catalogue))
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
