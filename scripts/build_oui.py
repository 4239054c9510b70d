"""Builds ``edge/vendors/oui.bin`` from registered MAC blocks.

    python -m scripts.build_oui --data ../shared/data/protocol

``oui_by_vendor.json`` holds the blocks by maker, ``fingerprints.jsonl`` how much a block says: medium where
its owner makes surveillance cameras and little else, weak otherwise. Makers outside the catalogue stay out.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

from edge.domain import Strength
from edge.vendors.catalogue import Brand, Catalogue, load_catalogue
from edge.vendors.oui import OUI_FILE, Registrant, pack_oui

_OTHER_FIRMS = frozenset({"pelco"})
"""Makers whose block in the file belongs to another firm of a similar name (Pelcombe)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("edge/vendors") / OUI_FILE)
    arguments = parser.parse_args()
    packed, left_out = build(arguments.data, load_catalogue())
    arguments.out.write_bytes(packed)
    print(f"{arguments.out}: {len(packed)} bytes; outside the catalogue: {', '.join(left_out)}")


def build(data: Path, catalogue: Catalogue) -> tuple[bytes, list[str]]:
    """The file's bytes, and the makers left out."""
    blocks: dict[str, list[str]] = json.loads((data / "oui_by_vendor.json").read_text("utf-8"))
    grades = _grades(data / "fingerprints.jsonl")
    makers: list[Registrant] = []
    prefixes: list[tuple[str, int]] = []
    left_out = []
    for name, digits in blocks.items():
        brand = _brand(name, catalogue)
        if brand is None or name in _OTHER_FIRMS:
            left_out.append(name)
            continue
        makers.append(Registrant(brand.id, grades.get(digits[0], Strength.WEAK)))
        prefixes += [(block.upper(), len(makers) - 1) for block in digits]
    return pack_oui(makers, prefixes), left_out


def _grades(path: Path) -> dict[str, Strength]:
    """First block of each registration to how much it says."""
    found = {}
    for line in path.read_text("utf-8").splitlines():
        fact = json.loads(line)
        if fact["field"].startswith("MAC OUI (IEEE"):
            first = re.sub(r"[^0-9A-F]", "", fact["pattern"].partition("?:")[2].partition("|")[0])
            found[first] = Strength(fact["strength"])
    return found


def _brand(name: str, catalogue: Catalogue) -> Brand | None:
    names = [name, *re.split(r"[/(]", name)]
    return next((brand for one in names if (brand := catalogue.brand_of(one.strip(" )"))) is not None), None)


if __name__ == "__main__":
    main()
