"""What the catalogue holds: brands, who builds their hardware, advisories, model-number grammars."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

from edge.domain import Advisory, Strength

Day = date


class Script(StrEnum):
    LATIN = "latin"
    HAN = "han"
    KANA = "kana"
    HANGUL = "hangul"
    CYRILLIC = "cyrillic"


class RelationKind(StrEnum):
    OWN_BRAND = "own_brand"
    """A brand or subsidiary of the parent."""
    OEM = "oem"
    """The parent builds what is sold under the brand."""
    OEM_PARTIAL = "oem_partial"
    """The parent builds some lines or models only."""
    FORMER_OEM = "former_oem"
    SAME_HARDWARE = "same_hardware"
    """One model was found to be the parent's."""
    OWNER = "owner"
    """Who owns the company; says nothing about hardware. ``parent`` is a name, not an id."""


class Reach(StrEnum):
    """Whom an advisory concerns beside the makers that it names."""

    NAMED = "named"
    HARDWARE = "hardware"
    """Also every brand on the named makers' hardware."""


@dataclass(frozen=True, slots=True)
class Wordmark:
    """A name as it is lettered on housings. An ``ambiguous`` one is short or an ordinary word: only an exact,
    certain reading may count."""

    text: str
    script: Script
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class Relation:
    parent: str
    relation: RelationKind
    date: str
    source: str
    strength: Strength
    note: str = ""


@dataclass(frozen=True, slots=True)
class Brand:
    """A name under which cameras are sold.

    ``platform`` is the id of who builds the hardware: a parent only where a strong fact says so without
    reservation, else the brand's own id. ``platform_known`` is False where somebody else builds at least some
    of the hardware and no fact says which: an answer must then leave the platform open.
    """

    id: str
    name: str
    platform: str
    platform_known: bool
    wordmarks: tuple[Wordmark, ...]
    aliases: tuple[str, ...]
    oem: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class AdvisoryFact:
    """An advisory with the brand ids that it names (empty: it is about all makers) and how far it reaches."""

    advisory: Advisory
    subjects: frozenset[str]
    reach: Reach

    def concerns(self, brand: str | None, platform: str | None) -> bool:
        if brand in self.subjects:
            return True
        # A platform speaks for itself only where no other name stands on the housing.
        return platform in self.subjects and (brand is None or self.reach is Reach.HARDWARE)


@dataclass(frozen=True, slots=True)
class ModelRule:
    """A grammar of model or serial numbers.

    ``platform`` is who builds such numbers' hardware; ``brand`` is set only where the number also proves the
    name under which it is sold.
    """

    pattern: re.Pattern[str]
    platform: str
    brand: str | None
    strength: Strength
    source: str
    example: str

    def matches(self, text: str) -> bool:
        """Whether a normalised reading (``normalise_model``) holds such a number."""
        return self.pattern.search(text) is not None


@dataclass(frozen=True, slots=True)
class Catalogue:
    date: date
    brands: Mapping[str, Brand]
    advisories: tuple[AdvisoryFact, ...]
    model_rules: tuple[ModelRule, ...]
    revision: int = 0
    """Tells catalogues of one day apart."""

    @property
    def version(self) -> tuple[Day, int]:
        """Of two catalogues the greater one is newer."""
        return (self.date, self.revision)

    @property
    def label(self) -> str:
        """The version as people write it: ``2026-11-28``, a later one of that day ``2026-11-28.1``."""
        return f"{self.date.isoformat()}.{self.revision}" if self.revision else self.date.isoformat()

    def brand_of(self, name: str) -> Brand | None:
        """The brand with this id, name or alias, whatever the case, spaces and hyphens."""
        return _by_name(self).get(folded(name))

    def advisories_for(self, brand: str | None, platform: str | None) -> tuple[Advisory, ...]:
        """Advisories about a camera of this brand and platform (ids or None), in the catalogue's order.

        A brand on another maker's hardware gets that maker's advisories only where the fact itself reaches
        relabelled products. Advisories about all makers are left out: they tell nothing about a picture.
        """
        return tuple(fact.advisory for fact in self.advisories if fact.concerns(brand, platform))


_DASHES = str.maketrans({"–": "-", "—": "-", "−": "-", "‐": "-", "_": "-"})


def normalise_model(text: str) -> str:
    """A reading as model rules expect it: upper case, one dash, no blanks around dashes and brackets."""
    return re.sub(r"\s*([-/()])\s*", r"\1", text.upper().translate(_DASHES)).strip()


def folded(name: str) -> str:
    """A name for comparing: without case, spaces, hyphens and dots."""
    return re.sub(r"[\s_.'’&-]+", "", name.casefold())


@lru_cache(maxsize=4)
def _names(brands: tuple[Brand, ...]) -> Mapping[str, Brand]:
    return MappingProxyType({folded(n): b for b in brands for n in (b.id, b.name, *b.aliases)})


def _by_name(catalogue: Catalogue) -> Mapping[str, Brand]:
    return _names(tuple(catalogue.brands.values()))
