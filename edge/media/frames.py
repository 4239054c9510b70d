"""The pictures of a video that are worth a look: key frames, a few seconds apart, spread over all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.domain import Picture, Source
from edge.domain_streams import Frame
from edge.errors import ErrorCode, PhotoError, StreamError, StreamFault
from edge.media.address import FileAddress
from edge.media.clock import SYSTEM_CLOCK
from edge.media.video import FileStream, open_video
from edge.settings import Settings

_CHUNK = 1 << 20
_CODES = {
    StreamFault.NOT_FOUND: ErrorCode.NOT_READABLE,
    StreamFault.UNSUPPORTED_CODEC: ErrorCode.UNSUPPORTED_FORMAT,
}
_ROUNDING_S = 1e-3


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
        reason = error.strerror or type(error).__name__
        raise PhotoError(ErrorCode.NOT_READABLE, f"The video cannot be read ({reason}).") from None
    return digest.hexdigest()


def frame_hash(sha256: str, frame_s: float) -> str:
    """What names a frame's content: the hash of its video and its time."""
    return hashlib.sha256(f"{sha256}#t={frame_s:.3f}".encode()).hexdigest()


def key_frames(path: Path, sha256: str, settings: Settings) -> Iterator[Moment]:
    """Key frames at least ``video_gap_s`` apart, and so far apart that ``max_video_frames`` of them span the
    video; the same ones at every run. ``sha256`` is that of the file.

    Raises:
        PhotoError: ``not_readable``, ``corrupt``, ``unsupported_format``, ``too_small``; what came before
            stands.
    """
    try:
        stream = open_video(FileAddress(path), settings, SYSTEM_CLOCK, keys_only=True, realtime=False)
        with stream:
            yield from _spread(stream, path.name, sha256, settings)
    except StreamError as error:
        code = _CODES.get(error.fault, ErrorCode.CORRUPT)
        raise PhotoError(code, f"The video cannot be decoded ({error.fault}).") from None


def _spread(stream: FileStream, name: str, sha256: str, settings: Settings) -> Iterator[Moment]:
    gap = max(settings.video_gap_s, (stream.duration_s or 0.0) / settings.max_video_frames)
    taken, due = 0, 0.0
    for number, frame in enumerate(_all(stream, settings)):
        at = round(frame.pts if frame.pts is not None else number * gap, 3)
        if taken and at + _ROUNDING_S < due:
            continue
        yield Moment(at, _picture(frame, name, frame_hash(sha256, at), settings))
        taken, due = taken + 1, at + gap
        if taken >= settings.max_video_frames:
            return


def _all(stream: FileStream, settings: Settings) -> Iterator[Frame]:
    frame = None
    while True:
        try:
            frame = stream.latest(settings.stream_first_frame_s, frame)
        except StreamError as error:
            if error.fault is StreamFault.ENDED:
                return
            raise
        if frame.key:
            yield frame


def _picture(frame: Frame, name: str, sha256: str, settings: Settings) -> Picture:
    height, width = frame.pixels.shape[:2]
    if min(width, height) < settings.min_photo_side:
        raise PhotoError(ErrorCode.TOO_SMALL, f"The video has {width} × {height} pixels.")
    return Picture(frame.pixels, Source("video", name, sha256, width, height))
