"""The local engine's rate against the bare work, with rivals beside it, in rounds over an archive."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import cv2

from edge.batch.engines import Work, run_here
from edge.batch.output import Output
from edge.batch.plan import Plan
from edge.evidence.likelihoods import load_thresholds
from edge.identify import Identifier
from edge.media.photo import decode
from edge.settings import Settings
from edge.vision.finder import load_finder
from edge.vision.manifest import load_manifest
from edge.vision.runtime import load_loop, usable_cores
from edge.vision.sizes import detector_size
from scripts.batch_bench import alone
from scripts.batch_bench.alone import Cost
from scripts.bench import bench_settings

CHECKOUT = Path(__file__).resolve().parents[2]
RIVALS = ("plain", "sahi", "sahi-whole")


@dataclass(frozen=True, slots=True)
class Measured:
    """One kind of work in one round, and what the engine was in it: ``against`` names the bare work that
    ``ratio_wall`` and ``ratio_cpu`` compare with (bare over measured)."""

    round: int
    what: str
    photos: int
    wall_ms: float
    cpu_ms: float
    cores: float
    against: str = ""
    ratio_wall: float | None = None
    ratio_cpu: float | None = None


class Rival:
    """A rival's process."""

    def __init__(self, python: Path, engine: str, settings: Settings) -> None:
        entry = load_manifest(settings.models_dir).entry("detector")
        command = [str(python), "-m", "scripts.batch_bench.rivals", engine, str(entry.path.resolve())]
        self.engine = engine
        self._process = subprocess.Popen(
            [*command, str(entry.integer("input"))],
            cwd=CHECKOUT,
            env={**os.environ, "TQDM_DISABLE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def look_at(self, folder: Path, photos: int) -> Cost:
        """Raises: RuntimeError: if it has ended."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{folder}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the rival {self.engine} has ended, see above")
        said = json.loads(line)
        return Cost(said["wall"] / photos, said["cpu"] / photos)

    def close(self) -> None:
        self._process.communicate()


class Bench:
    """All models loaded once; ``engine`` and ``bare`` names are those of the table."""

    def __init__(self, settings: Settings, scratch: Path, rivals: Sequence[Rival]) -> None:
        cv2.setNumThreads(1)
        self._finding, self._reading = bench_settings(reads=False), settings
        self._finder = load_finder(settings, load_loop(settings), 1)
        self._finds = Identifier.load(self._finding, call_threads=1)
        self._reads = Identifier.load(self._reading, call_threads=1)
        self._score = load_thresholds(settings.models_dir).detect(detector_size(settings))
        self._cores = usable_cores(settings)
        self._scratch = scratch
        self._rivals = rivals

    def round(self, number: int, photos: Sequence[Path], *, reading: bool) -> Iterator[Measured]:
        with tempfile.TemporaryDirectory(dir=self._scratch) as name:
            folder = Path(name) / "photos"
            folder.mkdir()
            for at, photo in enumerate(photos):
                os.link(photo, folder / f"{at:06d}.jpg")
            yield from self._compared(number, folder, reading=reading)

    def _compared(self, number: int, folder: Path, *, reading: bool) -> Iterator[Measured]:
        jpegs = [path.read_bytes() for path in sorted(folder.iterdir())]
        pictures = [decode(data, "photo.jpg", self._reading) for data in jpegs]
        count, cores = len(jpegs), self._cores
        row = _Rows(number, count)
        decoding = row.bare("decoding", alone.decoding(jpegs, cores))
        detection = row.bare("detection", alone.detection(self._finder, pictures, self._score, cores))
        networks = row.bare("its networks", alone.networks(self._finds, pictures, cores))
        found = self._engine(self._finds, self._finding, folder)
        row.engine("Camid, not reading", found, "decoding + detection", decoding + detection)
        row.engine("Camid, not reading", found, "decoding + networks", decoding + networks)
        if reading:
            whole = row.bare("whole answers", alone.answers(self._reads, pictures, cores))
            read = self._engine(self._reads, self._reading, folder)
            row.engine("Camid, reading", read, "decoding + whole answers", decoding + whole)
            calls = row.bare("all networks", alone.networks(self._reads, pictures, cores))
            row.engine("Camid, reading", read, "decoding + all networks", decoding + calls)
        del pictures
        for rival in self._rivals:
            row.engine(rival.engine, rival.look_at(folder, count), "Camid, not reading", found)
        yield from row.rows

    def _engine(self, identifier: Identifier, settings: Settings, folder: Path) -> Cost:
        """The batch as ``camid batch`` runs it, from files to committed parts."""
        photos = len(list(folder.iterdir()))

        def run() -> None:
            with tempfile.TemporaryDirectory(dir=self._scratch) as out:
                with Output(Path(out), "0" * 64, identifier.models) as output:
                    totals = run_here(Work(Plan((str(folder),), settings), output, settings), identifier)
                    output.finish()
                assert totals.photos == photos, totals

        return alone.timed(run, photos)


class _Rows:
    def __init__(self, number: int, photos: int) -> None:
        self.rows: list[Measured] = []
        self._number, self._photos = number, photos

    def bare(self, what: str, cost: Cost) -> Cost:
        self.rows.append(self._row(what, cost))
        return cost

    def engine(self, what: str, cost: Cost, against: str, bare: Cost) -> None:
        ratios = (bare.wall / cost.wall, bare.cpu / cost.cpu)
        self.rows.append(self._row(what, cost, against, *ratios))

    def _row(self, what: str, cost: Cost, against: str = "", *ratios: float) -> Measured:
        known = (self._number, what, self._photos, 1000 * cost.wall, 1000 * cost.cpu, cost.cores, against)
        return Measured(*known, *ratios)


def speed_rounds(
    bench: Bench, photos: Sequence[Path], rounds: int, chunk: int, *, reading: bool
) -> Iterator[Measured]:
    """A round takes the next ``chunk`` photos; the first is run once before, unmeasured."""
    list(bench.round(0, photos[: min(chunk, 20)], reading=reading))
    for number in range(rounds):
        first = number * chunk % max(1, len(photos) - chunk + 1)
        yield from bench.round(number + 1, photos[first : first + chunk], reading=reading)


def speed_table(rows: Sequence[Measured]) -> str:
    """Medians over the rounds."""
    lines = [
        f"{'work':20} {'against':26} {'wall ms':>9} {'CPU ms':>9} {'cores':>6} {'/ wall':>7} {'/ CPU':>7}"
    ]
    for what, against in dict.fromkeys((row.what, row.against) for row in rows):
        same = [row for row in rows if (row.what, row.against) == (what, against)]
        ratios = "".join(_ratio(same, pick) for pick in (_wall, _cpu)) if against else ""
        numbers = (median(row.wall_ms for row in same), median(row.cpu_ms for row in same))
        cores = median(row.cores for row in same)
        lines.append(f"{what:20} {against:26} {numbers[0]:9.2f} {numbers[1]:9.2f} {cores:6.2f}{ratios}")
    return "\n".join(lines)


def _ratio(rows: Sequence[Measured], pick: Callable[[Measured], float | None]) -> str:
    return f" {median(value for row in rows if (value := pick(row)) is not None):7.2f}"


def _wall(row: Measured) -> float | None:
    return row.ratio_wall


def _cpu(row: Measured) -> float | None:
    return row.ratio_cpu
