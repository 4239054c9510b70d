"""Watches any number of streams with a few threads: looks at each when it is due, and sleeps otherwise.

A stream that sleeps is an entry in a heap: it holds no thread, no connection and no picture but the JPEG of
its newest frame. Each stream is with one looker at most, so nothing can pile up: if there are more looks than
the lookers manage, each comes later (``statistics().late_s``), and it then sees the newest frame.
"""

from __future__ import annotations

import logging
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from random import Random

from edge.media.clock import SYSTEM_CLOCK, Clock
from edge.media.stream import open_stream
from edge.media.wire import Admit
from edge.settings import Settings
from edge.streams.look import Failed, Line, Looker
from edge.streams.schedule import Schedule
from edge.streams.sources import OpenStream, StreamIdentifier
from edge.streams.state import (
    Expectation,
    MonitorStatistics,
    PictureFault,
    StreamSpec,
    StreamState,
    StreamStatus,
)
from edge.streams.watch import Order, Seen, Watch

__all__ = [
    "Expectation",
    "Monitor",
    "MonitorStatistics",
    "PictureFault",
    "StreamSpec",
    "StreamState",
    "StreamStatus",
]

Callback = Callable[[StreamStatus], None]

_log = logging.getLogger("edge.streams")


class Monitor:
    """For several threads. ``identifier`` is used by ``stream_lookers`` of them at once.

    ``admit`` decides on redirects, see ``edge.media.wire``.
    """

    def __init__(
        self,
        identifier: StreamIdentifier,
        settings: Settings,
        clock: Clock = SYSTEM_CLOCK,
        open_stream: OpenStream = open_stream,
        random: Random | None = None,
        admit: Admit | None = None,
    ) -> None:
        self._identifier = identifier
        self._settings = settings
        self._clock = clock
        self._looker = Looker(identifier, settings, clock, open_stream, admit)
        self._random = random or Random()
        self._changed = threading.Condition()
        self._watches: dict[str, Watch] = {}
        self._lines: dict[str, Line] = {}
        self._schedule = Schedule()
        self._callbacks: list[Callback] = []
        self._threads: list[threading.Thread] = []
        self._stopping = False
        self._counts: Counter[str] = Counter()
        self._unread: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._late = 0.0

    def start(self) -> None:
        """Starts the lookers."""
        for number in range(self._settings.stream_lookers):
            thread = threading.Thread(target=self._run, name=f"looker-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self, timeout_s: float = 30) -> None:
        """Ends the looks that are going on and joins the lookers; one that hangs is left behind."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
            lines = list(self._lines.values())
        for line in lines:
            line.close()
        end = self._clock.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, end - self._clock.monotonic()))
        self._threads = [thread for thread in self._threads if thread.is_alive()]

    def add(self, spec: StreamSpec) -> None:
        """Watches ``spec`` from now on.

        Raises:
            ValueError: if a stream of this id is watched already.
        """
        with self._changed:
            if spec.id in self._watches:
                raise ValueError(f"the stream {spec.id} is watched already")
            self._begin(spec)
        self._publish(spec.id)

    def update(self, spec: StreamSpec) -> None:
        """Replaces the spec of the same id. A new name or expectation changes nothing else; another address
        is another camera, of which nothing is known.

        Raises:
            KeyError: if no stream of this id is watched.
        """
        with self._changed:
            watch = self._watches[spec.id]
            if _same_source(watch.spec, spec):
                watch.rename(spec)
            else:
                self._close(spec.id)
                self._begin(spec)
        self._publish(spec.id)

    def remove(self, stream: str) -> None:
        """Forgets the stream with that id.

        Raises:
            KeyError: if there is none.
        """
        with self._changed:
            del self._watches[stream]
            self._schedule.remove(stream)
            self._close(stream)

    def look_now(self, stream: str) -> None:
        """The next look comes as soon as a looker is free.

        Raises:
            KeyError: if no stream of this id is watched.
        """
        with self._changed:
            if self._watches[stream].spec.enabled and stream in self._schedule:
                self._put(stream, 0.0)

    def status(self, stream: str) -> StreamStatus:
        """Raises:
        KeyError: if no stream of this id is watched.
        """
        with self._changed:
            return self._watches[stream].status

    def statuses(self) -> tuple[StreamStatus, ...]:
        """Of all streams, in the order in which they were added."""
        with self._changed:
            return tuple(watch.status for watch in self._watches.values())

    def snapshot(self, stream: str) -> bytes | None:
        """The newest picture that was looked at, as JPEG; None before the first.

        Raises:
            KeyError: if no stream of this id is watched.
        """
        with self._changed:
            return self._watches[stream].jpeg

    def statistics(self) -> MonitorStatistics:
        with self._changed:
            return MonitorStatistics(
                looks=self._counts["looks"],
                exchanges=self._counts["exchanges"],
                readings=self._counts["readings"],
                unread=dict(self._unread),
                failed=dict(self._failed),
                discarded=self._counts["discarded"],
                late_s=self._late,
            )

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Calls ``callback`` with each new status, in the thread that brought it about; it should not take
        long. What is returned ends it."""
        with self._changed:
            self._callbacks.append(callback)

        def unsubscribe() -> None:
            with self._changed:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)

        return unsubscribe

    def look_due(self) -> bool:
        """Looks at the stream that has been due longest, in this thread; False: none is due."""
        with self._changed:
            task = self._pop()
        if task is None:
            return False
        self._look(*task)
        return True

    def _begin(self, spec: StreamSpec) -> None:
        self._watches[spec.id] = Watch(spec, self._settings, self._random, self._clock.now())
        if spec.enabled:
            self._put(spec.id, 0.0)
        else:
            self._schedule.remove(spec.id)

    def _put(self, stream: str, pause: float) -> None:
        self._schedule.put(stream, self._clock.monotonic() + pause)
        self._changed.notify()

    def _close(self, stream: str) -> None:
        """The look that is going on, if any, ends with an error and is discarded."""
        line = self._lines.pop(stream, None)
        if line is not None:
            threading.Thread(target=line.close, name="closer", daemon=True).start()

    def _run(self) -> None:
        while (task := self._next()) is not None:
            self._look(*task)

    def _next(self) -> tuple[Watch, Order, Line] | None:
        """The next look, waiting until it is due; None: the monitor stops."""
        with self._changed:
            while not self._stopping:
                task = self._pop()
                if task is not None:
                    return task
                due = self._schedule.next_due()
                self._changed.wait(None if due is None else max(0.001, due - self._clock.monotonic()))
        return None

    def _pop(self) -> tuple[Watch, Order, Line] | None:
        now = self._clock.monotonic()
        popped = self._schedule.pop(now)
        if popped is None:
            return None
        stream, due = popped
        self._late = now - due
        watch = self._watches[stream]
        late = self._late > self._settings.stream_look_min_s
        return watch, watch.order(now, late=late), self._lines.setdefault(stream, Line())

    def _look(self, watch: Watch, order: Order, line: Line) -> None:
        outcome = self._looker.look(watch.spec, order, line)
        with self._changed:
            stream = watch.spec.id
            if self._watches.get(stream) is not watch or self._stopping:
                self._counts["discarded"] += 1
                stale = True
            else:
                stale = False
                self._conclude(watch, order, outcome)
        if stale:
            line.close()
        else:
            self._publish(stream)

    def _conclude(self, watch: Watch, order: Order, outcome: Seen | Failed) -> None:
        now, moment = self._clock.monotonic(), self._clock.now()
        self._counts["looks"] += 1
        self._counts["exchanges"] += order.exchange
        if isinstance(outcome, Failed):
            watch.failed(outcome.error, outcome.heard, self._identifier.weigh, moment)
            self._failed[watch.status.fault or "internal"] += 1
            self._log_failure(watch, outcome.error)
        else:
            watch.saw(outcome, self._identifier.weigh, now, moment)
            self._counts["readings"] += outcome.display is not None
            self._unread.update([outcome.unread] if outcome.unread else [])
        self._put(watch.spec.id, watch.pause)

    def _log_failure(self, watch: Watch, error: Exception) -> None:
        if watch.status.fault is None:
            # The places only: the text of a foreign exception may quote an address with its password.
            places = "".join(traceback.format_tb(error.__traceback__))
            _log.error("%s in a look at the stream %s\n%s", type(error).__name__, watch.spec.id, places)
        else:
            _log.info("stream %s: %s: %s", watch.spec.id, watch.status.fault, watch.status.message)

    def _publish(self, stream: str) -> None:
        with self._changed:
            watch, callbacks = self._watches.get(stream), tuple(self._callbacks)
        if watch is None:
            return
        for callback in callbacks:
            try:
                callback(watch.status)
            except Exception:
                _log.exception("A subscriber failed")


def _same_source(one: StreamSpec, other: StreamSpec) -> bool:
    return (one.address, one.enabled, one.pinned_ip) == (other.address, other.enabled, other.pinned_ip)
