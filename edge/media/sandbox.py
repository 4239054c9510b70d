"""Decodes what strangers send in processes that can do nothing else.

Each process of Camid that decodes has one server (``worker.py``), begun with the first file, which forks a
child for each, or for some photos one after the other where it is told so. Pixels are copied out of the
child's memory. A child that dies, hangs or speaks nonsense is an error about its file; a server that is gone
is begun anew, as is one that ended for want of work.
"""

from __future__ import annotations

import atexit
import logging
import os
import socket
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from edge.media.confine import Guards
from edge.media.decode_child import DecodeChild
from edge.media.decode_server import DecodeServer, cannot_begin
from edge.media.handover import Order

log = logging.getLogger(__name__)

_TRIES = 3

DEATHS = ("signal", "time", "killed", "nonsense")
"""Why a child did not end well: it crashed, took too long, was killed from outside, or its answer was none
that our decoders give."""


class Sandbox:
    """Any number of threads may decode at once, at most so many as they say together."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._server: DecodeServer | None = None
        self._free = threading.Condition()
        self._decoding = 0
        self._resting: defaultdict[Order, list[DecodeChild]] = defaultdict(list)
        self.deaths: Counter[str] = Counter()
        """Children that did not end well, by cause."""
        self.known_guards: Guards | None = None
        """What ``guards`` found last."""

    def prepare(self) -> None:
        """Begins the server without waiting for it. Raises: PhotoError: ``internal`` if that fails."""
        with self._lock:
            if self._server is None:
                self._server = DecodeServer()

    def guards(self) -> Guards:
        """What confines decoders here beside limits.

        Raises:
            PhotoError: ``internal`` if no server can be begun.
        """
        with self._lock:
            self.known_guards = self._running().guards()
            return self.known_guards

    @property
    def process(self) -> int:
        """The process id of the server; 0: there is none."""
        server = self._server
        return 0 if server is None else server.process

    def close(self) -> None:
        """Ends the server, and with it what it decodes. The next file begins another."""
        with self._lock:
            server, self._server = self._server, None
        self.rest()
        if server is not None:
            server.close()

    def rest(self) -> None:
        """Ends the children that wait for another photo."""
        with self._free:
            resting = [child for some in self._resting.values() for child in some]
            self._resting.clear()
        for child in resting:
            child.close()

    @contextmanager
    def photo(self, order: Order, data: bytes, at_once: int) -> Iterator[DecodeChild]:
        """A child that decodes ``data``; waits while ``at_once`` others decode photos.

        Raises:
            PhotoError: ``internal`` if no process can be begun.
        """
        with self._place(at_once):
            child = self._rested(order) or self._begun(order)
            try:
                child.give(data)
                yield child
            finally:
                if child.rests:
                    with self._free:
                        self._resting[order].append(child)
                else:
                    child.close()

    @contextmanager
    def video(self, order: Order, source: int) -> Iterator[DecodeChild]:
        """A child that decodes the file open as ``source``; it is gone when the block ends. It does not count
        among those that decode photos: who reads a video may wait for them.

        Raises:
            PhotoError: ``internal`` if no process can be begun.
        """
        child = self._begun(order, source)
        try:
            yield child
        finally:
            child.close()

    def _rested(self, order: Order) -> DecodeChild | None:
        while True:
            with self._free:
                child = self._resting[order].pop() if self._resting[order] else None
            if child is None or child.rests:
                return child
            child.close()  # it died meanwhile

    def _begun(self, order: Order, *files: int) -> DecodeChild:
        """A child of the server, which is begun anew where it is gone."""
        try:
            ours, theirs = socket.socketpair()
        except OSError:
            raise cannot_begin() from None
        with theirs:
            try:
                process = self._forked(order, [theirs.fileno(), *files])
            except BaseException:
                ours.close()
                raise
        return DecodeChild(process, ours, order, self._count)

    def _forked(self, order: Order, descriptors: list[int]) -> int:
        for _ in range(_TRIES):
            with self._lock:
                server = self._running()
                try:
                    process = server.send(order, descriptors)
                except OSError:
                    log.info("The process that decodes is gone and is begun anew.")
                    server.close()
                    self._server = None
                    continue
            if not process:
                break
            return process
        raise cannot_begin()

    def _count(self, cause: str) -> None:
        with self._free:
            self.deaths[cause] += 1

    def _running(self) -> DecodeServer:
        if self._server is not None and self._server.ended:
            self._server.close()
            self._server = None
        if self._server is None:
            self._server = DecodeServer()
        return self._server

    @contextmanager
    def _place(self, at_once: int) -> Iterator[None]:
        with self._free:
            self._free.wait_for(lambda: self._decoding < at_once)
            self._decoding += 1
        try:
            yield
        finally:
            with self._free:
                self._decoding -= 1
                self._free.notify()


_sandboxes: dict[int, Sandbox] = {}


def sandbox() -> Sandbox:
    """That of this process; a process forked from it gets its own."""
    process = os.getpid()
    return _sandboxes.get(process) or _sandboxes.setdefault(process, Sandbox())


@atexit.register
def _end() -> None:
    if os.getpid() in _sandboxes:
        sandbox().close()
