"""A process that decodes, as Camid sees it: what it says is doubted, and it is given so much time."""

from __future__ import annotations

import logging
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from edge.domain import Pixels
from edge.errors import ErrorCode, PhotoError
from edge.media.handover import LONGEST_LINE, NEXT, SEND, SIZE_BYTES, Order
from edge.media.other_memory import copy_from
from edge.media.replies import ExitReply, FrameReply, PhotoReply, RefusalReply, Reply, read_reply

log = logging.getLogger(__name__)

_CHUNK = 1 << 16


class DecodeChild:
    """``process`` is forked and answers at the other end of ``ours``; ``on_death`` hears why it did not end
    well."""

    def __init__(
        self, process: int, ours: socket.socket, order: Order, on_death: Callable[[str], None]
    ) -> None:
        self._process, self._ours, self._order, self._on_death = process, ours, order, on_death
        self._received = bytearray()
        self._end = 0.0
        self._left = order.most
        self._rests = False

    @property
    def rests(self) -> bool:
        """Whether it waits for another photo, and may take one."""
        return self._rests and self._left > 0 and not self._received and not self._speaks()

    def _speaks(self) -> bool:
        """Whether there is something to read, be it the end."""
        poll = select.poll()
        poll.register(self._ours, select.POLLIN)
        return bool(poll.poll(0))

    def give(self, photo: bytes) -> None:
        """Sends the next photo. That it is gone its reply tells."""
        self._left -= 1
        self._rests = False
        self._ours.settimeout(self._order.seconds)
        size = len(photo).to_bytes(SIZE_BYTES)
        with suppress(OSError):
            sent = self._ours.sendmsg([size, photo])  # together, so that the child wakes once
            if rest := memoryview(photo)[sent - SIZE_BYTES :]:
                self._ours.sendall(rest)

    def reply(self) -> Reply:
        """What it says next.

        Raises:
            PhotoError: what it says of the file; ``decoder_died`` or ``decoder_too_slow`` instead of it.
        """
        self._end = time.monotonic() + self._order.seconds
        try:
            reply = read_reply(self._line())
        except TimeoutError:
            raise self._too_slow() from None
        except OSError:
            raise self._died("killed", ErrorCode.DECODER_DIED, "is gone") from None
        if isinstance(reply, ExitReply):
            raise self._ended(reply.code)
        if isinstance(reply, RefusalReply):
            self._rests = reply.code != "internal"  # after a defect it ends
            raise PhotoError(ErrorCode(reply.code), reply.message)
        if reply is None:
            raise self.nonsense()
        return reply

    def pixels(self, shown: PhotoReply | FrameReply) -> Pixels:
        """What it has decoded; it goes on then.

        Raises:
            PhotoError: ``decoder_died`` or ``decoder_too_slow``.
        """
        if shown.height * shown.width > self._order.max_photo_pixels:
            raise self.nonsense()
        pixels = np.empty((shown.height, shown.width, 3), np.uint8)
        copied = copy_from(self._process, shown.address, pixels)
        with suppress(OSError):  # it may have died, which its next line will tell
            self._ours.sendall(NEXT if copied else SEND)
        if not copied:
            self._fill(pixels.data.cast("B"))
        self._rests = True
        return pixels

    def nonsense(self) -> PhotoError:
        return self._died("nonsense", ErrorCode.DECODER_DIED, "gave an answer that makes no sense")

    def close(self) -> None:
        """The server ends it, if it still runs."""
        self._ours.close()

    def _fill(self, room: memoryview) -> None:
        """Takes bytes that it sends."""
        at = len(self._received)
        if at > len(room):
            raise self.nonsense()
        room[:at] = self._received
        self._received.clear()
        try:
            while at < len(room):
                self._wait()
                count = self._ours.recv_into(room[at:])
                if not count:
                    raise ConnectionResetError
                at += count
        except TimeoutError:
            raise self._too_slow() from None
        except OSError:
            raise self._died("killed", ErrorCode.DECODER_DIED, "is gone") from None

    def _line(self) -> bytes:
        """The next line. Raises: OSError: time is up, or no end of the line came."""
        while (end := self._received.find(b"\n")) < 0:
            if len(self._received) > LONGEST_LINE:
                raise ConnectionResetError
            self._wait()
            piece = self._ours.recv(_CHUNK)
            if not piece:
                raise ConnectionResetError
            self._received += piece
        line = bytes(self._received[: end + 1])
        del self._received[: end + 1]
        return line

    def _wait(self) -> None:
        """Lets the next call wait as long as there is time. Raises: TimeoutError."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._ours.settimeout(left)

    def _too_slow(self) -> PhotoError:
        how = f"took more than {self._order.seconds} seconds"
        return self._died("time", ErrorCode.DECODER_TOO_SLOW, how)

    def _ended(self, code: int) -> PhotoError:
        if code in (-signal.SIGXCPU, -signal.SIGALRM):
            return self._died("time", ErrorCode.DECODER_TOO_SLOW, "took too much processor time")
        if code == -signal.SIGKILL:
            return self._died("killed", ErrorCode.DECODER_DIED, "was killed")
        return self._died("signal", ErrorCode.DECODER_DIED, f"died of {_named(code)}")

    def _died(self, cause: str, code: ErrorCode, how: str) -> PhotoError:
        self._on_death(cause)
        log.warning("A process that decoded a file %s (%s).", how, self._order.what)
        return PhotoError(code, f"The process that decoded the file {how}.")


def _named(code: int) -> str:
    try:
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        return f"signal {-code}"
