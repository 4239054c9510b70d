"""The process that decodes: it never opens what strangers send itself, but forks a child for each file.

Run as ``python -m edge.media.worker FD IDLE_S``; FD is the socket on which orders come, each with the
descriptor where to answer and, for a video, that of the file. It loads every decoder once, so that a
child costs some milliseconds and shares its memory. A child is confined before it sees a byte of the file;
what that makes of it, the next file never meets, unless its order is for several photos.
"""

from __future__ import annotations

import codecs
import gc
import os
import resource
import select
import signal
import socket
import sys
from contextlib import suppress
from datetime import datetime
from itertools import pairwise
from typing import BinaryIO, NoReturn

import cv2

from edge.domain import Pixels
from edge.errors import CamidError, ErrorCode, PhotoError
from edge.media import handover
from edge.media.codecs import load_plugins
from edge.media.confine import Allowance, Guards, confine, die_first, end_with_parent, lower
from edge.media.decoding import decode_bytes
from edge.media.handover import (
    NUMBER_BYTES,
    SIZE_BYTES,
    VIDEO,
    Order,
    end_line,
    exit_line,
    frame_line,
    photo_line,
    read_order,
    ready_line,
    refusal_line,
)

_MOST_FILES = 1024
_LONGEST_ORDER = 4096
_SECCOMP, _LANDLOCK = 1, 2
_PROBE = Allowance(memory_bytes=1 << 30, seconds=10)
_PIPE = 1 << 16
_PIECE = 1 << 20


class Server:
    """Takes orders until Camid closes the socket, and then ends, its children with it; also where none came
    for ``idle_s`` and there is no child. ``guards``: under what every child must come at least."""

    def __init__(self, control: socket.socket, idle_s: float, guards: Guards) -> None:
        self._control, self._idle_s, self._guards = control, idle_s, guards
        self._children: dict[int, int] = {}
        """The descriptor on which each one answers, by its process id."""
        self._told: set[int] = set()
        self._poll = select.poll()
        self._woken, self._waking = os.pipe()
        os.set_blocking(self._waking, False)
        os.set_blocking(self._woken, False)

    def run(self) -> None:
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waking, warn_on_full_buffer=False)
        self._poll.register(self._control, select.POLLIN)
        self._poll.register(self._woken, select.POLLIN)
        while True:
            events = self._poll.poll(1000 * self._idle_s)
            if not events and not self._children:
                return
            for ready, _ in events:
                if ready == self._woken:
                    self._look()
                elif ready != self._control.fileno():
                    self._given_up(ready)
                elif not self._take():
                    return

    def _take(self) -> bool:
        """Whether there was an order; none will come after the end of the socket."""
        line, descriptors, _, _ = socket.recv_fds(self._control, _LONGEST_ORDER, 2)
        if not line:
            return False
        order = read_order(line)
        if order.what == VIDEO:
            _load_video()
        try:
            child = os.fork()
        except OSError:
            self._control.sendall(bytes(NUMBER_BYTES))
            for one in descriptors:
                os.close(one)
            return True
        if child == 0:
            _Child(order, descriptors, self._guards).run()
        reply, *files = descriptors
        for one in files:
            os.close(one)
        self._children[child] = reply
        self._poll.register(reply, 0)  # hears only that the other end was closed
        self._control.sendall(child.to_bytes(NUMBER_BYTES))
        return True

    def _given_up(self, reply: int) -> None:
        """Whoever asked does not wait any longer. Only now the child's number may become another's: it is
        what its memory is read by."""
        self._poll.unregister(reply)
        os.close(reply)
        child = next(child for child, one in self._children.items() if one == reply)
        del self._children[child]
        self._told.discard(child)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    def _look(self) -> None:
        """Tells of the children that have ended, and leaves them there."""
        with suppress(BlockingIOError):
            while os.read(self._woken, _PIPE):
                pass
        for child, reply in self._children.items():
            ended = os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is not None and child not in self._told:
                self._told.add(child)
                code = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
                _tell(reply, code)


def _tell(reply: int, code: int) -> None:
    """Never waits: whoever asked may not read."""
    with socket.socket(fileno=os.dup(reply)) as answered, suppress(OSError):
        answered.send(exit_line(code), socket.MSG_DONTWAIT)


class _Child:
    """The process that is confined; ``descriptors`` are where to answer and, of a video, the file."""

    def __init__(self, order: Order, descriptors: list[int], guards: Guards) -> None:
        self._order, self._descriptors, self._guards = order, descriptors, guards
        self._reply = descriptors[0]

    def run(self) -> NoReturn:
        try:
            self._run()
        except Exception as error:
            self._write(refusal_line(_refusal(error)))
        finally:
            os._exit(0)

    def _run(self) -> None:
        end_with_parent()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for low, high in pairwise([2, *sorted(self._descriptors), _MOST_FILES]):
            os.closerange(low + 1, high)
        file = os.fdopen(self._descriptors[1], "rb") if self._order.what == VIDEO else None
        allowance = Allowance(self._order.memory_bytes, self._order.processor_seconds, self._order.threads)
        if set(confine(allowance).missing) - set(self._guards.missing):
            raise PhotoError(ErrorCode.INTERNAL, "The process that decodes cannot be confined.")
        if file is not None:
            self._frames(file)
        else:
            for _ in range(self._order.most):
                self._photo()

    def _photo(self) -> None:
        """The next one; ends with whoever asked."""
        data = self._read(int.from_bytes(self._read(SIZE_BYTES)))
        try:
            decoded = decode_bytes(data, self._order)
        except (PhotoError, MemoryError) as error:
            self._write(refusal_line(_refusal(error)))
        else:
            self._show(photo_line(decoded), decoded.pixels)

    def _frames(self, file: BinaryIO) -> None:
        from edge.media.key_frames import spread  # noqa: PLC0415 - loaded by the server

        for at, pixels in spread(file, self._order):
            self._show(frame_line(pixels, at), pixels)
        self._write(end_line())

    def _show(self, line: bytes, pixels: Pixels) -> None:
        """Holds the pixels until they were copied; ends with whoever asked."""
        self._write(line)
        match os.read(self._reply, 1):
            case handover.SEND:
                self._write(pixels.data.cast("B"))
            case handover.NEXT:
                return
            case _:
                os._exit(0)

    def _read(self, size: int) -> bytes:
        pieces = []
        while size:
            piece = os.read(self._reply, min(size, _PIECE))
            if not piece:
                os._exit(0)
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _write(self, data: bytes | memoryview) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._reply, rest) :]


_NO_MEMORY = PhotoError(ErrorCode.TOO_MANY_PIXELS, "There is not enough memory for the picture.")


def _refusal(error: Exception) -> CamidError:
    """What is said of it."""
    match error:
        case CamidError():
            return error
        case MemoryError():
            return _NO_MEMORY
        case _:
            defect = f"Something unexpected went wrong ({type(error).__name__})."
            return PhotoError(ErrorCode.INTERNAL, defect)


def _load_video() -> None:
    """Loads FFmpeg with the first video: most services never meet one."""
    from edge.media import key_frames  # noqa: F401, PLC0415


def _load_rest() -> None:
    """What Python itself would load with the first file that needs it, when no file can be opened."""
    datetime.strptime("2000", "%Y")
    for name in ("ascii", "latin-1", "cp437", "utf-16", "utf-32", "utf-8-sig"):
        codecs.lookup(name)


def _tried() -> Guards:
    """Those that take hold here, found out by a child."""
    child = os.fork()
    if child == 0:
        guards = confine(_PROBE)
        os._exit(_SECCOMP * guards.seccomp | _LANDLOCK * guards.landlock)
    code = max(0, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    return Guards(bool(code & _SECCOMP), bool(code & _LANDLOCK))


def main(descriptor: int, idle_s: float) -> None:
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)  # Camid ends first, and its decoders with it
    lower(resource.RLIMIT_NOFILE, _MOST_FILES)
    die_first()
    cv2.setNumThreads(0)
    load_plugins()
    _load_rest()
    control = socket.socket(fileno=descriptor)
    guards = _tried()
    control.sendall(ready_line(guards))
    gc.collect()
    gc.freeze()  # pages that no collection writes to stay shared with the children
    gc.disable()
    Server(control, idle_s, guards).run()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
    os._exit(0)  # Camid waits for it, and the system tidies up faster than Python
