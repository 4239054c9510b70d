"""Makers' watermarks: logos from the shared data and their wordmarks in plain typefaces; only makers of the
catalogue. Beside them marks of nobody, which no answer may name.
"""

from __future__ import annotations

import random
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vendors.catalogue import Brand, Catalogue
from scripts.drawing.osd_fonts import Face, Ink
from scripts.logo_renders import Logo, read_logos

OTHER_IDS = {"dlink": "d_link", "tplink": "tp_link", "xmeye": "xiongmai", "yoosee": "yoosee_generic"}
"""Ids of the logos' labels that differ from the catalogue's."""
NO_WATERMARK = (
    "dealer version",
    "not an official mark",
    "logo on a Tapo dealer card",
    "Google G",
    "drawn by the adapter author",
    "not the security branch",
    "arc only",
    "with claim",
)
"""Remarks on drawings that no camera prints."""
SAME = 0.9
"""Correlation of two drawings from which they are one."""
WORD_PX = 96
"""Height at which wordmarks are lettered before they are scaled down."""


@dataclass(frozen=True, slots=True)
class Mark:
    """``vendor`` is None on a mark of nobody; ``colour`` (H×W×3 BGR) None where it has none of its own;
    ``kind`` is logo, symbol or wordmark; ``identity`` names the drawing or the typeface."""

    vendor: str | None
    text: str
    kind: str
    identity: str
    ink: Ink
    colour: NDArray[np.float32] | None = None


Logos = Mapping[str, Sequence[Mark]]
"""By vendor."""


def split_logos(folder: Path, catalogue: Catalogue, split: str) -> dict[str, list[Mark]]:
    """The drawings that ``split`` may use, by vendor. Of makers with several wordmark drawings every second
    goes to test alone; a drawing without a sister serves both, in treatments that they do not share."""
    marks: dict[str, list[Mark]] = {}
    groups: dict[str, list[list[Mark]]] = {}
    for number, logo in enumerate(read_logos(folder)):
        mark = _mark(logo, number, catalogue)
        if mark is not None:
            _sort_in(groups.setdefault(logo.identity, []), mark)
    for drawings in groups.values():
        for mark in _of_split(drawings, split):
            marks.setdefault(str(mark.vendor), []).append(mark)
    return marks


def _mark(logo: Logo, number: int, catalogue: Catalogue) -> Mark | None:
    vendor = OTHER_IDS.get(logo.vendor, logo.vendor)
    brand = catalogue.brands.get(vendor)
    if brand is None or any(remark in logo.note for remark in NO_WATERMARK):
        return None
    kind = "symbol" if logo.identity.endswith("/symbol") else "logo"
    return Mark(
        vendor, brand.name, kind, f"{logo.identity}/{number}", logo.ink, logo.colour.astype(np.float32)
    )


def _sort_in(drawings: list[list[Mark]], mark: Mark) -> None:
    for same in drawings:
        if _alike(same[0].ink, mark.ink):
            same.append(mark)
            return
    drawings.append([mark])


def _alike(one: Ink, other: Ink) -> bool:
    aspects = one.shape[1] / one.shape[0], other.shape[1] / other.shape[0]
    if not 0.85 < aspects[0] / aspects[1] < 1.18:
        return False
    small = [cv2.resize(ink, (48, 24), interpolation=cv2.INTER_AREA).ravel() for ink in (one, other)]
    return float(np.corrcoef(small)[0, 1]) > SAME


def _of_split(drawings: list[list[Mark]], split: str) -> Iterator[Mark]:
    for number, same in enumerate(drawings):
        held_out = number % 2 == 1 and same[0].kind != "symbol"
        if len(drawings) == 1 or same[0].kind == "symbol" or held_out == (split == "test"):
            yield from same


def wordmark(
    vendor: str, brands: Mapping[str, Brand], faces: Sequence[Face], chance: random.Random
) -> Mark | None:
    """A wordmark of the maker in a plain typeface; None where no face has its characters."""
    words = [word.text for word in brands[vendor].wordmarks]
    chance.shuffle(words)
    for word in words:
        able = [face for face in faces if face.covers(word)]
        if able:
            face = chance.choice(able)
            shown = word
            if word.isascii() and chance.random() < 0.25:
                shown = chance.choice((word.upper(), word.lower(), word.capitalize()))
            return Mark(vendor, shown, "wordmark", face.name, face.line(shown, WORD_PX).ink)
    return None


def nobodys_mark(faces: Sequence[Face], chance: random.Random) -> Mark:
    """A web address or an invented name: portals, installers and agencies mark pictures too."""
    name = invented_name(chance)
    form = chance.choice(
        ("{0}.com", "www.{0}.net", "{0}.ru", "{0}", "{1}", "{2} Security", "{2}TV", "{2} CCTV")
    )
    text = form.format(name, name.upper(), name.capitalize())
    face = chance.choice([face for face in faces if face.covers(text)])
    return Mark(None, text, "wordmark", face.name, face.line(text, WORD_PX).ink)


def invented_name(chance: random.Random) -> str:
    """Two or three syllables."""
    vowels = "aeiou"
    consonants = [letter for letter in string.ascii_lowercase if letter not in vowels + "qxy"]
    return "".join(chance.choice(consonants) + chance.choice(vowels) for _ in range(chance.randint(2, 3))) + (
        chance.choice(consonants) if chance.random() < 0.6 else ""
    )


def vendors_with_marks(logos: Logos, catalogue: Catalogue, vendors: Iterable[str]) -> list[str]:
    return [v for v in vendors if v in catalogue.brands and (v in logos or catalogue.brands[v].wordmarks)]
