"""Fit priors and the likelihood ratios of gallery matches, and write them to models/likelihoods.toml:
`python -m scripts.fit_likelihoods --data DATA --cache CACHE` (CACHE: see ``scripts/reading_cache.py``).

Tables of other kinds of evidence in that file stay as they are (``scripts/fit_confusions.py`` writes those of
lettering). docs/design/fusion.md explains the method.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import tomlkit

from edge.evidence.likelihoods import Step
from edge.settings import Settings
from edge.vendors.catalogue import Catalogue, load_catalogue
from edge.vision.embedding import load_mark_embedder
from scripts.fit_prior import PriorFit, fit_prior, sightings
from scripts.logo_renders import read_logos
from scripts.mark_fit import Trial, fit_steps, trials, trusted
from scripts.mark_regions import read_pictures
from scripts.prototypes import LOGO_SEED, logo_prototypes, mark_prototypes

COMMAND = "python -m scripts.fit_likelihoods --data DATA --cache CACHE"


def write_prior(document: tomlkit.TOMLDocument, fit: PriorFit, today: str) -> None:
    prior = tomlkit.table()
    prior["other"] = round(fit.other, 4)
    prior["unlisted"] = round(fit.unlisted, 6)
    prior["n"] = fit.n
    prior["date"] = today
    prior["source"] = (
        f"pairs of platform and source in the train pictures, additive smoothing {fit.smoothing}"
    )
    prior["command"] = COMMAND
    prior["platforms"] = {p: round(share, 5) for p, share in fit.platforms.items()}
    document["prior"] = prior


def write_table(document: tomlkit.TOMLDocument, name: str, steps: Sequence[Step], n: int, today: str) -> None:
    table = tomlkit.table()
    table["n"] = n
    table["date"] = today
    table["command"] = COMMAND
    rows = tomlkit.array()
    rows.multiline(True)
    for step in steps:
        row = tomlkit.inline_table()
        row.update({"at_least": step.at_least, "value": step.value, "n": step.n})
        rows.append(row)
    table["steps"] = rows
    document.setdefault("tables", tomlkit.table())[name] = table


def mark_trials(data: Path, cache: Path, catalogue: Catalogue) -> list[Trial]:
    embedder = load_mark_embedder(Settings(provider="cpu"), threads=1)
    pictures = list(read_pictures(data, cache, embedder, catalogue))
    logos = logo_prototypes(read_logos(data / "logos"), embedder, catalogue, LOGO_SEED)
    prototypes = trusted(pictures, [*logos, *mark_prototypes(pictures)], catalogue)
    return trials(pictures, prototypes, catalogue)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models/likelihoods.toml"))
    parser.add_argument("--cache", type=Path, help="without it only the prior is fitted")
    options = parser.parse_args()
    today = datetime.now(UTC).date().isoformat()
    catalogue = load_catalogue()
    document = tomlkit.parse(options.out.read_text("utf-8")) if options.out.exists() else tomlkit.document()
    platforms = {brand.platform for brand in catalogue.brands.values()}
    write_prior(document, fit_prior(sightings(options.data, catalogue), len(platforms)), today)
    if options.cache:
        found = mark_trials(options.data, options.cache, catalogue)
        write_table(document, "mark", fit_steps(found), len(found), today)
    options.out.write_text(tomlkit.dumps(document), "utf-8")


if __name__ == "__main__":
    main()
