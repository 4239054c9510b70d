"""Watches any number of streams with a few threads: looks at each when it is due, and sleeps otherwise."""

from __future__ import annotations

from collections.abc import Callable

from edge.streams.state import (
    Expectation,
    MonitorStatistics,
    PictureFault,
    StreamSpec,
    StreamState,
    StreamStatus,
)

__all__ = [
    "Expectation",
    "Monitor",
    "MonitorStatistics",
    "PictureFault",
    "StreamSpec",
    "StreamState",
    "StreamStatus",
]


class Monitor:
    """Being built: the signatures stand."""

    def __init__(
        self,
        identifier: object,
        settings: object,
        clock: object = None,
        open_stream: object = None,
        describe: object = None,
    ) -> None:
        raise NotImplementedError

    def start(self) -> None:
        """Starts the lookers."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ends all looks and joins the lookers."""
        raise NotImplementedError

    def add(self, spec: StreamSpec) -> None:
        """Watches ``spec`` from now on. Raises ValueError if its id is watched already."""
        raise NotImplementedError

    def update(self, spec: StreamSpec) -> None:
        """Replaces the spec of the same id; raises KeyError if there is none."""
        raise NotImplementedError

    def remove(self, stream: str) -> None:
        """Forgets the stream with that id; raises KeyError if there is none."""
        raise NotImplementedError

    def status(self, stream: str) -> StreamStatus:
        """Raises KeyError if there is none of that id."""
        raise NotImplementedError

    def statuses(self) -> tuple[StreamStatus, ...]:
        """Of all streams, in the order in which they were added."""
        raise NotImplementedError

    def snapshot(self, stream: str) -> bytes | None:
        """The newest picture that was looked at, as JPEG; None before the first. Raises KeyError."""
        raise NotImplementedError

    def statistics(self) -> MonitorStatistics:
        raise NotImplementedError

    def subscribe(self, callback: Callable[[StreamStatus], None]) -> Callable[[], None]:
        """Calls ``callback`` with each new status, in a looker's thread; what is returned ends it."""
        raise NotImplementedError
