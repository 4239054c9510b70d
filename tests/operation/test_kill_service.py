"""kill -9 while many clients send photos: what was acknowledged is there, once; a 503 says when to return."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scripts.kill_service import lines
from scripts.operation.clients import percentile
from scripts.operation.killing import Plan, Report, run, small_photos

FEW = Plan(photos=30, clients=5, kills=4, calm=2, seed=7)
MANY = Plan(photos=300, clients=20, kills=50, calm=60, seed=1)


@pytest.mark.parametrize(
    "plan", [pytest.param(FEW, id="few"), pytest.param(MANY, id="many", marks=pytest.mark.long)]
)
def test_every_acknowledged_photo_has_one_result_however_often_it_is_killed(
    tmp_path: Path, plan: Plan
) -> None:
    report = run(plan, tmp_path)
    assert report.passed, "\n".join(lines(report))
    assert "Traceback" not in (tmp_path / "service.log").read_text()


def test_one_lost_one_doubled_or_one_silent_refusal_fails() -> None:
    good = Report(
        plan=FEW, kills=4, idle_s=0.1, loaded_s=0.4, killed_s=0.5, acknowledged=30, broken=9, refused=3,
        silent=0, wrong=(), lost=(), twice=(), unasked=0, left_over=0, sound=True, seconds=20,
    )  # fmt: skip
    assert good.passed
    faults: list[dict[str, object]] = [
        {"lost": ("ab",)}, {"twice": ("ab",)}, {"silent": 1}, {"wrong": ("500",)}, {"acknowledged": 29},
        {"kills": 3}, {"unasked": 1}, {"left_over": 1}, {"sound": False},
    ]  # fmt: skip
    for fault in faults:
        failed = replace(good, **fault)  # type: ignore[arg-type]
        assert not failed.passed, fault
        assert lines(failed)[-1] == "FAILED"


def test_photos_are_those_of_the_seed_and_no_two_are_the_same() -> None:
    photos = small_photos(8, seed=3)
    assert photos == small_photos(8, seed=3)
    assert len(set(photos)) == 8


def test_the_95th_percentile_is_that_of_the_slow_ones() -> None:
    assert percentile([float(n) for n in range(100)], 0.95) == 95
    assert percentile([2.0], 0.95) == 2
