"""The drawn clips hold what was asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from edge.domain import Pixels
from tests.support.clips import CLOCK, Clip, Codec, Text, draw, make_clip, wordmark


def decoded(path: Path) -> list[Pixels]:
    with av.open(str(path)) as container:
        return [np.asarray(frame.to_ndarray(format="bgr24")) for frame in container.decode(video=0)]


@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg"])
def test_a_clip_has_the_codec_size_rate_and_key_frames_asked_for(codec: Codec) -> None:
    path = make_clip(codec=codec, width=320, height=240, fps=10, gop=5, seconds=2)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        keys = [packet.is_keyframe for packet in container.demux(stream) if packet.size]
        context = stream.codec_context
        assert (context.name, context.width, context.height) == (codec, 320, 240)
        assert stream.average_rate == 10
    gop = 1 if codec == "mjpeg" else 5
    assert keys == [number % gop == 0 for number in range(20)]


def test_what_is_decoded_is_what_was_drawn() -> None:
    clip = Clip(kbps=2000)
    for seen, drawn in zip(decoded(make_clip(clip)), draw(clip), strict=True):
        assert np.abs(seen.astype(int) - drawn).mean() < 4


def test_a_clip_is_made_once() -> None:
    path = make_clip(seconds=1)
    written = path.stat().st_mtime_ns
    assert make_clip(Clip(), seconds=1) == path
    assert path.stat().st_mtime_ns == written
    assert make_clip(seconds=1, seed=1) != path


def test_the_clock_ticks_once_a_second() -> None:
    clip = Clip(fps=5, seconds=3, texts=(CLOCK,), picture="black")
    shown = list(draw(clip))
    assert [bool((a != b).any()) for a, b in pairwise(shown)] == (
        [False] * 4 + [True] + [False] * 4 + [True] + [False] * 4
    )
    assert clip.shown_at(7) == datetime(2026, 3, 14, 9, 26, 51, 400_000, UTC)


def test_a_frozen_clip_stands_still_and_its_clock_too() -> None:
    first, *others = draw(Clip(picture="frozen", fps=5, seconds=3))
    assert all((first == other).all() for other in others)


def test_a_black_clip_is_black_but_for_the_display() -> None:
    pixels = next(draw(Clip(picture="black", texts=(Text("CAM", "bottom-left", 20),))))
    assert pixels[:300].max() == 0
    assert pixels[300:, :100].max() > 200


def test_infrared_is_grey() -> None:
    pixels = next(draw(Clip(infrared=True, texts=())))
    assert (pixels == pixels[..., :1]).all()
    assert pixels.std() > 20


@pytest.mark.parametrize("place", ["top-left", "top-right", "bottom-left", "bottom-right"])
def test_a_text_stands_in_its_corner_with_its_opacity(place: str) -> None:
    text = wordmark("100% ACME", place, 30, opacity=0.5)  # type: ignore[arg-type]
    with_text, without = (next(draw(Clip(picture="black", texts=texts))) for texts in ((text,), ()))
    rows, columns = np.nonzero((with_text != without).any(axis=2))
    assert (rows.mean() < 180) == place.startswith("top")
    assert (columns.mean() < 320) == place.endswith("left")
    assert 120 <= with_text.max() <= 128
