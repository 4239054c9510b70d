from __future__ import annotations

import logging

import av
import pytest

from edge.errors import CamidError, ErrorCode
from edge.media.decoder import Decoder
from edge.media.hardware import Hardware
from edge.settings import Settings
from tests.support.clips import make_clip


def pi(node: str) -> bool:
    return node in ("/dev/video10", "/dev/video11")


def jetson(node: str) -> bool:
    return node in ("/dev/nvhost-nvdec", "/dev/nvhost-ctrl-gpu")


def nothing(_: str) -> bool:
    return False


def test_what_is_present_is_tried_best_first() -> None:
    assert Hardware("auto", nothing).candidates("h264") == []
    assert Hardware("auto", pi).candidates("h264") == ["v4l2m2m"]
    assert Hardware("auto", jetson).candidates("h264")[:2] == ["nvv4l2dec", "nvmpi"]


def test_a_named_device_is_tried_whatever_is_present_and_none_means_none() -> None:
    assert Hardware("cuda", nothing).candidates("hevc") == ["cuda"]
    assert Hardware("none", pi).candidates("h264") == []


def test_an_unknown_device_is_an_error_of_the_settings() -> None:
    with pytest.raises(CamidError) as caught:
        Hardware("warp-drive")

    assert caught.value.code is ErrorCode.SETTINGS_INVALID


@pytest.mark.parametrize("device", ["v4l2m2m", "nvv4l2dec", "cuvid", "vaapi"])
def test_a_device_that_fails_is_replaced_by_the_processor_and_the_reason_logged(
    device: str, caplog: pytest.LogCaptureFixture
) -> None:
    hardware = Hardware(device)
    settings = Settings()
    with caplog.at_level(logging.WARNING), av.open(str(make_clip(codec="h264"))) as container:
        video = container.streams.video[0]
        frames = []
        for _ in range(2):
            decoder = Decoder("h264", video.codec_context.extradata, settings, hardware)
            container.seek(0)
            for packet in container.demux(video):
                try:
                    frames += decoder.decode(packet)
                except av.FFmpegError:
                    continue

    assert len(frames) >= 60
    assert decoder.device is None
    assert len([r for r in caplog.records if r.name.startswith("edge") and device in r.message]) == 1, (
        "tried once, not for every stream"
    )
