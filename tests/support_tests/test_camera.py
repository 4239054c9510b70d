"""The test camera is a camera: FFmpeg plays it, and each of its faults can be seen."""

from __future__ import annotations

import ssl
import struct
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import av
import numpy as np
import pytest
from av.error import FFmpegError
from av.sidedata.sidedata import Type as SideData

from edge.domain import Pixels
from tests.support.camera import CameraProcess, CameraSpec, RunningCamera, TestCamera
from tests.support.clips import Clip, Codec, make_clip
from tests.support.service import wait_for
from tests.support_tests.raw_client import RawClient, Reply, Rtp, basic, digest
from tests.support_tests.test_clips import decoded

CLIP = Clip(fps=50, gop=5, seconds=1, kbps=1600)
OPTIONS = {"rtsp_transport": "tcp", "fpsprobesize": "1", "analyzeduration": "200000"}


@pytest.fixture(scope="module")
def process() -> Iterator[CameraProcess]:
    specs = [CameraSpec(make_clip(CLIP, codec=codec)) for codec in ("h264", "hevc", "mjpeg")]
    with CameraProcess(specs) as process:
        yield process


@pytest.fixture
def camera(process: CameraProcess) -> Iterator[RunningCamera]:
    yield process.cameras[0]
    process.cameras[0].set_faults()


def pictures(url: str, count: int, timeout: float = 5, **options: str) -> list[Pixels]:
    with av.open(url, options=OPTIONS | options, timeout=timeout) as container:
        frames = container.decode(video=0)
        return [np.asarray(next(frames).to_ndarray(format="bgr24")) for _ in range(count)]


def describe(camera: RunningCamera, **headers: str) -> Reply:
    with RawClient(camera.bare_url) as client:
        return client.ask("DESCRIBE", **headers)


def nal_kinds(packets: list[Rtp]) -> set[int]:
    """Types of the H.264 NAL units that begin in those packets."""
    return {p.payload[1] & 0x1F if p.payload[0] & 0x1F == 28 else p.payload[0] & 0x1F for p in packets}


# --- what a camera does ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(3), ids=["h264", "hevc", "mjpeg"])
def test_ffmpeg_gets_the_pictures_of_the_clip(process: CameraProcess, number: int) -> None:
    codecs: tuple[Codec, ...] = ("h264", "hevc", "mjpeg")
    whole = decoded(make_clip(CLIP, codec=codecs[number]))
    seen = pictures(process.cameras[number].url, 60)
    first = next(i for i, picture in enumerate(whole) if (picture == seen[0]).all())
    assert first % CLIP.gop == 0 or codecs[number] == "mjpeg"
    for at, picture in enumerate(seen):
        assert (picture == whole[(first + at) % len(whole)]).all(), at


def test_it_sends_in_real_time(camera: RunningCamera) -> None:
    with RawClient(camera.bare_url) as client:
        client.play()
        marked: list[tuple[float, int]] = []
        while len(marked) < 51:
            packet = client.packets(1)[0]
            if packet.marker:
                marked.append((time.monotonic(), packet.time))
    assert marked[-1][1] - marked[0][1] & 0xFFFFFFFF == 90_000
    assert marked[-1][0] - marked[0][0] == pytest.approx(1, abs=0.5)


def test_it_counts_connections_clients_and_requests() -> None:
    with TestCamera(make_clip(CLIP)) as camera:
        with RawClient(camera.bare_url) as client:
            client.ask("OPTIONS")
            client.play()
            client.packets(1)
            assert (camera.connections, camera.clients) == (1, 1)
            assert dict(camera.counters.requests) == {"OPTIONS": 1, "SETUP": 1, "PLAY": 1}
        wait_for(lambda: camera.counters.open == 0)
        assert (camera.connections, camera.clients) == (1, 0)


def test_a_report_tells_when_the_first_picture_was_taken(camera: RunningCamera) -> None:
    with RawClient(camera.bare_url) as client:
        info = client.play().headers["RTP-Info"]
        report, first = client.packet(), client.packets(1)[0]
    assert isinstance(report, bytes)
    kind, seconds, rtp_time = report[1], *struct.unpack_from(">I4xI", report, 8)
    assert kind == 200
    assert abs(seconds - 2_208_988_800 - time.time()) < 5
    assert rtp_time == first.time
    assert f"seq={first.sequence};rtptime={first.time}" in info


def test_what_it_says_of_itself_can_be_set() -> None:
    sdp = {"session": "RTSP Session", "information": "a test", "attributes": ("tool:Acme",), "control": "t=0"}
    extra = (("X-Accept-Dynamic-Rate", "1"),)
    with TestCamera(make_clip(CLIP), server="Acme/1.0", public="OPTIONS, PLAY", headers=extra, sdp=sdp) as c:
        with RawClient(c.bare_url) as client:
            options, description = client.ask("OPTIONS"), client.ask("DESCRIBE")
        assert len(pictures(c.url, 1)) == 1
    assert (options.headers["Server"], options.headers["Public"]) == ("Acme/1.0", "OPTIONS, PLAY")
    assert options.headers["X-Accept-Dynamic-Rate"] == "1"
    lines = description.body.split("\r\n")
    assert {"s=RTSP Session", "i=a test", "a=tool:Acme", "a=control:t=0", "a=framerate:50"} <= {*lines}


def test_without_a_name_it_sends_no_server_header() -> None:
    with TestCamera(make_clip(CLIP), server=None) as camera:
        assert "Server" not in describe(camera).headers


def test_user_data_goes_before_key_frames() -> None:
    data = bytes(range(16)) + b"made by Acme \x00\x00\x01 \x00\x00\x00" + bytes(300)
    for codec in ("h264", "hevc"):
        with (
            TestCamera(make_clip(CLIP, codec=codec), user_data=data) as camera,
            av.open(camera.url, options=OPTIONS, timeout=5) as container,
        ):
            frame = next(container.decode(video=0))
            assert bytes(frame.side_data[SideData.SEI_UNREGISTERED]) == data  # type: ignore[typeddict-item]


def test_its_clock_can_run_with_that_of_the_machine() -> None:
    starts = datetime.now(UTC) - timedelta(seconds=61)
    clip = Clip(fps=25, gop=1, seconds=60, width=64, height=48, texts=(), kbps=100)
    with TestCamera(make_clip(clip), starts=starts) as camera:
        whole = decoded(make_clip(clip))
        seen = pictures(camera.url, 1)[0]
        shown = starts + timedelta(seconds=next(i for i, p in enumerate(whole) if (p == seen).all()) / 25)
        late = (datetime.now(UTC) - shown).total_seconds() % 60
    assert late < 5


def test_udp_is_refused(camera: RunningCamera) -> None:
    with RawClient(camera.bare_url) as client:
        setup = client.ask("SETUP", Transport="RTP/AVP;unicast;client_port=5000-5001")
        assert setup.status == 461
        assert client.ask("PLAY").status == 454
        assert client.ask("RECORD").status == 501
        assert client.ask("GET_PARAMETER").status == 200
        assert client.ask("TEARDOWN").status == 200


# --- logins and TLS ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("auth", ["basic", "digest"])
def test_ffmpeg_logs_in(auth: str) -> None:
    with TestCamera(make_clip(CLIP), auth=auth, realm="Acme 1", password="p@ss:word/1") as camera:
        refused = describe(camera)
        assert refused.status == 401
        assert 'realm="Acme 1"' in refused.headers["WWW-Authenticate"]
        assert len(pictures(camera.url, 1)) == 1
        with pytest.raises(FFmpegError, match="401"):
            pictures(camera.bare_url, 1)
        assert (camera.address.username, camera.address.password) == ("admin", "p@ss:word/1")


def test_only_the_right_password_opens() -> None:
    with TestCamera(make_clip(CLIP), auth="digest") as camera, RawClient(camera.bare_url) as client:
        challenge = client.ask("DESCRIBE").headers["WWW-Authenticate"]
        wrong = digest(challenge, "admin", "another", "DESCRIBE", camera.bare_url)
        right = digest(challenge, "admin", "a-password", "DESCRIBE", camera.bare_url)
        assert client.ask("DESCRIBE", Authorization=wrong).status == 401
        assert client.ask("DESCRIBE", Authorization=basic("admin", "a-password")).status == 401
        assert client.ask("DESCRIBE", Authorization=right).status == 200


def test_a_login_refused_may_be_accepted_later() -> None:
    with TestCamera(make_clip(CLIP), auth="digest", faults={"wrong_password": True}) as camera:
        with pytest.raises(FFmpegError, match="401"):
            pictures(camera.url, 1)
        camera.set_faults()
        assert len(pictures(camera.url, 1)) == 1


def test_it_speaks_tls_with_a_certificate_of_its_own() -> None:
    with TestCamera(make_clip(CLIP), tls=True) as camera:
        assert camera.url.startswith("rtsps://")
        assert len(pictures(camera.url, 1)) == 1
        trusting = ssl.create_default_context(cafile=camera.spec.certificate)
        with RawClient(camera.url, trusting) as client:
            assert client.ask("DESCRIBE").status == 200
        with pytest.raises(ssl.SSLError), RawClient(camera.url, ssl.create_default_context()):
            pass


# --- faults ------------------------------------------------------------------------------------------------


def test_a_reboot_drops_clients_and_comes_back_on_its_port(camera: RunningCamera) -> None:
    with RawClient(camera.bare_url) as client:
        client.play()
        client.packets(1)
        camera.stop()
        with pytest.raises((EOFError, ConnectionResetError)):
            client.packets(1000)
    with pytest.raises(FFmpegError, match="refused"):
        pictures(camera.url, 1)
    camera.start()
    assert len(pictures(camera.url, 1)) == 1


def test_a_stalled_camera_sends_no_more(camera: RunningCamera) -> None:
    with av.open(camera.url, options=OPTIONS, timeout=(5, 0.5)) as container:
        frames = container.decode(video=0)
        next(frames)
        camera.set_faults(stalled=True)
        with pytest.raises(FFmpegError):
            list(frames)
        assert camera.clients == 1


def test_a_silent_camera_accepts_and_never_answers(camera: RunningCamera) -> None:
    camera.set_faults(silent=True)
    with pytest.raises(FFmpegError):
        pictures(camera.url, 1, timeout=0.5)


def test_lost_packets_leave_gaps_in_the_numbers(camera: RunningCamera) -> None:
    camera.set_faults(loss=0.05)
    with RawClient(camera.bare_url) as client:
        client.play()
        numbers = [packet.sequence for packet in client.packets(200)]
    span = (numbers[-1] - numbers[0] & 0xFFFF) + 1
    assert 203 <= span <= 225


def test_garbage_cannot_be_decoded(camera: RunningCamera) -> None:
    camera.set_faults(garbage=1)
    with pytest.raises(FFmpegError, match=r"Invalid data|exit requested"):
        pictures(camera.url, 1, timeout=1)


def test_without_parameter_sets_nothing_can_be_decoded(camera: RunningCamera) -> None:
    camera.set_faults(without_parameter_sets=True)
    assert "sprop" not in describe(camera).body
    with RawClient(camera.bare_url) as client:
        client.play()
        assert nal_kinds(client.packets(100)) == {1, 5}
    with pytest.raises(FFmpegError):
        pictures(camera.url, 1, timeout=1)


def test_the_first_key_frame_may_be_slow(camera: RunningCamera) -> None:
    camera.set_faults(first_key_after_s=0.5)
    with RawClient(camera.bare_url) as client:
        client.play()
        started = time.monotonic()
        assert nal_kinds(client.packets(5)) == {1}
        while nal_kinds(client.packets(1)) != {5}:
            pass
        assert 0.45 <= time.monotonic() - started < 2


@pytest.mark.parametrize(("faults", "status"), [({"not_found": True}, 404), ({"status": 503}, 503)])
def test_refusals(camera: RunningCamera, faults: dict[str, Any], status: int) -> None:
    camera.set_faults(**faults)
    assert describe(camera).status == status


def test_another_path_is_not_found(camera: RunningCamera) -> None:
    with RawClient(camera.bare_url) as client:
        assert client.ask("DESCRIBE", camera.bare_url + "/other").status == 404


def test_a_redirect_leads_to_another_camera(process: CameraProcess, camera: RunningCamera) -> None:
    camera.set_faults(redirect=process.cameras[2].url)
    assert describe(camera).headers["Location"] == process.cameras[2].url
    with av.open(camera.url, options=OPTIONS, timeout=5) as container:
        assert container.streams.video[0].codec_context.name == "mjpeg"


@pytest.mark.parametrize("what", ["headers", "body"])
def test_an_answer_may_never_end(camera: RunningCamera, what: str) -> None:
    camera.set_faults(endless=what)
    with pytest.raises(FFmpegError):
        pictures(camera.url, 1, timeout=0.5)


def test_the_sdp_may_be_huge(camera: RunningCamera) -> None:
    camera.set_faults(sdp_bytes=5_000_000)
    assert 4_990_000 < len(describe(camera).body) <= 5_000_000


def test_there_may_be_sound_only(camera: RunningCamera) -> None:
    camera.set_faults(audio_only=True)
    with av.open(camera.url, options=OPTIONS, timeout=5) as container:
        assert not container.streams.video
        assert next(container.decode(audio=0)).sample_rate == 8000


def test_the_times_may_jump(camera: RunningCamera) -> None:
    camera.set_faults(jump_s=100)
    with RawClient(camera.bare_url) as client:
        client.play()
        times = [packet.time for packet in client.packets(100)]
    steps = {b - a & 0xFFFFFFFF for a, b in pairwise(times)}
    assert steps == {0, 1800, 1800 + 9_000_000}


@pytest.mark.parametrize("how", ["bye", "teardown", "close", "reset"])
def test_a_stream_may_end(camera: RunningCamera, how: str) -> None:
    camera.set_faults(end_after_s=0.2, end=how)
    with av.open(camera.url, options=OPTIONS, timeout=2) as container:
        assert 1 <= len(list(container.decode(video=0))) < 40
    assert camera.clients == 0


def test_streams_that_play_can_be_ended(camera: RunningCamera) -> None:
    with RawClient(camera.bare_url) as client:
        client.play()
        client.packets(1)
        camera.end("teardown")
        with pytest.raises(EOFError, match="TEARDOWN"):
            client.packets(100)


def test_the_resolution_may_change_in_the_stream() -> None:
    with TestCamera(make_clip(CLIP)) as camera, av.open(camera.url, options=OPTIONS, timeout=5) as container:
        frames = container.decode(video=0)
        assert next(frames).width == 640
        camera.switch(make_clip(CLIP, width=320, height=240), in_stream=True)
        sizes = [(frame.width, frame.height) for frame, _ in zip(frames, range(20), strict=False)]
        assert sizes[-1] == (320, 240)


def test_the_codec_may_change_after_a_reconnect() -> None:
    with TestCamera(make_clip(CLIP)) as camera:
        with av.open(camera.url, options=OPTIONS, timeout=5) as container:
            frames = container.decode(video=0)
            next(frames)
            camera.switch(make_clip(CLIP, codec="hevc"))
            assert len(list(frames)) < 40
        with av.open(camera.url, options=OPTIONS, timeout=5) as container:
            assert container.streams.video[0].codec_context.name == "hevc"
