from __future__ import annotations

import logging
import threading
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest

from edge.domain import EvidenceKind, Identification, Osd, Verdict
from edge.errors import CamidError, ErrorCode, StreamFault
from edge.settings import Settings, load_settings
from edge.streams.monitor import Monitor, PictureFault, StreamState, StreamStatus
from tests.support.clock import FakeClock
from tests.support.fake_cameras import (
    Cameras,
    FakeCamera,
    FakeIdentifier,
    FakeStream,
    info,
    proof,
    scene,
    spec,
    wordmark,
)
from tests.support.service import wait_for


class _Played:
    """A monitor whose looks are done by the test, with a clock that runs as the test wants."""

    def __init__(self, settings: Settings | None = None, **cameras: FakeCamera) -> None:
        self.cameras = Cameras(**cameras)
        self.identifier = FakeIdentifier(self.cameras)
        self.clock = FakeClock()
        self.settings = settings or load_settings(stream_second_frame_s=2)
        self.monitor = Monitor(
            self.identifier,
            self.settings,
            self.clock,
            self.cameras.open_stream,
            random=Random(1),
        )
        for host in cameras:
            self.monitor.add(spec(host))

    def run(self, seconds: float) -> None:
        """All looks that fall due in that time."""
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            if not self.monitor.look_due():
                due = self.monitor._schedule.next_due()
                pause = end if due is None else min(end, due)
                self.clock.advance(pause - self.clock.monotonic() + 1e-6)

    def look(self) -> None:
        """The next look, when it is due."""
        due = self.monitor._schedule.next_due()
        assert due is not None
        self.clock.advance(due - self.clock.monotonic() + 1e-6)
        assert self.monitor.look_due()

    def door(self) -> StreamStatus:
        return self.monitor.status("door")

    def found(self) -> Identification:
        found = self.door().identification
        assert found is not None
        return found


def test_a_name_that_the_protocol_proves_takes_one_look_and_no_reading() -> None:
    played = _Played(door=FakeCamera(answers=(proof("hikvision"),)))
    assert played.door().state is StreamState.CONNECTING
    played.look()
    assert played.door().state is StreamState.ASLEEP
    assert played.found().platform == "hikvision"
    assert played.identifier.readings == []
    assert played.monitor.statistics().unread == {"proven": 1}


def test_the_display_of_a_proven_camera_is_read_once_and_then_rarely() -> None:
    shows = FakeCamera(
        answers=(proof("hikvision"),), display=(wordmark("hikvision"),), osd=Osd("09:00:00", "Front")
    )
    played = _Played(door=shows)
    played.look()
    played.look()
    assert played.door().osd == Osd("09:00:00", "Front")
    assert {e.value for e in played.found().evidence} >= {wordmark("hikvision").value}
    assert played.door().state is StreamState.ASLEEP
    played.run(3000)
    assert played.identifier.readings == [2]
    played.run(3600)
    assert played.identifier.readings == [2, 2]
    assert set(played.identifier.streams) == {None, "door"}


def test_a_display_that_names_another_brand_than_the_protocol_is_read_again_at_once() -> None:
    played = _Played(door=FakeCamera(answers=(proof("dahua"),), display=(wordmark("lorex"),)))
    for state in (StreamState.ASLEEP, StreamState.WATCHING, StreamState.ASLEEP):
        played.look()
        assert played.door().state is state or played.found().verdict is Verdict.CANDIDATES
    assert played.identifier.readings == [2, 2]


def test_displays_of_proven_cameras_wait_while_looks_are_late() -> None:
    played = _Played(door=FakeCamera(answers=(proof("hikvision"),), osd=Osd("09:00:00", "Front")))
    played.look()
    played.clock.advance(100)
    assert played.monitor.look_due()
    assert played.identifier.readings == []
    assert played.monitor.statistics().unread == {"proven": 1, "late": 1}
    played.look()
    assert played.door().osd is not None


def test_a_wordmark_names_at_the_first_look_and_is_confirmed_at_the_second() -> None:
    played = _Played(door=FakeCamera(display=(wordmark("reolink"),), osd=Osd("09:00:00", "Front")))
    played.look()
    assert played.found().platform == "reolink"
    assert played.door().state is StreamState.WATCHING
    assert played.door().osd == Osd("09:00:00", "Front")
    played.look()
    assert played.door().state is StreamState.ASLEEP
    assert played.identifier.readings == [2, 2]
    assert len(played.found().evidence) == 1


def test_what_nothing_names_sleeps_after_some_readings() -> None:
    played = _Played(door=FakeCamera())
    for _ in range(2):
        assert played.door().state is not StreamState.ASLEEP
        played.look()
    assert played.door().state is StreamState.ASLEEP
    assert played.found().verdict is Verdict.UNDETERMINED
    played.run(3000)
    assert len(played.identifier.readings) == 2


def test_looks_get_rarer_up_to_the_interval() -> None:
    played = _Played(door=FakeCamera())
    pauses = []
    for _ in range(10):
        played.look()
        due = played.monitor._schedule.next_due()
        assert due is not None
        pauses.append(due - played.clock.monotonic())
    assert pauses[0] <= 1
    assert all(later > 1.5 * sooner or later >= 270 for sooner, later in pairwise(pauses))
    assert 270 <= pauses[-1] <= 300


def test_asleep_there_is_no_connection_and_no_new_exchange() -> None:
    camera = FakeCamera(answers=(proof("axis"),))
    played = _Played(door=camera)
    played.run(2000)
    assert camera.open == 0
    assert camera.opened > 5
    assert camera.described == 1


def test_the_display_of_a_sleeper_is_read_again_once_in_a_long_while() -> None:
    played = _Played(door=FakeCamera(display=(wordmark("reolink"),)))
    played.run(3 * 3600 + 600)
    assert len(played.identifier.readings) == 2 + 3


def test_another_scene_is_looked_at_often_and_read() -> None:
    camera = FakeCamera()
    played = _Played(door=camera)
    played.run(4000)
    read, looks = len(played.identifier.readings), played.door().looks
    camera.pixels, camera.display = scene(1), (wordmark("imou"),)
    played.run(360)
    assert played.door().looks >= looks + 4
    assert len(played.identifier.readings) > read
    assert played.found().platform == "imou"


def test_a_camera_on_patrol_does_not_keep_the_lookers_busy() -> None:
    camera = FakeCamera()
    played = _Played(door=camera)
    played.run(600)
    looks, read = played.door().looks, len(played.identifier.readings)
    for minute in range(100):
        camera.pixels = scene(minute + 1)
        played.run(60)
    assert played.door().looks - looks < 120
    assert len(played.identifier.readings) - read < 20


def test_another_codec_is_asked_and_read_anew() -> None:
    camera = FakeCamera(answers=(proof("dahua"),))
    played = _Played(door=camera)
    played.run(1000)
    camera.info = info("hevc", 1920, 1080)
    camera.answers = (proof("uniview"),)
    played.run(302)
    assert played.door().info == camera.info
    assert played.found().platform == "uniview"


def test_a_fault_keeps_what_is_known_and_is_tried_for_ever() -> None:
    camera = FakeCamera(display=(wordmark("reolink"),))
    played = _Played(door=camera)
    played.run(10)
    camera.fault = StreamFault.UNREACHABLE
    played.run(24 * 3600)
    assert played.door().state is StreamState.FAILING
    assert played.door().fault is StreamFault.UNREACHABLE
    assert played.found().platform == "reolink"
    assert played.monitor.statistics().failed[StreamFault.UNREACHABLE] > 24 * 60
    camera.fault = None
    played.run(61)
    assert played.door().state is not StreamState.FAILING
    assert played.door().fault is None
    assert played.door().message is None


def test_a_camera_that_is_back_is_asked_and_read_as_at_the_start() -> None:
    camera = FakeCamera(display=(wordmark("reolink"),))
    played = _Played(door=camera)
    played.run(100)
    camera.fault = StreamFault.ENDED
    played.run(300)
    described, read = camera.described, len(played.identifier.readings)
    camera.fault = None
    camera.display = (wordmark("hikvision"),)
    played.run(90)
    assert camera.described == described + 1
    assert len(played.identifier.readings) >= read + 2
    assert played.found().platform == "hikvision"


def test_a_camera_that_lets_nobody_in_is_named_by_what_it_answered() -> None:
    played = _Played(door=FakeCamera(fault=StreamFault.AUTH_REQUIRED, answers=(proof("axis"),)))
    played.look()
    assert played.door().fault is StreamFault.AUTH_REQUIRED
    assert played.found().platform == "axis"


def test_refused_logins_are_not_repeated_quickly() -> None:
    played = _Played(door=FakeCamera(fault=StreamFault.AUTH_FAILED))
    played.run(600)
    assert played.monitor.statistics().failed[StreamFault.AUTH_FAILED] <= 11


def test_many_cameras_that_restart_together_are_not_called_in_step() -> None:
    cameras = {f"camera{number}": FakeCamera(fault=StreamFault.REFUSED) for number in range(32)}
    played = _Played(None, **cameras)
    played.run(120)
    dues = sorted(due for due, _ in played.monitor._schedule._current.values())
    assert dues[-1] - dues[0] > 10
    assert max(sum(abs(one - other) < 0.2 for other in dues) for one in dues) < 8


def test_a_defect_in_a_look_stops_neither_the_stream_nor_the_others(caplog: pytest.LogCaptureFixture) -> None:
    secret = "rtsp://user:a-secret@door/live"
    broken = FakeCamera(error=RuntimeError(f"cannot open {secret}"))
    played = _Played(door=broken, yard=FakeCamera(answers=(proof("axis"),)))
    with caplog.at_level(logging.DEBUG):
        played.run(30)
    assert played.door().state is StreamState.FAILING
    assert played.door().message == "Something unexpected went wrong (RuntimeError)."
    assert "a-secret" not in caplog.text
    assert played.monitor.status("yard").state is StreamState.ASLEEP
    broken.error = None
    played.run(61)
    assert played.door().state is not StreamState.FAILING


def test_busy_models_fail_no_stream() -> None:
    played = _Played(door=FakeCamera())
    played.identifier.error = CamidError(ErrorCode.BUSY, "Too much to do.")
    played.look()
    assert played.door().state is StreamState.WATCHING
    assert played.monitor.statistics().unread == {"busy": 1}
    played.identifier.error = None
    played.run(30)
    assert played.door().state is StreamState.ASLEEP


def test_kept_connections_are_opened_once() -> None:
    camera = FakeCamera(answers=(proof("axis"),))
    played = _Played(load_settings(stream_keep_connection=True), door=camera)
    played.run(1000)
    assert (camera.opened, camera.open) == (1, 1)
    camera.fault = StreamFault.STALLED
    played.run(400)
    assert camera.open == 0
    camera.fault = None
    played.run(400)
    assert camera.open == 1
    played.monitor.stop()
    assert camera.open == 0


def test_a_stream_that_is_not_enabled_is_not_looked_at() -> None:
    played = _Played(door=FakeCamera())
    played.monitor.update(spec("door", enabled=False))
    played.run(100)
    assert played.door().state is StreamState.STOPPED
    assert played.door().looks == 0
    played.monitor.update(spec("door"))
    played.look()
    assert played.door().looks == 1


def test_a_new_name_forgets_nothing_and_a_new_address_everything() -> None:
    played = _Played(door=FakeCamera(answers=(proof("axis"),)), yard=FakeCamera())
    played.run(2)
    played.monitor.update(spec("door", name="Back door"))
    assert (played.door().name, played.door().state) == ("Back door", StreamState.ASLEEP)
    played.monitor.update(spec("door", address=spec("yard").address))
    assert (played.door().state, played.door().identification) == (StreamState.CONNECTING, None)


def test_ids_are_kept_apart() -> None:
    played = _Played(door=FakeCamera())
    with pytest.raises(ValueError, match="door"):
        played.monitor.add(spec("door"))
    played.monitor.remove("door")
    for call in (played.monitor.status, played.monitor.snapshot, played.monitor.remove):
        with pytest.raises(KeyError):
            call("door")
    assert not played.monitor.look_due()
    assert played.monitor.statuses() == ()


def test_subscribers_get_each_status_and_one_that_fails_disturbs_nobody() -> None:
    played = _Played()
    seen: list[StreamState] = []

    def fail(_: StreamStatus) -> None:
        raise RuntimeError("a subscriber's own fault")

    played.monitor.subscribe(fail)
    end = played.monitor.subscribe(lambda status: seen.append(status.state))
    played.cameras.by_host["door"] = FakeCamera(answers=(proof("axis", EvidenceKind.PROTOCOL),))
    played.monitor.add(spec("door"))
    played.look()
    assert seen == [StreamState.CONNECTING, StreamState.ASLEEP]
    end()
    end()
    played.look()
    assert len(seen) == 2


def test_the_snapshot_is_the_newest_picture() -> None:
    played = _Played(door=FakeCamera())
    assert played.monitor.snapshot("door") is None
    played.look()
    snapshot = played.monitor.snapshot("door")
    assert snapshot is not None
    assert snapshot.startswith(b"\xff\xd8")


def test_a_black_and_a_frozen_picture_are_told() -> None:
    camera = FakeCamera()
    played = _Played(door=camera)
    played.run(30)
    assert played.door().picture_faults == (PictureFault.FROZEN,)
    camera.pixels = np.zeros((360, 640, 3), np.uint8)
    played.run(305)
    assert played.door().picture_faults == (PictureFault.BLACK,)
    camera.pixels = scene(2)
    played.look()
    assert played.door().picture_faults == ()


def test_status_shows_no_credentials() -> None:
    played = _Played(door=FakeCamera(), nowhere=FakeCamera())
    del played.cameras.by_host["nowhere"]
    played.run(5)
    assert played.monitor.status("nowhere").fault is StreamFault.UNREACHABLE
    assert "a-secret" not in repr(played.monitor.statuses())


def test_lookers_look_at_the_same_time_and_end() -> None:
    cameras = Cameras(**{f"camera{n}": FakeCamera(answers=(proof("axis"),)) for n in range(20)})
    settings = load_settings(stream_lookers=4, stream_look_min_s=0.01, stream_look_interval_s=0.05)
    monitor = Monitor(FakeIdentifier(cameras), settings, open_stream=cameras.open_stream)
    threads = threading.active_count()
    monitor.start()
    for host in cameras.by_host:
        monitor.add(spec(host))
    wait_for(lambda: all(status.looks >= 3 for status in monitor.statuses()))
    assert threading.active_count() == threads + 4
    monitor.remove("camera0")
    monitor.stop()
    assert threading.active_count() == threads
    assert all(camera.open == 0 for camera in cameras.by_host.values())
    assert monitor.statistics().looks >= 60


def test_a_look_that_is_overtaken_by_removal_is_discarded() -> None:
    played = _Played(door=FakeCamera())
    inner = played.cameras.open_stream

    def open_stream(*arguments: Any, **named: Any) -> FakeStream:
        played.monitor.remove("door")
        return inner(*arguments, **named)

    played.monitor._looker._open_stream = open_stream
    played.look()
    assert played.monitor.statistics().discarded == 1
    assert played.cameras.by_host["door"].open == 0
