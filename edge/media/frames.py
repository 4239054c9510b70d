"""The pictures of a video that are worth a look: key frames, a few seconds apart, spread over all of it.

They are decoded in a process that can do nothing else: see ``sandbox.py``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from edge.domain import Picture, Source
from edge.errors import ErrorCode, PhotoError
from edge.media.handover import BASE_MEMORY, VIDEO, Order
from edge.media.replies import EndReply, FrameReply
from edge.media.sandbox import sandbox
from edge.settings import Settings

_CHUNK = 1 << 20
_BYTES_PER_PIXEL = 40
"""A codec keeps up to sixteen reference frames of 1.5 bytes a pixel, twice that at ten bits; then BGR."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A key frame and its time in the video, in seconds to the millisecond."""

    frame_s: float
    picture: Picture

    @property
    def fragment(self) -> str:
        """``#t=12.480``, as W3C's media fragments name a moment."""
        return f"#t={self.frame_s:.3f}"


def hash_file(path: Path) -> str:
    """SHA-256 of a file of any size.

    Raises:
        PhotoError: ``not_readable``.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise _not_readable(error) from None
    return digest.hexdigest()


def frame_hash(sha256: str, frame_s: float) -> str:
    """What names a frame's content: the hash of its video and its time."""
    return hashlib.sha256(f"{sha256}#t={frame_s:.3f}".encode()).hexdigest()


def key_frames(path: Path, sha256: str, settings: Settings) -> Iterator[Moment]:
    """Key frames at least ``video_gap_s`` apart, and so far apart that ``max_video_frames`` of them span the
    video; the same ones at every run. ``sha256`` is that of the file.

    Raises:
        PhotoError: ``not_readable``, ``corrupt``, ``unsupported_format``, ``too_small``, ``decoder_died``,
            ``decoder_too_slow``; what came before stands.
    """
    with _opened(path) as file, sandbox().video(_order(settings), file.fileno()) as child:
        while isinstance(reply := child.reply(), FrameReply):
            at = round(reply.at, 3)
            name = Source("video", path.name, frame_hash(sha256, at), reply.width, reply.height)
            yield Moment(at, Picture(child.pixels(reply), name))
        if not isinstance(reply, EndReply):
            raise child.nonsense()


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise _not_readable(error) from None


def _not_readable(error: OSError) -> PhotoError:
    reason = error.strerror or type(error).__name__
    return PhotoError(ErrorCode.NOT_READABLE, f"The video cannot be read ({reason}).")


def _order(settings: Settings) -> Order:
    return Order(
        VIDEO,
        settings.stream_max_pixels,
        settings.min_photo_side,
        BASE_MEMORY + _BYTES_PER_PIXEL * settings.stream_max_pixels,
        settings.max_decode_seconds,
        gap_s=settings.video_gap_s,
        most=settings.max_video_frames,
    )
