"""Build the gallery of housings and fit what a resemblance is worth.

    python -m scripts.build_looks --data ../shared/data

Writes ``models/looks.npz`` and the table ``look`` of ``models/likelihoods.toml``. The ratio is fitted across
*sources*: each train housing is matched against those of other shops and projects, because the pictures of
one shop are more alike than the housings of one maker (docs/design/fusion.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import tomlkit
from numpy.typing import NDArray

from edge.domain import Box
from edge.evidence.likelihoods import Step
from edge.settings import load_settings
from edge.vendors.catalogue import load_catalogue
from edge.vision.housing import Verifier, load_verifier
from edge.vision.looks import Looks, fit_looks
from scripts.fit_likelihoods import write_table
from scripts.training.command import described
from scripts.training.sources import body_box, rows

DIMENSIONS = 48
LEAST = 0.5
"""Cosine from which a resemblance is weighed: ``[look] similarity`` in thresholds.toml."""
GREY = 128


@dataclass(frozen=True, slots=True)
class Shown:
    features: NDArray[np.float32]
    platform: str
    source: str


def housings(data: Path, verifier: Verifier) -> list[Shown]:
    """The cut-out train products of makers that the catalogue knows."""
    catalogue, found = load_catalogue(), []
    for row in rows(data / "products/train"):
        brand = catalogue.brand_of(str(row["vendor"]))
        if brand is None or not row.get("cutout"):
            continue
        pixels = cv2.imread(
            str(data / "products/cutouts" / Path(str(row["cutout"])).name), cv2.IMREAD_UNCHANGED
        )
        if pixels is None or pixels.ndim != 3 or pixels.shape[2] != 4:
            continue
        body = body_box(np.asarray(pixels[..., 3], np.uint8), 0.3)
        if body is None:
            continue
        alpha = pixels[..., 3:].astype(np.float32) / 255
        plain = np.asarray(pixels[..., :3] * alpha + GREY * (1 - alpha), np.uint8)
        features = verifier.features(plain, [Box(*map(float, body[0]))])[0]
        found.append(Shown(features, brand.platform, str(row["source"])))
    return found


def across_sources(shown: list[Shown], looks: Looks) -> list[tuple[float, str, str]]:
    """Cosine, platform named and true platform of each housing's best match from another source."""
    vectors = looks.vectors(np.stack([item.features for item in shown]))
    cosines = vectors @ vectors.T
    matches = []
    for k, item in enumerate(shown):
        others = [j for j, other in enumerate(shown) if other.source != item.source]
        best = max(others, key=lambda j: float(cosines[k, j]))
        matches.append((float(cosines[k, best]), shown[best].platform, item.platform))
    return matches


def step(matches: list[tuple[float, str, str]]) -> Step:
    """The log ratio of being named rightly to being named, as one given other maker is named wrongly.

    Half a case is added to each count.
    """
    close = [(named, true) for cosine, named, true in matches if cosine >= LEAST]
    platforms = sorted({true for _, true in close})
    right = sum(named == true for named, true in close)
    # Each platform's own frequency of being named for the housings of others, weighed as it occurs.
    wrong = sum(
        sum(named == p for named, true in close if true != p)
        / max(1, sum(true != p for _, true in close))
        * sum(true == p for _, true in close)
        for p in platforms
    )
    return Step(LEAST, round(math.log((right + 0.5) / (wrong + 0.5)), 3), len(close))


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    settings = load_settings()
    shown = housings(options.data, load_verifier(settings, 1))
    looks = fit_looks(np.stack([s.features for s in shown]), [s.platform for s in shown], DIMENSIONS)
    path = settings.models_dir / "looks.npz"
    np.savez_compressed(
        path,
        mean=looks.mean.astype(np.float16),
        projection=looks.projection,
        vectors=looks.gallery.vectors.astype(np.float16),
        platforms=np.array(looks.gallery.brands),
    )
    matches = across_sources(shown, looks)
    right = sum(named == true for _, named, true in matches)
    fitted = step(matches)
    print(f"{path}: {len(shown)} housings; across sources {right} of {len(matches)} named rightly; {fitted}")
    file = settings.models_dir / "likelihoods.toml"
    document = tomlkit.parse(file.read_text("utf-8"))
    write_table(
        document, "look", [Step(0.0, 0.0, 0), fitted], len(matches), datetime.now(UTC).date().isoformat()
    )
    document["tables"]["look"]["command"] = "python -m scripts.build_looks --data DATA"
    file.write_text(tomlkit.dumps(document), "utf-8")


if __name__ == "__main__":
    main()
