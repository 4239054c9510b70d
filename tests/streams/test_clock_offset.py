from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.domain_streams import OsdClock
from edge.streams.clock_offset import ClockOffset, clock_offset

START = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)


def _shown(ahead_s: float, at_s: float, form: str = "%Y-%m-%d %H:%M:%S") -> OsdClock:
    """What a clock that is ``ahead_s`` ahead shows ``at_s`` after the start."""
    moment = START + timedelta(seconds=at_s + ahead_s)
    shown = moment.replace(microsecond=0, tzinfo=None)
    if "%S" not in form:
        shown = shown.replace(second=0)
    return OsdClock(shown.strftime(form), shown, START + timedelta(seconds=at_s))


def _offset(*clocks: OsdClock) -> ClockOffset:
    found = clock_offset(clocks, UTC)
    assert found is not None
    return found


def test_without_a_clock_nothing_is_said() -> None:
    assert clock_offset([], UTC) is None


@given(st.floats(-3e5, 3e5), st.lists(st.floats(0, 30), min_size=1, max_size=6))
def test_the_offset_lies_within_its_uncertainty(ahead: float, times: list[float]) -> None:
    found = _offset(*(_shown(ahead, at) for at in sorted(times)))
    assert abs(found.seconds - ahead) <= found.uncertainty + 1e-3
    assert found.uncertainty <= 0.5 + 1e-9


def test_several_readings_are_surer_than_one() -> None:
    one = _offset(_shown(0.3, 0.1))
    many = _offset(*(_shown(0.3, at) for at in (0.1, 3.35, 6.6, 9.85)))
    assert many.uncertainty < 0.3 < one.uncertainty


def test_a_misreading_does_not_spoil_the_others() -> None:
    wrong = OsdClock("2026-03-14 07:00:03", datetime(2026, 3, 14, 7, 0, 3), START + timedelta(seconds=3))
    assert abs(_offset(wrong, _shown(0, 6.5), _shown(0, 9.2)).seconds) < 1


@pytest.mark.parametrize(
    ("ahead", "zone"),
    [
        (3600, 3600),
        (-7200, -7200),
        (5.5 * 3600, 19800),
        (5.75 * 3600, 20700),
        (3600 + 40, 3600),
        (14 * 3600, 50400),
        (0.0, 0),
        (4, 0),
        (59, 0),
        (1500, 0),
        (30 * 3600, 0),
        (900 + 30, 0),
    ],
)
def test_whole_hours_and_zones_between_are_a_wrong_time_zone(ahead: float, zone: int) -> None:
    assert _offset(_shown(ahead, 0.4), _shown(ahead, 2.1)).zone_s == zone


def test_the_zone_of_this_machine_counts() -> None:
    clock = OsdClock("2026-03-14 14:30:00", datetime(2026, 3, 14, 14, 30), START)
    found = clock_offset([clock], timezone(timedelta(hours=5, minutes=30)))
    assert found is not None
    assert (found.zone_s, abs(found.seconds) <= 1) == (0, True)


def test_a_clock_that_does_not_tick_stands() -> None:
    shown = _shown(0, 0)
    later = OsdClock(shown.text, shown.moment, shown.received + timedelta(seconds=4))
    assert _offset(shown, later).stands
    assert not _offset(_shown(0, 0), _shown(0, 4)).stands


def test_a_clock_without_seconds_is_known_to_the_minute() -> None:
    form = "%Y-%m-%d %H:%M"
    found = _offset(_shown(0, 20, form), _shown(0, 25, form))
    assert not found.stands
    assert found.uncertainty > 20
    assert abs(found.seconds) <= found.uncertainty
