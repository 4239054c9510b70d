"""Shows that every test of an attack fails where its guard is taken out: `make prove-guards`.

What is taken out stands in `tests/attacks/guards.toml`: texts and what takes their place. This is done
to a copy of the tree; models and documents are linked there.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from edge.report.sentence import printable

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "tests" / "attacks" / "guards.toml"
COPIED = ("edge", "tests", "scripts", "pyproject.toml", "README.md")
LINKED = ("models", "docs", "deploy")
_LIMIT_S = 300
"""For one test; a guard against waiting for ever may well be what is missing."""
_FAILED = 1
"""Exit code of pytest where a test failed; with any other it ran none."""


class Outcome(StrEnum):
    PROVEN = "the test fails without it"
    USELESS = "the test passes without it"
    BROKEN = "nothing could be run without it"


@dataclass(frozen=True, slots=True)
class Guard:
    """``replaced``: each text of ``file`` that is the guard, and what stands there without it."""

    attack: str
    file: str
    replaced: tuple[tuple[str, str], ...]
    test: str

    def taken_out_of(self, text: str) -> str:
        """Raises: ValueError: one of the texts does not stand there once."""
        for old, new in self.replaced:
            if text.count(old) != 1:
                raise ValueError(f"{self.file}: {text.count(old)} times {old!r}")
            text = text.replace(old, new)
        return text


def read_guards(table: Path = TABLE) -> tuple[Guard, ...]:
    rows = tomllib.loads(table.read_text("utf-8"))["guard"]
    return tuple(
        Guard(row["attack"], row["file"], tuple((old, new) for old, new in row["replace"]), row["test"])
        for row in rows
    )


@contextmanager
def copy_of_the_tree() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="camid-guards-") as place:
        copy = Path(place)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, copy / name)
        for name in LINKED:
            (copy / name).symlink_to(ROOT / name)
        yield copy


@dataclass(frozen=True, slots=True)
class Run:
    """``code`` is pytest's, ``why`` the first line of what failed: a person sees whether it is the attack."""

    code: int
    why: str = ""


def prove(guard: Guard, copy: Path) -> tuple[Outcome, str]:
    """Takes the guard out of the copy, runs its test there, and puts the guard back; with what failed."""
    place = copy / guard.file
    whole = place.read_text("utf-8")
    try:
        place.write_text(guard.taken_out_of(whole), "utf-8")
        run = run_tests([guard.test], copy)
    finally:
        place.write_text(whole, "utf-8")
    return {0: Outcome.USELESS, _FAILED: Outcome.PROVEN}.get(run.code, Outcome.BROKEN), run.why


def run_tests(tests: Sequence[str], copy: Path) -> Run:
    """pytest in ``copy``; a test that does not end has failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(
        command,
        cwd=copy,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
        errors="replace",
    ) as process:
        try:
            told, _ = process.communicate(timeout=_LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return Run(_FAILED, f"not ended after {_LIMIT_S} s")
    failed = re.search(r"^E +(.*)", told, re.MULTILINE)
    return Run(process.returncode, printable(failed[1])[:100] if failed else "")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="guards whose attack, file or test holds one of these words")
    words = parser.parse_args(arguments).only
    guards = [
        guard
        for guard in read_guards()
        if not words or any(word in f"{guard.attack} {guard.file} {guard.test}" for word in words)
    ]
    failed = 0
    with copy_of_the_tree() as copy:
        whole = run_tests(sorted({guard.test for guard in guards}), copy)
        if whole.code:
            print(f"With all guards in place the tests do not pass (pytest: {whole.code}): {whole.why}")
            return 1
        for guard in guards:
            began = time.monotonic()
            outcome, why = prove(guard, copy)
            failed += outcome is not Outcome.PROVEN
            took = f"{time.monotonic() - began:.0f} s"
            print(f"{guard.attack}: {guard.file}: {outcome} ({guard.test}, {took})\n    {why}", flush=True)
    print(f"{len(guards) - failed} of {len(guards)} guards are proven.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
