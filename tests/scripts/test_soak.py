"""The soak: what it calls right, what it finds, and a short run of it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from edge.errors import StreamFault
from scripts.own_process import Usage, usage
from scripts.soak import soak_settings
from scripts.soaking.judge import Outcome, Report, growth, memory_by_tenths, table
from scripts.soaking.traces import errors_in, everything_logged, traces_of
from scripts.soaking.trials import TRIALS, Trial

STALL = Trial("stalled", frozenset({StreamFault.STALLED}))
HARMLESS = Trial("jump")


def outcome(trial: Trial, *named: StreamFault | None, back_s: float | None = 1.0) -> Outcome:
    return Outcome("a camera", trial, tuple(enumerate(named)), back_s)


def measured(rss_mb: float = 100, threads: int = 5, sockets: int = 0, names: tuple[str, ...] = ()) -> Usage:
    return Usage(0, 0, rss_mb, threads, sockets, names)


def test_the_fault_of_the_camera_is_right_and_another_is_not() -> None:
    assert outcome(STALL, None, StreamFault.ENDED, StreamFault.STALLED).is_right
    assert not outcome(STALL, StreamFault.STALLED, StreamFault.TIMEOUT).is_right
    assert not outcome(STALL, StreamFault.CORRUPT, StreamFault.STALLED).is_right
    assert not outcome(STALL, StreamFault.STALLED, None).is_right
    assert not outcome(STALL).is_right


def test_what_is_no_trouble_must_not_be_named() -> None:
    assert outcome(HARMLESS, None, None).is_right
    assert not outcome(HARMLESS, StreamFault.CORRUPT, None).is_right
    bearable = Trial("loss", tolerated=frozenset({StreamFault.CORRUPT}))
    assert outcome(bearable, StreamFault.CORRUPT, None).is_right
    assert not outcome(bearable, StreamFault.STALLED).is_right


def test_a_stream_that_is_open_need_not_meet_what_waits_at_the_door() -> None:
    login = Trial("login", frozenset({StreamFault.AUTH_FAILED}), met_at_the_door=True)
    kept = login.for_kept_connections()
    assert outcome(kept, None, None).is_right
    assert outcome(kept, StreamFault.ENDED, StreamFault.AUTH_FAILED).is_right
    assert not outcome(kept, StreamFault.CORRUPT).is_right
    assert STALL.for_kept_connections() is STALL
    assert not any(trial.for_kept_connections().expected for trial in TRIALS if trial.met_at_the_door)


def test_a_stream_must_be_back_in_ten_seconds() -> None:
    backs = [outcome(STALL, back_s=seconds).is_back for seconds in (9.9, 10.1, None)]
    assert backs == [True, False, False]


def test_growth_leaves_out_the_warm_up() -> None:
    sizes = [10.0, 50.0] + [100.0] * 2 + [105.0] * 16
    assert growth([measured(size) for size in sizes]).share == pytest.approx(0.05)
    assert growth([measured(10), measured(10)]).share == 0
    assert memory_by_tenths([measured(size) for size in sizes]) == "30 100 105 105 105 105 105 105 105 105"


def test_the_report_fails_on_each_thing_that_is_wrong() -> None:
    good = outcome(STALL, StreamFault.STALLED)
    calm, more = measured(), measured(threads=6, names=("left behind",))
    assert _passed(Report((good,), (calm,) * 20, calm, (calm, calm), calm, (), 0)) == [True] * 7
    bad = outcome(STALL, StreamFault.TIMEOUT, back_s=None)
    samples = (*(calm,) * 10, *(measured(200),) * 10)
    report = Report((good, bad), samples, calm, (calm, more), measured(sockets=1), ("soak.log",), 1)
    assert _passed(report) == [False] * 7
    assert "left behind" in report.checks()[3].what


def _passed(report: Report) -> list[bool]:
    return [check.passed for check in report.checks()]


def test_the_table_has_a_line_a_trial() -> None:
    good, bad = outcome(STALL, StreamFault.STALLED), outcome(STALL, StreamFault.TIMEOUT, back_s=None)
    _, row, other = table([good, bad, outcome(HARMLESS)]).splitlines()
    assert row.split() == ["stalled", "2", "1", "1.0", "never", "stalled,", "timeout"]
    assert other.split() == ["jump", "1", "1", "1.0", "1.0", "-"]


def test_passwords_are_found_in_every_form() -> None:
    texts = {
        "plain": b"rtsp://admin:p@ss/1@host",
        "encoded": b"rtsp://admin:p%40ss%2F1@host",
        "basic": b"Authorization: Basic YWRtaW46cEBzcy8x",
        "none": b"rtsp://admin:***@host",
    }
    assert traces_of([("admin", "p@ss/1")], texts) == ["plain", "encoded", "basic"]


def test_everything_said_is_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        with everything_logged(tmp_path / "log"):
            logging.getLogger("edge.media").debug("a detail")
            os.write(2, b"native words\n")
            try:
                raise ValueError
            except ValueError:
                logging.getLogger("edge").exception("it failed")
    finally:
        root.handlers, root.level = handlers, level
    log = (tmp_path / "log").read_text()
    assert "a detail" in log
    assert "native words" in log
    assert errors_in(log) == 1
    assert errors_in("x\nTraceback (most recent call last):\n") == 1


def test_usage_counts_threads_and_sockets() -> None:
    here = usage()
    assert here.rss_mb > 20
    assert here.threads >= len(here.names) >= 1


def test_every_fault_of_the_list_has_its_trial(tmp_path: Path) -> None:
    expected = set().union(*(trial.expected for trial in TRIALS))
    reached_otherwise = {StreamFault.UNREACHABLE, StreamFault.AUTH_REQUIRED}
    assert expected == set(StreamFault) - reached_otherwise
    assert soak_settings(tmp_path, 5, keep=False).stream_backoff_max_s <= 30
