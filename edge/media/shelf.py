"""Where the reading thread puts its newest frame and callers take it: nothing queues, the newest wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import av

from edge.domain_streams import Frame
from edge.errors import StreamError
from edge.media.clock import Clock
from edge.media.decoder import pixels_of


@dataclass(frozen=True, slots=True)
class Shot:
    """A decoded picture that is not yet converted: most are never asked for."""

    picture: av.VideoFrame
    received: float
    taken: datetime
    pts: float | None
    key: bool

    def frame(self) -> Frame:
        return Frame(pixels_of(self.picture), self.received, self.taken, self.pts, self.key)


class Shelf:
    """Safe to use from several threads. With ``forget`` a frame is held only until it was taken: decoded
    pictures of 1080p take nine megabytes, and a sleeping stream needs none of them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.forget = False
        self._changed = threading.Condition()
        self._shot: Shot | None = None
        self._frame: Frame | None = None
        self._taken = True
        self._waiting = 0
        self._waiting_for_any = 0
        self.error: StreamError | None = None

    @property
    def wanted(self) -> bool:
        """Whether a caller waits for a frame."""
        return self._waiting > 0

    @property
    def any_wanted(self) -> bool:
        """Whether one waits that would take a frame which another has taken before."""
        return self._waiting_for_any > 0

    def put(self, shot: Shot) -> bool:
        """Whether a frame was replaced that nobody had taken."""
        with self._changed:
            unseen = not self._taken
            self._shot, self._frame, self._taken = shot, None, False
            self._changed.notify_all()
            return unseen

    def fail(self, error: StreamError) -> None:
        """The stream is over; the first reason stays."""
        with self._changed:
            self.error = self.error or error.anew()
            self._changed.notify_all()

    def wait_taken(self, still: Callable[[], bool]) -> None:
        """Waits until the frame on the shelf was taken, or ``still`` is no longer true."""
        with self._changed:
            while still() and not self._taken:
                self._changed.wait(0.2)

    def drop(self) -> None:
        """Forgets the frame."""
        with self._changed:
            self._shot, self._frame, self._taken = None, None, True
            self._changed.notify_all()

    def take(self, timeout_s: float, after: Frame | None) -> Frame | None:
        """The newest frame that came after ``after``, waited for; None: there was none in time.

        Raises:
            StreamError: the stream is over. A frame that came before is given first.
        """
        end = self._clock.monotonic() + timeout_s
        with self._changed:
            self._waiting += 1
            self._waiting_for_any += after is None
            try:
                while not self._is_new(after):
                    if self.error is not None:
                        raise self.error.anew()
                    left = end - self._clock.monotonic()
                    if left <= 0:
                        return None
                    self._changed.wait(left)
                shot, frame = self._shot, self._frame
                self._taken = True
                self._changed.notify_all()
                if self.forget:
                    self._shot = self._frame = None
            finally:
                self._waiting -= 1
                self._waiting_for_any -= after is None
        assert shot is not None
        return frame or self._converted(shot)

    def _is_new(self, after: Frame | None) -> bool:
        shot = self._shot
        return shot is not None and (
            after is None or (shot.received, shot.pts) != (after.received, after.pts)
        )

    def _converted(self, shot: Shot) -> Frame:
        frame = shot.frame()
        with self._changed:
            if self._shot is shot:  # for the next caller
                self._frame = frame
        return frame
