"""Facts grow old on a day that a setting says."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from edge.vendors.age import Ageing
from edge.vendors.catalogue import load_catalogue

OF = date(2026, 1, 1)


@pytest.mark.parametrize(("days", "old"), [(-3, False), (0, False), (179, False), (180, True), (9999, True)])
def test_facts_are_old_from_the_limit_on(days: int, old: bool) -> None:
    notice = Ageing(OF + timedelta(days), 180).notice("2026-01-01")
    assert (notice is not None) is old
    assert notice is None or notice.startswith("The catalogue of 2026-01-01 is 180 days old or older")


def test_of_facts_without_a_date_nothing_is_said() -> None:
    assert Ageing(OF, 1).notice(None) is None


def test_no_catalogue_has_a_negative_age() -> None:
    assert Ageing(OF, 180).days(OF + timedelta(9)) == 0


def test_every_advisory_carries_the_date_of_its_catalogue() -> None:
    catalogue = load_catalogue()
    advisories = catalogue.advisories_for("hikvision", "hikvision")
    assert {one.as_of for one in advisories} == {catalogue.date.isoformat()}
