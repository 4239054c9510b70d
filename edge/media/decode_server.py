"""Camid's end of the process that forks a child for each file to decode: see ``worker.py``."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from edge.errors import ErrorCode, PhotoError
from edge.media.confine import Guards
from edge.media.handover import NUMBER_BYTES, Order
from edge.media.replies import ReadyReply, read_reply

log = logging.getLogger(__name__)

_PACKAGES = Path(__file__).resolve().parents[2]
_KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "VIRTUAL_ENV", "LANG", "LC_ALL")
"""The others may hold passwords."""
_MODULE = "edge.media.worker"
"""Not imported here: it loads every decoder."""
IDLE_S = 120.0
"""After which a server that has nothing to do ends; another takes some tenths of a second to begin."""
_BEGIN_S = 60
_END_S = 5


class DecodeServer:
    """Begun at once. Not for several threads at a time. Raises: PhotoError: ``internal``."""

    def __init__(self) -> None:
        try:
            self._control, theirs = socket.socketpair()
        except OSError:
            raise cannot_begin() from None
        self._control.settimeout(_BEGIN_S)
        with theirs:
            try:
                self._process = _begun(theirs.fileno())
            except OSError:
                self._control.close()
                raise cannot_begin() from None
        self._guards: Guards | None = None

    @property
    def process(self) -> int:
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def guards(self) -> Guards:
        """Waits until it is ready. Raises: PhotoError: ``internal``."""
        if self._guards is None:
            try:
                ready = read_reply(self._first_line())
            except OSError:
                ready = None
            if not isinstance(ready, ReadyReply):
                self.close()
                raise cannot_begin()
            self._guards = Guards(ready.seccomp, ready.landlock)
            if self._guards.missing:
                log.warning("Decoders run %s: this kernel has no such guard.", self._guards.words)
        return self._guards

    def send(self, order: Order, descriptors: list[int]) -> int:
        """The child's process id; 0: none could be forked.

        Raises:
            OSError: the server is gone.
            PhotoError: it does not begin.
        """
        self.guards()
        socket.send_fds(self._control, [order.line()], descriptors)
        answer = self._control.recv(NUMBER_BYTES, socket.MSG_WAITALL)
        if len(answer) < NUMBER_BYTES:
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


def cannot_begin() -> PhotoError:
    return PhotoError(ErrorCode.INTERNAL, "The process that decodes cannot be begun.")


def _begun(descriptor: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", _MODULE, str(descriptor), str(IDLE_S)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env=_environment(),
        pass_fds=(descriptor,),
        start_new_session=True,
    )


def _environment() -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    paths = [*filter(None, [os.environ.get("PYTHONPATH")]), str(_PACKAGES)]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
