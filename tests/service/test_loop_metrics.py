from __future__ import annotations

from pathlib import Path

import numpy as np
from prometheus_client import CollectorRegistry, generate_latest

from edge.service.loop_metrics import LoopCollector
from edge.vision.loop import InferenceLoop, LoopStatistics
from edge.vision.spread import Spread
from tests.support.service import make_settings, metric, running


def lines_of(found: LoopStatistics | None) -> list[str]:
    registry = CollectorRegistry()
    registry.register(LoopCollector(lambda: found))
    return [line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")]


def test_what_a_loop_did() -> None:
    rows, waits = Spread((1, 2), (3, 2, 1), 11), Spread((0.5,), (4, 3), 9.5)
    assert lines_of(LoopStatistics(6, 1, 2.5, rows, waits, {"superseded": 4}, running=2, waiting=5)) == [
        "camid_loop_waiting 5.0",
        "camid_loop_running 2.0",
        "camid_loop_core_seconds_total 2.5",
        'camid_loop_call_inputs_bucket{le="1"} 3.0',
        'camid_loop_call_inputs_bucket{le="2"} 5.0',
        'camid_loop_call_inputs_bucket{le="+Inf"} 6.0',
        "camid_loop_call_inputs_count 6.0",
        "camid_loop_call_inputs_sum 11.0",
        'camid_loop_wait_seconds_bucket{le="0.5"} 4.0',
        'camid_loop_wait_seconds_bucket{le="+Inf"} 7.0',
        "camid_loop_wait_seconds_count 7.0",
        "camid_loop_wait_seconds_sum 9.5",
        'camid_loop_dropped_total{cause="superseded"} 4.0',
    ]


def test_before_the_models_are_loaded_there_is_nothing_to_tell() -> None:
    assert lines_of(None) == []


def test_the_service_tells_of_its_loop(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data")) as service:
        loop: InferenceLoop = service.models.loop
        loop.run("m", lambda inputs: [inputs["x"]], {"x": np.ones((2, 1), np.float32)})
        assert metric(service, "camid_loop_call_inputs_count") == 1
        assert metric(service, 'camid_loop_dropped_total{cause="superseded"}') == 0
