"""Batches for Prometheus: read when they are asked for, so that nothing counts twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from edge.service.batch_state import UNDER_WAY, BatchState
from edge.service.batching import Batching


class BatchCollector(Collector):
    def __init__(self, batching: Batching) -> None:
        self._batching = batching

    def collect(self) -> Iterator[Metric]:
        batches = self._batching.batches.all()
        found = Counter(one.state for one in batches)
        states = GaugeMetricFamily("camid_batches", "Batches by state.", labels=["state"])
        for state in BatchState:
            states.add_metric([state], found[state])
        yield states
        rate = sum(one.progress.rate for one in batches if one.state in UNDER_WAY)
        yield GaugeMetricFamily(
            "camid_batch_rate", "Photos and frames a second of the batch that runs.", value=rate
        )
        yield GaugeMetricFamily(
            "camid_batch_event_clients",
            "Clients that listen to events of batches.",
            value=self._batching.events.clients,
        )
