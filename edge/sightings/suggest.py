"""Which other sightings may be of the same camera: by place, time, and what can be seen of it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

EARTH_M = 6_371_000.0
FAR_M = 150.0
"""Farther apart than a phone's position can be wrong and a camera be photographed from."""
NEAR_M = 40.0
SOON_S = 900.0
LEAST = 0.25
MOST = 12


@dataclass(frozen=True, slots=True)
class Seen:
    """What is compared of a sighting. ``photos`` are those in which it is seen; position in degrees,
    ``taken_at`` ISO 8601; ``makers`` the ids that its name may stand under, of the brand and of the platform;
    ``read`` the lettering on it, folded."""

    id: str
    photos: frozenset[str]
    latitude: float | None
    longitude: float | None
    taken_at: str | None
    makers: frozenset[str]
    form_factor: str | None
    read: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """``score`` 0 to 1 is no probability; ``metres`` and ``seconds`` apart, None where unknown."""

    id: str
    score: float
    metres: float | None
    seconds: float | None


def suggested(one: Seen, others: Iterable[Seen]) -> list[Suggestion]:
    """The likeliest first, at most ``MOST``. Two cameras in one photo are two, and so are two makers; without
    a place or a time in common nothing is suggested."""
    found = [s for other in others if other.id != one.id and (s := _compared(one, other)) is not None]
    return sorted(found, key=lambda s: (-s.score, s.id))[:MOST]


def metres_between(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Along the sphere (haversine), from degrees."""
    a, b = math.radians(latitude), math.radians(other_latitude)
    half = math.radians(other_longitude - longitude) / 2
    chord = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(half) ** 2
    return 2 * EARTH_M * math.asin(min(1.0, math.sqrt(chord)))


def _compared(one: Seen, other: Seen) -> Suggestion | None:
    if one.photos & other.photos or (one.makers and other.makers and not one.makers & other.makers):
        return None
    metres, seconds = _metres(one, other), _seconds(one.taken_at, other.taken_at)
    if (metres is None and seconds is None) or (metres is not None and metres > FAR_M):
        return None
    place = 0.5 if metres is None else math.exp(-((metres / NEAR_M) ** 2))
    time = 0.5 if seconds is None else math.exp(-seconds / SOON_S)
    nearness = 0.6 * place + 0.4 * time if metres is not None else 0.3 * place + 0.7 * time
    score = nearness * _alike(one, other)
    return Suggestion(other.id, round(score, 4), metres, seconds) if score >= LEAST else None


def _alike(one: Seen, other: Seen) -> float:
    """How well the looks agree: form, and maker or lettering, as far as both are known."""
    other_form = one.form_factor and other.form_factor and one.form_factor != other.form_factor
    same_name = bool(one.makers & other.makers or one.read & other.read)
    return (0.4 if other_form else 1.0) * (1.0 if same_name else 0.85)


def _metres(one: Seen, other: Seen) -> float | None:
    if one.latitude is None or one.longitude is None or other.latitude is None or other.longitude is None:
        return None
    return metres_between(one.latitude, one.longitude, other.latitude, other.longitude)


def _seconds(one: str | None, other: str | None) -> float | None:
    """A time without a zone is taken as it stands."""
    if one is None or other is None:
        return None
    return abs((_moment(one) - _moment(other)).total_seconds())


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
