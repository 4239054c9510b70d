"""Streams of the test camera: every fault has its code, and nothing hangs."""

from __future__ import annotations

import contextlib
import gc
import logging
import threading
import time
import weakref
from collections.abc import Iterator
from dataclasses import replace
from socket import create_connection as open_socket
from typing import Any

import pytest

from edge.domain_streams import Frame, Transport
from edge.errors import StreamError, StreamFault
from edge.media.address import StreamAddress
from edge.media.clock import SYSTEM_CLOCK, Clock
from edge.media.framing import Interleaved
from edge.media.relay import Relay
from edge.media.rtsp import Dialled, describe, open_session
from edge.media.sdp import parse_description
from edge.media.stream import LiveStream, Stream, open_stream
from edge.media.threads import abandoned_readers
from edge.settings import Settings
from tests.support.camera import TestCamera
from tests.support.clips import make_clip
from tests.support.clock import FakeClock

SETTINGS = Settings(
    stream_transport="tcp",
    stream_connect_s=1,
    stream_answer_s=1,
    stream_first_frame_s=1,
    stream_stall_s=0.6,
    stream_close_s=1,
)
UUID = b"camid-test-uuid!"


@pytest.fixture(scope="module")
def shared_camera() -> Iterator[TestCamera]:
    with TestCamera(make_clip(), auth="digest", password="hunter22", user_data=UUID + b"Maker 1.0") as camera:
        yield camera


@pytest.fixture
def camera(shared_camera: TestCamera) -> Iterator[TestCamera]:
    yield shared_camera
    shared_camera.set_faults()


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No thread of a stream outlives its test."""
    yield
    end = time.monotonic() + 3
    while names := [
        t.name for t in threading.enumerate() if t.name.startswith(("stream", "video", "resolve"))
    ]:
        assert time.monotonic() < end, names
        time.sleep(0.01)
    assert abandoned_readers() == 0


def opened(camera: TestCamera, **how: Any) -> Stream:
    return open_stream(camera.address, how.pop("settings", SETTINGS), **how)


def seen(stream: Stream, count: int, timeout_s: float = 3) -> list[Frame]:
    frames: list[Frame] = []
    for _ in range(count):
        frames.append(stream.latest(timeout_s, frames[-1] if frames else None))
    return frames


def watch(address: StreamAddress, settings: Settings) -> None:
    with open_stream(address, settings) as stream:
        seen(stream, 60, timeout_s=1)


def fault_of(camera: TestCamera, url: str | None = None, settings: Settings = SETTINGS) -> StreamError:
    """The fault that comes within a few seconds, when the stream is opened or afterwards."""
    address = StreamAddress.parse(url or camera.url)
    with pytest.raises(StreamError) as caught:
        watch(address, settings)
    assert "hunter22" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("keys_only", [False, True])
@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg"])
def test_each_codec_is_read(codec: str, keys_only: bool) -> None:
    clip = make_clip(codec=codec, gop=5)
    with TestCamera(clip) as camera, opened(camera, keys_only=keys_only) as stream:
        frames = seen(stream, 3)

        info = stream.info
        assert (info.codec, info.width, info.height) == (codec, 640, 360)
        assert (info.announced_fps, info.transport) == (10, Transport.TCP)
        assert all(frame.pixels.shape == (360, 640, 3) for frame in frames)
        assert frames[0].received < frames[1].received < frames[2].received
        assert all(frame.key for frame in frames) or not keys_only
        assert stream.exchange is not None
        assert stream.exchange.description is not None


def test_what_was_measured(camera: TestCamera) -> None:
    with opened(camera) as stream:
        seen(stream, 22)
        statistics = stream.statistics()

    assert statistics.fps == pytest.approx(10, rel=0.05)
    assert statistics.gop_frames == 10
    assert statistics.gop_s == pytest.approx(1, rel=0.05)
    assert statistics.lost_packets == 0
    assert statistics.packets > statistics.frames > 20
    assert statistics.bitrate_kbps == pytest.approx(500, rel=0.5)
    assert stream.info.user_data == (UUID + b"Maker 1.0",)


def test_the_conversation_with_the_camera_is_one_and_polite(camera: TestCamera) -> None:
    before, connections = dict(camera.counters.requests), camera.connections
    with opened(camera) as stream:
        seen(stream, 1)
    requests = camera.counters.requests

    assert camera.connections == connections + 1
    assert {name: count - before.get(name, 0) for name, count in requests} == {
        "OPTIONS": 1,
        "DESCRIBE": 2,
        "SETUP": 1,
        "PLAY": 1,
        "TEARDOWN": 1,
    }
    with opened(camera, exchange=stream.exchange) as again:
        assert again.exchange is not None
        assert again.exchange.answers[0].method == "OPTIONS"
    assert dict(camera.counters.requests)["OPTIONS"] == dict(requests)["OPTIONS"]


def test_keys_only_decodes_nothing_unasked_and_counts_what_it_drops() -> None:
    with TestCamera(make_clip(fps=25, gop=5)) as camera, opened(camera, keys_only=True) as stream:
        frames = seen(stream, 2)
        time.sleep(0.7)
        statistics = stream.statistics()

        assert frames[1].received - frames[0].received == pytest.approx(0.2, abs=0.15)
        assert statistics.dropped["not_key"] == statistics.frames - statistics.key_frames
        assert statistics.dropped["superseded"] >= 1


def test_key_frames_too_far_apart_make_it_decode_everything(caplog: pytest.LogCaptureFixture) -> None:
    settings = SETTINGS.model_copy(update={"stream_max_gop_s": 0.5})
    with (
        caplog.at_level(logging.INFO),
        TestCamera(make_clip(gop=10)) as camera,
        opened(camera, keys_only=True, settings=settings) as stream,
    ):
        frames = seen(stream, 8)

    assert not all(frame.key for frame in frames)
    assert any("too far apart" in record.message for record in caplog.records)


def test_the_newest_frame_wins(camera: TestCamera) -> None:
    with opened(camera) as stream:
        seen(stream, 1)
        time.sleep(0.5)
        asked = time.monotonic()
        frame = stream.latest(1)

        assert asked - frame.received < 0.2
        assert stream.statistics().dropped["superseded"] >= 3


def test_another_resolution_in_mid_stream(camera: TestCamera) -> None:
    clip = camera.spec.clip
    try:
        with opened(camera) as stream:
            seen(stream, 2)
            camera.switch(make_clip(width=320, height=240), in_stream=True)
            frames = seen(stream, 12)

            assert frames[-1].pixels.shape == (240, 320, 3)
            assert (stream.info.width, stream.info.height) == (320, 240)
    finally:
        camera.switch(clip)


def test_another_codec_after_the_camera_was_set_anew(camera: TestCamera) -> None:
    clip = camera.spec.clip
    try:
        with opened(camera) as stream:
            seen(stream, 1)
            camera.switch(make_clip(codec="hevc"))
            with pytest.raises(StreamError) as caught:
                seen(stream, 20, timeout_s=2)
        with opened(camera) as stream:
            assert seen(stream, 1)[0].width == 640
            assert stream.info.codec == "hevc"
    finally:
        camera.switch(clip)
    assert caught.value.fault is StreamFault.ENDED


def test_a_camera_that_reboots_is_gone_and_comes_back(camera: TestCamera) -> None:
    with opened(camera) as stream:
        seen(stream, 1)
        camera.stop()
        with pytest.raises(StreamError) as caught:
            seen(stream, 20)
    assert caught.value.fault is StreamFault.ENDED
    assert fault_of(camera).fault is StreamFault.REFUSED

    camera.start()

    with opened(camera) as stream:
        assert seen(stream, 1)


@pytest.mark.parametrize(
    ("faults", "fault"),
    [
        ({"silent": True}, StreamFault.TIMEOUT),
        ({"endless": "headers"}, StreamFault.TIMEOUT),
        ({"endless": "body"}, StreamFault.CORRUPT),
        ({"sdp_bytes": 100_000_000}, StreamFault.CORRUPT),
        ({"wrong_password": True}, StreamFault.AUTH_FAILED),
        ({"not_found": True}, StreamFault.NOT_FOUND),
        ({"status": 453}, StreamFault.REFUSED),
        ({"redirect": "rtsp://10.255.255.1/x"}, StreamFault.REFUSED),
        ({"redirect": "file:///etc/passwd"}, StreamFault.REFUSED),
        ({"audio_only": True}, StreamFault.UNSUPPORTED_CODEC),
        ({"stalled": True}, StreamFault.STALLED),
        ({"garbage": 1.0}, StreamFault.CORRUPT),
        ({"without_parameter_sets": True}, StreamFault.CORRUPT),
        ({"end_after_s": 0.3, "end": "bye"}, StreamFault.ENDED),
        ({"end_after_s": 0.3, "end": "teardown"}, StreamFault.ENDED),
        ({"end_after_s": 0.3, "end": "close"}, StreamFault.ENDED),
        ({"end_after_s": 0.3, "end": "reset"}, StreamFault.ENDED),
    ],
    ids=str,
)
def test_each_fault_has_its_code(camera: TestCamera, faults: dict[str, Any], fault: StreamFault) -> None:
    camera.set_faults(**faults)

    assert fault_of(camera).fault is fault


@pytest.mark.parametrize(
    "faults",
    [
        {},
        {"garbage": 1.0},
        {"stalled": True},
        {"wrong_password": True},
        {"end_after_s": 0.3, "end": "reset"},
        {"end_after_s": 0.3, "end": "teardown"},
    ],
    ids=str,
)
def test_a_stream_that_is_over_is_freed_at_once(camera: TestCamera, faults: dict[str, Any]) -> None:
    """Not when the garbage collector comes by: it holds megabytes that Python does not see."""
    camera.set_faults(**faults)
    target = Dialled(camera.address, SETTINGS)
    gc.collect()
    gc.disable()
    try:
        stream = LiveStream(target, keys_only=True, known=None)
        ended = weakref.ref(stream)
        with contextlib.suppress(StreamError):
            stream.start()
            with stream:
                seen(stream, 2 if not faults else 30, timeout_s=1)
        del stream
        end = time.monotonic() + 3
        while ended() is not None and time.monotonic() < end:
            time.sleep(0.01)
        assert ended() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg"])
@pytest.mark.parametrize(
    ("faults", "later", "keys_only", "fault"),
    [
        ({"garbage": 1.0}, False, True, StreamFault.CORRUPT),
        ({"garbage": 1.0}, True, True, StreamFault.CORRUPT),
        ({"garbage": 1.0}, True, False, StreamFault.CORRUPT),
        ({"stalled": True}, True, True, StreamFault.STALLED),
    ],
)
def test_bytes_that_make_no_picture_are_corrupt_and_silence_is_a_stall(
    codec: str, faults: dict[str, Any], later: bool, keys_only: bool, fault: StreamFault
) -> None:
    """Of both no library says which it is."""
    with TestCamera(make_clip(codec=codec, gop=5)) as camera:
        camera.set_faults(**({} if later else faults))
        with pytest.raises(StreamError) as caught:
            look_on(camera, faults, keys_only)
    assert caught.value.fault is fault


def test_pictures_without_a_key_frame_are_no_damage(camera: TestCamera) -> None:
    camera.set_faults(first_key_after_s=30)
    with pytest.raises(StreamError, match="no key frame came") as caught:
        look_on(camera, {"first_key_after_s": 30}, keys_only=True)

    assert caught.value.fault is StreamFault.STALLED


def look_on(camera: TestCamera, faults: dict[str, Any], keys_only: bool) -> None:
    """Until the stream fails; the camera has ``faults`` from the first picture on."""
    with opened(camera, keys_only=keys_only) as stream:
        frame = stream.latest(1.2)
        camera.set_faults(**faults)
        for _ in range(60):
            frame = stream.latest(1.2, after=frame)


def test_logins(camera: TestCamera) -> None:
    error = fault_of(camera, camera.bare_url)
    assert error.fault is StreamFault.AUTH_REQUIRED
    assert error.exchange is not None
    assert [a.status for a in error.exchange.answers] == [200, 401]

    wrong = camera.bare_url.replace("://", "://admin:hunter22x@")
    assert fault_of(camera, wrong).fault is StreamFault.AUTH_FAILED
    assert describe(camera.address, SETTINGS).description is not None


def test_a_host_that_is_not_there() -> None:
    address = StreamAddress.parse("rtsp://no-such-host.invalid/x")

    with pytest.raises(StreamError) as caught:
        open_stream(address, SETTINGS)

    assert caught.value.fault is StreamFault.UNREACHABLE
    assert caught.value.exchange is None


def test_a_stream_that_stalls_later_is_noticed(camera: TestCamera) -> None:
    with opened(camera) as stream:
        seen(stream, 2)
        camera.set_faults(stalled=True)
        began = time.monotonic()
        with pytest.raises(StreamError) as caught:
            seen(stream, 10, timeout_s=5)

    assert caught.value.fault is StreamFault.STALLED
    assert time.monotonic() - began < 3


def test_loss_is_counted_and_survived(camera: TestCamera) -> None:
    with opened(camera) as stream:
        camera.set_faults(loss=0.05)
        seen(stream, 10)
        camera.set_faults()
        seen(stream, 12)
        statistics = stream.statistics()

    assert statistics.lost_packets is not None
    assert statistics.lost_packets > 0


def test_times_that_jump_do_no_harm(camera: TestCamera) -> None:
    camera.set_faults(jump_s=1000.0)
    with opened(camera) as stream:
        seen(stream, 15)

        assert stream.statistics().fps == pytest.approx(10, rel=0.2)


def test_a_slow_first_key_frame_is_waited_for(camera: TestCamera) -> None:
    camera.set_faults(first_key_after_s=1.2)
    with opened(camera, settings=SETTINGS.model_copy(update={"stream_first_frame_s": 4})) as stream:
        assert seen(stream, 1, timeout_s=4)


def test_a_redirect_on_the_same_host_is_followed(camera: TestCamera) -> None:
    with TestCamera(make_clip()) as other:
        camera.set_faults(redirect=other.bare_url)
        with opened(camera) as stream:
            assert seen(stream, 1)


def test_the_connection_goes_where_it_is_pinned(camera: TestCamera) -> None:
    address = replace(camera.address, host="camera.invalid")

    with open_stream(address, SETTINGS, pinned_ip="127.0.0.1") as stream:
        assert seen(stream, 1)


def test_tls() -> None:
    with TestCamera(make_clip(), auth="digest", tls=True) as camera:
        with opened(camera) as stream:
            assert seen(stream, 1)
        strict = SETTINGS.model_copy(update={"stream_tls_verify": True})
        assert fault_of(camera, settings=strict).fault is StreamFault.TLS_FAILED
        plain = camera.url.replace("rtsps://", "rtsp://")
        assert fault_of(camera, plain).fault in (StreamFault.ENDED, StreamFault.CORRUPT)


def test_tls_with_a_port_that_speaks_none(camera: TestCamera) -> None:
    assert fault_of(camera, camera.url.replace("rtsp://", "rtsps://")).fault is StreamFault.TLS_FAILED


def test_no_credential_in_any_log_line(camera: TestCamera, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        for faults in ({}, {"garbage": 1.0}, {"wrong_password": True}, {"stalled": True}):
            camera.set_faults(**faults)
            try:
                with opened(
                    camera, settings=SETTINGS.model_copy(update={"stream_transport": "auto"})
                ) as stream:
                    seen(stream, 2, timeout_s=1)
            except StreamError:
                continue

    assert "hunter22" not in caplog.text


def test_pictures_beyond_the_limit_are_not_decoded(camera: TestCamera) -> None:
    settings = SETTINGS.model_copy(update={"stream_max_pixels": 640 * 360 - 1})

    assert fault_of(camera, settings=settings).fault is StreamFault.CORRUPT


def relay_to(camera: TestCamera, clock: Clock = SYSTEM_CLOCK) -> Relay:
    described = open_session(Dialled(camera.address, SETTINGS))
    description = parse_description(described.answer.body)
    track = description.video()
    assert track is not None
    return Relay(described, description, track, Transport.TCP, SETTINGS, clock)


def test_a_packet_on_its_way_is_not_in_vain(camera: TestCamera) -> None:
    clock, packet = FakeClock(), Interleaved(0, b"$\0\0\x0c" + b"\x80\x60" + bytes(10))
    relay = relay_to(camera, clock)
    relay._pass_packet(packet)
    told = [relay.flows_in_vain]
    clock.advance(0.4)
    relay._pass_packet(packet)
    told.append(relay.flows_in_vain)
    relay.made_picture()
    told.append(relay.flows_in_vain)
    relay.close()

    assert told == [False, True, False]


def test_a_stranger_on_the_loopback_gets_nothing(camera: TestCamera) -> None:
    relay = relay_to(camera)
    relay.start()
    stranger = StreamAddress.parse(relay.url.rpartition("/")[0] + "/guess")

    with pytest.raises(StreamError) as caught:
        describe(stranger, SETTINGS)
    relay.finish(1)

    assert caught.value.fault is StreamFault.ENDED
    assert relay.fault is not None
    with pytest.raises(ConnectionRefusedError):
        open_socket(("127.0.0.1", stranger.port))


def test_closing_ends_a_wait_at_once(camera: TestCamera) -> None:
    camera.set_faults(first_key_after_s=30)
    stream = opened(camera, settings=SETTINGS.model_copy(update={"stream_stall_s": 30}))
    threading.Timer(0.2, stream.close).start()
    began = time.monotonic()

    with pytest.raises(StreamError, match="closed here"):
        stream.latest(20)

    assert time.monotonic() - began < 3


def test_a_native_call_that_hangs_holds_up_nobody(
    camera: TestCamera, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()
    with opened(camera) as stream:
        seen(stream, 1)
        assert isinstance(stream, LiveStream)
        monkeypatch.setattr(stream, "_take", lambda _packet: release.wait(30))
        began = time.monotonic()
        with pytest.raises(StreamError) as caught:
            seen(stream, 10, timeout_s=0.8)
        assert caught.value.fault is StreamFault.STALLED
    took = time.monotonic() - began
    left = abandoned_readers()
    release.set()

    assert took < 0.8 + 0.8 + SETTINGS.stream_close_s + 0.5
    assert left == 1
    assert "left behind" in caplog.text
