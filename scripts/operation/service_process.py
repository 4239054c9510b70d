"""The service as its operators run it: ``camid serve`` in a process of its own, watched, killed, stopped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from scripts.batch_bench.watch import sample

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-for-measurements"
_LONGEST_START_S = 120.0
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(slots=True)
class ServiceProcess:
    """A service that answers on ``port``, though perhaps not yet for photos."""

    process: subprocess.Popen[str]
    port: int
    began: float

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, timeout_s: float = 120) -> httpx.Client:
        return httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=timeout_s,
            trust_env=False,
        )

    def wait_ready(self) -> float:
        """Seconds since its start at which it was ready. Raises: RuntimeError: it ended, or never was."""
        with self.client() as client:
            while time.monotonic() < self.began + _LONGEST_START_S and self.process.poll() is None:
                if _is_ready(client):
                    return time.monotonic() - self.began
                time.sleep(0.01)
        raise RuntimeError(f"the service is not ready (exit code {self.process.poll()})")

    def cpu_s(self) -> float:
        """Processor seconds since its start, of those that it started and has waited for too."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / _TICKS

    def rss_mb(self) -> float:
        """Resident memory of it and of all that it started."""
        return sample(self.process.pid).rss_mb

    def peak_mb(self) -> float:
        """The most resident memory that it alone ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0

    def kill(self) -> None:
        """-9: it has no instruction left."""
        self.process.kill()
        self.process.wait()

    def stop(self, timeout_s: float = 150) -> int:
        """Ends it by SIGTERM; its exit code."""
        self.process.terminate()
        return self.process.wait(timeout_s)


def launch(
    data_dir: Path,
    log: Path,
    *,
    port: int = 0,
    environment: Mapping[str, str] | None = None,
    before: tuple[str, ...] = (),
) -> ServiceProcess:
    """Starts ``camid serve``, ``before`` it a command that sets limits, and returns as soon as it listens.

    Raises:
        RuntimeError: it ended before; what it said is in ``log``.
    """
    began = time.monotonic()
    command = [
        *before,
        sys.executable,
        "-m",
        "edge",
        "serve",
        "--port",
        str(port),
        "--data-dir",
        str(data_dir),
    ]
    with log.open("a") as said:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**own_environment(), **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
        )
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"listens on http://127\.0\.0\.1:(\d+)", line):
            return ServiceProcess(process, int(found[1]), began)
    raise RuntimeError(f"camid serve ended with exit code {process.wait()}: see {log}")


@contextmanager
def launched(
    data_dir: Path, log: Path, *, environment: Mapping[str, str] | None = None, before: tuple[str, ...] = ()
) -> Iterator[ServiceProcess]:
    """As ``launch``; it is killed at the end of the block unless it has ended."""
    service = launch(data_dir, log, environment=environment, before=before)
    try:
        yield service
    finally:
        close(service)


def close(service: ServiceProcess) -> None:
    service.kill()
    assert service.process.stdout is not None
    service.process.stdout.close()


def own_environment() -> dict[str, str]:
    """This one's, without any settings of the machine but the token of the measurement."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAMID_")}
    return {**kept, "CAMID_TOKEN": TOKEN, "CAMID_CONFIG": "no-such-file.toml", "PYTHONUNBUFFERED": "1"}


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
