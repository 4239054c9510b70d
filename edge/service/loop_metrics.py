"""The inference loop for Prometheus: who waits for the models, for how long, and how full their calls are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from edge.vision.loop import LoopStatistics
from edge.vision.spread import Spread


class LoopCollector(Collector):
    """``statistics`` gives None while the models are not loaded."""

    def __init__(self, statistics: Callable[[], LoopStatistics | None]) -> None:
        self._statistics = statistics

    def collect(self) -> Iterator[Metric]:
        found = self._statistics()
        if found is None:
            return
        yield GaugeMetricFamily("camid_loop_waiting", "Calls of models that wait.", value=found.waiting)
        yield GaugeMetricFamily("camid_loop_running", "Calls of models that run.", value=found.running)
        yield CounterMetricFamily(
            "camid_loop_core_seconds", "Time that calls kept cores busy.", value=found.core_seconds
        )
        yield _histogram("camid_loop_call_inputs", "Inputs of a call; on a GPU askers share one.", found.rows)
        yield _histogram("camid_loop_wait_seconds", "How long an asker waited for its turn.", found.waits)
        dropped = CounterMetricFamily("camid_loop_dropped", "Calls dropped, by cause.", labels=["cause"])
        for cause, count in found.dropped.items():
            dropped.add_metric([cause], count)
        yield dropped


def _histogram(name: str, help_text: str, spread: Spread) -> HistogramMetricFamily:
    """Prometheus wants what lies at or under each step."""
    steps = [*(f"{step:g}" for step in spread.steps), "+Inf"]
    buckets = list(zip(steps, map(float, accumulate(spread.counts)), strict=True))
    return HistogramMetricFamily(name, help_text, buckets=buckets, sum_value=spread.total)
