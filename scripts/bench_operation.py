"""What the service takes of a machine: ``python -m scripts.bench_operation``.

- ``size``: of the wheel with models, packed and installed, without what it depends on;
- ``start``: from the command to ``/readyz``, by the clock and in processor seconds, and memory when idle;
- ``memory``: the most that it takes while photos of 12 MP come from several clients, with the settings that
  ``camid doctor`` proposes for 1 GB and with the defaults.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from edge.settings import load_settings
from scripts.batch_bench.archive import numbered
from scripts.bench_pictures import CHECKOUT, bench_pictures
from scripts.operation.footprint import build_wheel, starts, under_load

PARTS = ("size", "start", "memory")
_INSTALLED_MB = 60
_IDLE_MB = 350
_READY_S = 5.0
_CEILING_MB = 900
"""What a unit on a machine of 1 GB may take (``MemoryMax`` in the guide for operators)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was measured and what is wanted of it; None: nothing."""

    what: str
    measured: float
    unit: str
    wanted: float | None = None

    @property
    def passed(self) -> bool:
        return self.wanted is None or self.measured <= self.wanted

    def __str__(self) -> str:
        wanted = "" if self.wanted is None else f"  ≤ {self.wanted:g} {'ok' if self.passed else 'MISSED'}"
        return f"{self.what:58} {self.measured:8.2f} {self.unit:3}{wanted}"


def size() -> Iterator[Line]:
    with tempfile.TemporaryDirectory() as made:
        wheel = build_wheel(Path(made))
    yield Line("wheel", wheel.packed / 1e6, "MB")
    yield Line("installed, dependencies apart", wheel.unpacked_mb, "MB", _INSTALLED_MB)
    yield Line("models in it", wheel.models / 1e6, "MB")


def start(rounds: int) -> Iterator[Line]:
    taken = starts(rounds, cores=2)
    yield Line("start to ready, two cores", taken.wall_s, "s", _READY_S)
    yield Line("start to ready, processor", taken.cpu_s, "s", _READY_S)
    yield Line("memory, idle after the start", taken.idle_mb, "MB", _IDLE_MB)
    yield Line("memory, idle after eight photos", taken.used_mb, "MB", _IDLE_MB)


def memory(data: Path, photos: int, clients: int, limit_mb: int | None) -> Iterator[Line]:
    scenes = [one.jpeg for one in bench_pictures(data) if one.name.startswith("12 MP")]
    sent = [numbered(scenes[number % len(scenes)], number) for number in range(photos)]
    for name, small in (("settings for 1 GB", True), ("defaults", False)):
        load = under_load(sent, clients, small=small, data_limit_mb=limit_mb if small else None)
        what = f"{name}, {load.photos} of {photos} photos of 12 MP, {clients} clients"
        yield Line(f"{what}: peak", load.peak_mb, "MB", _CEILING_MB if small else None)
        yield Line(f"{name}: peak of the service's own process", load.own_peak_mb, "MB")
        yield Line(f"{name}: calm again", load.calm_mb, "MB")
        yield Line(f"{name}: 95th percentile of one photo", load.p95_s, "s")
        yield Line(f"{name}: photos without an answer", photos - load.photos, "", 0)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", choices=(*PARTS, []), help="all of them by default")
    parser.add_argument("--rounds", type=int, default=5, help="starts")
    parser.add_argument("--photos", type=int, default=16)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--limit-mb", type=int, help="RLIMIT_DATA of the service with the settings for 1 GB")
    parser.add_argument("--data", type=Path, default=CHECKOUT.parent / "shared" / "data")
    options = parser.parse_args()
    load_settings()  # wrong ones are said at once
    measure: dict[str, Callable[[], Iterator[Line]]] = {
        "size": size,
        "start": lambda: start(options.rounds),
        "memory": lambda: memory(options.data, options.photos, options.clients, options.limit_mb),
    }
    passed = True
    for line in chain.from_iterable(measure[part]() for part in options.parts or PARTS):
        print(line, flush=True)
        passed &= line.passed
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
