"""How the cost of watching grows with the number of cameras: ``python -m scripts.bench_streams``.

The cameras play in a process of their own: 1080p25 H.264, GOP 50, 2 Mbit/s; a third that the protocol proves,
a third that only a logo names, a third that nothing can name. For each number of them a fresh process of
Camid watches them, with the connections closed between looks and with the connections kept:

- *verdicts*: seconds until every stream is named, or known to show nothing that names it;
- *right*, *wrong*: verdicts that are as they should be, and names of another maker;
- *cores*, *RSS*: of that process, in the steady time after;
- *age*: of the newest looked-at frame, 95th percentile over streams and seconds.

Beside it the usual design: every frame decoded and searched by the same detector, as a whole. Where the
machine cannot keep up, *needed* says how many cores it would take: the processor time of a searched frame,
measured with the fewest streams, times all frames. *ratio* is that over Camid's cores.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from edge.settings import load_settings
from scripts.bench import machine
from scripts.stream_bench.cameras import FPS, bench_cameras
from scripts.stream_bench.task import Measured, Task, answer, measured_apart, read_task
from scripts.stream_bench.usual import measure_usual
from scripts.stream_bench.watch import measure_watching
from tests.support.camera import CameraProcess

DESIGNS = ("closed", "kept", "usual")
_SPARE_S = 120


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; ``cameras_cores`` is what the cameras' process took meanwhile."""

    streams: int
    design: str
    measured: Measured
    cameras_cores: float
    needed: float | None = None
    ratio: float | None = None


def run_one(count: int, design: str, options: argparse.Namespace) -> Row:
    cameras = bench_cameras(count)
    with CameraProcess([camera.spec for camera in cameras]) as process:
        task = Task(
            design=design,
            urls=tuple(running.url for running in process.cameras),
            platforms=tuple(camera.platform for camera in cameras),
            look_interval_s=options.interval,
            verdict_limit_s=options.verdict_limit,
            settle_s=options.settle,
            steady_s=options.steady,
        )
        before = process.cameras[0].counters
        limit = options.verdict_limit + 2 * options.settle + options.steady + _SPARE_S
        measured = measured_apart(task, limit)
        after = process.cameras[0].counters
    return Row(count, design, measured, (after.cpu_s - before.cpu_s) / (after.at - before.at))


def with_ratios(rows: list[Row]) -> list[Row]:
    """Adds what the usual design needs for all frames, from its run with fewest streams, and the ratio of
    that to Camid's cores."""
    usual = [row for row in rows if row.design == "usual" and row.measured.looks_per_s > 0]
    if not usual:
        return rows
    least = min(usual, key=lambda row: row.streams).measured
    a_frame = least.cores / least.looks_per_s
    return [_with_ratio(row, a_frame * FPS * row.streams) for row in rows]


def _with_ratio(row: Row, needed: float) -> Row:
    if row.design == "usual":
        return replace(row, needed=needed)
    return replace(row, ratio=needed / row.measured.cores if row.measured.cores else None)


def table(rows: list[Row]) -> str:
    head = (
        f"{'streams':>7} {'design':7} {'verdicts':>9} {'right':>7} {'wrong':>5} {'cores':>6} {'RSS MB':>7}"
        f" {'peak':>6} {'age p95':>8} {'looks/s':>8} {'failed':>6} {'needed':>7} {'ratio':>7}"
    )
    return "\n".join([head, *map(_line, rows)])


def _line(row: Row) -> str:
    m = row.measured
    decided = f"{m.verdicts_s:.1f} s" if m.verdicts == row.streams else f"{m.verdicts}/{row.streams}"
    right = "-" if row.design == "usual" else f"{m.right}/{row.streams}"
    needed = f"{row.needed:.1f}" if row.needed is not None else "-"
    ratio = f"{row.ratio:.0f}" if row.ratio is not None else "-"
    return (
        f"{row.streams:7} {row.design:7} {decided:>9} {right:>7} {m.wrong:5} {m.cores:6.2f} {m.rss_mb:7.0f}"
        f" {m.peak_mb:6.0f} {m.age_p95_s:6.1f} s {m.looks_per_s:8.2f} {m.failed:6} {needed:>7} {ratio:>7}"
    )


def measure(options: argparse.Namespace) -> Iterator[Row]:
    for count in options.streams:
        for design in options.designs:
            if design != "usual" or count <= options.usual_most:
                yield run_one(count, design, options)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 8, 64, 256])
    parser.add_argument("--designs", nargs="+", choices=DESIGNS, default=list(DESIGNS))
    parser.add_argument("--usual-most", type=int, default=64, help="streams of the usual design at most")
    parser.add_argument("--interval", type=float, default=60, help="most seconds between looks")
    parser.add_argument("--verdict-limit", type=float, default=180, help="seconds to wait for verdicts")
    parser.add_argument("--settle", type=float, default=60, help="seconds between verdicts and measuring")
    parser.add_argument("--steady", type=float, default=120, help="seconds that are measured")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--task", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        task = read_task()
        answer(measure_usual(task) if task.design == "usual" else measure_watching(task))
        return
    header = machine(load_settings())
    rows = []
    for row in measure(options):
        rows.append(row)
        print(_line(row), f" cameras {row.cameras_cores:.2f} cores", flush=True)
    rows = with_ratios(rows)
    if options.json:
        print(json.dumps({"machine": header, "rows": [asdict(row) for row in rows]}, indent=1))
    else:
        print(f"\n{header}; look interval {options.interval:g} s\n{table(rows)}")


if __name__ == "__main__":
    main()
