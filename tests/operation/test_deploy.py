"""What is shipped for operators fits the service: the board's metrics exist, systemd takes the unit."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.service import make_settings, photo, running

DEPLOY = Path(__file__).parents[2] / "deploy"
_METRIC = re.compile(r"\bcamid_[a-z_]+")


def _expressions() -> list[str]:
    board = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    return [*asked, *(one.get("query", "") for one in board["templating"]["list"])]


def _described(family: str, kind: str) -> set[str]:
    """The names of the samples that a family may have."""
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(kind, ("",))
    return {family + suffix for suffix in suffixes}


def test_every_metric_of_the_board_exists(tmp_path: Path) -> None:
    with running(make_settings(tmp_path)) as service, service.client() as client:
        service.send(("a.jpg", photo()))
        text = client.get("/metrics").text
    families = [one for one in text_string_to_metric_families(text) if one.name.startswith("camid_")]
    exist = set().union(*(_described(one.name, one.type) for one in families))
    named = {name for expression in _expressions() for name in _METRIC.findall(expression)}
    # These two are the monitor's and the loop's; a stand-in has neither.
    exist |= {name for name in named if name.startswith(("camid_stream_", "camid_loop_"))}
    assert named - exist == set()
    assert len(named) > 15


def test_the_metrics_of_loop_and_monitor_on_the_board_are_in_their_collectors() -> None:
    service = Path(__file__).parents[2] / "edge" / "service"
    source = "".join((service / f"{name}_metrics.py").read_text() for name in ("loop", "stream"))
    known = set(_METRIC.findall(source))
    for expression in _expressions():
        for name in _METRIC.findall(expression):
            if name.startswith(("camid_stream_", "camid_loop_")):
                assert re.sub("_(total|bucket|sum|count)$", "", name) in known, name


def test_the_panels_do_not_overlap() -> None:
    board = json.loads((DEPLOY / "grafana.json").read_text(encoding="utf-8"))
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_unit_and_finds_it_safe(tmp_path: Path) -> None:
    unit = tmp_path / "camid.service"
    text = (DEPLOY / "camid.service").read_text(encoding="utf-8")
    unit.write_text(text.replace("/opt/camid/bin/camid serve", "/bin/true"), encoding="utf-8")
    verified = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False, timeout=30
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", unit],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert judged.returncode == 0, judged.stdout[-300:]
