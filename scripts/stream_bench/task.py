"""What a measured process is asked, and what it answers: JSON over standard input and output."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Task:
    """``platforms`` are what has to be found at each of ``urls``. ``design`` is ``closed`` or ``kept`` (the
    connections between looks) or ``usual`` (every frame decoded and searched)."""

    design: str
    urls: tuple[str, ...]
    platforms: tuple[str | None, ...]
    look_interval_s: float
    verdict_limit_s: float
    settle_s: float
    steady_s: float


@dataclass(frozen=True, slots=True)
class Measured:
    """``verdicts`` streams were decided, the last of them after ``verdicts_s``; ``right`` as they should be.
    ``cores``, ``rss_mb`` (the most) and ``age_p95_s`` (of the newest looked-at frame) are of the steady time,
    ``looks_per_s`` too. ``peak_mb`` is of the whole run."""

    verdicts: int
    verdicts_s: float
    right: int
    wrong: int
    cores: float
    rss_mb: float
    peak_mb: float
    age_p95_s: float
    looks_per_s: float
    failed: int


def measured_apart(task: Task, timeout_s: float) -> Measured:
    """Runs the task in a fresh process.

    Raises:
        RuntimeError: with what that process said last, if it failed.
    """
    command = [sys.executable, "-m", "scripts.bench_streams", "--task"]
    done = subprocess.run(
        command,
        cwd=_CHECKOUT,
        input=json.dumps(asdict(task)),
        text=True,
        capture_output=True,
        check=False,
        timeout=timeout_s,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return Measured(**json.loads(done.stdout.splitlines()[-1]))


def read_task() -> Task:
    given = json.load(sys.stdin)
    return Task(**{**given, "urls": tuple(given["urls"]), "platforms": tuple(given["platforms"])})


def answer(measured: Measured) -> None:
    print(json.dumps(asdict(measured)))
