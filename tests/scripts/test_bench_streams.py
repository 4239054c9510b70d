"""The bench of streams: its cameras, its arithmetic, and a short run of both designs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edge.domain import Identification, Verdict
from edge.streams.state import StreamState, StreamStatus
from scripts.bench_streams import Row, table, with_ratios
from scripts.own_process import Usage
from scripts.stream_bench.cameras import bench_cameras
from scripts.stream_bench.task import Measured, Task, measured_apart
from scripts.stream_bench.watch import Steady, Verdicts
from tests.support.camera import CameraProcess

NOW = datetime(2026, 3, 14, 9, 26, tzinfo=UTC)
MEASURED = Measured(
    verdicts=4,
    verdicts_s=9.5,
    right=3,
    wrong=1,
    cores=0.1,
    rss_mb=300,
    peak_mb=400,
    age_p95_s=61.2,
    looks_per_s=0.07,
    failed=0,
)


def status(stream: int, verdict: Verdict, platform: str | None = None, *, settled: bool) -> StreamStatus:
    found = Identification(verdict, platform, platform)
    return StreamStatus(
        str(stream), "a camera", StreamState.WATCHING, NOW, identification=found, settled=settled
    )


def test_a_third_each_is_proven_marked_and_unknown() -> None:
    cameras = bench_cameras(6)
    assert [camera.platform for camera in cameras] == ["dahua", "hikvision", None] * 2
    assert len({camera.spec.phase_s for camera in cameras}) == 6
    assert cameras[0].spec.clip == cameras[2].spec.clip != cameras[1].spec.clip


def test_a_verdict_is_a_name_or_the_end_of_the_search() -> None:
    verdicts = Verdicts(0.0)
    verdicts.note(status(0, Verdict.IDENTIFIED, "dahua", settled=False))
    verdicts.note(status(1, Verdict.UNDETERMINED, settled=False))
    verdicts.note(status(2, Verdict.UNDETERMINED, settled=True))
    verdicts.note(status(2, Verdict.IDENTIFIED, "axis", settled=True))
    assert {*verdicts.decided} == {"0", "2"}
    assert verdicts.right(["dahua", "hikvision", None]) == 2
    assert verdicts.wrong(["axis", "hikvision", None]) == 1


def test_steady_figures() -> None:
    samples = [Usage(when, cpu, rss, 5, 0) for when, cpu, rss in ((0, 1, 100), (10, 2, 120), (20, 4, 110))]
    steady = Steady(tuple(samples), tuple(float(age) for age in range(101)))
    assert (steady.cores, steady.rss_mb, steady.age_p95_s) == (0.15, 120, 95)


def test_the_ratio_is_to_the_cores_that_every_frame_would_need() -> None:
    usual = replace(MEASURED, cores=0.5, looks_per_s=25)
    rows = [Row(1, "usual", usual, 0.0), Row(8, "closed", replace(MEASURED, cores=0.04), 0.0)]
    (one, eight) = with_ratios(rows)
    assert one.needed == pytest.approx(0.5)
    assert eight.ratio == pytest.approx(8 * 0.5 / 0.04)
    assert with_ratios(rows[1:]) == rows[1:]


def test_the_table_tells_when_not_all_were_decided() -> None:
    _, all_decided, some = table(
        [Row(4, "closed", MEASURED, 0.0), Row(5, "kept", MEASURED, 0.0)]
    ).splitlines()
    assert "9.5 s" in all_decided
    assert "4/5" in some


@pytest.mark.long
@pytest.mark.parametrize("design", ["closed", "kept", "usual"])
def test_a_short_run(design: str) -> None:
    cameras = bench_cameras(3)
    with CameraProcess([camera.spec for camera in cameras]) as process:
        urls = tuple(running.url for running in process.cameras)
        platforms = tuple(camera.platform for camera in cameras)
        measured = measured_apart(Task(design, urls, platforms, 5, 60, 5, 10), 200)
    assert (measured.verdicts, measured.wrong, measured.failed) == (3, 0, 0)
    assert measured.right == (0 if design == "usual" else 3)
    assert 0 < measured.cores < 2
