"""The doctor: what is wrong is a fault with advice and an exit code, and what fits is proposed."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.errors import EXIT_DONE, EXIT_MODEL, EXIT_USAGE
from edge.operation.doctor import (
    SMALL_BYTES,
    Check,
    Doctor,
    State,
    clock_check,
    examine,
    memory_bytes,
    proposed,
)
from edge.service.data_dir import DataDir
from edge.service.store import Store
from edge.settings import Settings, load_settings
from edge.vision.sizes import detector_size
from tests.support.service import make_settings


def _check(report: Doctor, name: str) -> Check:
    return next(one for one in report.checks if one.name == name)


def test_a_machine_without_faults_is_measured(tmp_path: Path) -> None:
    report = examine(make_settings(tmp_path))
    assert report.exit_code == EXIT_DONE
    assert [one.name for one in report.checks] == [
        "cores", "memory", "provider", "hardware decode", "decoders", "disk", "database", "clock", "models",
        "catalogue",
    ]  # fmt: skip
    assert report.measured is not None
    assert min(report.measured.load_ms, report.measured.view_ms, report.measured.reading_ms) > 0
    assert report.measured.rss_bytes > 50_000_000
    assert report.measured.detector == detector_size(make_settings(tmp_path))


def test_an_altered_model_is_a_fault_of_the_models(tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(make_settings(tmp_path).models_dir, models, ignore=shutil.ignore_patterns("training"))
    (models / "detector.onnx").write_bytes(b"another")
    report = examine(make_settings(tmp_path, models_dir=models))
    assert _check(report, "models").state is State.FAULT
    assert _check(report, "models").advice
    assert (report.exit_code, report.measured) == (EXIT_MODEL, None)


def test_a_provider_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    report = examine(make_settings(tmp_path, provider="acl"), measure=False)
    assert _check(report, "provider").state is State.FAULT
    assert report.exit_code == EXIT_MODEL


def test_a_disk_without_room_is_a_fault(tmp_path: Path) -> None:
    report = examine(make_settings(tmp_path, min_free_bytes=1 << 60), measure=False)
    assert _check(report, "disk").state is State.FAULT
    assert report.exit_code == EXIT_USAGE


def test_a_database_is_examined_beside_a_running_service(tmp_path: Path) -> None:
    with DataDir(tmp_path) as data, closing(Store(data)):
        assert "sound" in _check(examine(make_settings(tmp_path), measure=False), "database").found


def test_a_damaged_and_a_newer_database_are_faults(tmp_path: Path) -> None:
    with DataDir(tmp_path) as data:
        Store(data).close()
    with closing(sqlite3.connect(tmp_path / "camid.sqlite")) as connection:
        connection.execute("PRAGMA user_version = 99")
    newer = _check(examine(make_settings(tmp_path), measure=False), "database")
    assert (newer.state, "99" in newer.found) == (State.FAULT, True)
    (tmp_path / "camid.sqlite").write_bytes(b"no database at all " * 400)
    broken = _check(examine(make_settings(tmp_path), measure=False), "database")
    assert (broken.state, "damaged" in broken.found) == (State.FAULT, True)


@pytest.mark.parametrize(
    ("kept", "ahead_s", "state"),
    [(True, 0, State.OK), (None, 0, State.OK), (False, 0, State.WARNING), (True, -7200, State.FAULT)],
)
def test_a_clock_that_went_back_or_runs_free_is_told(
    tmp_path: Path, kept: bool | None, ahead_s: float, state: State
) -> None:
    (tmp_path / "camid.sqlite").touch()
    written = (tmp_path / "camid.sqlite").stat().st_mtime
    assert clock_check(kept, written + ahead_s, tmp_path).state is state


def test_the_memory_of_a_container_counts(tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/a/b\n")
    (tmp_path / "sys/fs/cgroup/a/b").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/a/b/memory.max").write_text("max\n")
    whole = memory_bytes(tmp_path)
    (tmp_path / "sys/fs/cgroup/a/memory.max").write_text("1048576\n")
    assert (memory_bytes(tmp_path), whole > 1048576) == (1048576, True)


def test_what_is_proposed_for_a_small_machine_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert proposed(4, SMALL_BYTES) == {}
    small = proposed(4, SMALL_BYTES - 1)
    for name, value in small.items():
        monkeypatch.setenv(name, value)
    settings = load_settings()
    guide = (Path(__file__).parents[2] / "docs/guide/operator.md").read_text(encoding="utf-8")
    assert all(f"{name}={value}\n" in guide for name, value in small.items())
    names = [name.removeprefix("CAMID_").lower() for name in small]
    assert {str(getattr(settings, name)) for name in names} == set(small.values())
    assert set(names) <= Settings.model_fields.keys()


def test_the_command_prints_json_and_a_table(tmp_path: Path) -> None:
    runner = CliRunner()
    done = runner.invoke(app, ["doctor", "--no-measure", "--json", "--data-dir", str(tmp_path)])
    assert done.exit_code == 0
    report = json.loads(done.stdout)
    assert (report["format"], report["measured"]) == ("camid-doctor/1", None)
    table = runner.invoke(app, ["doctor", "--no-measure", "--data-dir", str(tmp_path)])
    assert (table.exit_code, "hardware decode" in table.stdout) == (0, True)
