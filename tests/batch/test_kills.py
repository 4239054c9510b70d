"""kill -9 at random moments, again and again, and a disk that fills up: nothing lost, nothing twice."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from edge.errors import EXIT_USAGE, ErrorCode
from tests.support.clips import Clip, make_clip
from tests.support.service import photo

PHOTOS = 60
KILLS = int(os.environ.get("CAMID_TEST_KILLS", "200"))
"""Of the long test."""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Photos, copies, damage, members of an archive, and a video."""
    root = tmp_path_factory.mktemp("kills") / "archive"
    root.mkdir()
    for number in range(PHOTOS):
        (root / f"{number:03d}.jpg").write_bytes(photo(number % (PHOTOS - 5)))
    (root / "000.txt").write_text("no picture")
    with zipfile.ZipFile(root / "more.zip", "w") as more:
        for number in range(12):
            more.writestr(f"{number}.jpg", photo(200 + number))
    shutil.copy(make_clip(Clip(seconds=4, fps=10, gop=5)), root / "video.mp4")
    return root


@pytest.fixture(scope="module")
def whole(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    out = tmp_path_factory.mktemp("whole") / "out"
    assert finish(archive, out) == 0
    return content(out)


def start(archive: Path, out: Path, *before: str) -> subprocess.Popen[bytes]:
    command = [*before, sys.executable, "-m", "tests.support.batch_child", str(archive), str(out)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def finish(archive: Path, out: Path) -> int:
    with start(archive, out) as child:
        return child.wait(120)


def content(out: Path) -> list[bytes]:
    """All rows of photos, cameras and errors in the order of their places, as bytes of Arrow's own form,
    whichever parts they lie in."""
    tables = []
    for name in ("photos", "cameras"):
        parts = sorted((out / name).glob("part-*.parquet"))
        table = pa.concat_tables([pq.read_table(part) for part in parts])
        keys = [("place", "ascending")] + ([("camera", "ascending")] if name == "cameras" else [])
        tables.append(table.sort_by(keys))
    tables.append(pq.read_table(out / "errors.parquet").sort_by("place"))
    return [as_bytes(table) for table in tables]


def as_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return bytes(sink.getvalue())


def kill_at_random(archive: Path, out: Path, moments: random.Random) -> bool:
    """Whether the batch was killed before it ended."""
    with start(archive, out) as child:
        assert child.stdout is not None
        assert child.stdout.readline() in {b"begun\n", b""}
        time.sleep(moments.uniform(0, 0.35))
        os.kill(child.pid, signal.SIGKILL)
        return child.wait(60) == -signal.SIGKILL


@pytest.mark.parametrize(
    "kills", [pytest.param(10, id="few"), pytest.param(KILLS, id="many", marks=pytest.mark.long)]
)
def test_kills_at_random_moments_leave_the_rows_of_one_run(
    archive: Path, whole: list[bytes], tmp_path: Path, kills: int
) -> None:
    moments, killed, rounds = random.Random(kills), 0, 0
    while killed < kills:
        out = tmp_path / f"out-{rounds}"
        rounds += 1
        while killed < kills:
            if not kill_at_random(archive, out, moments):
                break
            killed += 1
        assert finish(archive, out) == 0
        assert content(out) == whole, f"after {killed} kills"
        assert not list(out.rglob("*.tmp"))
        shutil.rmtree(out)
    assert killed == kills


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 200 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_ends_the_run_and_the_next_goes_on(
    archive: Path, whole: list[bytes], small_disk: Path
) -> None:
    out = small_disk / "out"
    with start(archive, out) as child:
        assert child.stdout is not None
        said = child.stdout.read().split()
        assert child.wait(60) == EXIT_USAGE
    assert said[-1].decode() == ErrorCode.STORE_FULL
    subprocess.run(["mount", "-o", "remount,size=50m", str(small_disk)], check=True)
    assert finish(archive, out) == 0
    assert content(out) == whole


def test_a_file_that_may_not_grow_ends_the_run_and_the_next_goes_on(
    archive: Path, whole: list[bytes], tmp_path: Path
) -> None:
    if shutil.which("prlimit") is None:
        pytest.skip("a limit on the size of files needs prlimit")
    out = tmp_path / "out"
    with start(archive, out, "prlimit", "--fsize=120000") as child:
        assert child.stdout is not None
        said = child.stdout.read().split()
        assert child.wait(60) == EXIT_USAGE
    assert said[-1].decode() == ErrorCode.STORE_FULL
    assert finish(archive, out) == 0
    assert content(out) == whole
