"""The streams of this service: stored, allowed, watched, and told of when anything about them changes."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from edge.errors import CamidError, ErrorCode
from edge.media.address import StreamAddress
from edge.media.clock import stamp
from edge.media.hosts import HostPolicy, host_policy
from edge.service.problems import BusyError
from edge.service.secrets_box import SecretsBox, UnsealableError
from edge.service.store import full_disk_named
from edge.service.stream_store import StoredStream, StreamStore
from edge.settings import Settings
from edge.streams.state import MonitorStatistics, StreamSpec, StreamState, StreamStatus

_log = logging.getLogger("edge.service")

_THREADS = 2
_WAITING = 16
_HANGING_S = 3
"""How long the end waits for looks at cameras that hang; they are then left behind."""
_LOST = "Its address cannot be decrypted: secrets.key is another one than when it was stored. "

T = TypeVar("T")


class StreamMonitor(Protocol):
    """What the service needs of ``edge.streams.monitor.Monitor``."""

    def start(self) -> None: ...

    def stop(self, timeout_s: float = ...) -> None: ...

    def add(self, spec: StreamSpec) -> None: ...

    def update(self, spec: StreamSpec) -> None: ...

    def remove(self, stream: str) -> None: ...

    def status(self, stream: str) -> StreamStatus: ...

    def statuses(self) -> tuple[StreamStatus, ...]: ...

    def snapshot(self, stream: str) -> bytes | None: ...

    def statistics(self) -> MonitorStatistics: ...

    def subscribe(self, callback: Callable[[StreamStatus], None]) -> Callable[[], None]: ...


@dataclass(frozen=True, slots=True)
class WatchedStream:
    """``created_at`` is ISO 8601 in UTC."""

    spec: StreamSpec
    created_at: str
    status: StreamStatus


@dataclass(frozen=True, slots=True)
class _Entry:
    """``problem`` says why the stream cannot be watched; ``lost``: because its address cannot be read."""

    spec: StreamSpec
    created_at: str
    problem: str | None = None
    lost: bool = False


class WatchedStreams:
    """Methods may be called from any thread; those that change something write to the disk first, and may
    wait for it and for a name server: ``in_thread`` runs them beside the event loop.

    ``changed`` hears the id of every stream that was added, changed, removed or looked at, in the thread in
    which that came about. Before ``start`` streams can be added and are not yet watched.
    """

    def __init__(
        self,
        store: StreamStore,
        box: SecretsBox,
        settings: Settings,
        changed: Callable[[str], None],
        policy: HostPolicy | None = None,
    ) -> None:
        self.policy = policy or host_policy(settings)
        self._store = store
        self._box = box
        self._settings = settings
        self._changed = changed
        self._monitor: StreamMonitor | None = None
        self._unsubscribe: Callable[[], None] = lambda: None
        self._changing = threading.Lock()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="streams")
        self._waiting = 0
        self._entries = {row.id: self._entry_of(row) for row in store.all()}

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Raises: BusyError: if more such work waits than makes sense."""
        if self._waiting >= _WAITING:
            raise BusyError("Too many changes of streams are waiting.", after_s=5)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def start(self, monitor: StreamMonitor) -> None:
        """From now on ``monitor`` watches them."""
        with self._changing:
            for entry in self._entries.values():
                if entry.problem is None:
                    monitor.add(entry.spec)
            self._monitor = monitor
            self._unsubscribe = monitor.subscribe(lambda status: self._changed(status.id))
            monitor.start()

    def stop(self) -> None:
        """Ends all looks, once; what is stored stays."""
        self._threads.shutdown(cancel_futures=True)
        with self._changing:
            monitor, self._monitor = self._monitor, None
        if monitor is not None:
            self._unsubscribe()
            monitor.stop(_HANGING_S)

    def all(self) -> tuple[WatchedStream, ...]:
        """In the order in which they were added."""
        return tuple(self._watched(entry) for entry in tuple(self._entries.values()))

    def get(self, stream: str) -> WatchedStream:
        """Raises: CamidError: ``not_found``."""
        return self._watched(self._entry(stream))

    def watchable(self, stream: str) -> StreamSpec:
        """What may be connected to. Raises: CamidError: ``not_found``, or ``bad_request`` with the reason."""
        entry = self._entry(stream)
        if entry.problem is not None:
            raise CamidError(ErrorCode.BAD_REQUEST, entry.problem)
        return entry.spec

    def snapshot(self, stream: str) -> bytes:
        """The newest picture that was looked at, as JPEG.

        Raises:
            CamidError: ``not_found`` also where there is no picture yet.
        """
        self._entry(stream)
        monitor = self._monitor
        try:
            picture = monitor.snapshot(stream) if monitor is not None else None
        except KeyError:
            picture = None
        if picture is None:
            raise CamidError(ErrorCode.NOT_FOUND, "There is no picture of this stream yet.")
        return picture

    def statistics(self) -> MonitorStatistics | None:
        monitor = self._monitor
        return monitor.statistics() if monitor is not None else None

    def add(self, spec: StreamSpec) -> WatchedStream:
        """Keeps and watches ``spec``, under a new id and with its host pinned.

        Raises:
            CamidError: ``too_many_streams``, ``host_not_allowed``, ``bad_request``, ``store_full``.
        """
        self._check_room()
        pinned = self.policy(spec.address.host)
        entry = _Entry(replace(spec, id=secrets.token_hex(16), pinned_ip=pinned), _now())
        with self._changing:
            self._check_room()
            with full_disk_named():
                self._store.add(self._row(entry))
            self._entries[entry.spec.id] = entry
            if self._monitor is not None:
                self._monitor.add(entry.spec)
        self._changed(entry.spec.id)
        return self._watched(entry)

    def change(self, stream: str, alter: Callable[[StreamSpec], StreamSpec]) -> WatchedStream:
        """``alter`` gives the new spec from the old; id, host and port stay. Where it switches the stream on,
        the host is checked and pinned anew.

        Raises:
            CamidError: ``not_found``, ``host_not_allowed``, ``bad_request``, ``store_full``.
        """
        before = self._changeable(stream)
        switched_on = alter(before.spec).enabled and (not before.spec.enabled or before.problem is not None)
        pinned = self.policy(before.spec.address.host) if switched_on else None
        with self._changing:
            before = self._changeable(stream)
            spec = replace(alter(before.spec), pinned_ip=pinned or before.spec.pinned_ip)
            entry = _Entry(spec, before.created_at, before.problem if pinned is None else None)
            with full_disk_named():
                self._store.replace(self._row(entry))
            self._entries[stream] = entry
            self._pass_on(before, entry)
        self._changed(stream)
        return self._watched(entry)

    def remove(self, stream: str) -> None:
        """Forgets everything about it. Raises: CamidError: ``not_found``."""
        with self._changing:
            entry = self._entry(stream)
            with full_disk_named():
                self._store.remove(stream)
            del self._entries[stream]
            if self._monitor is not None and entry.problem is None:
                self._monitor.remove(stream)
        self._changed(stream)

    def _pass_on(self, before: _Entry, entry: _Entry) -> None:
        if self._monitor is None or entry.problem is not None:
            return
        if before.problem is None:
            self._monitor.update(entry.spec)
        else:
            self._monitor.add(entry.spec)

    def _entry(self, stream: str) -> _Entry:
        entry = self._entries.get(stream)
        if entry is None:
            raise CamidError(ErrorCode.NOT_FOUND, "There is no stream with this id.")
        return entry

    def _changeable(self, stream: str) -> _Entry:
        entry = self._entry(stream)
        if entry.lost:
            raise CamidError(ErrorCode.BAD_REQUEST, f"{_LOST}Remove the stream and add it again.")
        return entry

    def _check_room(self) -> None:
        if len(self._entries) >= self._settings.max_streams:
            raise CamidError(
                ErrorCode.TOO_MANY_STREAMS, f"There are {self._settings.max_streams} streams already."
            )

    def _watched(self, entry: _Entry) -> WatchedStream:
        return WatchedStream(entry.spec, entry.created_at, self._status(entry))

    def _status(self, entry: _Entry) -> StreamStatus:
        monitor = self._monitor
        try:
            if monitor is not None and entry.problem is None:
                return monitor.status(entry.spec.id)
        except KeyError:
            pass  # it was removed this instant
        watchable = entry.spec.enabled and entry.problem is None
        state = StreamState.CONNECTING if watchable else StreamState.STOPPED
        since = datetime.fromisoformat(entry.created_at)
        return StreamStatus(entry.spec.id, entry.spec.name, state, since, message=entry.problem)

    def _row(self, entry: _Entry) -> StoredStream:
        spec, address = entry.spec, entry.spec.address
        secret = json.dumps([address.url, address.username, address.password])
        return StoredStream(
            id=spec.id,
            name=spec.name,
            url=replace(address, path="").redacted,
            sealed=self._box.seal(secret, spec.id),
            enabled=spec.enabled,
            expect=spec.expect,
            pinned_ip=spec.pinned_ip or "",
            created_at=entry.created_at,
        )

    def _entry_of(self, row: StoredStream) -> _Entry:
        try:
            url, username, password = json.loads(self._box.open(row.sealed, row.id))
        except UnsealableError:
            _log.warning("The address of stream %s cannot be decrypted.", row.id)
            address = StreamAddress.parse(row.url)
            return _Entry(
                _spec(row, address), row.created_at, f"{_LOST}Remove it and add it again.", lost=True
            )
        address = StreamAddress.parse(url, username=username, password=password)
        return _Entry(_spec(row, address), row.created_at, self._refusal(address, row.pinned_ip))

    def _refusal(self, address: StreamAddress, pinned_ip: str) -> str | None:
        """Why the settings of today no longer allow the host, if they do not."""
        try:
            host_policy(self._settings, lambda _: [pinned_ip])(address.host)
        except CamidError as error:
            return str(error)
        return None


def _spec(row: StoredStream, address: StreamAddress) -> StreamSpec:
    return StreamSpec(row.id, row.name, address, row.enabled, row.expect, row.pinned_ip)


def _now() -> str:
    return stamp(datetime.now(UTC))
