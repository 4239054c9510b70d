"""Fuzzes every parser of outside bytes for a while: ``python -m scripts.fuzz run``; ``report`` sums up.

Each target runs as a process of its own at low priority (``tests/fuzz/harness.py``). What it learns is kept
in ``--out``, and a later run goes on from there. An input that breaks a parser is kept too, and the exit code
is 1.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.fuzz.target import CORPUS, Target
from tests.fuzz.targets import TARGETS

_INPUT_S, _SLOW_INPUT_S = 10, 40
"""Longest for one input; beyond it counts as a hang."""
_MEMORY_MB = 2048
_EXECUTED = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
_BEGUN = re.compile(r"^Begun after ([\d.]+) s", re.MULTILINE)
_COUNTED = re.compile(r"^#(\d+)\s", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Run:
    """``cpu_s`` counts the target's process and its children without its start; ``fault`` names the file that
    broke it."""

    target: str
    executions: int
    cpu_s: float
    fault: str = ""


def fuzz(target: Target, seconds: int, out: Path) -> Run:
    """One target for ``seconds``, its log beside what it learnt."""
    folder = out / target.name
    (folder / "learnt").mkdir(parents=True, exist_ok=True)
    command = [
        *(sys.executable, "-m", "tests.fuzz.harness", target.run.__module__, target.name, str(folder)),
        f"-max_total_time={seconds}",
        f"-timeout={_SLOW_INPUT_S if target.slow else _INPUT_S}",
        f"-rss_limit_mb={_MEMORY_MB}",
        "-print_final_stats=1",
        *map(str, (folder / "learnt", target.corpus)),
    ]
    before = set(folder.iterdir())
    with (folder / "log.txt").open("w+") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        log.seek(0)
        text = log.read()
    new = sorted(one.name for one in set(folder.iterdir()) - before if one.name != "log.txt")
    fault = new[0] if new else "" if process.returncode == 0 else f"exit code {process.returncode}"
    begun = _BEGUN.search(text)
    cpu_s = usage.ru_utime + usage.ru_stime - float(begun[1] if begun else 0)
    return Run(target.name, _executions(text), cpu_s, fault)


def _executions(log: str) -> int:
    found = _EXECUTED.search(log)
    return int(found[1] if found else max(map(int, _COUNTED.findall(log)), default=0))


def run_until(minutes: float, names: Sequence[str], seconds: int, jobs: int, out: Path) -> bool:
    """Round after round until all runs so far have had so many processor minutes, or a parser breaks."""
    while run(names, seconds, jobs, out):
        if sum(done.cpu_s for done in _runs(out)) >= minutes * 60:
            return True
    return False


def run(names: Sequence[str], seconds: int, jobs: int, out: Path) -> bool:
    """Fuzzes the targets, ``jobs`` at a time; whether none broke. A run becomes a line of ``runs.jsonl``."""
    os.nice(max(0, 10 - os.nice(0)))
    out.mkdir(parents=True, exist_ok=True)
    sound = True
    with ThreadPoolExecutor(jobs) as pool:
        for done in pool.map(lambda name: fuzz(TARGETS[name], seconds, out), names):
            with (out / "runs.jsonl").open("a") as file:
                file.write(json.dumps(asdict(done)) + "\n")
            sound = sound and not done.fault
            counts = f"{done.executions:12,} executions {done.cpu_s / 60:6.1f} min"
            print(f"{done.target:16}{counts}  {done.fault}", flush=True)
    return sound


def _runs(out: Path) -> Iterator[Run]:
    for line in (out / "runs.jsonl").read_text().splitlines():
        yield Run(**json.loads(line))


def report(out: Path) -> Iterator[str]:
    """All runs so far, as a table of Markdown."""
    executions: dict[str, int] = defaultdict(int)
    minutes: dict[str, float] = defaultdict(float)
    for done in _runs(out):
        executions[done.target] += done.executions
        minutes[done.target] += done.cpu_s / 60
    yield "| target | executions | CPU minutes | kept inputs |"
    yield "|---|--:|--:|--:|"
    for name in TARGETS:
        kept = sum(1 for _ in (CORPUS / name).iterdir())
        yield f"| {name} | {executions[name]:,} | {minutes[name]:.1f} | {kept} |"
    yield f"| all | {sum(executions.values()):,} | {sum(minutes.values()):.1f} | |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("run", "report"))
    parser.add_argument("targets", nargs="*", default=[], help="default: all")
    parser.add_argument("--seconds", type=int, default=10, help="for each target")
    parser.add_argument(
        "--minutes", type=float, default=0, help="go on until all runs had so many, of processor time"
    )
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("runs/fuzz"))
    given = parser.parse_intermixed_args()
    if given.what == "report":
        print("\n".join(report(given.out)))
    elif not run_until(given.minutes, given.targets or list(TARGETS), given.seconds, given.jobs, given.out):
        sys.exit(1)


if __name__ == "__main__":
    main()
