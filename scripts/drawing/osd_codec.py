"""Sends frames through a camera's codec and takes them out again."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np

from edge.domain import Pixels
from scripts.drawing.osd_paint import Frame


@dataclass(frozen=True, slots=True)
class Coding:
    """``kbps`` is the bit rate that the encoder is told, None for MJPEG with its ``quality`` (2 best, 31
    worst); ``gop`` the frames from one key frame to the next."""

    codec: str
    kbps: int | None
    quality: int | None
    gop: int
    fps: int


def any_coding(size: tuple[int, int], fps: int, chance: random.Random) -> Coding:
    """Bits a pixel as cameras are set: H.264 from a poor 0.02 to a good 0.12, H.265 0.6 times that."""
    codec = chance.choices(("h264", "hevc", "mjpeg"), (62, 26, 12))[0]
    if codec == "mjpeg":
        return Coding(codec, None, chance.randint(3, 14), 1, fps)
    bits = 0.02 * 6 ** chance.random() * (0.6 if codec == "hevc" else 1.0)
    kbps = max(96, round(size[0] * size[1] * 25 * bits / 1000))
    return Coding(codec, kbps, None, chance.choice((25, 50, 50, 100)), fps)


def encode(frames: Iterable[Frame], coding: Coding) -> bytes:
    """The frames (all of one even size) as an MP4 file. The same frames give the same bytes."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream: av.VideoStream | None = None
        for frame in frames:
            if stream is None:
                stream = _stream(container, coding, frame.shape[1], frame.shape[0])
            picture = av.VideoFrame.from_ndarray(
                np.clip(frame + 0.5, 0, 255).astype(np.uint8), format="bgr24"
            )
            container.mux(stream.encode(picture.reformat(format=stream.pix_fmt)))
        if stream is not None:
            container.mux(stream.encode())
    return file.getvalue()


def _stream(
    container: av.container.OutputContainer, coding: Coding, width: int, height: int
) -> av.VideoStream:
    names = {"h264": "libx264", "hevc": "libx265", "mjpeg": "mjpeg"}
    stream = container.add_stream(names[coding.codec], rate=Fraction(coding.fps))
    assert isinstance(stream, av.VideoStream)
    stream.width, stream.height = width, height
    stream.pix_fmt = "yuvj420p" if coding.codec == "mjpeg" else "yuv420p"
    stream.gop_size = coding.gop
    if coding.codec == "mjpeg":
        stream.codec_context.qmin = stream.codec_context.qmax = coding.quality or 5
        return stream
    kbps = coding.kbps or 1000
    stream.bit_rate = kbps * coding.fps // 25 * 1000
    stream.codec_context.max_b_frames = 0
    if coding.codec == "h264":
        stream.options = {"preset": "superfast", "threads": "1", "bf": "0"}
    else:
        quiet = "log-level=none:pools=none:frame-threads=1:wpp=0:bframes=0:rc-lookahead=5"
        stream.options = {"preset": "ultrafast", "x265-params": quiet}
    return stream


def decode(data: bytes) -> list[Pixels]:
    with av.open(io.BytesIO(data), "r") as container:
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in container.decode(video=0)]
