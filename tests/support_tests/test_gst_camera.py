"""GStreamer's server gives the pictures of our clips, over TCP and UDP."""

from __future__ import annotations

from typing import Literal

import av
import numpy as np
import pytest
from av.error import FFmpegError

from edge.domain import Pixels
from tests.support.clips import Clip, Codec, make_clip
from tests.support.gst_camera import GstCamera
from tests.support_tests.test_clips import decoded

CLIP = Clip(fps=25, gop=5, seconds=1)
OPTIONS = {"fpsprobesize": "1", "analyzeduration": "200000"}


def pictures(url: str, count: int, transport: str) -> list[Pixels]:
    with av.open(url, options=OPTIONS | {"rtsp_transport": transport}, timeout=10) as container:
        frames = container.decode(video=0)
        return [np.asarray(next(frames).to_ndarray(format="bgr24")) for _ in range(count)]


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg"])
def test_ffmpeg_gets_the_pictures_of_the_clip(codec: Codec, transport: str) -> None:
    clip = make_clip(CLIP, codec=codec)
    with GstCamera(clip) as camera:
        seen = pictures(camera.url, 30, transport)
    drawn = decoded(clip)
    same = sum(any((picture == other).all() for other in drawn) for picture in seen)
    assert same == 30 if transport == "tcp" else same >= 15  # a busy machine may lose packets of UDP


@pytest.mark.parametrize("auth", ["basic", "digest"])
def test_it_wants_a_login(auth: Literal["basic", "digest"]) -> None:
    with GstCamera(make_clip(CLIP), auth=auth) as camera:
        assert len(pictures(camera.url, 1, "tcp")) == 1
        with pytest.raises(FFmpegError, match="401"):
            pictures(camera.bare_url, 1, "tcp")


def test_it_speaks_tls() -> None:
    with GstCamera(make_clip(CLIP), tls=True) as camera:
        assert len(pictures(camera.url, 1, "tcp")) == 1
