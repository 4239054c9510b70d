"""The bench of archives: ``python -m scripts.bench_batch WHAT``, everything under ``--folder``.

- ``speed``: the local engine against decoding and detection measured alone, each with every core full, in
  rounds over parts of an archive of synthetic photos; with ``--sahi-python`` beside a plain loop of OpenCV
  and ONNX Runtime, and SAHI. ``--large`` takes photos of 12 megapixels, without the rivals, whose one view
  of the whole would be another question.
- ``memory``: resident memory while many small files are classified by a stand-in, exports and summary
  included, and while photos of 12 megapixels are, by the real models, for ``--minutes``.
- ``start``: seconds from the command line to the first row that is on the disk.
- ``archive``: ``camid batch`` on ``--count`` photos with each of ``--engine``; whether their rows are equal.
  With ``--continue`` what an interrupted run left is taken up, and the figures are those of the rest.

Figures go to the standard output as lines of JSON (and to ``--json FILE``) as they are measured, and as a
table at the end. Processor times bear a machine that does other work; rates do not.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import pyarrow.parquet as pq

from edge.settings import load_settings
from scripts.batch_bench.archive import LARGE, SMALL, Kind, make_archive, make_files
from scripts.batch_bench.rows import same_rows
from scripts.batch_bench.speed import RIVALS, Bench, Measured, Rival, speed_rounds, speed_table
from scripts.batch_bench.watch import Sample, Watched, watched
from scripts.bench import CHECKOUT, machine

_SEED = 1
_TELL_S = 15.0


@dataclass(frozen=True, slots=True)
class Ran:
    """A watched command: photos a second over all of it, memory over its second tenth and its last (MB)."""

    what: str
    photos: int
    wall_s: float
    cpu_s: float
    photos_a_second: float
    early_mb: float
    late_mb: float
    peak_mb: float
    processes: int
    same_rows: bool | None = None


def speed(options: argparse.Namespace) -> Iterator[Measured]:
    settings, kind = load_settings(), LARGE if options.large else SMALL
    photos = _photos(options, options.count or (24 if options.large else 1200), kind)
    chunk = options.chunk or (8 if options.large else 200)
    engines = options.rivals if options.sahi_python and kind is SMALL else ()
    rivals = [Rival(options.sahi_python, engine, settings) for engine in engines]
    bench = Bench(settings, options.folder, rivals)
    yield from speed_rounds(bench, photos, options.rounds, chunk, reading=not options.no_reading)
    for rival in rivals:
        rival.close()


def memory(options: argparse.Namespace) -> Iterator[Ran]:
    count = 200_000 if options.count is None else options.count
    if count:
        folder = options.folder / "files"
        make_files(folder, count, _SEED)
        yield _ran("small files, stand-in", count, _child(options, "files", folder))
    if options.minutes:
        folder = _photos(options, 24, LARGE)[0].parents[1]
        done = _child(options, "large", folder, str(options.minutes))
        yield _ran("12 MP, real models", _answered(options.folder / "out-large"), done)


def start(options: argparse.Namespace) -> Iterator[Ran]:
    source = _photos(options, 100)[0].parent
    for _ in range(options.rounds):
        out = _emptied(options.folder / "out-start")
        first = out / "photos" / "part-000001.parquet"
        done = _camid([str(source), "-o", str(out)], {"CAMID_BATCH_PART_ROWS": "1"}, stop=first.exists)
        yield Ran("first row", 1, done.wall_s, done.cpu_s, 0, 0, 0, done.peak_mb, 1)


def archive(options: argparse.Namespace) -> Iterator[Ran]:
    photos = _photos(options, options.count or 20_000)
    outputs: list[Path] = []
    for engine in options.engine.split(","):
        out = options.folder / f"out-{engine}"
        outputs.append(out if options.resume else _emptied(out))
        before = _answered(out)
        command = [str(photos[0].parents[1]), "-o", str(outputs[-1]), "--geojson", "--summary"]
        if engine != "local":
            command += ["--engine", engine]
        done = _camid(command, {}, told=_teller(engine))
        if done.code:
            raise SystemExit(f"camid batch with {engine} ended with {done.code}")
        same = same_rows(outputs[0], outputs[-1]) if outputs[1:] else None
        yield _ran(f"camid batch, {engine}", _answered(out) - before, done, same)


def _photos(options: argparse.Namespace, count: int, kind: Kind = SMALL) -> list[Path]:
    return make_archive(options.folder / f"photos-{kind.name}-{count}", count, kind, _SEED, options.jobs)


def _child(options: argparse.Namespace, kind: str, folder: Path, *more: str) -> Watched:
    out = _emptied(options.folder / f"out-{kind}")
    command = [sys.executable, "-m", "scripts.batch_bench.child", kind, str(folder), str(out), *more]
    done = watched(command, CHECKOUT, told=_teller(kind))
    if done.code:
        raise SystemExit(f"the child {kind} ended with {done.code}")
    return done


def _camid(
    more: Sequence[str],
    environment: dict[str, str],
    told: Callable[[Sample], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Watched:
    command = [sys.executable, "-m", "edge", "batch", *more]
    return watched(command, CHECKOUT, told=told, environment=environment, stop=stop)


def _ran(what: str, photos: int, done: Watched, same: bool | None = None) -> Ran:
    size = max(1, len(done.samples) // 10)
    early, late = done.samples[size : 2 * size] or done.samples[:1], done.samples[-size:]
    return Ran(
        what,
        photos,
        done.wall_s,
        done.cpu_s,
        photos / done.wall_s,
        median(sample.rss_mb for sample in early),
        median(sample.rss_mb for sample in late),
        done.peak_mb,
        max(sample.processes for sample in done.samples),
        same,
    )


def _answered(out: Path) -> int:
    return sum(pq.read_metadata(part).num_rows for part in (out / "photos").glob("*.parquet"))


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _teller(what: str) -> Callable[[Sample], None]:
    """Tells of memory now and then, on the standard error output."""
    last = [0.0]

    def tell(sample: Sample) -> None:
        if sample.seconds - last[0] >= _TELL_S:
            last[0] = sample.seconds
            print(f"{what}: {sample.seconds:.0f} s, {sample.rss_mb:.0f} MB", file=sys.stderr, flush=True)

    return tell


def ran_table(rows: Sequence[Ran]) -> str:
    lines = [
        f"{'run':26} {'photos':>8} {'wall s':>8} {'CPU s':>8} {'a second':>9} {'early MB':>9} {'late MB':>8}"
        f" {'peak MB':>8}  same rows"
    ]
    for row in rows:
        times = f"{row.photos:8d} {row.wall_s:8.1f} {row.cpu_s:8.1f} {row.photos_a_second:9.1f}"
        sizes = f"{row.early_mb:9.0f} {row.late_mb:8.0f} {row.peak_mb:8.0f}"
        same = {True: "yes", False: "NO", None: ""}[row.same_rows]
        lines.append(f"{row.what:26} {times} {sizes}  {same}")
    return "\n".join(lines)


WHAT: dict[str, Callable[[argparse.Namespace], Iterator[Measured] | Iterator[Ran]]] = {
    "speed": speed,
    "memory": memory,
    "start": start,
    "archive": archive,
}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("what", choices=WHAT)
    parser.add_argument("--folder", type=Path, default=CHECKOUT / "runs" / "bench-batch")
    parser.add_argument("--json", type=Path, help="append lines of JSON there")
    parser.add_argument("--count", type=int, help="photos or files")
    parser.add_argument("--jobs", type=int, default=2, help="processes that make photos")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chunk", type=int, help="photos of a round")
    parser.add_argument("--large", action="store_true", help="photos of 12 megapixels")
    parser.add_argument("--no-reading", action="store_true", help="speed: leave the reading of marks out")
    parser.add_argument("--sahi-python", type=Path, help="interpreter that has sahi and onnxruntime")
    parser.add_argument("--rivals", nargs="*", choices=RIVALS, default=list(RIVALS))
    parser.add_argument("--minutes", type=float, default=10, help="memory: of 12 MP photos; 0: none")
    parser.add_argument("--engine", default="local", help="archive: engines, joined by commas")
    parser.add_argument(
        "--continue", dest="resume", action="store_true", help="archive: take up what is there"
    )
    return parser.parse_args()


def main() -> None:
    options = _options()
    options.folder.mkdir(parents=True, exist_ok=True)
    print(machine(load_settings()), file=sys.stderr)
    rows: list[Measured | Ran] = []
    for row in WHAT[options.what](options):
        line = json.dumps(asdict(row))
        print(line, flush=True)
        if options.json:
            with options.json.open("a") as file:
                file.write(line + "\n")
        rows.append(row)
    ran, measured = [r for r in rows if isinstance(r, Ran)], [r for r in rows if isinstance(r, Measured)]
    print(speed_table(measured) if measured else ran_table(ran))


if __name__ == "__main__":
    main()
