"""Asks a camera what it is: OPTIONS and DESCRIBE, and what it answered."""

from __future__ import annotations

from edge.domain_streams import Exchange
from edge.media.address import StreamAddress
from edge.media.clock import SYSTEM_CLOCK, Clock
from edge.media.wire import Admit, Connect, connect_tcp
from edge.settings import Settings


def describe(
    address: StreamAddress,
    settings: Settings,
    clock: Clock = SYSTEM_CLOCK,
    connect: Connect = connect_tcp,
    *,
    pinned_ip: str | None = None,
    admit: Admit | None = None,
) -> Exchange:
    """Asks OPTIONS and DESCRIBE, with the credentials where they are asked for, and hangs up."""
    raise NotImplementedError
