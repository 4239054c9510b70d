"""A stand-in for the monitor, whose statuses a test sets, and what it needs to make them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import httpx

from edge.domain import Candidate, Evidence, EvidenceKind, Identification, Osd, Strength, Verdict
from edge.domain_streams import StreamInfo, StreamStatistics, Transport
from edge.errors import StreamFault
from edge.media.hosts import HostPolicy
from edge.service.streaming import EndingClock, Streaming, Validate, Watching
from edge.streams.checks import judge
from edge.streams.findings import Login, Observation, StreamReport, Target
from edge.streams.state import MonitorStatistics, StreamSpec, StreamState, StreamStatus

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
INFO = StreamInfo("h264", "High", 1920, 1080, 25.0, Transport.TCP)

Callback = Callable[[StreamStatus], None]


def identified(vendor: str = "dahua", value: str = "Login to 5A01C7") -> Identification:
    evidence = Evidence(EvidenceKind.PROTOCOL, value, None, Strength.STRONG, {vendor: 7.0})
    return Identification(Verdict.IDENTIFIED, None, vendor, 0.9981, evidence=(evidence,))


def candidates(*vendors: str) -> Identification:
    found = tuple(Candidate(None, vendor, 0.4) for vendor in vendors)
    return Identification(Verdict.CANDIDATES, confidence=0.4, candidates=found)


def observation(target: Target, seconds: float) -> Observation:
    """A Dahua camera that sends what it announces, without key frames for long."""
    statistics = StreamStatistics(
        seconds=seconds, packets=2000, frames=250, key_frames=1, bytes=10**6, fps=25.0, bitrate_kbps=800.0,
        gop_frames=400.0, gop_s=16.0, jitter_ms=4.0, lost_packets=0, corrupt_packets=0, dropped={},
    )  # fmt: skip
    return Observation(
        target=target,
        began=NOON,
        seconds=seconds,
        login=Login.DIGEST,
        info=INFO,
        statistics=statistics,
        identification=identified(),
        osd=Osd("2026-03-14 12:00:00", "Camera 01"),
        snapshot=b"a picture",
    )


class StandInMonitor:
    """In the place of the monitor: what it knows of a stream is what `look` was given."""

    def __init__(self) -> None:
        self.specs: dict[str, StreamSpec] = {}
        self.pictures: dict[str, bytes] = {}
        self.running = False
        self.policy: HostPolicy | None = None
        self.targets: list[tuple[Target, float]] = []
        """What was validated, and for how long; it waits at ``gate``."""
        self.gate = threading.Event()
        self.gate.set()
        self._statuses: dict[str, StreamStatus] = {}
        self._callbacks: list[Callback] = []
        self._lock = threading.Lock()

    @property
    def streaming(self) -> Streaming:
        return Streaming(self._take, self._take_validation)

    def _take(self, watching: Watching) -> StandInMonitor:
        self.policy = watching.policy
        return self

    def _take_validation(self, watching: Watching) -> Validate:
        def validate(target: Target, seconds: float) -> StreamReport:
            self.targets.append((target, seconds))
            clock = EndingClock(watching.ending)
            while not self.gate.is_set():
                clock.sleep(0.01)
            return judge(observation(target, seconds), watching.settings, watching.catalogue)

        return validate

    def start(self) -> None:
        self.running = True

    def stop(self, timeout_s: float = 0) -> None:
        del timeout_s
        self.running = False
        self.specs.clear()
        self._statuses.clear()

    def add(self, spec: StreamSpec) -> None:
        assert spec.id not in self.specs
        self.specs[spec.id] = spec
        state = StreamState.CONNECTING if spec.enabled else StreamState.STOPPED
        self._statuses[spec.id] = StreamStatus(spec.id, spec.name, state, NOON)

    def update(self, spec: StreamSpec) -> None:
        before = self._statuses[spec.id]
        state = before.state if spec.enabled else StreamState.STOPPED
        self.specs[spec.id] = spec
        self._statuses[spec.id] = replace(before, name=spec.name, state=state)

    def remove(self, stream: str) -> None:
        del self.specs[stream], self._statuses[stream]
        self.pictures.pop(stream, None)

    def status(self, stream: str) -> StreamStatus:
        return self._statuses[stream]

    def statuses(self) -> tuple[StreamStatus, ...]:
        return tuple(self._statuses.values())

    def snapshot(self, stream: str) -> bytes | None:
        if stream not in self.specs:
            raise KeyError(stream)
        return self.pictures.get(stream)

    def statistics(self) -> MonitorStatistics:
        return MonitorStatistics(7, 3, 2, {"settled": 5}, {"timeout": 1}, 0, 0.25)

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def look(self, stream: str, picture: bytes | None = None, **changes: object) -> None:
        """A look brings ``changes`` of the status."""
        with self._lock:
            before = self._statuses[stream]
            status = replace(before, **{"looks": before.looks + 1, "last_look": NOON, **changes})  # type: ignore[arg-type]
            self._statuses[stream] = status
            if picture is not None:
                self.pictures[stream] = picture
        for callback in tuple(self._callbacks):
            callback(status)

    def identify(self, stream: str, picture: bytes | None = None, vendor: str = "dahua") -> None:
        """A look names the maker."""
        self.look(
            stream,
            picture,
            state=StreamState.ASLEEP,
            info=INFO,
            identification=identified(vendor),
            settled=True,
            osd=Osd("2026-03-14 12:00:00", "Camera 01"),
        )

    def fail(self, stream: str, fault: StreamFault = StreamFault.TIMEOUT) -> None:
        self.look(stream, state=StreamState.FAILING, fault=fault, message="rtsp://…: nothing came.")


@contextmanager
def listening(client: httpx.Client, path: str) -> Iterator[Iterator[tuple[str, dict[str, object]]]]:
    """Server-sent events as (kind, body); a comment, the sign of life, is ("", {})."""
    with client.stream("GET", path) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _events(answer.iter_lines())


def _events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, object]]]:
    kind, data = "", ""
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "event":
            kind = value
        elif name == "data":
            data += value
        elif line.startswith(":"):
            yield "", {}
        elif not line and data:
            yield kind, json.loads(data)
            kind, data = "", ""
