"""Streams of a server that we did not write: over TCP and UDP, with TLS and both kinds of login."""

from __future__ import annotations

from typing import Any

import pytest

from edge.domain_streams import Transport
from edge.media.address import StreamAddress
from edge.media.stream import open_stream
from edge.settings import Settings
from tests.media.test_stream import seen
from tests.support.clips import make_clip
from tests.support.gst_camera import GstCamera


@pytest.mark.parametrize("transport", [Transport.TCP, Transport.UDP])
@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg"])
def test_each_codec_over_each_transport(codec: str, transport: Transport) -> None:
    with (
        GstCamera(make_clip(codec=codec), auth="digest") as camera,
        open_stream(StreamAddress.parse(camera.url), Settings(stream_transport=transport.value)) as stream,
    ):
        frames = seen(stream, 5)
        statistics = stream.statistics()

        assert frames[-1].pixels.shape == (360, 640, 3)
        assert stream.info.transport is transport
        assert stream.info.codec == codec
        assert statistics.lost_packets == 0


@pytest.mark.parametrize("how", [{"auth": "basic"}, {"auth": "digest", "tls": True}], ids=str)
def test_logins_and_tls(how: dict[str, Any]) -> None:
    with (
        GstCamera(make_clip(), **how) as camera,
        open_stream(StreamAddress.parse(camera.url), Settings()) as stream,
    ):
        assert seen(stream, 2)
