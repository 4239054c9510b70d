"""Fit priors and the likelihood ratios of marks and of the look of housings, and write them to
models/likelihoods.toml: `python -m scripts.fit_likelihoods --data DATA`.

Tables of other kinds of evidence in that file stay as they are (``scripts/fit_confusions.py`` writes those of
lettering). docs/design/fusion.md explains the method.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

import tomlkit

from edge.vendors.catalogue import load_catalogue
from scripts.fit_prior import PriorFit, fit_prior, sightings

COMMAND = "python -m scripts.fit_likelihoods --data DATA"


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("models/likelihoods.toml"))
    options = parser.parse_args()
    today = datetime.now(UTC).date().isoformat()
    catalogue = load_catalogue()
    document = tomlkit.parse(options.out.read_text("utf-8")) if options.out.exists() else tomlkit.document()
    platforms = {brand.platform for brand in catalogue.brands.values()}
    write_prior(document, fit_prior(sightings(options.data, catalogue), len(platforms)), today)
    options.out.write_text(tomlkit.dumps(document), "utf-8")


if __name__ == "__main__":
    main()
