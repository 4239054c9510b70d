"""What is wanted of a stream, and what is known of it: the types that the monitor takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from edge.domain import Camera, Identification, Osd
from edge.domain_streams import StreamInfo
from edge.errors import StreamFault

if TYPE_CHECKING:
    from edge.media.address import StreamAddress


class StreamState(StrEnum):
    CONNECTING = "connecting"
    """Nothing was seen of it yet."""
    WATCHING = "watching"
    """It is looked at often, for something is new or not yet certain."""
    ASLEEP = "asleep"
    """What can be known is known; it is looked at rarely."""
    FAILING = "failing"
    """The last look failed; it is tried again for ever."""
    STOPPED = "stopped"
    """It is not enabled."""


class PictureFault(StrEnum):
    """What can be wrong with a picture that arrives."""

    BLACK = "black"
    FROZEN = "frozen"
    BLURRED = "blurred"
    IR_STUCK = "ir_stuck"
    """Without colour by day, or with the tint of a missing infrared filter."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a camera should be: ``vendor`` is a brand's or platform's id, name or alias; model and firmware
    are compared as text. None: not asked."""

    vendor: str | None = None
    model: str | None = None
    firmware: str | None = None


NOTHING_EXPECTED = Expectation()


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """One stream to watch. ``pinned_ip`` is the address that its host name was resolved to when it was
    allowed; connections go there and nowhere else."""

    id: str
    name: str
    address: StreamAddress
    enabled: bool = True
    expect: Expectation = NOTHING_EXPECTED
    pinned_ip: str | None = None


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """What is known of one stream. Moments are in UTC.

    ``identification`` is None until the first look is done; ``settled`` says that more looks are not expected
    to change it. ``fault`` and ``message`` tell of the last look if it failed, and are None otherwise; what
    was known before a fault stays. ``since`` is when ``state`` began.
    """

    id: str
    name: str
    state: StreamState
    since: datetime
    fault: StreamFault | None = None
    message: str | None = None
    info: StreamInfo | None = None
    identification: Identification | None = None
    settled: bool = False
    osd: Osd | None = None
    overlay_by: str | None = None
    intermediary: str | None = None
    cameras: tuple[Camera, ...] = ()
    picture_faults: tuple[PictureFault, ...] = ()
    looks: int = 0
    last_look: datetime | None = None
    next_look: datetime | None = None


@dataclass(frozen=True, slots=True)
class MonitorStatistics:
    """Counted since the monitor was made. ``readings`` are looks in which the display was read, ``unread``
    those in which it was not, by cause; ``failed`` are looks that failed, by fault; ``discarded`` results
    that came after their stream was changed or removed. ``late_s`` is by how much the last look came later
    than it was due."""

    looks: int
    exchanges: int
    readings: int
    unread: Mapping[str, int]
    failed: Mapping[str, int]
    discarded: int
    late_s: float
