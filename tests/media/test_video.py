from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from edge.domain_streams import Frame, Transport
from edge.errors import StreamError, StreamFault
from edge.media.address import FileAddress
from edge.media.stream import open_stream
from edge.media.video import FileStream
from edge.settings import Settings
from tests.support.clips import make_clip
from tests.support.clock import FakeClock

SETTINGS = Settings(stream_first_frame_s=5)


def play(path: Path, **how: object) -> tuple[list[Frame], StreamError, FileStream]:
    """All frames of a file and what ended it."""
    frames: list[Frame] = []
    with open_stream(FileAddress(path), SETTINGS, **how) as stream:  # type: ignore[arg-type]
        assert isinstance(stream, FileStream)
        while True:
            try:
                frames.append(stream.latest(5, frames[-1] if frames else None))
            except StreamError as error:
                return frames, error, stream


@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg"])
def test_every_frame_of_a_recording(codec: str) -> None:
    frames, end, stream = play(make_clip(codec=codec))

    assert len(frames) == 40
    assert [frame.pts for frame in frames] == pytest.approx([i / 10 for i in range(40)])
    assert end.fault is StreamFault.ENDED
    assert (stream.info.codec, stream.info.transport) == (codec, Transport.FILE)
    assert stream.exchange is None
    statistics = stream.statistics()
    assert statistics.fps == pytest.approx(10)
    assert statistics.jitter_ms is None
    assert sum(statistics.dropped.values()) == 0


def test_key_frames_alone() -> None:
    frames, _, _ = play(make_clip(gop=10), keys_only=True)

    assert [frame.pts for frame in frames] == pytest.approx([0, 1, 2, 3])
    assert all(frame.key for frame in frames)


def test_in_real_time_each_frame_waits_for_its_moment() -> None:
    clock = FakeClock()
    frames, end, _ = play(make_clip(), clock=clock, realtime=True)

    assert frames
    assert end.fault is StreamFault.ENDED
    assert sum(clock.waits) == pytest.approx(3.9, abs=0.2)


def test_seeking_goes_to_the_key_frame_before() -> None:
    with open_stream(FileAddress(make_clip(gop=10)), SETTINGS) as stream:
        assert isinstance(stream, FileStream)
        first = stream.latest(5)
        stream.seek(2.55)
        frame = stream.latest(5, first)

        assert frame.pts == pytest.approx(2.0)
        assert frame.key


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no video at all",
        b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/x.ts\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"v=0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
    ],
    ids=["empty", "text", "playlist", "concat", "sdp"],
)
def test_what_is_no_video_opens_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(content)

    with pytest.raises(StreamError) as caught:
        open_stream(FileAddress(path), SETTINGS)

    assert caught.value.fault is StreamFault.CORRUPT
    assert str(tmp_path) not in str(caught.value)


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(StreamError) as caught:
        open_stream(FileAddress(tmp_path / "gone.mp4"), SETTINGS)

    assert caught.value.fault is StreamFault.NOT_FOUND


def test_a_file_without_video(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    with pytest.raises(StreamError) as caught:
        open_stream(FileAddress(path), SETTINGS)

    assert caught.value.fault is StreamFault.UNSUPPORTED_CODEC


def test_a_damaged_recording_gives_what_is_whole(tmp_path: Path) -> None:
    data = bytearray(make_clip().read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4000] = bytes(4000)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(data)

    frames, end, _ = play(path)

    assert len(frames) >= 15
    assert end.fault is StreamFault.ENDED


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_turned_recording_stands_upright(tmp_path: Path, degrees: int) -> None:
    upright = np.zeros((64, 96, 3), np.uint8)
    upright[:32, :48] = 255  # the upper left corner is white
    path = tmp_path / "turned.mp4"
    write_turned(path, upright, degrees)

    frames, _, _ = play(path)

    pixels = frames[0].pixels
    assert pixels.shape == upright.shape
    assert pixels[8, 8].mean() > 200
    assert max(pixels[8, 88].mean(), pixels[56, 8].mean(), pixels[56, 88].mean()) < 60


def write_turned(path: Path, upright: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], degrees: int) -> None:
    """A recording whose pictures lie, with a display matrix that turns them clockwise by ``degrees``."""
    lying = np.ascontiguousarray(np.rot90(upright, degrees // 90))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = lying.shape[1], lying.shape[0], "yuv420p"
        stream.time_base = Fraction(1, 10)
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(lying, "bgr24")))
        container.mux(stream.encode(None))
    turn_track_header(path, degrees)


def turn_track_header(path: Path, degrees: int) -> None:
    """Writes the matrix into the ``tkhd`` box (ISO 14496-12, 8.3.2): 36 bytes, 40 after version and flags."""
    matrices = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
    a, b, c, d = (value << 16 for value in matrices[degrees])
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 4 + 40
    numbers = (a, b, 0, c, d, 0, 0, 0, 1 << 30)
    data[start : start + 36] = b"".join(number.to_bytes(4, "big", signed=True) for number in numbers)
    path.write_bytes(data)
