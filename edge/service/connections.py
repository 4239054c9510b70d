"""Connections that hold no place for nothing: how many may stand, and how long one may keep others waiting.

The HTTP server under the service waits without end for the head of a request, for the rest of a body whose
answer is out, and for a client that takes nothing of its answer. A few hundred such sockets, which cost
their maker nothing, would use up the descriptors of the process (slow loris).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from edge.service.access_limits import limited_address
from edge.settings import Settings

_RETRY_S = 5
_BODY = b'{"error": {"code": "busy", "message": "Too many connections are open. Try again later."}}'
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
    b"Connection: close\r\nRetry-After: %d\r\nContent-Length: %d\r\n\r\n%b" % (_RETRY_S, len(_BODY), _BODY)
)


class Standing:
    """Counts connections, all of them and those of each address; 0 sets no limit. For one event loop."""

    def __init__(self, most: int, most_per_address: int) -> None:
        self._most = most
        self._most_per_address = most_per_address
        self._count: Counter[str] = Counter()

    def take(self, address: str) -> bool:
        """Whether one more from there may stand; it does then, until it is given back."""
        if self._most and self._count.total() >= self._most:
            return False
        if self._most_per_address and self._count[address] >= self._most_per_address:
            return False
        self._count[address] += 1
        return True

    def give_back(self, address: str) -> None:
        self._count[address] -= 1
        if not self._count[address]:
            del self._count[address]


class Cause(StrEnum):
    """Why a connection was cut."""

    FULL = "full"
    """As many stood as may, of all or of its address."""
    HEAD = "head"
    """No request came, or not to its end."""
    READER = "reader"
    """The client took nothing of its answer."""


def _uncounted(cause: Cause) -> None:
    del cause


def patient_protocol(
    settings: Settings, count: Callable[[Cause], None] = _uncounted
) -> type[asyncio.Protocol]:
    """What uvicorn makes of each connection under these settings; one for each server. ``count`` hears of
    every one that is cut."""

    class Patient(PatientProtocol):
        standing = Standing(settings.max_connections, settings.max_connections_per_address)
        wait_s = settings.connection_wait_s
        cut = staticmethod(count)

    return Patient


class PatientProtocol(H11Protocol):
    """Waits ``wait_s`` for the head of a request, counted from the connection or the end of the last answer,
    and as long for a client that takes nothing; then the connection is cut."""

    standing: Standing
    wait_s: float
    cut: Callable[[Cause], None]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._counted: str | None = None
        self._head_due: asyncio.TimerHandle | None = None
        self._reading_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        address = limited_address(self.client[0] if self.client else "")
        if not self.standing.take(address):
            self.cut(Cause.FULL)
            transport.write(_REFUSAL)
            transport.close()
            return
        self._counted = address
        self._watch_head()

    def handle_events(self) -> None:
        super().handle_events()
        self._watch_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch_head()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reading_due = self.loop.call_later(self.wait_s, self._give_up, Cause.READER)

    def resume_writing(self) -> None:
        super().resume_writing()
        _cancel(self._reading_due)

    def connection_lost(self, exc: Exception | None) -> None:
        _cancel(self._head_due)
        _cancel(self._reading_due)
        if self._counted is not None:
            self.standing.give_back(self._counted)
            self._counted = None
        super().connection_lost(exc)

    def _watch_head(self) -> None:
        """The time runs while no request is under way; bytes that come do not begin it anew."""
        if self.cycle is not None and not self.cycle.response_complete:
            _cancel(self._head_due)
            self._head_due = None
        elif self._head_due is None and not self.transport.is_closing():
            self._head_due = self.loop.call_later(self.wait_s, self._give_up, Cause.HEAD)

    def _give_up(self, cause: Cause) -> None:
        self.cut(cause)
        self.transport.abort()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
