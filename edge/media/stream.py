"""One stream, read in a thread of its own; the newest frame wins."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from edge.domain_streams import Exchange, Frame, StreamInfo, StreamStatistics
from edge.media.address import Address
from edge.media.clock import SYSTEM_CLOCK, Clock
from edge.media.wire import Admit
from edge.settings import Settings


class Stream(Protocol):
    """A stream that is being read. Safe to use from several threads."""

    @property
    def info(self) -> StreamInfo: ...

    @property
    def exchange(self) -> Exchange | None:
        """What the camera answered; None for a file."""
        ...

    def latest(self, timeout_s: float, after: Frame | None = None) -> Frame:
        """The newest frame that is not ``after``; waits for one at most ``timeout_s``.

        Raises:
            StreamError: ``stalled``, ``corrupt``, ``ended``, …
        """
        ...

    def statistics(self) -> StreamStatistics: ...

    def close(self) -> None:
        """Never takes longer than ``settings.stream_close_s``."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_stream(
    address: Address,
    settings: Settings,
    clock: Clock = SYSTEM_CLOCK,
    *,
    keys_only: bool = False,
    exchange: Exchange | None = None,
    pinned_ip: str | None = None,
    admit: Admit | None = None,
    realtime: bool = False,
) -> Stream:
    """Connects and plays. ``keys_only`` decodes key frames alone, each only when it is asked for.

    Raises:
        StreamError: with the ``exchange`` up to the fault, where there was one.
    """
    raise NotImplementedError
