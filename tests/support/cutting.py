"""A bad network between a browser and a service: it breaks where a plan says so, and counts bytes."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

UNANSWERED = 1 << 40
"""In a plan: the request goes through whole, and its answer is lost."""
_CHUNK = 1 << 14


class BadNetwork:
    """``plan`` says for each request that begins with one of ``watched`` after how many of its bytes the
    connection breaks. With the plan at its end all is well."""

    def __init__(self, target: tuple[str, int], watched: tuple[bytes, ...], plan: list[int]) -> None:
        self.cuts = 0
        self.received = 0
        """Bytes of answers that reached the browser."""
        self._target = target
        self._watched = watched
        self.plan = plan
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in list(self._open):
            _reset(one)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                browser, _ = self._listener.accept()
                service = socket.create_connection(self._target)
                self._open |= {browser, service}
                link = _Link(self, browser, service)
                for pump in (link.up, link.down):
                    threading.Thread(target=pump, daemon=True).start()

    def _cut_for(self, start: bytes) -> int | None:
        """After how many bytes the request that begins like this breaks."""
        with self._lock:
            if not self.plan or not start.startswith(self._watched):
                return None
            self.cuts += 1
            return self.plan.pop(0)

    def _count(self, size: int) -> None:
        with self._lock:
            self.received += size


class _Link:
    """One connection. A browser waits for an answer before it asks on: each request begins a chunk."""

    def __init__(self, network: BadNetwork, browser: socket.socket, service: socket.socket) -> None:
        self._network = network
        self._browser = browser
        self._service = service
        self._unanswered = False

    def up(self) -> None:
        left: int | None = None
        with suppress(OSError):
            while data := self._browser.recv(_CHUNK):
                if left is None:
                    left = self._network._cut_for(data)
                    self._unanswered = left == UNANSWERED
                if left is not None and len(data) >= left:
                    self._service.sendall(data[:left])
                    break
                left = None if left is None else left - len(data)
                self._service.sendall(data)
        self._end()

    def down(self) -> None:
        with suppress(OSError):
            while (data := self._service.recv(_CHUNK)) and not self._unanswered:
                self._network._count(len(data))
                self._browser.sendall(data)
        self._end()

    def _end(self) -> None:
        _reset(self._browser)
        _reset(self._service)


def _reset(one: socket.socket) -> None:
    """As a phone that leaves the network: no farewell."""
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RDWR)
    one.close()


@contextmanager
def bad_network(
    url: str, watched: tuple[bytes, ...] = (), plan: tuple[int, ...] = ()
) -> Iterator[BadNetwork]:
    """In front of the service at ``url``."""
    place = urlsplit(url)
    assert place.hostname is not None
    assert place.port is not None
    made = BadNetwork((place.hostname, place.port), watched, list(plan))
    try:
        yield made
    finally:
        made.close()
