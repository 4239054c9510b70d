from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edge.domain import Camera, Evidence, Osd, Reading
from edge.domain_streams import Answer, Exchange, Frame, OsdClock, StreamInfo, StreamLook, Transport
from edge.errors import CamidError, StreamError, StreamFault
from edge.media.address import FileAddress
from edge.settings import load_settings
from edge.streams.device import DeviceAnswer
from edge.streams.findings import CheckId, Device, Login, StreamReport, Target
from edge.streams.state import Expectation, PictureFault
from edge.streams.validate import Validator
from edge.vendors.catalogue import load_catalogue
from tests.support.clips import make_clip
from tests.support.clock import FakeClock
from tests.support.fake_cameras import (
    WORDMARK,
    Cameras,
    FakeCamera,
    FakeIdentifier,
    FakeStream,
    exchange,
    proof,
    scene,
    spec,
    wordmark,
)


class _Moving(FakeStream):
    """Shows another scene each time, until ``ends_after_s``."""

    ends_after_s = 1e9

    def latest(self, timeout_s: float, after: Frame | None = None) -> Frame:
        begun = getattr(self, "_begun", None)
        self._begun = self._clock.monotonic() if begun is None else begun
        if self._clock.monotonic() - self._begun > self.ends_after_s:
            raise StreamError(StreamFault.STALLED, "nothing came for 8 s")
        frame = super().latest(timeout_s, after)
        return replace(frame, pixels=scene(round(frame.received * 10) % 50))


class _Identifier(FakeIdentifier):
    """Reads a clock that is ``ahead`` in the display, and a wordmark."""

    ahead = timedelta()

    def look(
        self,
        frames: Sequence[Frame],
        exchange: Exchange | None,
        info: StreamInfo | None,
        *,
        read_osd: bool = True,
        find_cameras: bool = False,
        stream: str | None = None,
    ) -> StreamLook:
        del stream
        if not read_osd:
            return super().look([], exchange, info, read_osd=False)
        self.readings.append(len(frames))
        moment = (frames[-1].taken + self.ahead).replace(microsecond=0, tzinfo=None)
        clock = OsdClock(f"{moment:%Y-%m-%d %H:%M:%S}", moment, frames[-1].taken)
        seen = Camera(WORDMARK, 0.9, None, self.weigh(()), Reading.READ)
        cameras = (seen,) if find_cameras else ()
        return StreamLook((wordmark("reolink"),), Osd(clock.text, "Front"), clock, cameras=cameras)


class _Bench:
    def __init__(self, stream: type[FakeStream] = _Moving, **cameras: FakeCamera) -> None:
        self.cameras = Cameras(**cameras)
        self.clock = FakeClock(datetime(2026, 3, 14, 12, 0, 0, 300_000, tzinfo=UTC))
        self.identifier = _Identifier(self.cameras)
        self.device = DeviceAnswer(Device(model="AB-1"))
        self._stream = stream
        self.validator = Validator(
            self.identifier,
            load_settings(),
            load_catalogue(),
            lambda *_: self.device,
            self.clock,
            self._open,
            UTC,
        )

    def _open(self, *arguments: Any, **named: Any) -> FakeStream:
        opened = self.cameras.open_stream(*arguments, **named)
        return self._stream(opened._camera, self.clock)

    def validate(self, target: Target | None = None, seconds: float = 12) -> StreamReport:
        return self.validator.validate(target or _target(), seconds)


def _target(host: str = "door", **fields: Any) -> Target:
    return Target(host, spec(host).address, **fields)


def _failed(report: StreamReport) -> set[CheckId]:
    return {check.id for check in report.failed}


def test_a_camera_is_watched_as_long_as_asked_and_read_several_times() -> None:
    bench = _Bench(door=FakeCamera(answers=(proof("reolink"),)))
    report = bench.validate()
    seen = report.observation
    assert not report.failed
    assert 12 <= seen.seconds <= 13.5
    assert bench.identifier.readings == [2] * 4
    assert seen.identification is not None
    assert seen.identification.platform == "reolink"
    assert len(seen.identification.evidence) == 2
    assert seen.osd is not None
    assert seen.osd.channel_text == "Front"
    assert len(seen.cameras) == 1
    assert seen.device.model == "AB-1"
    assert seen.snapshot is not None
    assert seen.clock is not None
    assert abs(seen.clock.seconds) <= 0.5


def test_a_wrong_time_zone_is_told() -> None:
    bench = _Bench(door=FakeCamera())
    bench.identifier.ahead = timedelta(hours=-3)
    report = bench.validate()
    assert report.observation.clock is not None
    assert report.observation.clock.zone_s == -3 * 3600
    assert _failed(report) == {CheckId.CLOCK}


def test_a_frozen_picture_fails_although_the_stream_runs() -> None:
    report = _Bench(FakeStream, door=FakeCamera()).validate(seconds=10)
    assert report.observation.picture_faults == (PictureFault.FROZEN,)


def test_a_stream_that_stalls_ends_the_watch_and_keeps_what_was_seen() -> None:
    class Stalling(_Moving):
        ends_after_s = 3

    report = _Bench(Stalling, door=FakeCamera()).validate()
    seen = report.observation
    assert seen.fault is StreamFault.STALLED
    assert seen.seconds < 10
    assert seen.info is not None
    assert seen.snapshot is not None
    assert _failed(report) == {CheckId.STREAM}


def test_what_cannot_be_reached_is_reported_without_credentials() -> None:
    report = _Bench().validate()
    assert not report.reachable
    assert report.observation.fault is StreamFault.UNREACHABLE
    assert "a-secret" not in repr(report)


def test_a_camera_that_refuses_the_login_is_named_by_its_answer() -> None:
    camera = FakeCamera(fault=StreamFault.AUTH_FAILED, answers=(proof("axis"),))
    report = _Bench(door=camera).validate(_target(expect=Expectation("axis")))
    assert _failed(report) == {CheckId.LOGIN}
    assert report.observation.identification is not None
    assert report.observation.identification.platform == "axis"


@pytest.mark.parametrize(
    ("asked", "login"),
    [
        ((), Login.NONE),
        (('Basic realm="a"',), Login.BASIC),
        (('Basic realm="a"', 'Digest realm="a", nonce="b"'), Login.DIGEST),
    ],
)
def test_the_login_that_was_asked_for_is_told(asked: tuple[str, ...], login: Login) -> None:
    headers = tuple(("WWW-Authenticate", one) for one in asked)
    answers = ((Answer("DESCRIBE", 401, "Unauthorized", headers),) if asked else ()) + exchange().answers
    bench = _Bench(door=FakeCamera(exchange=Exchange(answers)))
    assert bench.validate(seconds=2).observation.login is login


def test_onvif_adds_its_evidence() -> None:
    evidence: tuple[Evidence, ...] = (proof("dahua", origin="onvif"),)
    bench = _Bench(door=FakeCamera())
    bench.device = DeviceAnswer(Device(firmware="1.2"), evidence)
    found = bench.validate(seconds=2).observation.identification
    assert found is not None
    assert "DAHUA" in [item.value for item in found.evidence]


def test_an_unknown_vendor_is_refused_before_anything_is_opened() -> None:
    bench = _Bench(door=FakeCamera())
    targets = [_target(), _target(expect=Expectation("no such maker"))]
    with pytest.raises(CamidError):
        list(bench.validator.validate_all(targets, 2))
    assert bench.cameras.by_host["door"].opened == 0


def test_reports_come_in_the_order_of_the_targets() -> None:
    bench = _Bench(door=FakeCamera(), yard=FakeCamera())
    done: list[int] = []
    reports = bench.validator.validate_all(
        [_target("yard"), _target("away"), _target("door")], 2, done.append
    )
    assert [report.observation.target.name for report in reports] == ["yard", "away", "door"]
    assert done == [1, 2, 3]


def test_a_recording_is_watched_at_its_own_speed_and_to_its_end() -> None:
    settings, cameras = load_settings(), Cameras()
    validator = Validator(
        _Identifier(cameras), settings, load_catalogue(), lambda *_: DeviceAnswer(), zone=UTC
    )
    report = validator.validate(Target("clip", FileAddress(make_clip(seconds=4))), 30)
    seen = report.observation
    assert seen.fault is None
    assert seen.info is not None
    assert seen.info.transport is Transport.FILE
    assert seen.seconds < 4
    assert seen.clock is None
    assert not report.failed
