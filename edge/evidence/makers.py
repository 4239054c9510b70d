"""A maker's name as devices and files state it, found in the catalogue."""

from __future__ import annotations

import re

from edge.vendors.catalogue import Brand, Catalogue
from edge.vendors.facts import folded

MAX_NAME = 128
_PLACES = re.compile(
    r"^(?:hangzhou|zhejiang|shenzhen|guangzhou|guangdong|shanghai|beijing)\s+", re.IGNORECASE
)
_FIRM = re.compile(
    r"(?:[\s,.(]+(?:co|ltd|limited|inc|incorporated|corp|corporation|company|gmbh|ag|ab|as|llc|plc|spa|bv|"
    r"technolog(?:y|ies)|digital|electronics?|communications?|systems?|security|networks?|international|"
    r"innovation|vision|techwin|group|camera|ip)\b[.,)]*)$",
    re.IGNORECASE,
)


def maker_named(name: str, catalogue: Catalogue) -> Brand | None:
    """The brand that ``name`` is, by id, name, alias or wordmark, with or without the words of a firm's name;
    None for anything longer, and for what stands for no maker."""
    rest = _PLACES.sub("", name[:MAX_NAME].strip().strip("\"'"))
    while rest:
        brand = catalogue.brand_of(rest) or _lettered(rest, catalogue)
        shorter = _FIRM.sub("", rest)
        if brand is not None or shorter == rest:
            return brand
        rest = shorter.strip()
    return None


def _lettered(name: str, catalogue: Catalogue) -> Brand | None:
    wanted = folded(name)
    return next(
        (b for b in catalogue.brands.values() if any(folded(w.text) == wanted for w in b.wordmarks)), None
    )
