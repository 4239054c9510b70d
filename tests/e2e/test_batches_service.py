"""Batches in a service of its own process: killed and stopped in the middle, on a disk that fills up."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge.batch.control import Control
from edge.service.batch_runner import Job, Means, run_job
from edge.service.courtesy import Courtesy
from tests.batch.test_kills import content
from tests.e2e.test_service import Running, service
from tests.support.batches import BATCHES, make_folder, read, send, start
from tests.support.service import StandIn, make_settings, photo, wait_for

PHOTOS = 100


@pytest.fixture(autouse=True)
def limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMID_BATCH_ROOTS", str(tmp_path / "roots"))
    monkeypatch.setenv("CAMID_BATCH_PART_ROWS", "5")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = make_folder(tmp_path / "roots" / "a", photos=PHOTOS)
    (made / "copy.jpg").write_bytes(photo(3))
    (made / "notes.txt").write_text("no picture")
    return made


def ended(client: httpx.Client, batch: str) -> dict[str, Any]:
    wait_for(lambda: read(client, batch)["state"] in {"done", "failed"}, seconds=60)
    return read(client, batch)


def whole(folder: Path, out: Path) -> list[bytes]:
    """The rows of a batch that nothing interrupts."""
    means = Means(StandIn(), make_settings(out.parent), Courtesy())
    run_job(Job(folder, "a", out), means, Control(), print)
    return content(out)


def begun(data_dir: Path, batch: str) -> bool:
    return bool(list((data_dir / "batches" / batch / "out" / "photos").glob("part-*.parquet")))


def test_a_batch_outlives_kills_and_comes_to_the_rows_of_one_run(folder: Path, tmp_path: Path) -> None:
    data_dir, log = tmp_path / "data", tmp_path / "log"
    with service(data_dir, log) as first, first.client() as client:
        batch, token = start(client, folder), first.token
        wait_for(lambda: begun(data_dir, batch))
        _kill(first)
    with service(data_dir, log) as again:
        time.sleep(random.Random().uniform(0, 0.3))
        _kill(again)
    with service(data_dir, log) as last, last.client(token) as client:
        done = ended(client, batch)
        assert (done["state"], done["progress"]["photos"], done["progress"]["duplicates"]) == (
            "done", PHOTOS, 1,
        )  # fmt: skip
    out = data_dir / "batches" / batch / "out"
    assert content(out) == whole(folder, tmp_path / "other")
    assert not list(out.rglob("*.tmp"))
    assert "Traceback" not in log.read_text()


def test_a_signal_interrupts_and_a_setting_lets_it_wait(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir, log = tmp_path / "data", tmp_path / "log"
    with service(data_dir, log) as first, first.client() as client:
        batch, token = start(client, folder), first.token
        wait_for(lambda: begun(data_dir, batch))
        first.process.send_signal(signal.SIGTERM)
        assert first.process.wait(30) in {0, -signal.SIGTERM}
    monkeypatch.setenv("CAMID_BATCH_ON_RESTART", "pause")
    with service(data_dir, log) as second, second.client(token) as client:
        paused = read(client, batch)
        assert paused["state"] == "paused"
        assert 0 < paused["progress"]["photos"] < PHOTOS
        assert client.get(f"{BATCHES}/{batch}/cameras").json()["cameras"]
        client.post(f"{BATCHES}/{batch}/resume")
        assert ended(client, batch)["progress"]["photos"] == PHOTOS
    assert "Traceback" not in log.read_text()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system needs root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_fails_the_batch_which_goes_on_once_there_is_room(
    folder: Path, tmp_path: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The reserve of the settings is larger than this disk: what is tested is the disk that is really full.
    monkeypatch.setenv("CAMID_MIN_FREE_BYTES", "0")
    with service(small_disk / "data", tmp_path / "log") as running, running.client() as client:
        refused = send(client, b"PK\x03\x04" + b"\0" * 4_000_000)
        assert (refused.status_code, refused.json()["error"]["code"]) == (507, "store_full")
        batch = start(client, folder)
        (small_disk / "other").write_bytes(b"\0" * _free(small_disk, but=150_000))
        failed = ended(client, batch)
        assert failed["state"] == "failed"
        assert failed["error"]["code"] == "store_full"
        assert str(small_disk) not in failed["error"]["message"]
        (small_disk / "other").unlink()
        subprocess.run(["mount", "-o", "remount,size=50m", str(small_disk)], check=True)
        client.post(f"{BATCHES}/{batch}/resume").raise_for_status()
        assert ended(client, batch)["state"] == "done"
        rows = content(small_disk / "data" / "batches" / batch / "out")
    assert rows == whole(folder, tmp_path / "other")


def _kill(running: Running) -> None:
    running.process.kill()
    running.process.wait(30)


def _free(place: Path, but: int) -> int:
    found = subprocess.run(["df", "--output=avail", "-B1", str(place)], capture_output=True, check=True)
    return max(0, int(found.stdout.split()[-1]) - but)
