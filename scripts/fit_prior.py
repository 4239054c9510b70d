"""How often each platform is met: counted over the sources of the train pictures, smoothed.

A source (a shop, a project, an archive) counts once for each maker that it shows, for the number of its
pictures says how keen one photographer was. The additive smoothing is the strongest whose forecast of sources
left out is within one standard error of the best: a name should hang on evidence, not on the prior. The share
of unknown makers is Good and Turing's: makers met in one source only, of all.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import stdev

from edge.vendors.catalogue import Catalogue

SMOOTHINGS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class PriorFit:
    platforms: dict[str, float]
    other: float
    unlisted: float
    n: int
    smoothing: float


def sightings(data: Path, catalogue: Catalogue) -> set[tuple[str, str]]:
    """Pairs of platform and source in the train products and scenes."""
    found = set()
    for folder in ("products/train", "scenes/train"):
        for line in (data / folder / "labels.jsonl").read_text("utf-8").splitlines():
            label = json.loads(line)
            names = label["vendors"] if "vendors" in label else [label["sub_brand"] or label["vendor"]]
            for name in names:
                brand = catalogue.brand_of(name) if name else None
                if brand is not None:
                    found.add((brand.platform, label["source"]))
    return found


def fit_prior(pairs: set[tuple[str, str]], platforms: int) -> PriorFit:
    """``platforms``: how many there are in the catalogue."""
    counts = Counter(platform for platform, _ in pairs)
    smoothing = _strongest_smoothing(pairs, platforms)
    other = sum(1 for count in counts.values() if count == 1) / len(pairs)
    whole = len(pairs) + smoothing * platforms
    shares = {p: (1 - other) * (counts[p] + smoothing) / whole for p in sorted(counts)}
    return PriorFit(shares, other, (1 - other) * smoothing / whole, len(pairs), smoothing)


def _strongest_smoothing(pairs: set[tuple[str, str]], platforms: int) -> float:
    forecasts = {a: _held_out(pairs, platforms, a) for a in SMOOTHINGS}
    best = max(forecasts.values(), key=sum)
    return max(a for a, forecast in forecasts.items() if _within_one_error(forecast, best))


def _within_one_error(forecast: list[float], best: list[float]) -> bool:
    behind = [b - f for f, b in zip(forecast, best, strict=True)]
    if not any(behind):
        return True
    return sum(behind) <= stdev(behind) * math.sqrt(len(behind))


def _held_out(pairs: set[tuple[str, str]], platforms: int, smoothing: float) -> list[float]:
    """Log likelihood of each source's makers by the counts of all other sources."""
    totals = []
    for source in sorted({source for _, source in pairs}):
        counts = Counter(platform for platform, other in pairs if other != source)
        whole = counts.total() + smoothing * platforms
        held = [platform for platform, other in pairs if other == source]
        totals.append(math.fsum(math.log((counts[p] + smoothing) / whole) for p in held))
    return totals
