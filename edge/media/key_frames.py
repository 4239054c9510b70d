"""Decodes the key frames of a video, in the process that is confined for it: one thread, no other file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import av
import av.subtitles.stream  # the first container would load it, when no file can be opened
from av.container import InputContainer

from edge.domain import Pixels
from edge.errors import ErrorCode, PhotoError
from edge.media import avlog
from edge.media.decoder import limit_decoder, pixels_of
from edge.media.handover import Order
from edge.media.video import opened

avlog.silence()

_ROUNDING_S = 1e-3


def spread(file: BinaryIO, order: Order) -> Iterator[tuple[float, Pixels]]:
    """Key frames at least ``gap_s`` apart, and so far apart that ``most`` of them span the video, each
    with its time in seconds; the same ones at every run.

    Raises:
        PhotoError: ``corrupt``, ``unsupported_format``, ``too_small``; what came before stands.
    """
    try:
        with opened(file) as container:
            yield from _spread(container, order)
    except (av.FFmpegError, OSError):
        raise PhotoError(ErrorCode.CORRUPT, "The video cannot be decoded: it is none, or damaged.") from None


def _spread(container: InputContainer, order: Order) -> Iterator[tuple[float, Pixels]]:
    duration = container.duration / av.time_base if container.duration else 0.0
    gap = max(order.gap_s, duration / order.most)
    taken, due = 0, 0.0
    for number, (pts, frame) in enumerate(_key_frames(container, order)):
        at = round(pts if pts is not None else number * gap, 3)
        if taken and at + _ROUNDING_S < due:
            continue
        yield at, _pixels(frame, order)
        taken, due = taken + 1, at + gap
        if taken >= order.most:
            return


def _key_frames(container: InputContainer, order: Order) -> Iterator[tuple[float | None, av.VideoFrame]]:
    """Those that can be decoded, with what the file says of their time."""
    video = next((one for one in container.streams.video if one.codec_context is not None), None)
    if video is None:
        raise PhotoError(ErrorCode.UNSUPPORTED_FORMAT, "The file has no video that can be decoded.")
    limit_decoder(video.codec_context, order.max_photo_pixels)
    video.codec_context.skip_frame = "NONKEY"
    time_base = float(video.time_base or 0)
    for packet in container.demux(video):
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue
        for frame in frames:
            if frame.key_frame:
                yield None if frame.pts is None else frame.pts * time_base, frame


def _pixels(frame: av.VideoFrame, order: Order) -> Pixels:
    if min(frame.width, frame.height) < order.min_photo_side:
        raise PhotoError(ErrorCode.TOO_SMALL, f"The video has {frame.width} × {frame.height} pixels.")
    return pixels_of(frame)
