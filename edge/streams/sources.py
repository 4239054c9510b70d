"""What the monitor and the validation need of the reader and of the identifier; tests put stand-ins there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from edge.domain import Evidence, Identification
from edge.domain_streams import Exchange, Frame, StreamInfo, StreamLook
from edge.media.address import Address
from edge.media.clock import Clock
from edge.media.stream import Stream
from edge.media.wire import Admit
from edge.settings import Settings


class OpenStream(Protocol):
    def __call__(
        self,
        address: Address,
        settings: Settings,
        clock: Clock = ...,
        *,
        keys_only: bool = ...,
        exchange: Exchange | None = ...,
        pinned_ip: str | None = ...,
        admit: Admit | None = ...,
    ) -> Stream: ...


class StreamIdentifier(Protocol):
    """What is needed of ``edge.identify.Identifier``."""

    def look(
        self,
        frames: Sequence[Frame],
        exchange: Exchange | None,
        info: StreamInfo | None,
        *,
        read_osd: bool = ...,
        find_cameras: bool = ...,
        stream: str | None = ...,
    ) -> StreamLook: ...

    def weigh(self, evidence: Sequence[Evidence]) -> Identification: ...
