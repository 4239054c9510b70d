"""How wrong the clock in an on-screen display is, and whether that is a wrong time zone.

A clock that shows 12:00:07 means a moment from then until the next second. So one reading tells the offset to
a second; several, taken at other parts of the second, tell it better.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

from edge.domain_streams import OsdClock

_QUARTER_S = 900
_MOST_ZONES_S = 26 * 3600
"""Between UTC−12 and UTC+14."""

_ZONE_SLACK_S = 60
"""A clock in the wrong zone may also be a little wrong; for odd quarters of an hour no slack is given."""

_SECONDS_SHOWN = re.compile(r"\d{1,2}\s*[:.h]\s*\d{2}\s*[:.m]\s*\d{2}")

_TICKS_AFTER_S = 3.0
"""Seconds after which a clock that shows seconds must have moved on."""


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """``seconds`` by which the display is ahead of this machine, give or take ``uncertainty``. ``zone_s`` is
    the part of it that is a wrong time zone, 0 where there is none. ``stands``: the display does not tick."""

    seconds: float
    uncertainty: float
    zone_s: int
    stands: bool

    @property
    def rest(self) -> float:
        """What is left of the offset beside the time zone."""
        return self.seconds - self.zone_s


def clock_offset(clocks: Sequence[OsdClock], zone: tzinfo | None = None) -> ClockOffset | None:
    """From all readings of a display, oldest first; None without any. ``zone`` is that of this machine, None:
    as the system says."""
    if not clocks:
        return None
    spans = [_span(clock, zone) for clock in clocks]
    low, high = spans[-1]
    for one in reversed(spans[:-1]):
        if max(low, one[0]) <= min(high, one[1]):  # others were misread, or the clock was set in between
            low, high = max(low, one[0]), min(high, one[1])
    seconds = (low + high) / 2
    return ClockOffset(seconds, (high - low) / 2, _zone(seconds), _stands(clocks))


def _span(clock: OsdClock, zone: tzinfo | None) -> tuple[float, float]:
    """The least and the most by which the display can be ahead, in seconds."""
    here = clock.received.astimezone(zone).replace(tzinfo=None)
    ahead = (clock.moment - here).total_seconds()
    return ahead, ahead + (1 if _SECONDS_SHOWN.search(clock.text) else 60)


def _zone(seconds: float) -> int:
    nearest = round(seconds / _QUARTER_S) * _QUARTER_S
    slack = _ZONE_SLACK_S if nearest % 1800 == 0 else 2
    return nearest if abs(nearest) <= _MOST_ZONES_S and abs(seconds - nearest) <= slack else 0


def _stands(clocks: Sequence[OsdClock]) -> bool:
    first, last = clocks[0], clocks[-1]
    apart = (last.received - first.received).total_seconds()
    needed = _TICKS_AFTER_S if _SECONDS_SHOWN.search(last.text) else 60 + _TICKS_AFTER_S
    return apart >= needed and first.moment == last.moment
