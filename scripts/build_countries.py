"""Builds ``edge/media/countries.npz`` from two packages of the npm registry.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    npm pack i18n-iso-countries && tar xzf i18n-iso-countries-*.tgz package/codes.json
    python -m scripts.build_countries package/countries-10m.json package/codes.json

``world-atlas`` (ISC) holds Natural Earth's country boundaries at 1:10 million (public domain) as TopoJSON;
``i18n-iso-countries`` (MIT) gives the two letters for ISO 3166-1's numbers.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from edge.media.countries import FILE

# Natural Earth parts these from the states that they belong to, or that nearly all states say they do.
_WITHOUT_NUMBER = {
    "Somaliland": "SO",
    "Kosovo": "XK",
    "USNB Guantanamo Bay": "CU",
    "N. Cyprus": "CY",
    "Cyprus U.N. Buffer Zone": "CY",
    "Baikonur": "KZ",
    "Indian Ocean Ter.": "AU",
    "Coral Sea Is.": "AU",
    "Clipperton I.": "FR",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("boundaries", type=Path)
    parser.add_argument("codes", type=Path)
    options = parser.parse_args()
    topology = json.loads(options.boundaries.read_text("utf-8"))
    letters = {row[2]: row[0] for row in json.loads(options.codes.read_text("utf-8"))}
    rings: list[list[int]] = []
    owners: list[str] = []
    for country in topology["objects"]["countries"]["geometries"]:
        code = letters.get(country.get("id", "")) or _WITHOUT_NUMBER.get(country["properties"]["name"])
        if code is None:
            continue
        for ring in _rings(country):
            rings.append(ring)
            owners.append(code)
    arcs = [np.array(arc, np.int32) for arc in topology["arcs"]]
    np.savez_compressed(
        FILE,
        points=np.concatenate(arcs).astype(np.int32),
        arc_lengths=np.array([len(arc) for arc in arcs], np.int32),
        ring_arcs=np.array([arc for ring in rings for arc in ring], np.int32),
        ring_lengths=np.array([len(ring) for ring in rings], np.int32),
        ring_owners=np.array(owners),
        scale=np.array(topology["transform"]["scale"]),
        translate=np.array(topology["transform"]["translate"]),
    )
    print(f"{FILE.name}: {len(set(owners))} countries, {len(rings)} rings, {FILE.stat().st_size:,} bytes")


def _rings(country: dict[str, Any]) -> list[list[int]]:
    polygons = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
    return [ring for polygon in polygons for ring in polygon]


if __name__ == "__main__":
    main()
