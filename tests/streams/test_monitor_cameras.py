"""The monitor with the real reader on a test camera; what the pictures show is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from edge.domain import Evidence, Identification
from edge.domain_streams import Exchange, Frame, StreamInfo, StreamLook
from edge.errors import StreamFault
from edge.media.address import StreamAddress
from edge.settings import load_settings
from edge.streams.monitor import Monitor, StreamSpec, StreamState, StreamStatus
from tests.support.camera import TestCamera
from tests.support.clips import make_clip
from tests.support.fake_cameras import Cameras, FakeIdentifier, proof
from tests.support.service import wait_for

SETTINGS = load_settings(
    stream_lookers=2,
    stream_look_min_s=0.1,
    stream_look_interval_s=0.5,
    stream_backoff_first_s=0.1,
    stream_backoff_max_s=0.5,
    stream_auth_retry_s=0.2,
    stream_second_frame_s=2,
)


class _Identifier(FakeIdentifier):
    """Takes the Server header for the maker."""

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
        del info, find_cameras, stream
        if read_osd:
            self.readings.append(len(frames))
        servers = {answer.header("Server") for answer in exchange.answers} if exchange else set()
        evidence: tuple[Evidence, ...] = tuple(proof(name.lower()) for name in servers if name)
        return StreamLook(evidence)

    def weigh(self, evidence: Sequence[Evidence]) -> Identification:
        return super().weigh(evidence)


@pytest.fixture
def camera() -> Iterator[TestCamera]:
    with TestCamera(make_clip(), server="Dahua", auth="digest", password="a-secret-word") as running:
        yield running


@pytest.fixture
def identifier() -> _Identifier:
    return _Identifier(Cameras())


@pytest.fixture
def monitor(identifier: _Identifier) -> Iterator[Monitor]:
    running = Monitor(identifier, SETTINGS)
    running.start()
    yield running
    running.stop()


def _wait(monitor: Monitor, holds: Callable[[StreamStatus], bool]) -> StreamStatus:
    wait_for(lambda: holds(monitor.status("door")))
    return monitor.status("door")


def test_a_camera_is_named_sleeps_and_comes_back_after_a_reboot(
    camera: TestCamera, monitor: Monitor, identifier: _Identifier
) -> None:
    monitor.add(StreamSpec("door", "Door", camera.address))
    asleep = _wait(monitor, lambda status: status.state is StreamState.ASLEEP)
    assert asleep.identification is not None
    assert asleep.identification.platform == "dahua"
    assert asleep.info is not None
    assert (asleep.info.codec, asleep.info.width) == ("h264", 640)
    assert identifier.readings == []
    wait_for(lambda: camera.clients == 0)
    camera.stop()
    failing = _wait(monitor, lambda status: status.state is StreamState.FAILING)
    assert failing.fault in (StreamFault.REFUSED, StreamFault.UNREACHABLE)
    assert "a-secret-word" not in repr(failing)
    camera.start()
    back = _wait(monitor, lambda status: status.state is StreamState.ASLEEP)
    assert back.fault is None


def test_a_login_that_is_refused_and_then_accepted(camera: TestCamera, monitor: Monitor) -> None:
    wrong = StreamAddress.parse(camera.bare_url, username="admin", password="wrong")
    monitor.add(StreamSpec("door", "Door", wrong))
    failing = _wait(monitor, lambda status: status.state is StreamState.FAILING)
    assert failing.fault is StreamFault.AUTH_FAILED
    assert failing.identification is not None
    assert failing.identification.platform == "dahua"
    monitor.update(StreamSpec("door", "Door", camera.address))
    assert _wait(monitor, lambda status: status.looks > 0).fault is None


def test_another_codec_at_the_same_address_is_noticed(camera: TestCamera, monitor: Monitor) -> None:
    monitor.add(StreamSpec("door", "Door", camera.address))
    _wait(monitor, lambda status: status.looks > 1)
    camera.switch(make_clip(codec="hevc", width=1280, height=720))
    status = _wait(monitor, lambda status: status.info is not None and status.info.codec == "hevc")
    assert status.info is not None
    assert status.info.width == 1280
