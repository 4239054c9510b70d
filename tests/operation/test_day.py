"""A day of the service under a clock that is set forward: memory, disk and descriptors stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.operation.day import Hour, live, trends
from scripts.operation.guests import Mix
from scripts.own_process import Usage
from scripts.simulate_day import row, verdict
from tests.support.service import StandIn

FEW = Mix(
    uploads=3, repeated=1, broken_off=1, unreadable=1, results=5, pictures=2, pages=2, lists=2, scrapes=4,
    wrong_tokens=6, tokens=1, looks=10, listeners=1,
)  # fmt: skip


def hour(rss_mb: float, disk: int, descriptors: int = 20, threads: int = 9) -> Hour:
    return Hour(Usage(0, 0, rss_mb, threads, 0, (), descriptors), disk, 0, 0, 0)


def test_a_few_hours_leave_no_descriptor_and_keep_the_disk_bounded(tmp_path: Path) -> None:
    day = live(tmp_path, hours=9, mix=FEW, load=StandIn().load)
    assert not day.surprises
    counted = {one.name: (one.first, one.last) for one in day.trends if one.name == "descriptors"}
    assert all(last <= first for first, last in counted.values()), verdict(day)
    kept_hours = 3
    assert day.hours[-1].photos <= 1.5 * day.hours[kept_hours].photos
    assert len(list((tmp_path / "data" / "incoming").iterdir())) == 0


@pytest.mark.long
def test_a_day_with_the_real_models_is_flat(tmp_path: Path) -> None:
    day = live(tmp_path, hours=24, mix=Mix(uploads=4, results=20, scrapes=20, looks=40))
    assert day.passed, "\n".join([*map(row, range(1, 25), day.hours), *verdict(day)])


def test_what_grows_has_a_slope_and_what_is_flat_has_none() -> None:
    growing = trends([hour(300 + 2 * n, 10_000) for n in range(24)])
    memory, disk = growing[0], growing[1]
    assert memory.slope == pytest.approx(2)
    assert memory.growth > 0.05
    assert (disk.slope, disk.growth) == (0, 0)


def test_the_warm_up_does_not_count() -> None:
    memory = trends([hour(100 if n < 8 else 300, 1) for n in range(24)])[0]
    assert (memory.first, memory.last) == (300, 300)
