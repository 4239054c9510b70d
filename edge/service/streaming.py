"""Makes what looks at streams from the models. FFmpeg is imported then and not before: photos do without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import TYPE_CHECKING, cast

from edge.domain_streams import Exchange
from edge.errors import CamidError, ErrorCode
from edge.media.address import Address
from edge.media.clock import SYSTEM_CLOCK, Clock
from edge.media.hosts import HostPolicy
from edge.service.engine import PhotoIdentifier
from edge.service.watched import StreamMonitor
from edge.settings import Settings
from edge.streams.findings import StreamReport, Target
from edge.vendors.catalogue import Catalogue

if TYPE_CHECKING:
    from edge.media.stream import Stream
    from edge.streams.sources import StreamIdentifier

Validate = Callable[[Target, float], StreamReport]
"""Watches a target for some seconds; raises CamidError for what is no fault of the camera."""


@dataclass(frozen=True, slots=True)
class Watching:
    """What streams are watched with. ``policy`` decides on redirects; what takes long ends soon after
    ``ending`` is set."""

    identifier: PhotoIdentifier
    settings: Settings
    catalogue: Catalogue
    policy: HostPolicy
    ending: Event


@dataclass(frozen=True, slots=True)
class Streaming:
    """How monitor and validation are made; tests put stand-ins there."""

    monitor: Callable[[Watching], StreamMonitor]
    validate: Callable[[Watching], Validate]


class EndingClock:
    """The system's clock; who sleeps on it when ``ending`` is set is woken with an error."""

    def __init__(self, ending: Event) -> None:
        self._ending = ending

    def monotonic(self) -> float:
        return SYSTEM_CLOCK.monotonic()

    def now(self) -> datetime:
        return SYSTEM_CLOCK.now()

    def sleep(self, seconds: float) -> None:
        """Raises: CamidError: ``busy``."""
        if self._ending.wait(max(0.0, seconds)):
            raise CamidError(ErrorCode.BUSY, "The service is shutting down.")

    def wait(self, event: Event, seconds: float) -> bool:
        return SYSTEM_CLOCK.wait(event, seconds)


def make_monitor(watching: Watching) -> StreamMonitor:
    from edge.streams.monitor import Monitor  # noqa: PLC0415

    return Monitor(_stream_identifier(watching), watching.settings, admit=watching.policy)


def make_validate(watching: Watching) -> Validate:
    from edge.media.stream import open_stream  # noqa: PLC0415
    from edge.streams.device import device_asker  # noqa: PLC0415
    from edge.streams.validate import Validator  # noqa: PLC0415

    settings, catalogue = watching.settings, watching.catalogue

    def opened(
        address: Address,
        settings: Settings,
        clock: Clock = SYSTEM_CLOCK,
        *,
        keys_only: bool = False,
        exchange: Exchange | None = None,
        pinned_ip: str | None = None,
        admit: HostPolicy | None = None,
    ) -> Stream:
        """The reader has threads of its own, which the end of a validation must not wake with an error."""
        del clock
        return open_stream(
            address, settings, keys_only=keys_only, exchange=exchange, pinned_ip=pinned_ip, admit=admit
        )

    return Validator(
        _stream_identifier(watching),
        settings,
        catalogue,
        device_asker(settings, catalogue),
        EndingClock(watching.ending),
        opened,
        admit=watching.policy,
    ).validate


def _stream_identifier(watching: Watching) -> StreamIdentifier:
    """What the service loads for photos looks at streams too."""
    return cast("StreamIdentifier", watching.identifier)


REAL = Streaming(make_monitor, make_validate)
