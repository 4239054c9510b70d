from __future__ import annotations

from dataclasses import replace

import pytest

from edge.domain import Candidate, Identification, Verdict
from edge.domain_streams import Exchange, StreamStatistics, Transport
from edge.errors import CamidError, ErrorCode, StreamFault
from edge.settings import load_settings
from edge.streams.checks import judge
from edge.streams.clock_offset import ClockOffset
from edge.streams.findings import CheckId, Device, Login, Observation, Outcome, StreamReport, Target
from edge.streams.state import Expectation, PictureFault
from edge.vendors.catalogue import load_catalogue
from tests.support.fake_cameras import exchange, info, moment, spec

WELL = StreamStatistics(12, 3000, 300, 6, 10**6, 25.0, 2000.0, 50.0, 2.0, 3.0, 0, 0, {})
TARGET = Target("Door", spec().address)
SEEN = Observation(
    target=TARGET,
    began=moment(),
    seconds=12,
    login=Login.DIGEST,
    exchange=exchange(),
    info=info(),
    statistics=WELL,
    identification=Identification(Verdict.IDENTIFIED, "lorex", "dahua", 0.99),
    clock=ClockOffset(0.2, 0.2, 0, False),
    day=True,
    snapshot=b"jpeg",
)


def _judged(**changes: object) -> StreamReport:
    return judge(replace(SEEN, **changes), load_settings(), load_catalogue())  # type: ignore[arg-type]


def _outcomes(**changes: object) -> dict[CheckId, Outcome]:
    return {check.id: check.outcome for check in _judged(**changes).checks}


def _failed(**changes: object) -> set[CheckId]:
    return {check.id for check in _judged(**changes).failed}


def _message(check: CheckId, **changes: object) -> str:
    return next(one.message for one in _judged(**changes).checks if one.id is check)


def _expecting(vendor: str | None = None, model: str | None = None, firmware: str | None = None) -> Target:
    return replace(TARGET, expect=Expectation(vendor, model, firmware))


def test_a_camera_that_is_well_passes_everything() -> None:
    assert set(_outcomes().values()) == {Outcome.PASSED}


@pytest.mark.parametrize(
    "fault", [StreamFault.UNREACHABLE, StreamFault.REFUSED, StreamFault.TIMEOUT, StreamFault.TLS_FAILED]
)
def test_what_does_not_answer_is_not_reachable_and_nothing_else_is_judged(fault: StreamFault) -> None:
    nothing = Observation(TARGET, moment(), 5, fault=fault, message="no way")
    report = judge(nothing, load_settings(), load_catalogue())
    assert not report.reachable
    assert [check.id for check in report.failed] == [CheckId.REACHABLE]


@pytest.mark.parametrize("fault", [StreamFault.AUTH_FAILED, StreamFault.AUTH_REQUIRED])
def test_a_refused_login_is_no_question_of_reach(fault: StreamFault) -> None:
    changes = {"fault": fault, "snapshot": None, "info": None, "statistics": None, "clock": None}
    assert _failed(**changes) == {CheckId.LOGIN}
    assert _judged(**changes).reachable


def test_a_camera_that_answers_and_then_falls_silent_is_reachable() -> None:
    assert _failed(fault=StreamFault.TIMEOUT, snapshot=None, statistics=None) == set()
    assert _outcomes(fault=StreamFault.TIMEOUT, snapshot=None)[CheckId.REACHABLE] is Outcome.PASSED


@pytest.mark.parametrize(
    "fault",
    [
        StreamFault.NOT_FOUND,
        StreamFault.UNSUPPORTED_CODEC,
        StreamFault.STALLED,
        StreamFault.CORRUPT,
        StreamFault.ENDED,
    ],
)
def test_a_stream_that_fails_is_told(fault: StreamFault) -> None:
    assert _failed(fault=fault, message="why") == {CheckId.STREAM}
    assert _message(CheckId.STREAM, fault=fault, message="why") == f"{fault}: why"


def test_an_open_camera_is_told() -> None:
    assert "anybody may look" in _message(CheckId.LOGIN, login=Login.NONE)


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"fps": 19.9}, CheckId.FRAME_RATE),
        ({"gop_s": 11.0}, CheckId.KEY_FRAMES),
        ({"gop_s": None}, CheckId.KEY_FRAMES),
        ({"jitter_ms": 101.0}, CheckId.JITTER),
        ({"lost_packets": 16}, CheckId.LOSS),
        ({"corrupt_packets": 16}, CheckId.LOSS),
        ({"lost_packets": None, "corrupt_packets": 1}, CheckId.LOSS),
    ],
)
def test_what_is_measured_is_judged(change: dict[str, object], check: CheckId) -> None:
    assert _failed(statistics=replace(WELL, **change)) == {check}  # type: ignore[arg-type]


def test_what_was_not_measured_is_not_judged() -> None:
    bare = StreamStatistics(3, 0, 1, 1, 0, None, None, None, None, None, None, 0, {})
    outcomes = _outcomes(statistics=bare)
    for check in (CheckId.FRAME_RATE, CheckId.KEY_FRAMES, CheckId.JITTER, CheckId.LOSS):
        assert outcomes[check] is Outcome.NOT_CHECKED


def test_a_frame_rate_that_is_not_announced_cannot_be_missed() -> None:
    assert _outcomes(info=info(announced_fps=None))[CheckId.FRAME_RATE] is Outcome.NOT_CHECKED


@pytest.mark.parametrize(
    ("clock", "says"),
    [
        (ClockOffset(7200.3, 0.2, 7200, False), "wrong time zone: 2 h ahead"),
        (ClockOffset(-19799.5, 0.2, -19800, False), "wrong time zone: 5 h 30 min behind"),
        (ClockOffset(2700.5, 0.2, 2700, False), "wrong time zone: 45 min ahead"),
        (ClockOffset(3640.0, 0.2, 3600, False), "wrong time zone: 1 h ahead, and 40.0 s ahead"),
        (ClockOffset(-12.0, 0.3, 0, False), "12.0 s behind"),
        (ClockOffset(600.0, 0.3, 0, False), "10.0 min ahead"),
        (ClockOffset(90000.0, 0.3, 0, False), "25.0 h ahead"),
        (ClockOffset(0.0, 0.5, 0, True), "stands still"),
    ],
)
def test_a_wrong_clock_is_told_by_how_much(clock: ClockOffset, says: str) -> None:
    assert _failed(clock=clock) == {CheckId.CLOCK}
    assert says in _message(CheckId.CLOCK, clock=clock)


def test_a_clock_a_little_off_passes() -> None:
    assert _failed(clock=ClockOffset(-4.0, 0.5, 0, False)) == set()
    assert _message(CheckId.CLOCK, clock=ClockOffset(-4.0, 0.5, 0, False)) == "4.0 s behind"
    assert _message(CheckId.CLOCK) == "right"


def test_the_clock_of_a_recording_is_not_judged() -> None:
    seen = _outcomes(info=info(transport=Transport.FILE), clock=None)
    assert seen[CheckId.CLOCK] is Outcome.NOT_CHECKED


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        (PictureFault.FROZEN, CheckId.NOT_FROZEN),
        (PictureFault.BLURRED, CheckId.SHARP),
        (PictureFault.IR_STUCK, CheckId.COLOUR),
    ],
)
def test_faults_of_the_picture_fail_their_check(fault: PictureFault, check: CheckId) -> None:
    assert _failed(picture_faults=(fault,), still_s=9.0) == {check}


def test_of_a_black_picture_nothing_else_is_said() -> None:
    outcomes = _outcomes(picture_faults=(PictureFault.BLACK,))
    assert outcomes[CheckId.NOT_BLACK] is Outcome.FAILED
    assert outcomes[CheckId.SHARP] is Outcome.NOT_CHECKED


@pytest.mark.parametrize("vendor", ["lorex", "Lorex", "dahua", "Dahua"])
def test_brand_and_builder_both_satisfy_what_is_expected(vendor: str) -> None:
    assert _failed(target=_expecting(vendor)) == set()


def test_another_maker_is_told() -> None:
    assert _failed(target=_expecting("hikvision")) == {CheckId.VENDOR}
    assert _message(CheckId.VENDOR, target=_expecting("hikvision")) == "Lorex; expected Hikvision"


def test_a_builder_alone_does_not_contradict_its_brand() -> None:
    built = Identification(Verdict.IDENTIFIED, None, "hikvision", 0.99)
    brands = load_catalogue().brands.values()
    brand = next(b for b in brands if b.platform == "hikvision" and b.platform_known and b.id != "hikvision")
    assert _failed(target=_expecting(brand.id), identification=built) == set()
    assert "brand is not shown" in _message(CheckId.VENDOR, target=_expecting(brand.id), identification=built)


def test_no_name_fails_what_is_expected() -> None:
    perhaps = Identification(Verdict.CANDIDATES, confidence=0.6, candidates=(Candidate(None, "dahua", 0.6),))
    for found in (None, Identification.undetermined(), perhaps):
        assert _failed(target=_expecting("dahua"), identification=found) == {CheckId.VENDOR}


def test_an_unknown_vendor_is_bad_usage() -> None:
    with pytest.raises(CamidError, match="no such maker") as caught:
        _judged(target=_expecting("no such maker"))
    assert caught.value.code is ErrorCode.BAD_REQUEST


@pytest.mark.parametrize(
    ("expected", "stated", "passes"),
    [
        ("AB-1234", "AB-1234", True),
        ("ab 1234", "AB1234", True),
        ("AB-1234", "AB-1234-Z 2.8", True),
        ("AB-1234", "AB-1235", False),
        ("AB-1234", None, False),
    ],
)
def test_the_model_is_compared_with_what_is_stated(expected: str, stated: str | None, passes: bool) -> None:
    failed = _failed(target=_expecting(model=expected), device=Device(model=stated))
    assert failed == (set() if passes else {CheckId.MODEL})


@pytest.mark.parametrize(
    ("expected", "stated", "passes"),
    [
        ("5.5.0", "V5.5.0 build 170725", True),
        ("V5.5.0", "5.5.0", True),
        ("5.5.1", "V5.5.0 build 170725", False),
    ],
)
def test_firmware_may_go_on_with_its_build(expected: str, stated: str, passes: bool) -> None:
    failed = _failed(target=_expecting(firmware=expected), device=Device(firmware=stated))
    assert failed == (set() if passes else {CheckId.FIRMWARE})


def test_what_is_not_expected_is_not_checked() -> None:
    assert not {CheckId.VENDOR, CheckId.MODEL, CheckId.FIRMWARE} & _outcomes().keys()


def test_an_empty_exchange_is_no_answer() -> None:
    nothing = Observation(TARGET, moment(), 5, fault=StreamFault.TIMEOUT, exchange=Exchange(()))
    assert not judge(nothing, load_settings(), load_catalogue()).reachable
