"""What the service takes: the wheel fits, and what is measured is judged."""

from __future__ import annotations

import zipfile
from pathlib import Path

from scripts.bench_operation import Line
from scripts.operation.footprint import build_wheel


def test_the_wheel_holds_models_pages_and_catalogue_and_fits(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path)
    assert wheel.models < wheel.unpacked
    assert wheel.unpacked_mb <= 60
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as archive:
        names = set(archive.namelist())
    needed = {"edge/_models/detector.onnx", "edge/_models/manifest.toml", "edge/vendors/catalogue.toml"}
    assert needed | {"edge/service/pages/static/shared.js", "edge/py.typed"} <= names


def test_a_line_says_what_is_wanted_and_whether_it_is_so() -> None:
    assert Line("start", 6.0, "s", 5.0).passed is False
    assert "MISSED" in str(Line("start", 6.0, "s", 5.0))
    assert "ok" in str(Line("start", 4.0, "s", 5.0))
    assert Line("wheel", 1e9, "MB").passed
