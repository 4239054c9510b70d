"""The processes that decode, for Prometheus: how many did not end well, and what confines them."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from edge.media.sandbox import DEATHS, sandbox


class DecoderCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        deaths = CounterMetricFamily(
            "camid_decoder_deaths", "Decoding processes that did not end well, by cause.", labels=["cause"]
        )
        for cause in DEATHS:
            deaths.add_metric([cause], sandbox().deaths[cause])
        yield deaths
        guards = sandbox().known_guards
        if guards is None:
            return
        confined = GaugeMetricFamily(
            "camid_decoder_guard", "1 where the kernel grants it to decoders.", labels=["guard"]
        )
        confined.add_metric(["seccomp"], guards.seccomp)
        confined.add_metric(["landlock"], guards.landlock)
        yield confined
