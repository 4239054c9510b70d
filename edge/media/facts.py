"""When and where a photo was taken and what it is called, by whatever says so, each with its origin.

The file's own EXIF comes first, then its XMP, then its IPTC, then a sidecar: ``photo.jpg.xmp`` or
``photo.xmp`` as editors write it, ``photo.jpg.json`` as Google Takeout does.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from edge.domain import Gps, Source
from edge.media.iptc import parse_iptc
from edge.media.xmp import MAX_TEXT, find_xmp, parse_xmp

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PhotoFacts:
    """Each fact beside what it was taken from (``exif``, ``xmp``, ``iptc``, ``sidecar``); both None where
    nothing says it. ``taken_at`` has a zone only where one is stated."""

    taken_at: datetime | None = None
    taken_from: str | None = None
    gps: Gps | None = None
    position_from: str | None = None
    caption: str | None = None
    caption_from: str | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """What one origin says."""

    origin: str
    taken_at: datetime | None
    gps: Gps | None
    caption: str | None


def facts_of(source: Source, data: bytes, sidecar: bytes = b"") -> PhotoFacts:
    """All that the file's ``data``, its EXIF in ``source`` and the sidecar say. Never fails."""
    xmp, iptc = parse_xmp(find_xmp(data)), parse_iptc(data)
    told = [
        _Told("exif", source.taken_at, source.gps, None),
        _Told("xmp", xmp.taken_at, xmp.gps, xmp.caption),
        _Told("iptc", iptc.taken_at, None, iptc.caption),
        _sidecar(sidecar),
    ]
    taken_at, taken_from = _first([(one.taken_at, one.origin) for one in told])
    gps, position_from = _first([(one.gps, one.origin) for one in told])
    caption, caption_from = _first([(one.caption, one.origin) for one in told])
    return PhotoFacts(taken_at, taken_from, gps, position_from, caption, caption_from)


def _first(told: Sequence[tuple[T | None, str]]) -> tuple[T | None, str | None]:
    return next(((value, origin) for value, origin in told if value is not None), (None, None))


def _sidecar(data: bytes) -> _Told:
    if data.lstrip().startswith(b"{"):
        return _takeout(data)
    xmp = parse_xmp(find_xmp(data))
    return _Told("sidecar", xmp.taken_at, xmp.gps, xmp.caption)


def _takeout(data: bytes) -> _Told:
    """Google Takeout's JSON: ``photoTakenTime.timestamp`` in seconds, ``geoData`` (0, 0 where unknown)."""
    nothing = _Told("sidecar", None, None, None)
    try:
        root = json.loads(data)
        seconds = int(root["photoTakenTime"]["timestamp"])
        place = root.get("geoData") or {}
        gps = Gps(float(place["latitude"]), float(place["longitude"])) if _somewhere(place) else None
        caption = str(root.get("description") or "")[:MAX_TEXT]
        return _Told("sidecar", datetime.fromtimestamp(seconds, UTC), gps, caption or None)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, RecursionError):
        return nothing


def _somewhere(place: dict[str, object]) -> bool:
    return bool(place.get("latitude")) and bool(place.get("longitude"))
