"""By what Camid can tell each maker, counted in the data that it decides with, and never written by hand."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from edge.evidence.clock_parts import DateOrder
from edge.evidence.overlay_rules import ClockHabit, OverlayRules, load_overlay_rules
from edge.settings import Settings
from edge.vendors.catalogue import Brand, Catalogue, ModelRule
from edge.vendors.installed import in_use
from edge.vendors.oui import OuiTable, load_oui
from edge.vendors.own import own_gallery
from edge.vendors.protocol_rules import ProtocolRule, ProtocolRules
from edge.vision.enrolled import MarkShelf
from edge.vision.gallery import load_gallery
from edge.vision.manifest import load_manifest

_DATES = {DateOrder.YMD: "2026{0}11{0}28", DateOrder.MDY: "11{0}28{0}2026", DateOrder.DMY: "28{0}11{0}2026"}
_TIME, _WEEKDAY = "14:05:09", "Sat"
_DIGITS = "0123456789"


@dataclass(frozen=True, slots=True)
class Tells:
    """Of one brand. ``marks`` are pictures of its logo on housings that are compared, ``display_marks`` those
    for displays, ``enrolled`` the user's own. ``models`` are examples of numbers of its hardware.
    ``carriers`` are the kinds of answers (``rtsp``, ``http``…) in which a rule knows it, and ``proven`` those
    of them where one such answer alone is strong evidence. ``mac_blocks`` are blocks of addresses registered
    to it. ``clock`` is an example of how its displays write date and time from the factory, None where that
    is not known; ``channels`` are names of channels from the factory."""

    marks: int
    display_marks: int
    enrolled: int
    models: tuple[str, ...]
    carriers: tuple[str, ...]
    proven: tuple[str, ...]
    mac_blocks: int
    clock: str | None
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Counted:
    """What is the same for all brands of a process."""

    marks: Mapping[str, int]
    display_marks: Mapping[str, int]
    mac_blocks: Mapping[str, int]
    overlays: OverlayRules


def tells_of(catalogue: Catalogue, settings: Settings) -> dict[str, Tells]:
    """For every brand of ``catalogue``, the user's own among them.

    Raises:
        ModelError: if a gallery is missing or altered.
    """
    counted = _counted(settings.models_dir)
    rules = in_use(settings.data_dir).facts.rules
    enrolled = Counter(mark.vendor for mark in MarkShelf(own_gallery(settings)).marks())
    return {
        brand.id: _tells(brand, catalogue, rules, counted, enrolled[brand.id])
        for brand in catalogue.brands.values()
    }


def _tells(
    brand: Brand, catalogue: Catalogue, rules: ProtocolRules, counted: _Counted, enrolled: int
) -> Tells:
    known = [rule for rule in rules.all if _speaks(rule, brand)]
    carriers = dict.fromkeys(rule.field.carrier for rule in known)
    strong = {rule.field.carrier for rule in known if rule.strength == "strong"}
    overlays = counted.overlays
    return Tells(
        marks=counted.marks.get(brand.id, 0),
        display_marks=counted.display_marks.get(brand.id, 0),
        enrolled=enrolled,
        models=tuple(rule.example for rule in catalogue.model_rules if _speaks(rule, brand)),
        carriers=tuple(sorted(carriers)),
        proven=tuple(sorted(strong)),
        mac_blocks=counted.mac_blocks.get(brand.id, 0),
        clock=next((clock_example(one) for one in overlays.clocks if one.platform == brand.id), None),
        channels=tuple(
            example
            for one in overlays.channels
            if one.platform == brand.id and (example := text_like(one.pattern)) is not None
        ),
    )


def _speaks(rule: ProtocolRule | ModelRule, brand: Brand) -> bool:
    """Whether a match tells this brand: by its name, or as the one who builds what has no other name."""
    return rule.brand == brand.id or (rule.brand is None and rule.platform == brand.id)


def clock_example(habit: ClockHabit) -> str:
    """A date and time as a display with this habit writes it."""
    order = habit.order if habit.order in _DATES else DateOrder.YMD
    date = _DATES[order].format(habit.separator)
    places = {"before": (_WEEKDAY, date, _TIME), "between": (date, _WEEKDAY, _TIME)}
    parts = places.get(habit.weekday, (date, _TIME, *((_WEEKDAY,) if habit.weekday else ())))
    text = " ".join(parts)
    return text.upper() if habit.capitals else text


def text_like(pattern: re.Pattern[str]) -> str | None:
    """The plainest text that a pattern of a channel's name takes: optional parts left out, digits counted up;
    None for a pattern that is more than that."""
    plain = re.sub(r"\([^()]*\)\?", "", pattern.pattern.removeprefix("^").removesuffix("$"))
    digits = iter(_DIGITS)
    text = re.sub(r"\\d", lambda _: next(digits, "0"), plain)
    return text if pattern.search(text) else None


@lru_cache(maxsize=2)
def _counted(models_dir: Path) -> _Counted:
    manifest = load_manifest(models_dir)
    return _Counted(
        Counter(load_gallery(manifest.entry("gallery")).brands),
        Counter(load_gallery(manifest.entry("display_gallery")).brands),
        _blocks(load_oui()),
        load_overlay_rules(),
    )


def _blocks(table: OuiTable) -> Counter[str]:
    return Counter(table.makers[number].maker for _, _, number in table.records)
