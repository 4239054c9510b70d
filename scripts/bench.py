"""Speed and memory of one photo against the bare work in it, with the rivals side by side: ``make bench``.

For each picture, in rounds that take turns so that a disturbance meets all alike:

- *decode*: ``cv2.imdecode`` of the JPEG alone.
- *inference*: ONNX Runtime alone on the inputs of the very tiles that Camid looks at, prepared beforehand,
  with Camid's own session, as many calls at a time as Camid makes.
- *Camid*: from the bytes of the JPEG to the report; *detector* is its search for housings alone.
- the rivals (see ``scripts/bench_rivals.py``); their views differ where SAHI's own plan does.

The ratio is Camid over decode plus inference of the same round; the table gives medians over the rounds, of
wall time and of the process's processor time. Memory is the peak RSS of a fresh process that answers one
photo.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import Picture, Reading
from edge.identify import Identifier
from edge.media.photo import decode
from edge.settings import Settings, load_settings
from edge.vision.detector import Detector, fill, load_detector, pyramid
from edge.vision.manifest import load_manifest
from edge.vision.runtime import usable_cores
from scripts.bench_pictures import BenchPicture, bench_pictures

CHECKOUT = Path(__file__).resolve().parents[1]
RIVALS = ("openvino", "opencv", "sahi")
DETECT_SCORE = 0.3

Answer = Callable[[Picture], tuple[int, int]]
"""A whole answer to a picture; returns how many cameras were seen and how many were read."""


@dataclass(frozen=True, slots=True)
class Measure:
    """Seconds of wall and processor time of one run."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: medians over the rounds, ratios against decode plus inference in each round."""

    picture: str
    what: str
    views: int
    wall_ms: float
    cpu_ms: float
    ratio_wall: float | None = None
    ratio_cpu: float | None = None
    rss_mb: int | None = None
    note: str = ""


class Rival:
    """A rival's process; ``failed`` says why it cannot take part."""

    def __init__(self, python: Path, engine: str, model: Path, side: int, cores: int) -> None:
        self.engine = engine
        self.failed = ""
        command = [str(python), "-m", "scripts.bench_rivals", engine, str(model), str(side), str(cores)]
        self._process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, photo: Path, tiles: Path) -> tuple[Measure, int, int] | None:
        """Time, views and boxes of one run; None once it has failed."""
        if self.failed:
            return None
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(f"{photo}\t{tiles}\n")
            self._process.stdin.flush()
            answer = json.loads(self._process.stdout.readline())
        except (OSError, json.JSONDecodeError):
            self.failed = (self._process.communicate()[1].strip().splitlines() or ["it ended"])[-1][:110]
            return None
        return Measure(answer["wall"], answer["cpu"]), answer["views"], answer["boxes"]

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.communicate()


def timed(work: Callable[[], object]) -> Measure:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Measure(time.perf_counter() - wall, time.process_time() - cpu)


def tile_inputs(detector: Detector, jpeg: bytes) -> NDArray[np.float32]:
    """The inputs of every tile of the plan, N×3×S×S."""
    pixels = decode(jpeg, "bench.jpg", load_settings()).pixels
    plan = detector.plan(pixels.shape[1], pixels.shape[0])
    buffer = np.empty((len(plan.tiles), 3, plan.side, plan.side), np.float32)
    return fill(buffer, plan, pyramid(pixels, plan), range(len(plan.tiles)))


def bare_inference(detector: Detector, inputs: NDArray[np.float32], pool: ThreadPoolExecutor) -> None:
    session = detector.session
    name = session.inputs[0].name
    list(pool.map(lambda index: session.run({name: inputs[index : index + 1]}), range(len(inputs))))


def measure_picture(
    picture: BenchPicture,
    detector: Detector,
    answer: Answer,
    rivals: list[Rival],
    rounds: int,
    settings: Settings,
) -> list[Row]:
    inputs = tile_inputs(detector, picture.jpeg)
    encoded = np.frombuffer(picture.jpeg, np.uint8)
    cores = usable_cores(settings)

    def load() -> Picture:
        return decode(picture.jpeg, "bench.jpg", settings)

    pixels = load().pixels
    cameras, read = answer(load())
    own: dict[str, list[Measure]] = {"decode": [], "inference": [], "detector": [], "Camid": []}
    theirs: dict[str, list[tuple[Measure, int, int]]] = {rival.engine: [] for rival in rivals}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(cores) as pool:
        photo, tiles = Path(folder) / "photo.jpg", Path(folder) / "tiles.npy"
        photo.write_bytes(picture.jpeg)
        np.save(tiles, inputs.astype(np.uint8))
        works: dict[str, Callable[[], object]] = {
            "decode": lambda: cv2.imdecode(encoded, cv2.IMREAD_COLOR),
            "inference": lambda: bare_inference(detector, inputs, pool),
            "detector": lambda: detector.detect(pixels),
            "Camid": lambda: answer(load()),
        }
        for work in works.values():
            work()
        for _ in range(rounds):
            for name, work in works.items():
                own[name].append(timed(work))
            for rival in rivals:
                result = rival.run(photo, tiles)
                if result:
                    theirs[rival.engine].append(result)
    note = f"{cameras} cameras, {read} read"
    rows = [_row(picture, name, len(inputs) * (name != "decode"), own[name], own, note) for name in own]
    for rival in rivals:
        if theirs[rival.engine]:
            times, views, boxes = zip(*theirs[rival.engine], strict=True)
            note = f"{boxes[-1]} boxes, without decoding" if boxes[-1] >= 0 else "the tiles alone"
            rows.append(_row(picture, rival.engine, views[-1], list(times), own, note))
        else:
            rows.append(
                Row(picture.name, rival.engine, 0, float("nan"), float("nan"), note=f"failed: {rival.failed}")
            )
    return rows


def _row(
    picture: BenchPicture,
    what: str,
    views: int,
    times: list[Measure],
    own: dict[str, list[Measure]],
    note: str,
) -> Row:
    bare = list(zip(own["decode"], own["inference"], strict=True))
    ratios = [
        (t.wall / (d.wall + i.wall), t.cpu / (d.cpu + i.cpu)) for t, (d, i) in zip(times, bare, strict=False)
    ]
    whole = what == "Camid"
    return Row(
        picture.name,
        what,
        views,
        1000 * median(t.wall for t in times),
        1000 * median(t.cpu for t in times),
        median(r[0] for r in ratios) if whole else None,
        median(r[1] for r in ratios) if whole else None,
        note=note if whole or what in RIVALS else "",
    )


def bench_settings(*, reads: bool) -> Settings:
    return load_settings() if reads else load_settings(max_read_crops=0, scene_text_side=0, osd_search_side=0)


def load_answer(settings: Settings, *, detector_only: bool) -> Answer:
    if detector_only:
        detector = load_detector(settings, DETECT_SCORE)
        return lambda picture: (len(detector.detect(picture.pixels)), 0)
    identifier = Identifier.load(settings)

    def answer(picture: Picture) -> tuple[int, int]:
        cameras = identifier.photo(picture).cameras
        return len(cameras), sum(camera.reading is Reading.READ for camera in cameras)

    return answer


def fresh_rss(picture: BenchPicture, *, detector_only: bool) -> int:
    """Peak resident memory in MB of a new process that loads Camid and answers this one photo."""
    flags = ["--no-reading"] * (not picture.reads) + ["--detector-only"] * detector_only
    with tempfile.NamedTemporaryFile(suffix=".jpg") as photo:
        photo.write(picture.jpeg)
        photo.flush()
        command = [sys.executable, "-m", "scripts.bench", "--one", photo.name, *flags]
        answer = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    return int(answer.stdout.split()[-1])


def answer_one(photo: Path, settings: Settings, *, detector_only: bool) -> None:
    answer = load_answer(settings, detector_only=detector_only)
    answer(decode(photo.read_bytes(), photo.name, settings))
    print(peak_rss())


def peak_rss() -> int:
    """Peak resident memory of this process in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # ``ru_maxrss`` would hold the parent's peak: Linux hands it on through fork and exec
        line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) // 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 2**20 if sys.platform == "darwin" else peak // 1024


def table(rows: list[Row]) -> str:
    lines = [
        f"{'picture':18} {'what':10} {'views':>5} {'wall ms':>9} {'CPU ms':>9}"
        f" {'× wall':>7} {'× CPU':>7} {'RSS MB':>7}"
    ]
    for row in rows:
        ratios = "".join(f" {r:7.2f}" if r is not None else " " * 8 for r in (row.ratio_wall, row.ratio_cpu))
        rss = f"{row.rss_mb:7d}" if row.rss_mb is not None else " " * 7
        times = f"{row.wall_ms:9.1f} {row.cpu_ms:9.1f}"
        lines.append(f"{row.picture:18} {row.what:10} {row.views:5d} {times}{ratios} {rss}  {row.note}")
    return "\n".join(lines)


def machine(settings: Settings) -> str:
    load = os.getloadavg()[0]
    return f"{platform.machine()}, {usable_cores(settings)} cores available, load average {load:.1f} at start"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--sahi-python", type=Path, help="interpreter that has sahi, openvino and onnxruntime"
    )
    parser.add_argument("--rivals", nargs="*", choices=RIVALS, default=list(RIVALS))
    parser.add_argument("--data", type=Path, default=CHECKOUT.parent / "shared" / "data")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--detector-only", action="store_true", help="without second stage and reading")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--no-reading", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        own_settings = bench_settings(reads=not options.no_reading)
        answer_one(options.one, own_settings, detector_only=options.detector_only)
        return
    settings = load_settings()
    cv2.setNumThreads(usable_cores(settings))
    header = machine(settings)
    detector = load_detector(settings, DETECT_SCORE)
    entry = load_manifest(settings.models_dir).entry("detector")
    rivals = [
        Rival(options.sahi_python, engine, entry.path.resolve(), detector.side, usable_cores(settings))
        for engine in options.rivals
        if options.sahi_python
    ]
    rows: list[Row] = []
    for picture in bench_pictures(options.data):
        own_settings = bench_settings(reads=picture.reads)
        answer = load_answer(own_settings, detector_only=options.detector_only)
        measured = measure_picture(picture, detector, answer, rivals, options.rounds, own_settings)
        rss = fresh_rss(picture, detector_only=options.detector_only)
        rows += [replace(row, rss_mb=rss) if row.what == "Camid" else row for row in measured]
    for rival in rivals:
        rival.close()
    if options.json:
        print(
            json.dumps(
                {"machine": header, "rounds": options.rounds, "rows": [asdict(row) for row in rows]}, indent=1
            )
        )
    else:
        print(f"{header}; medians of {options.rounds} rounds\n{table(rows)}")


if __name__ == "__main__":
    main()
