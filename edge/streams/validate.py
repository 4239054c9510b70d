"""Watches one camera for some seconds and says what an installer has to know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import tzinfo

from edge.domain_streams import Exchange, Frame
from edge.errors import StreamError, StreamFault
from edge.media.clock import SYSTEM_CLOCK, Clock
from edge.media.stream import open_stream
from edge.media.wire import Admit
from edge.settings import Settings
from edge.streams.checks import expected_brand, judge
from edge.streams.clock_offset import clock_offset
from edge.streams.device import AskDevice
from edge.streams.faults import DAY_HOURS
from edge.streams.findings import Login, Observation, StreamReport, Target
from edge.streams.look import snapshot
from edge.streams.sources import OpenStream, StreamIdentifier
from edge.streams.watching import Watched, Watcher
from edge.vendors.catalogue import Catalogue


class Validator:
    """Validates cameras, each in the thread that asks for it. ``zone`` is that of this machine, None: as the
    system says; ``admit`` decides on redirects."""

    def __init__(
        self,
        identifier: StreamIdentifier,
        settings: Settings,
        catalogue: Catalogue,
        ask_device: AskDevice,
        clock: Clock = SYSTEM_CLOCK,
        open_stream: OpenStream = open_stream,
        zone: tzinfo | None = None,
        admit: Admit | None = None,
    ) -> None:
        self._identifier = identifier
        self._settings = settings
        self._catalogue = catalogue
        self._ask_device = ask_device
        self._clock = clock
        self._open_stream = open_stream
        self._zone = zone
        self._admit = admit

    def validate(self, target: Target, seconds: float) -> StreamReport:
        """Watches ``target`` for ``seconds``, less if it fails or a recording ends.

        Raises:
            CamidError: ``bad_request`` if an unknown vendor is expected; the models' errors. What is wrong
                with the camera is in the report.
        """
        expected_brand(target.expect, self._catalogue)
        watcher = Watcher(self._identifier, self._settings, self._clock)
        began, start = self._clock.now(), self._clock.monotonic()
        try:
            with self._open_stream(
                target.address, self._settings, self._clock, pinned_ip=target.pinned_ip, admit=self._admit
            ) as stream:
                watcher.watch(stream, seconds)
        except StreamError as error:
            watcher.seen.fault, watcher.seen.exchange = error.anew(), error.exchange
        answer = self._ask_device(target, watcher.seen.exchange)
        evidence = watcher.conclude(answer.evidence)
        seen = watcher.seen
        day, clock = self._day(seen, target), clock_offset(seen.clocks, self._zone)
        observation = Observation(
            target=target,
            began=began,
            seconds=self._clock.monotonic() - start,
            login=_login(seen.exchange),
            fault=_fault(seen.fault),
            message=seen.fault.message if seen.fault else None,
            exchange=seen.exchange,
            info=seen.info,
            statistics=seen.statistics,
            identification=self._identifier.weigh(evidence),
            device=answer.device,
            osd=seen.osd,
            clock=None if target.address.is_file else clock,
            overlay_by=seen.overlay_by,
            intermediary=seen.intermediary,
            cameras=seen.cameras,
            picture_faults=seen.pictures.faults(
                day, has_clock=bool(seen.clocks), clock_stands=clock is not None and clock.stands
            ),
            still_s=seen.pictures.still.seconds,
            silent=seen.pictures.still.silent,
            day=day,
            snapshot=_jpeg(seen.frame),
        )
        return judge(observation, self._settings, self._catalogue)

    def validate_all(
        self, targets: Sequence[Target], seconds: float, done: Callable[[int], None] = lambda _: None
    ) -> Iterator[StreamReport]:
        """Reports on all targets, in their order; ``stream_lookers`` are watched at the same time. ``done``
        is called with how many are finished, each time that one is.

        Raises:
            CamidError: see ``validate``; the others are then not begun.
        """
        for target in targets:
            expected_brand(target.expect, self._catalogue)
        pool = ThreadPoolExecutor(self._settings.stream_lookers, thread_name_prefix="validator")
        try:
            futures = [pool.submit(self.validate, target, seconds) for target in targets]
            for count, _ in enumerate(as_completed(futures), start=1):
                done(count)
            for future in futures:
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _day(self, seen: Watched, target: Target) -> bool | None:
        """By the clock in the picture, else by that of this machine, which tells nothing of a recording."""
        if seen.clocks:
            return seen.clocks[-1].moment.hour in DAY_HOURS
        if target.address.is_file:
            return None
        return self._clock.now().astimezone(self._zone).hour in DAY_HOURS


def _jpeg(frame: Frame | None) -> bytes | None:
    return None if frame is None else snapshot(frame.pixels, width=frame.width, quality=90)


def _fault(error: StreamError | None) -> StreamFault | None:
    return error.code if error is not None and isinstance(error.code, StreamFault) else None


def _login(exchange: Exchange | None) -> Login:
    """The strongest scheme that the camera asked for."""
    if exchange is None or not exchange.answers:
        return Login.NOT_KNOWN
    asked = " ".join(value.lower() for answer in exchange.answers for value in answer.all("WWW-Authenticate"))
    if "digest" in asked:
        return Login.DIGEST
    return Login.BASIC if "basic" in asked else Login.NONE
