"""The engine on Ray: the rows of the local engine, whatever dies."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from edge.batch.plan import Plan
from edge.batch.settle import Totals
from edge.errors import ErrorCode
from tests.support.batch_answers import content, mixed_archive, run_locally, small_parts
from tests.support.ray_child import Run

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
COUNTS = ("photos", "cameras", "identified", "duplicates", "failed", "videos", "frames")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mixed_archive(tmp_path_factory.mktemp("ray") / "archive")


@pytest.fixture(scope="module")
def local(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Totals, list[bytes]]:
    out = tmp_path_factory.mktemp("local") / "out"
    return run_locally(Plan((str(archive),), small_parts()), out), content(out)


def on_ray(archive: Path, *runs: Run) -> tuple[int, list[dict[str, Any]]]:
    """The exit status of the process, and what became of each run."""
    command = [sys.executable, "-m", "tests.support.ray_child", str(archive), *(run.json() for run in runs)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, check=False, timeout=280)
    said = [line for line in ended.stdout.decode().splitlines() if line.startswith("{")]
    return ended.returncode, [json.loads(line) for line in said]


def test_rows_are_those_of_the_local_engine_though_a_worker_is_killed(
    archive: Path, local: tuple[Totals, list[bytes]], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    killed = tmp_path / "killed"
    status, (first, again) = on_ray(archive, Run(str(out), "007.jpg", str(killed)), Run(str(out)))
    assert status == 0
    assert killed.exists()
    assert content(out) == local[1]
    assert {name: first[name] for name in COUNTS} == {name: getattr(local[0], name) for name in COUNTS}
    assert again["photos"] == again["frames"] == again["duplicates"] == 0
    assert again["kept"] == first["photos"] + first["duplicates"] + first["videos"]


@pytest.mark.long
def test_a_run_whose_driver_was_killed_goes_on_to_the_same_rows(
    archive: Path, local: tuple[Totals, list[bytes]], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for after in (5, 10):
        assert on_ray(archive, Run(str(out), killed_after=after))[0] == -signal.SIGKILL
    assert on_ray(archive, Run(str(out)))[0] == 0
    assert content(out) == local[1]


@pytest.mark.long
def test_broken_models_deadly_files_and_workers_that_do_not_see_the_files(
    archive: Path, local: tuple[Totals, list[bytes]], tmp_path: Path
) -> None:
    broken, deadly, sent = (tmp_path / name for name in ("broken", "deadly", "sent"))
    runs = (Run(str(broken), fails=True), Run(str(deadly), "007.jpg"), Run(str(sent), send_content=True))
    status, said = on_ray(archive, *runs)
    assert status == 0
    assert said[0] == {"error": ErrorCode.MODEL_BROKEN}
    left = {Path(row["place"]).name: row["code"] for row in errors(deadly)}
    assert left.pop("007.jpg") == ErrorCode.INTERNAL
    assert said[1]["photos"] + len([code for code in left.values() if code == ErrorCode.INTERNAL]) == (
        local[0].photos - 1
    )
    without_videos = {row["place"] for row in errors(sent)} - {row["place"] for row in errors(deadly)}
    assert {Path(place).name for place in without_videos} == {"video.mp4", "video-copy.mp4"}
    assert (said[2]["photos"], said[2]["duplicates"]) == (local[0].photos, local[0].duplicates - 1)


def errors(out: Path) -> list[dict[str, Any]]:
    return [dict(row) for row in pq.read_table(out / "errors.parquet").to_pylist()]
