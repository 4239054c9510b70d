"""Decodes what strangers send in processes that can do nothing else.

Each process of Camid that decodes has one server (``worker.py``), begun with the first file, which forks a
child for each. The child's pixels are copied out of its memory. A child that dies, hangs or speaks
nonsense is an error about its file; a server that is gone is begun anew.
"""

from __future__ import annotations

import atexit
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from edge.domain import Pixels
from edge.errors import ErrorCode, PhotoError
from edge.media import worker
from edge.media.confine import Guards
from edge.media.handover import LONGEST_LINE, NEXT, SEND, Order
from edge.media.other_memory import copy_from
from edge.media.replies import ExitReply, FrameReply, PhotoReply, ReadyReply, RefusalReply, Reply, read_reply

log = logging.getLogger(__name__)

_PACKAGES = Path(__file__).resolve().parents[2]
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "VIRTUAL_ENV", "LANG", "LC_ALL", "TMPDIR")
"""The others may hold passwords."""
_BEGIN_S = 60
_END_S = 5
_TRIES = 3
_CHUNK = 1 << 16


DEATHS = ("signal", "time", "killed", "nonsense")
"""Why a child did not end well: it crashed, took too long, was killed from outside, or its answer was none
that our decoders give."""


class Sandbox:
    """Any number of threads may decode at once, at most so many as they say together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: _Server | None = None
        self._free = threading.Condition()
        self._decoding = 0
        self.deaths: Counter[str] = Counter()
        """Children that did not end well, by cause."""

    def prepare(self) -> None:
        """Begins the server without waiting for it."""
        with self._lock:
            if self._server is None:
                self._server = _Server()

    def guards(self) -> Guards:
        """What confines decoders here beside limits.

        Raises:
            PhotoError: ``internal`` if no server can be begun.
        """
        with self._lock:
            return self._running().guards()

    @property
    def known_guards(self) -> Guards | None:
        """The same without waiting; None while no server is ready."""
        server = self._server
        return None if server is None else server.known_guards

    @property
    def process(self) -> int:
        """The process id of the server; 0: there is none."""
        server = self._server
        return 0 if server is None else server.process

    def close(self) -> None:
        """Ends the server, and with it what it decodes. The next file begins another."""
        with self._lock:
            server, self._server = self._server, None
        if server is not None:
            server.close()

    @contextmanager
    def decoding(self, order: Order, source: int, at_once: int | None = None) -> Iterator[Decoding]:
        """A child that decodes the file open as ``source``; it is gone when the block ends. Waits while
        ``at_once`` others of those that also wait are decoding; None: does not wait.

        Raises:
            PhotoError: ``internal`` if no process can be begun.
        """
        with self._place(at_once), Decoding(self, order) as decoding:
            decoding.begin(source)
            yield decoding

    def send(self, order: Order, descriptors: list[int]) -> int:
        """Has the server fork a child and returns its process id; begins it anew where it is gone."""
        for _ in range(_TRIES):
            with self._lock:
                server = self._running()
                try:
                    child = server.send(order, descriptors)
                except OSError:
                    log.warning("The process that decodes is gone and is begun anew.")
                    server.close()
                    self._server = None
                    continue
            if not child:
                break
            return child
        raise PhotoError(ErrorCode.INTERNAL, "No process could be begun to decode the file.")

    def _running(self) -> _Server:
        if self._server is not None and self._server.ended:
            self._server.close()
            self._server = None
        if self._server is None:
            self._server = _Server()
        return self._server

    @contextmanager
    def _place(self, at_once: int | None) -> Iterator[None]:
        if at_once is None:
            yield
            return
        with self._free:
            self._free.wait_for(lambda: self._decoding < at_once)
            self._decoding += 1
        try:
            yield
        finally:
            with self._free:
                self._decoding -= 1
                self._free.notify()


class Decoding:
    """One child at work."""

    def __init__(self, sandbox: Sandbox, order: Order) -> None:
        self._sandbox, self._order = sandbox, order
        self._child = 0
        self._ours, self._childs = socket.socketpair()
        self._received = bytearray()
        self._end = 0.0

    def begin(self, source: int) -> None:
        with self._childs:
            self._child = self._sandbox.send(self._order, [self._childs.fileno(), source])

    def reply(self) -> Reply:
        """What the child says next.

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
        copied = copy_from(self._child, shown.address, pixels)
        with suppress(OSError):  # it may have died, which its next line will tell
            self._ours.sendall(NEXT if copied else SEND)
        if not copied:
            self._fill(pixels.data.cast("B"))
        return pixels

    def nonsense(self) -> PhotoError:
        return self._died("nonsense", ErrorCode.DECODER_DIED, "gave an answer that makes no sense")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ours.close()  # whereupon the server ends a child that still runs
        self._childs.close()

    def _fill(self, room: memoryview) -> None:
        """Takes bytes that the child sends."""
        room[: len(self._received)] = self._received
        at = len(self._received)
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
            raise self._died("nonsense", ErrorCode.DECODER_DIED, "did not send what it had") from None

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
        self._sandbox.deaths[cause] += 1
        log.warning("A process that decoded a file %s (%s).", how, self._order.what)
        return PhotoError(code, f"The process that decoded the file {how}.")


def _named(code: int) -> str:
    try:
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"
    except ValueError:
        return f"signal {-code}"


class _Server:
    """Camid's end of the server's socket. Not for several threads at a time."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        self._control.settimeout(_BEGIN_S)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", worker.__name__, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env=_environment(),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )
        self.known_guards: Guards | None = None

    @property
    def process(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def guards(self) -> Guards:
        """Waits until it is ready. Raises: PhotoError: ``internal``."""
        if self.known_guards is None:
            try:
                ready = read_reply(self._first_line())
            except OSError:
                ready = None
            if not isinstance(ready, ReadyReply):
                self.close()
                raise PhotoError(ErrorCode.INTERNAL, "The process that decodes cannot be begun.")
            self.known_guards = Guards(ready.seccomp, ready.landlock)
            if self.known_guards.missing:
                log.warning("Decoders run %s: this kernel has no such guard.", self.known_guards.words)
        return self.known_guards

    def send(self, order: Order, descriptors: list[int]) -> int:
        """The child's process id; 0: none could be forked.

        Raises:
            OSError: the server is gone.
            PhotoError: it does not begin.
        """
        self.guards()
        socket.send_fds(self._control, [order.line()], descriptors)
        answer = self._control.recv(worker.NUMBER_BYTES, socket.MSG_WAITALL)
        if len(answer) < worker.NUMBER_BYTES:
            raise ConnectionResetError
        return int.from_bytes(answer)

    def close(self) -> None:
        self._control.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _first_line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            piece = self._control.recv(1)
            if not piece:
                raise ConnectionResetError
            line += piece
        return line


def _environment() -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    paths = [*filter(None, [os.environ.get("PYTHONPATH")]), str(_PACKAGES)]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


_sandboxes: dict[int, Sandbox] = {}


def sandbox() -> Sandbox:
    """That of this process; a process forked from it gets its own."""
    return _sandboxes.setdefault(os.getpid(), Sandbox())


@atexit.register
def _end() -> None:
    if os.getpid() in _sandboxes:
        sandbox().close()
