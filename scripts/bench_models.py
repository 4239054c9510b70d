"""Speed of detector files on one core, engine beside engine, as ratios to one file of reference in one run.

    python -m scripts.bench_models models/detector.onnx --rival-python .venv-rivals/bin/python
    python -m scripts.bench_models models/*.onnx --accuracy

The reference is the shared YOLOX-nano file, run by ONNX Runtime. In each round every file and engine takes
its turn on the same eight views; ratios are of the same round, and the table gives their medians, of wall and
of processor time, which a busy neighbour disturbs less. ``--accuracy`` adds AP50 on the dev photos, whole
at the input's size, the detector alone.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import Pixels
from scripts.bench import CHECKOUT, Measure, Rival, timed
from scripts.evaluation.bare import BareDetector, measure_bare
from scripts.evaluation.cases import NEGATIVES, SCENES, Case, load_cases

ENGINES = ("openvino", "opencv")
OURS = "onnxruntime"
VIEWS = 8
REFERENCE = Path("weights/yolox_nano_coco.onnx")


@dataclass(frozen=True, slots=True)
class Row:
    """Medians over the rounds: milliseconds a view, and ratios to the reference in the same round."""

    file: str
    engine: str
    size: int
    wall_ms: float
    ratio_wall: float
    ratio_cpu: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Contender:
    """A file on an engine; ``run`` measures one pass over all views, None once it has failed."""

    file: Path
    engine: str
    run: Callable[[], Measure | None]
    close: Callable[[], None]
    why: Callable[[], str]


def scenery(side: int, seed: int = 1) -> NDArray[np.uint8]:
    """N×3×side×side views of smooth noise: what is seen changes nothing in the time of a convolution."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (VIEWS, 13, 13, 3), np.uint8)
    large = [cv2.resize(view, (side, side), interpolation=cv2.INTER_CUBIC) for view in coarse]
    return np.ascontiguousarray(np.stack(large).transpose(0, 3, 1, 2))


def own(file: Path) -> Contender:
    detector = BareDetector.open(file)
    name = detector.session.get_inputs()[0].name
    views = scenery(detector.side).astype(np.float32)

    def work() -> None:
        for k in range(len(views)):
            detector.session.run(None, {name: views[k : k + 1]})

    return Contender(file, OURS, lambda: timed(work), lambda: None, lambda: "")


def rival(file: Path, engine: str, python: Path, folder: Path) -> Contender:
    side = BareDetector.open(file).side
    tiles = folder / f"tiles-{side}.npy"
    if not tiles.exists():
        np.save(tiles, scenery(side))
    process = Rival(python, engine, file.resolve(), side, cores=1)

    def run() -> Measure | None:
        answer = process.run(tiles, tiles)  # the photo only names the case
        return None if answer is None else answer[0]

    return Contender(file, engine, run, process.close, lambda: process.failed)


def measure(contenders: Sequence[Contender], rounds: int) -> list[Row]:
    """The first contender is the reference."""
    times: list[list[Measure | None]] = [[] for _ in contenders]
    for number in range(rounds + 1):  # the first warms up
        for contender, own_times in zip(contenders, times, strict=True):
            answer = contender.run()
            if number:
                own_times.append(answer)
    reference = [one for one in times[0] if one is not None]
    return [_row(c, own_times, reference) for c, own_times in zip(contenders, times, strict=True)]


def _row(contender: Contender, times: Sequence[Measure | None], reference: Sequence[Measure]) -> Row:
    size = contender.file.stat().st_size
    pairs = [(one, ref) for one, ref in zip(times, reference, strict=True) if one is not None]
    if not pairs:
        nan, why = float("nan"), f"failed: {contender.why()}"
        return Row(contender.file.name, contender.engine, size, nan, nan, nan, note=why)
    return Row(
        contender.file.name,
        contender.engine,
        size,
        1000 * median(one.wall for one, _ in pairs) / VIEWS,
        median(one.wall / ref.wall for one, ref in pairs),
        median(one.cpu / ref.cpu for one, ref in pairs),
    )


@dataclass(frozen=True, slots=True)
class DevPhoto:
    pixels: Pixels
    boxes: NDArray[np.float32]

    @classmethod
    def of(cls, case: Case) -> DevPhoto:
        pixels = cv2.imread(str(case.path))
        if pixels is None:
            raise ValueError(f"{case.path} cannot be decoded")
        boxes = [truth.box.as_tuple() for truth in case.truths if truth.box is not None]
        return cls(np.asarray(pixels, np.uint8), np.asarray(boxes, np.float32).reshape(-1, 4))


def accuracy(files: Sequence[Path], data: Path) -> None:
    """Prints each file's figures on scenes and negatives of dev."""
    photos = [DevPhoto.of(case) for case in load_cases(data, (SCENES, NEGATIVES)) if case.complete]
    for file in files:
        figures = measure_bare(BareDetector.open(file), photos)
        print(
            f"{file.name}: AP50 {figures.ap50:.4f}, recall {figures.recall} on {len(photos)} dev photos",
            flush=True,
        )


def table(rows: Sequence[Row]) -> str:
    lines = [f"{'file':28} {'engine':12} {'MB':>5} {'ms':>7} {'× wall':>7} {'× CPU':>7}"]
    for row in rows:
        times = f"{row.wall_ms:7.2f} {row.ratio_wall:7.2f} {row.ratio_cpu:7.2f}"
        lines.append(f"{row.file:28} {row.engine:12} {row.size / 1e6:5.1f} {times}  {row.note}".rstrip())
    return "\n".join(lines)


def pin_to_one_core() -> None:
    """This process and its children, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--rival-python", type=Path, help="interpreter that has openvino and opencv")
    parser.add_argument("--data", type=Path, default=CHECKOUT.parent / "shared" / "data")
    parser.add_argument("--reference", type=Path, help="default: the shared YOLOX-nano file")
    parser.add_argument("--accuracy", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    pin_to_one_core()
    cv2.setNumThreads(1)
    reference = options.reference or options.data / REFERENCE
    with tempfile.TemporaryDirectory() as folder:
        contenders = [own(file) for file in (reference, *options.files)]
        for file in [reference, *options.files] if options.rival_python else []:
            contenders += [rival(file, engine, options.rival_python, Path(folder)) for engine in ENGINES]
        rows = measure(contenders, options.rounds)
        for contender in contenders:
            contender.close()
    print(json.dumps([asdict(row) for row in rows], indent=1) if options.json else table(rows))
    if options.accuracy:
        accuracy(options.files, options.data)


if __name__ == "__main__":
    main()
