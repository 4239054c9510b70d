"""TOML tables to catalogue facts, strictly: every fault names the file, the entry and what is wrong."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from edge.domain import Advisory, Strength
from edge.errors import CamidError, ErrorCode
from edge.vendors.facts import (
    AdvisoryFact,
    Brand,
    Catalogue,
    ModelRule,
    Reach,
    Relation,
    RelationKind,
    Script,
    Wordmark,
    folded,
)

FILES = ("catalogue.toml", "advisories.toml", "rules.toml")
_ID = re.compile(r"[a-z0-9][a-z0-9_]*")
# A date as the source states it; one without any year must say "undated" and why.
_DATED = re.compile(r"(19|20)\d\d|^undated|^current|^former")
_SCRIPTS = (
    ("CJK", Script.HAN),
    ("KATAKANA", Script.KANA),
    ("HANGUL", Script.HANGUL),
    ("CYRILLIC", Script.CYRILLIC),
)
_Choice = TypeVar("_Choice", bound=StrEnum)


def _fault(where: str, what: str) -> CamidError:
    return CamidError(ErrorCode.SETTINGS_INVALID, f"{where}: {what}.")


class Entry:
    """One TOML table whose keys must all be taken before ``close``."""

    def __init__(self, where: str, table: object) -> None:
        if not isinstance(table, dict):
            raise _fault(where, "must be a table")
        self.where = where
        self._left: dict[str, object] = dict(table)

    def fault(self, what: str) -> CamidError:
        return _fault(self.where, what)

    def text(self, key: str, default: str | None = None) -> str:
        value = self._left.pop(key, default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            raise self.fault(f"'{key}' must be a text that is not empty")
        return value

    def optional(self, key: str) -> str | None:
        return self.text(key) if key in self._left else None

    def texts(self, key: str) -> tuple[str, ...]:
        values = self._left.pop(key, [])
        if not isinstance(values, list) or not all(isinstance(v, str) and v.strip() for v in values):
            raise self.fault(f"'{key}' must be a list of texts")
        return tuple(values)

    def flag(self, key: str) -> bool:
        value = self._left.pop(key, False)
        if not isinstance(value, bool):
            raise self.fault(f"'{key}' must be true or false")
        return value

    def choice(self, key: str, kind: type[_Choice], default: _Choice | None = None) -> _Choice:
        value = self.text(key, default)
        try:
            return kind(value)
        except ValueError:
            raise self.fault(f"'{key}' is {value!r}, not one of {', '.join(kind)}") from None

    def dated(self, key: str = "date") -> str:
        value = self.text(key)
        if not _DATED.search(value):
            raise self.fault(f"'{key}' is {value!r}: it needs a year, or the word 'undated' and why")
        return value

    def strength(self) -> Strength:
        value = self.choice("strength", Strength)
        if value is Strength.WEAK:
            raise self.fault("weak facts stay out of the catalogue")
        return value

    def tables(self, key: str) -> list[object]:
        values = self._left.pop(key, [])
        if not isinstance(values, list):
            raise self.fault(f"'{key}' must be a list of tables")
        return values

    def mapping(self, key: str) -> dict[str, object]:
        value = self._left.pop(key, {})
        if not isinstance(value, dict):
            raise self.fault(f"'{key}' must hold tables")
        return value

    def count(self, key: str) -> int:
        value = self._left.pop(key, 0)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.fault(f"'{key}' must be a whole number, 0 or more")
        return value

    def date(self, key: str) -> date:
        value = self._left.pop(key, None)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.fault(f"'{key}' must be a date")
        return value

    def close(self) -> None:
        if self._left:
            raise self.fault(f"unknown key '{min(self._left)}'")


class Sources:
    """The citations of one file, each of which must be used."""

    def __init__(self, entry: Entry) -> None:
        self._where = entry.where
        self._texts = entry.mapping("sources")
        self._used: set[str] = set()

    def take(self, entry: Entry) -> str:
        key = entry.text("source")
        text = self._texts.get(key)
        if not isinstance(text, str) or not text.strip():
            raise entry.fault(f"source '{key}' is not among the sources of {self._where}")
        self._used.add(key)
        return text

    def close(self) -> None:
        if unused := set(self._texts) - self._used:
            raise _fault(self._where, f"source '{min(unused)}' is cited nowhere")


def open_toml(path: Path) -> Entry:
    return toml_entry(path.name, read_toml(path))


def read_toml(path: Path) -> str:
    """Raises: CamidError: ``settings_invalid`` naming the file."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise _fault(path.name, f"cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise _fault(path.name, f"is no TOML ({error})") from None


def toml_entry(name: str, text: str) -> Entry:
    """The whole of a file called ``name``. Raises: CamidError: ``settings_invalid``."""
    try:
        return Entry(name, tomllib.loads(text))
    except (ValueError, RecursionError) as error:  # also numbers too long, and tables too deep, to be read
        raise _fault(name, f"is no TOML ({error})") from None


def script_of(text: str) -> Script:
    """The script of the first letter that is not Latin, else Latin."""
    names = (unicodedata.name(c, "") for c in text)
    return next(
        (script for name in names for start, script in _SCRIPTS if name.startswith(start)), Script.LATIN
    )


def parse_catalogue(files: Mapping[str, str]) -> Catalogue:
    """The checked catalogue of ``FILES``, texts by name; raises ``CamidError`` at the first fault."""
    head, advisories, rules = (toml_entry(name, files[name]) for name in FILES)
    stated, revision = head.date("catalogue_date"), head.count("catalogue_revision")
    brands = _brands(head)
    head.close()
    _check_names(brands)
    _check_parents(brands)
    return Catalogue(
        date=stated,
        brands=MappingProxyType(brands),
        advisories=_advisories(advisories, brands, stated.isoformat()),
        model_rules=_rules(rules, brands),
        revision=revision,
    )


def _brands(head: Entry) -> dict[str, Brand]:
    sources = Sources(head)
    brands = {key: _brand(key, table, sources) for key, table in head.mapping("brand").items()}
    sources.close()
    return brands


def _brand(key: str, table: object, sources: Sources) -> Brand:
    entry = Entry(f"catalogue.toml: brand.{key}", table)
    if not _ID.fullmatch(key):
        raise entry.fault("an id has lower-case letters, digits and underscores only")
    name, platform, aliases = entry.text("name"), entry.optional("platform"), entry.texts("aliases")
    wordmarks = tuple(Wordmark(text, script_of(text)) for text in entry.texts("wordmarks"))
    ambiguous = tuple(Wordmark(text, script_of(text), True) for text in entry.texts("ambiguous_wordmarks"))
    unlettered, tables = entry.flag("unlettered"), enumerate(entry.tables("oem"))
    relations = tuple(_relation(f"{entry.where}: oem {i}", table, sources) for i, table in tables)
    entry.close()
    if bool(wordmarks + ambiguous) == unlettered:
        raise entry.fault("has wordmarks and is unlettered" if unlettered else "has no wordmark")
    built_elsewhere = any(r.relation is not RelationKind.OWNER for r in relations)
    if platform is not None and not any(_proves(r, platform) for r in relations):
        raise entry.fault(f"platform '{platform}' has no strong own_brand or oem relation")
    known = platform is not None or not built_elsewhere
    return Brand(key, name, platform or key, known, wordmarks + ambiguous, aliases, relations)


def _proves(relation: Relation, platform: str) -> bool:
    sure = (
        relation.relation in {RelationKind.OWN_BRAND, RelationKind.OEM}
        and relation.strength is Strength.STRONG
    )
    return sure and relation.parent == platform


def _relation(where: str, table: object, sources: Sources) -> Relation:
    entry = Entry(where, table)
    relation = Relation(
        parent=entry.text("parent"),
        relation=entry.choice("relation", RelationKind),
        date=entry.dated(),
        source=sources.take(entry),
        strength=entry.strength(),
        note=entry.text("note", ""),
    )
    entry.close()
    return relation


def _check_names(brands: Mapping[str, Brand]) -> None:
    """No two brands may share a wordmark, an id, a name or an alias."""
    _check_unique((w.text, b.id) for b in brands.values() for w in b.wordmarks)
    _check_unique((n, b.id) for b in brands.values() for n in {folded(x) for x in (b.id, b.name, *b.aliases)})


def _check_unique(owned: Iterable[tuple[str, str]]) -> None:
    owners: dict[str, str] = {}
    for text, owner in owned:
        if (other := owners.setdefault(folded(text), owner)) != owner:
            raise _fault(f"catalogue.toml: brand.{owner}", f"'{text}' is a name of brand.{other} already")


def _check_parents(brands: Mapping[str, Brand]) -> None:
    for brand in brands.values():
        where = f"catalogue.toml: brand.{brand.id}"
        parents = {r.parent for r in brand.oem if r.relation is not RelationKind.OWNER}
        if unknown := (parents | {brand.platform}) - set(brands):
            raise _fault(where, f"names '{min(unknown)}', which is no brand")
        if brands[brand.platform].platform != brand.platform:
            raise _fault(where, f"platform '{brand.platform}' has its hardware built by another")


def _advisories(head: Entry, brands: Mapping[str, Brand], as_of: str) -> tuple[AdvisoryFact, ...]:
    sources, tables = Sources(head), enumerate(head.tables("advisory"))
    facts = tuple(_advisory(i, table, sources, brands, as_of) for i, table in tables)
    sources.close()
    head.close()
    return facts


def _advisory(
    number: int, table: object, sources: Sources, brands: Mapping[str, Brand], as_of: str
) -> AdvisoryFact:
    entry = Entry(f"advisories.toml: advisory {number}", table)
    subjects = entry.texts("subjects")
    if unknown := set(subjects) - set(brands):
        raise entry.fault(f"names '{min(unknown)}', which is no brand")
    scope = ", ".join(brands[s].name for s in subjects) or entry.text("scope")
    reach = entry.choice("reach", Reach, Reach.NAMED)
    advisory = Advisory(
        subject=scope,
        kind=entry.text("kind"),
        jurisdiction=entry.text("jurisdiction"),
        date=entry.dated(),
        text=entry.text("text"),
        source=sources.take(entry),
        strength=entry.strength(),
        as_of=as_of,
    )
    entry.close()
    return AdvisoryFact(advisory, frozenset(subjects), reach)


def _rules(head: Entry, brands: Mapping[str, Brand]) -> tuple[ModelRule, ...]:
    sources = Sources(head)
    rules = tuple(_rule(i, table, sources, brands) for i, table in enumerate(head.tables("model")))
    sources.close()
    head.close()
    return rules


def _rule(number: int, table: object, sources: Sources, brands: Mapping[str, Brand]) -> ModelRule:
    entry = Entry(f"rules.toml: model {number}", table)
    platform, brand = entry.text("platform"), entry.optional("brand")
    if unknown := {platform, brand} - {None, *brands}:
        raise entry.fault(f"names '{unknown.pop()}', which is no brand")
    if brand is not None and brands[brand].platform_known and brands[brand].platform != platform:
        raise entry.fault(f"brand '{brand}' is on platform '{brands[brand].platform}', not '{platform}'")
    try:
        # A number stands alone: letters or digits right before it belong to another word.
        pattern = re.compile(rf"(?<![A-Z0-9])(?:{entry.text('pattern')})")
    except re.error as error:
        raise entry.fault(f"'pattern' is no regular expression ({error})") from None
    rule = ModelRule(
        pattern=pattern,
        platform=platform,
        brand=brand,
        strength=entry.strength(),
        source=sources.take(entry),
        example=entry.text("example"),
    )
    entry.close()
    if not rule.matches(rule.example):
        raise entry.fault(f"does not match its own example {rule.example!r}")
    return rule
