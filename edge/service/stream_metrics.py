"""Streams for Prometheus: read from the monitor when they are asked for, so that nothing counts twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from edge.domain import Verdict
from edge.service.events import Events
from edge.service.watched import WatchedStreams
from edge.streams.state import MonitorStatistics, StreamState, StreamStatus


class StreamCollector(Collector):
    def __init__(self, streams: WatchedStreams, events: Events) -> None:
        self._streams = streams
        self._events = events

    def collect(self) -> Iterator[Metric]:
        statuses = [one.status for one in self._streams.all()]
        yield _gauge("camid_streams", "Streams by state.", "state", _by_state(statuses))
        yield _gauge("camid_stream_verdicts", "Streams by verdict.", "verdict", _by_verdict(statuses))
        yield GaugeMetricFamily(
            "camid_event_clients", "Clients that listen to events.", value=self._events.clients
        )
        statistics = self._streams.statistics()
        if statistics is not None:
            yield from _of_monitor(statistics)


def _of_monitor(found: MonitorStatistics) -> Iterator[Metric]:
    yield CounterMetricFamily("camid_stream_looks", "Looks at streams.", value=found.looks)
    yield CounterMetricFamily(
        "camid_stream_exchanges", "Looks that asked the camera what it is.", value=found.exchanges
    )
    yield CounterMetricFamily("camid_stream_readings", "Looks that read the display.", value=found.readings)
    yield _counter("camid_stream_unread", "Looks that did not, by cause.", "cause", found.unread)
    yield _counter("camid_stream_failed_looks", "Looks that failed, by fault.", "fault", found.failed)
    yield CounterMetricFamily(
        "camid_stream_discarded_looks",
        "Looks whose stream was changed or removed meanwhile.",
        value=found.discarded,
    )
    yield GaugeMetricFamily(
        "camid_stream_late_seconds", "By how much the last look came later than due.", value=found.late_s
    )


def _by_state(statuses: Iterable[StreamStatus]) -> Mapping[str, int]:
    found = Counter(one.state for one in statuses)
    return {state: found[state] for state in StreamState}


def _by_verdict(statuses: Iterable[StreamStatus]) -> Mapping[str, int]:
    found = Counter(one.identification.verdict for one in statuses if one.identification is not None)
    return {verdict: found[verdict] for verdict in Verdict}


def _gauge(name: str, help_text: str, label: str, values: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _counter(name: str, help_text: str, label: str, values: Mapping[str, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, help_text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family
