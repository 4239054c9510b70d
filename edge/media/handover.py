"""What Camid and its decoding processes tell each other, one JSON object a line.

Orders come from Camid and are believed. Answers come from a process that a file may have taken over, so every
field of theirs has bounds and nothing in them is ever run, unlike a pickle.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from edge.domain import Pixels
    from edge.errors import CamidError
    from edge.media.confine import Guards
    from edge.media.decoding import Decoded

PHOTO: Final = "photo"
VIDEO: Final = "video"
LONGEST_LINE = 256 * 1024
NUMBER_BYTES = 8
"""Of the server's answer to an order: the child's process id; 0: none could be forked."""
SIZE_BYTES = 8
"""Of the number before each photo: its bytes."""
BASE_MEMORY = 1 << 29
"""Bytes for the file, for Python and for tables, beside those that pixels take."""
NEXT, SEND = b"+", b"="
"""What a child is told that has decoded a picture: it was copied, go on; or: it cannot be, send its bytes."""


@dataclass(frozen=True, slots=True)
class Order:
    """``seconds`` are what one picture may take. ``max_photo_pixels`` also bound the frames of a video;
    ``gap_s`` is of videos; ``most``: frames, or photos one after the other, that one child may take."""

    what: Literal["photo", "video"]
    max_photo_pixels: int
    min_photo_side: int
    memory_bytes: int
    seconds: int
    threads: bool = False
    gap_s: float = 0.0
    most: int = 1

    @property
    def processor_seconds(self) -> int:
        """All that the child may take."""
        return self.seconds * self.most

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


def read_order(line: bytes) -> Order:
    return Order(**json.loads(line))


def photo_line(decoded: Decoded) -> bytes:
    """The answer about a photo, with the address of its pixels."""
    exif = decoded.exif
    return _line(
        answer=PHOTO,
        **_place(decoded.pixels),
        taken_at=_moment(exif.taken_at),
        gps=None if exif.gps is None else asdict(exif.gps),
        make=exif.make,
        model=exif.model,
        software=exif.software,
        comments=decoded.comments,
    )


def frame_line(pixels: Pixels, at: float) -> bytes:
    """The answer about one frame of a video, ``at`` seconds after its beginning."""
    return _line(answer="frame", **_place(pixels), at=at)


def end_line() -> bytes:
    return _line(answer="end")


def refusal_line(error: CamidError) -> bytes:
    return _line(answer="refusal", code=error.code, message=error.message[:500])


def exit_line(code: int) -> bytes:
    """What the server adds when the child has ended: its exit code, or a signal as a negative number."""
    return _line(answer="exit", code=code)


def ready_line(guards: Guards) -> bytes:
    """What the server says when it can take orders."""
    return _line(answer="ready", **asdict(guards))


def _place(pixels: Pixels) -> dict[str, int]:
    height, width, _ = pixels.shape
    return {"height": height, "width": width, "address": pixels.ctypes.data}


def _moment(taken_at: datetime | None) -> str | None:
    return None if taken_at is None else taken_at.isoformat()


def _line(**fields: object) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
