"""When and where a photo was taken and what it is called, by whatever says so, each with its origin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edge.domain import Gps


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
