"""Which sightings are suggested as one camera."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge.sightings.suggest import Seen, metres_between, suggested

NOON = "2026-05-01T12:00:00Z"


def seen(name: str, north_m: float | None = 0.0, at: str | None = NOON, *makers: str) -> Seen:
    latitude = None if north_m is None else 44.4 + north_m / 111_195
    longitude = None if latitude is None else 26.1
    return Seen(name, frozenset({name}), latitude, longitude, at, frozenset(makers), "dome")


def ids(one: Seen, *others: Seen) -> list[str]:
    return [found.id for found in suggested(one, [one, *others])]


def test_the_near_ones_come_first_and_the_far_not_at_all() -> None:
    assert ids(seen("a"), seen("far", 400), seen("near", 5), seen("next", 25)) == ["near", "next"]


def test_another_maker_or_the_same_photo_is_another_camera() -> None:
    one = seen("a", 0, NOON, "dahua")
    assert ids(one, seen("b", 0, NOON, "axis")) == []
    assert ids(one, replace(seen("c", 0, NOON, "dahua"), photos=frozenset({"a"}))) == []


def test_a_brand_and_its_maker_may_be_one_camera() -> None:
    assert ids(seen("a", 0, NOON, "lorex", "dahua"), seen("b", 0, NOON, "dahua")) == ["b"]


def test_what_looks_alike_comes_first() -> None:
    one = replace(seen("a"), read=frozenset({"ds2cd"}))
    same = replace(seen("same"), read=frozenset({"ds2cd", "x"}))
    other = replace(seen("another form"), form_factor="bullet")
    assert ids(one, other, seen("unread"), same) == ["same", "unread", "another form"]


def test_without_places_the_time_must_be_close() -> None:
    one = seen("a", None)
    assert ids(one, seen("soon", None, "2026-05-01T12:02:00Z")) == ["soon"]
    assert ids(one, seen("later", None, "2026-05-01T18:00:00Z"), seen("never", None, None)) == []


def test_a_time_without_a_zone_is_compared_as_it_stands() -> None:
    assert ids(seen("a", None), seen("b", None, "2026-05-01T12:01:00")) == ["b"]


def test_metres_along_the_sphere() -> None:
    assert metres_between(0, 0, 1, 0) == pytest.approx(111_195, rel=1e-3)
    assert metres_between(0, 179.9, 0, -179.9) == pytest.approx(22_239, rel=1e-3)
