from __future__ import annotations

import pytest

from edge.media.meter import FrameMeter


def fed(
    count: int,
    *,
    fps: float = 25,
    gop: int = 50,
    late: float = 0.0,
    size: int = 1000,
    without: frozenset[int] = frozenset(),
) -> FrameMeter:
    meter = FrameMeter(100.0)
    for i in range(count):
        if i not in without:
            arrival = 100 + i / fps + (late if i % 2 else 0.0)
            meter.add(i / fps, arrival, size, i % gop == 0)
    return meter


def test_rates_and_groups_of_a_steady_stream() -> None:
    statistics = fed(251).statistics(110.0)

    assert statistics.fps == pytest.approx(25)
    assert statistics.gop_frames == 50
    assert statistics.gop_s == pytest.approx(2)
    assert statistics.bitrate_kbps == pytest.approx(200)
    assert statistics.jitter_ms == pytest.approx(0, abs=1e-6)
    assert (statistics.frames, statistics.key_frames, statistics.bytes) == (251, 6, 251_000)
    assert statistics.seconds == 10


def test_missing_frames_lower_the_rate() -> None:
    assert fed(251, without=frozenset(range(1, 250, 2))).fps == pytest.approx(12.5, rel=0.02)


def test_jitter_is_the_mean_deviation_of_arrival() -> None:
    assert fed(100, late=0.010).statistics(110.0).jitter_ms == pytest.approx(10)


def test_a_burst_at_the_start_does_not_raise_the_rate() -> None:
    meter = FrameMeter(0.0)
    for i in range(50):
        meter.add(i / 25, max(0.0, i / 25 - 1), 1000, i == 0)

    assert meter.fps == pytest.approx(25)


@pytest.mark.parametrize("jump", [1000.0, -1000.0])
def test_a_jump_of_the_stream_s_time_is_left_out(jump: float) -> None:
    meter = FrameMeter(0.0)
    for i in range(100):
        meter.add(i / 25 + (jump if i >= 50 else 0.0), i / 25, 1000, i % 25 == 0)

    assert meter.fps == pytest.approx(25)
    assert meter.statistics(4.0).jitter_ms == pytest.approx(0, abs=1e-6)


def test_a_stream_without_times_has_no_rate() -> None:
    meter = FrameMeter(0.0)
    for i in range(10):
        meter.add(None, i / 25, 1000, True)

    statistics = meter.statistics(1.0)
    assert (statistics.fps, statistics.bitrate_kbps, statistics.jitter_ms) == (None, None, None)


def test_an_empty_stream_has_nothing() -> None:
    statistics = FrameMeter(0.0).statistics(1.0)

    assert (statistics.frames, statistics.fps, statistics.gop_frames, statistics.lost_packets) == (
        0,
        None,
        None,
        None,
    )
