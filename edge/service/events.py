"""Who listens to what happens to streams: a slow client misses states in between, never the newest."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from edge.service.problems import BusyError

_CLOSED = None


class Listener:
    """The ids of streams that changed since this client was last told; each stands in it once at most."""

    def __init__(self, only: str | None, most: int) -> None:
        self._only = only
        self._most = most
        self._pending: dict[str, None] = {}
        self._woken = asyncio.Event()
        self._closed = False

    async def next(self) -> str | None:
        """The id of a stream that changed, in the order of the changes; None: there is no more to hear."""
        while not self._pending and not self._closed:
            self._woken.clear()
            await self._woken.wait()
        if self._closed:
            return _CLOSED
        stream = next(iter(self._pending))
        del self._pending[stream]
        return stream

    def tell(self, stream: str) -> None:
        if self._only not in (None, stream):
            return
        self._pending[stream] = None
        if len(self._pending) > self._most:
            # Streams come and go faster than this client reads: it has to begin anew.
            self._closed = True
        self._woken.set()

    def close(self) -> None:
        self._closed = True
        self._woken.set()


class Events:
    """Belongs to one event loop; ``tell`` alone may be called from any thread."""

    def __init__(self, most_clients: int, most_pending: int) -> None:
        self._most_clients = most_clients
        self._most_pending = most_pending
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: set[Listener] = set()
        self._closed = False

    def open(self) -> None:
        """To be called in the event loop, before there is anything to tell."""
        self._loop = asyncio.get_running_loop()

    def tell(self, stream: str) -> None:
        """Something about ``stream`` changed."""
        loop = self._loop
        if loop is None or self._closed:
            return
        try:
            loop.call_soon_threadsafe(self._tell, stream)
        except RuntimeError:
            self._closed = True  # the event loop has ended

    @property
    def clients(self) -> int:
        return len(self._listeners)

    def check_room(self) -> None:
        """Raises: BusyError: if as many clients listen as may, or at shutdown."""
        if self._closed or self.clients >= self._most_clients:
            raise BusyError("Too many clients listen to events.", after_s=30)

    @property
    def closed(self) -> bool:
        return self._closed

    @contextmanager
    def listen(self, only: str | None = None, *, inside: bool = False) -> Iterator[Listener]:
        """To all streams, or to ``only`` one. Where there is no room, there is nothing to hear, but for
        listeners ``inside`` the service."""
        listener = Listener(only, self._most_pending)
        if self._closed or (self.clients >= self._most_clients and not inside):
            listener.close()
        self._listeners.add(listener)
        try:
            yield listener
        finally:
            self._listeners.discard(listener)

    def close(self) -> None:
        """Every listener comes to its end, so that no open connection holds up a shutdown."""
        self._closed = True
        for listener in self._listeners:
            listener.close()

    def _tell(self, stream: str) -> None:
        for listener in self._listeners:
            listener.tell(stream)
