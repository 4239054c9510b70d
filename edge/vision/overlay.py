"""The on-screen display of a picture: the lettering that was drawn over it, and how it behaves over frames.

What a display says is told from lettering in the scene by where it stands, how it is drawn, and, with several
frames of one camera, by what stays and what ticks. Cost is bounded by counts and pixels, never by time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.domain import Pixels, TextLine


@dataclass(frozen=True, slots=True)
class OverlayLine:
    """A line of the display. ``line`` is the reading of the newest frame, ``readings`` those of all frames in
    which it was read, oldest first, as (index of the frame, reading).

    ``stays`` is the share of the frames in which it stands at the same place. ``drawn`` says that its pixels
    look drawn: upright letters of one flat colour.
    """

    line: TextLine
    readings: tuple[tuple[int, TextLine], ...]
    stays: float
    drawn: bool


@dataclass(frozen=True, slots=True)
class Overlay:
    """All lines that may belong to a display, of ``frames`` pictures of ``width`` × ``height`` pixels."""

    width: int
    height: int
    frames: int
    lines: tuple[OverlayLine, ...] = ()


class OsdReader:
    """Being built: the signature stands."""

    def read(self, frames: Sequence[Pixels]) -> Overlay:
        """The display of one camera, from one picture or several of the same size, oldest first.

        Raises:
            ValueError: without a frame, or if their sizes differ.
            ModelError: ``model_broken`` if a model fails.
        """
        if not frames or len({frame.shape for frame in frames}) != 1:
            raise ValueError("a display is read from one frame or several of one size")
        height, width = frames[-1].shape[:2]
        return Overlay(width, height, len(frames))
