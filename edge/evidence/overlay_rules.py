"""The facts of ``overlays.toml``: what stands in displays beside clocks and marks."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from edge.domain import Strength
from edge.errors import CamidError, ErrorCode
from edge.evidence.clock import ClockStyle
from edge.evidence.clock_parts import DateOrder

FILE = Path(__file__).with_name("overlays.toml")


@dataclass(frozen=True, slots=True)
class Software:
    """Software that draws on pictures. One ``beside`` the camera's own display leaves that to speak."""

    id: str
    name: str
    pattern: re.Pattern[str]
    beside: bool


@dataclass(frozen=True, slots=True)
class ChannelName:
    """A name of a channel as it comes from the factory; ``platform`` None: of many makers."""

    pattern: re.Pattern[str]
    platform: str | None
    strength: Strength | None


@dataclass(frozen=True, slots=True)
class ClockHabit:
    """How a platform's cameras write the clock if nobody changes it; ``order`` None: any."""

    platform: str
    order: DateOrder | None
    separator: str
    weekday: str
    capitals: bool
    strength: Strength

    def fits(self, style: ClockStyle) -> bool:
        """An order that day and month leave open fits too."""
        same = (style.separator, style.weekday, style.capitals)
        if same != (self.separator, self.weekday, self.capitals) or style.named_month or style.time_first:
            return False
        return self.order is None or style.order in (self.order, DateOrder.OPEN)


@dataclass(frozen=True, slots=True)
class OverlayRules:
    printed: frozenset[str]
    trail: frozenset[str]
    temperature: tuple[re.Pattern[str], ...]
    info: tuple[re.Pattern[str], ...]
    software: tuple[Software, ...]
    channels: tuple[ChannelName, ...]
    clocks: tuple[ClockHabit, ...]

    def is_info(self, text: str) -> bool:
        """Whether a line is a part of an info bar: temperature, battery, a series of shots."""
        return self.is_temperature(text) or any(pattern.search(text) for pattern in self.info)

    def is_temperature(self, text: str) -> bool:
        return any(pattern.search(text) for pattern in self.temperature)

    def holds_temperature(self, text: str) -> bool:
        """Whether a temperature stands anywhere in the line."""
        return any(self.is_temperature(text[place:]) for place in _word_starts(text))

    def software_in(self, text: str) -> Software | None:
        return next((software for software in self.software if software.pattern.search(text)), None)

    def channel(self, text: str) -> ChannelName | None:
        return next((channel for channel in self.channels if channel.pattern.search(text)), None)


@lru_cache(maxsize=2)
def load_overlay_rules(path: Path = FILE) -> OverlayRules:
    """Raises:
    CamidError: ``settings_invalid`` naming the entry that is wrong.
    """
    try:
        return _rules(tomllib.loads(path.read_text("utf-8")))
    except (OSError, KeyError, TypeError, ValueError, re.error) as error:
        raise CamidError(ErrorCode.SETTINGS_INVALID, f"{path.name}: {error}.") from None


def _rules(document: Mapping[str, Any]) -> OverlayRules:
    return OverlayRules(
        printed=frozenset(document["printed"]),
        trail=frozenset(document["trail"]),
        temperature=tuple(_pattern(text) for text in document["temperature"]),
        info=tuple(_pattern(text) for text in document["info"]),
        software=tuple(
            Software(raw["id"], raw["name"], _pattern(raw["pattern"]), raw.get("beside", False))
            for raw in document["software"]
        ),
        channels=tuple(
            ChannelName(re.compile(raw["pattern"]), raw.get("platform"), _strength(raw))
            for raw in document["channel"]
        ),
        clocks=tuple(_habit(raw) for raw in document["clock"]),
    )


def _word_starts(text: str) -> list[int]:
    return [match.start() for match in re.finditer(r"(?<!\S)\S", text)]


def _habit(raw: Mapping[str, Any]) -> ClockHabit:
    order = None if raw["order"] == "any" else DateOrder(raw["order"])
    return ClockHabit(
        raw["platform"],
        order,
        raw["separator"],
        raw["weekday"],
        raw["capitals"],
        Strength(raw["strength"]),
    )


def _strength(raw: Mapping[str, Any]) -> Strength | None:
    return Strength(raw["strength"]) if "platform" in raw else None


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)
