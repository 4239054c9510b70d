"""Playlists and lists in the place of a video: FFmpeg opens what it is given and nothing beside."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest

from edge.errors import CamidError, StreamError
from edge.media import video
from edge.media.address import FileAddress, StreamAddress, parse_source
from edge.media.clock import SYSTEM_CLOCK
from tests.support.service import make_settings

SCHEMES = (
    "file",
    "concat",
    "subfile",
    "pipe",
    "data",
    "http",
    "https",
    "tcp",
    "udp",
    "unix",
    "crypto",
    "cache",
)


def references(secret: Path) -> dict[str, bytes]:
    """Files that make a player open another: an HLS playlist, a list of FFmpeg's, a session, a manifest."""
    return {
        "playlist.m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n".encode(),
        "list.ffconcat": f"ffconcat version 1.0\nfile {secret}\n".encode(),
        "session.sdp": b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nc=IN IP4 127.0.0.1\r\n"
        b"m=video 5000 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n",
        "manifest.mpd": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period/></MPD>',
    }


@pytest.mark.parametrize("name", references(Path("x")))
@pytest.mark.parametrize("suffix", ["", ".mp4"])
def test_a_file_that_names_others_is_no_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, suffix: str
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(video, "_open_nothing", lambda *given: asked.append(given))
    place = tmp_path / f"{name}{suffix}"
    place.write_bytes(references(tmp_path / "secret.ts")[name])
    settings = make_settings(tmp_path, stream_first_frame_s=10)
    with pytest.raises(StreamError):
        video.open_video(FileAddress(place), settings, SYSTEM_CLOCK, keys_only=True, realtime=False)
    assert asked == []


def small_video(place: Path) -> None:
    with place.open("wb") as file, av.open(file, "w", format="mp4") as made:
        stream = made.add_stream("mpeg4", rate=1)
        stream.width = stream.height = 64
        made.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        made.mux(stream.encode())


@pytest.mark.parametrize(
    ("lock", "picked"),
    [("_FORMATS", f"{video._FORMATS},concat"), ("_NO_PROTOCOL", "file,pipe,subfile,concat")],
)
def test_each_of_two_locks_holds_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lock: str, picked: str
) -> None:
    """As if the list of formats, or that of protocols, had been widened."""
    small_video(tmp_path / "secret.mp4")
    content = b"ffconcat version 1.0\nfile secret.mp4\n"  # FFmpeg itself refuses absolute paths
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(video, lock, picked)
    with pytest.raises((av.FFmpegError, PermissionError)), video.opened(io.BytesIO(content)):
        pass


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_stream_is_read_over_rtsp_alone(scheme: str) -> None:
    for text in (f"{scheme}:///etc/passwd", f"{scheme}://127.0.0.1/a", f"{scheme}:/etc/passwd|rtsp://a/b"):
        with pytest.raises(CamidError):
            StreamAddress.parse(text)
        with pytest.raises(CamidError):
            parse_source(text)


@pytest.mark.parametrize("name", ["concat:a.mp4", "subfile,,start,0,end,9,,:a.mp4", "-i", "http:__a"])
def test_no_name_of_a_file_is_taken_for_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """FFmpeg is given the open file and not its name."""
    monkeypatch.chdir(tmp_path)
    small_video(tmp_path / name)
    settings = make_settings(tmp_path)
    with video.open_video(
        FileAddress(Path(name)), settings, SYSTEM_CLOCK, keys_only=True, realtime=False
    ) as opened:
        assert (opened.info.width, opened.info.height) == (64, 64)
