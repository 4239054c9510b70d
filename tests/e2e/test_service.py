"""The service as a process: its greeting, its token, a kill, a signal, and how little it does when idle."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.service import photo, wait_for

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Running:
    process: subprocess.Popen[str]
    url: str
    greeting: str
    token: str | None

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30, trust_env=False)

    def ready(self) -> bool:
        with self.client() as client:
            try:
                return client.get("/readyz").status_code == 200
            except httpx.TransportError:
                return False


@contextmanager
def service(data_dir: Path, log: Path) -> Iterator[Running]:
    command = (sys.executable, "-W", "error", "-m", "tests.support.service", str(data_dir), "0")
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"}
    with (
        log.open("a") as errors,
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            yield _greeted(process)
        finally:
            process.kill()


def _greeted(process: subprocess.Popen[str]) -> Running:
    assert process.stdout is not None
    greeting = ""
    for line in process.stdout:
        greeting += line
        if "#token=" in line or "shown at the first start" in line:
            break
    url = re.search(r"http://127\.0\.0\.1:\d+", greeting)
    assert url, greeting
    token = re.search(r"^Token: (\S+)$", greeting, re.MULTILINE)
    running = Running(process, url.group(), greeting, token.group(1) if token else None)
    wait_for(running.ready, seconds=60)
    return running


def test_what_was_acknowledged_survives_a_kill_and_the_token_is_shown_once(tmp_path: Path) -> None:
    data_dir, log = tmp_path / "data", tmp_path / "log"
    with service(data_dir, log) as first:
        assert first.token
        assert f"{first.url}/#token={first.token}" in first.greeting
        with first.client() as client:
            answer = client.post("/api/v1/photos", files={"photo": ("a.jpg", photo())})
            assert answer.status_code == 200
            first.process.send_signal(signal.SIGKILL)
        first.process.wait(30)
    found = answer.json()["photos"][0]
    (data_dir / "incoming" / "left.part").write_bytes(b"half an upload")
    with service(data_dir, log) as second:
        assert second.token is None
        assert first.token not in second.greeting
        with second.client(first.token) as client:
            assert client.get(f"/api/v1/photos/{found['id']}").json() == found
            assert client.get(f"/api/v1/photos/{found['id']}/annotated.jpg").status_code == 200
        assert not list((data_dir / "incoming").iterdir())
    assert first.token not in log.read_text()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_good_order(tmp_path: Path, sent: signal.Signals) -> None:
    with service(tmp_path / "data", tmp_path / "log") as running:
        running.process.send_signal(sent)
        running.process.wait(30)
        assert running.process.returncode in {0, -sent}
    assert not (tmp_path / "data" / "camid.sqlite-wal").exists(), "the database was not closed"
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_a_second_service_and_a_taken_port_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with service(tmp_path / "data", tmp_path / "log") as running:
        port = running.url.rpartition(":")[2]
        for data_dir, wanted, message in (
            (tmp_path / "data", "0", "another Camid service uses"),
            (tmp_path / "other", port, f"port {port} cannot be listened on"),
        ):
            refused = subprocess.run(
                (sys.executable, "-m", "tests.support.service", str(data_dir), wanted),
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert refused.returncode != 0
            assert message in refused.stderr
        assert running.ready()


def _cpu_seconds(pid: int) -> float:
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="needs Linux's /proc/*/schedstat")
def test_an_idle_service_uses_less_than_one_per_cent_of_a_core(tmp_path: Path) -> None:
    with service(tmp_path / "data", tmp_path / "log") as running:
        with running.client() as client:
            client.post("/api/v1/photos", files={"photo": ("a.jpg", photo())})
        time.sleep(1)
        window = 5.0
        before = _cpu_seconds(running.process.pid)
        time.sleep(window)
        share = (_cpu_seconds(running.process.pid) - before) / window
    assert share < 0.01, f"{share:.2%} of a core"


def test_it_listens_on_loopback_only(tmp_path: Path) -> None:
    with service(tmp_path / "data", tmp_path / "log") as running:
        port = int(running.url.rpartition(":")[2])
        outside = {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
        for address in outside - {"127.0.0.1"}:
            if not address.startswith("127."):
                with pytest.raises(OSError), socket.create_connection((address, port), timeout=2):  # noqa: PT011
                    pass
