"""What each part of the detector's training brings: the whole recipe, and then without one part at a time.

    python -m scripts.ablate --data ../shared/data --runs runs --out runs/ablation --steps 400
    python -m scripts.ablate ... --only whole no-renders --seeds 1 2

Every row is a short training with the same pictures a step, seed and course of the learning rate; it says
what a part brings to that, not how good the shipped detector is. A network is asked about the whole dev photo
shrunk to its input, without tiles and without the second look. Rows that are done are kept in ``--out``, so
the same command goes on where it stopped; ``--out``/table.md is written anew after each. Intervals: bootstrap
over photos, for differences paired. Runs in the training environment, on CUDA where there is one.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean

import cv2

from edge.domain import Box, Pixels
from scripts.evaluation.bare import BareDetector
from scripts.evaluation.cases import NEGATIVES, SCENES, load_cases
from scripts.evaluation.detection import FALSE_BOXES_A_PHOTO
from scripts.evaluation.matching import Scored, match, threshold_for
from scripts.evaluation.paired import Answers, Interval, difference, precision
from scripts.training.command import described

WHOLE = "whole"
TRACED, LOOKALIKES = "train/drawn", "train/lookalikes"
NAMED = ("train/signs", "train/marked")
RENDERS = ("render/cameras", "render/lookalikes")
RENDER_WEIGHT = 4
"""Rendered ones are few, so they are given several times, as ``make train`` does."""


@dataclass(frozen=True, slots=True)
class Variant:
    """``drawn`` are folders under ``--runs``; ``more`` goes to the training as it is."""

    name: str
    words: str
    drawn: tuple[str, ...] = (TRACED, LOOKALIKES, *NAMED, *RENDER_WEIGHT * RENDERS)
    more: tuple[str, ...] = ()
    model: str = "nano"
    taught: bool = False
    """With pictures that the shipped networks have labelled."""


VARIANTS = (
    Variant(WHOLE, "whole recipe"),
    Variant("no-renders", "without renders", (TRACED, LOOKALIKES, *NAMED)),
    Variant("no-drawn", "without renders and drawn things", ()),
    Variant("no-cutouts", "without photographed cut-outs", more=("--without", "cutouts")),
    Variant("no-scenes", "without real scenes", more=("--without", "scenes")),
    Variant(
        "no-lookalikes",
        "without look-alikes, photographed, drawn or rendered",
        (TRACED, "train/marked", *RENDER_WEIGHT * RENDERS[:1]),
        ("--without", "lookalikes"),
    ),
    Variant("no-far", "without far sheets", more=("--mix", "0.62", "0.26", "0")),
    Variant("no-start", "from random weights, not COCO's", more=("--start", "none")),
    Variant("small-input", "inputs of 320 px, not 416", more=("--size", "320")),
    Variant("small", "`small`, from ImageNet's backbone", model="small"),
    Variant("self-training", "with product photos that the shipped networks labelled", taught=True),
)


@dataclass(frozen=True, slots=True)
class Dev:
    """A dev photo: for measuring only."""

    pixels: Pixels
    boxes: list[Box]


@dataclass(frozen=True, slots=True)
class Row:
    variant: str
    seed: int
    steps: int
    answers: list[list[tuple[float, int | None]]] = field(default_factory=list)
    """Of each photo: score and number of the camera, or None, of each find."""

    @property
    def scored(self) -> tuple[tuple[Scored, ...], ...]:
        return tuple(tuple(Scored(*one) for one in photo) for photo in self.answers)


def dev_photos(data: Path) -> Iterator[Dev]:
    for case in load_cases(data, (SCENES, NEGATIVES)):
        pixels = cv2.imread(str(case.path), cv2.IMREAD_COLOR)
        assert pixels is not None, case.path
        yield Dev(pixels, [truth.box for truth in case.truths if truth.box is not None])


def train(variant: Variant, seed: int, options: argparse.Namespace) -> Path:
    """The exported network. A training that was stopped goes on."""
    folder = options.out / f"{variant.name}-{seed}"
    exported: Path = folder / "detector.onnx"
    command = [
        *("--data", options.data, "--out", folder, "--models", variant.model),
        *("--batch", options.batch, "--steps", options.steps, "--rate", options.rate),
        *("--seed", seed, "--workers", options.workers, "--threads", options.threads),
    ]
    if variant.drawn:
        command += ["--drawn", *(options.runs / name for name in variant.drawn)]
    if variant.taught:
        command += ["--coco", taught(options)]
    _module("scripts.train_detector", *command, *variant.more)
    pictures = options.data / "scenes/train"
    _module("scripts.export", "detector", folder / "checkpoint.pt", exported, "--pictures", pictures)
    return exported


def taught(options: argparse.Namespace) -> Path:
    """Pictures of single products that the training has no cut-out of, as `camid review export` would write
    them, with the boxes of the shipped networks."""
    from edge.identify import Identifier  # noqa: PLC0415 - loads the models
    from edge.media.photo import read  # noqa: PLC0415
    from edge.settings import load_settings  # noqa: PLC0415

    folder: Path = options.out / "taught"
    settings = load_settings()
    if (folder / "annotations.json").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    identifier = Identifier.load(settings)
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    lines = (options.data / "products/train/labels.jsonl").read_text("utf-8").splitlines()
    for label in map(json.loads, lines):
        if label.get("cutout"):
            continue
        path = options.data / "products/train" / label["file"]
        for camera in identifier.photo(read(path, settings)).cameras:
            box = camera.box
            bbox = [box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0]
            annotations.append({"image_id": len(images), "bbox": bbox})
        images.append({"id": len(images), "file_name": path.name, "complete": True})
        shutil.copyfile(path, folder / path.name)
    text = json.dumps({"images": images, "annotations": annotations})
    (folder / "annotations.json").write_text(text, "utf-8")
    return folder


def measured(variant: Variant, seed: int, options: argparse.Namespace, photos: Sequence[Dev]) -> Row:
    """From an earlier run where it is there, of as many steps."""
    file = options.out / f"{variant.name}-{seed}" / "answers.json"
    if file.exists() and (kept := Row(**json.loads(file.read_text()))).steps == options.steps:
        return kept
    detector = BareDetector.open(train(variant, seed, options))
    answers = [
        [(one.score, one.truth) for one in match(photo.boxes, detector.find(photo.pixels))]
        for photo in photos
    ]
    row = Row(variant.name, seed, options.steps, answers)
    file.write_text(json.dumps(asdict(row)))
    return row


def table(rows: Sequence[Row], cameras: Sequence[int]) -> str:
    """Markdown; a row a variant, the mean over its seeds. Differences are to the whole recipe of the same
    seeds."""
    lines = [
        "| detector alone | AP50 | less or more than the whole | recall at 0.15 false boxes a photo |",
        "|---|---|---|---|",
    ]
    of = {(row.variant, row.seed): Answers(row.scored, tuple(cameras)) for row in rows}
    for variant in VARIANTS:
        seeds = [seed for name, seed in of if name == variant.name]
        if not seeds:
            continue
        own = [of[variant.name, seed] for seed in seeds]
        both = [seed for seed in seeds if variant.name != WHOLE and (WHOLE, seed) in of]
        apart = [difference(of[variant.name, seed], of[WHOLE, seed]) for seed in both]
        found = mean(_recall(one) for one in own)
        words = f"{variant.words}{f' ({len(seeds)} seeds)' if len(seeds) > 1 else ''}"
        total = sum(cameras)
        lines.append(
            f"| {words} | {_plain([precision(a) for a in own])} | {_signed(apart)} | {found:.0f}/{total} |",
        )
    return "\n".join(lines)


def _recall(answers: Answers) -> int:
    """Cameras found where at most so many boxes a photo are false."""
    scored = [one for photo in answers.scored for one in photo]
    least = threshold_for(scored, int(FALSE_BOXES_A_PHOTO * len(answers.cameras)))
    return sum(one.truth is not None and one.score >= least for one in scored)


def _plain(values: Sequence[Interval]) -> str:
    one = _mean(values)
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"


def _signed(values: Sequence[Interval]) -> str:
    if not values:
        return ""
    one = _mean(values)
    return f"{one.value:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"


def _mean(values: Sequence[Interval]) -> Interval:
    """Over seeds; the ends of the interval too, for the photos are the same."""
    return Interval(*(mean(getattr(one, name) for one in values) for name in ("value", "low", "high")))


def _module(name: str, *words: object) -> None:
    subprocess.run([sys.executable, "-m", name, *map(str, words)], check=True)


def _options() -> argparse.Namespace:
    parser = described(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--runs", type=Path, required=True, help="where `make train` and `make renders` draw")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="+", choices=[one.name for one in VARIANTS], help="these rows only")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1.2e-3)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    photos = list(dev_photos(options.data))
    cameras = [len(photo.boxes) for photo in photos]
    rows = []
    for seed in options.seeds:
        for variant in VARIANTS:
            if options.only and variant.name not in options.only:
                continue
            rows.append(measured(variant, seed, options, photos))
            (options.out / "table.md").write_text(table(rows, cameras) + "\n")
    print(table(rows, cameras))


if __name__ == "__main__":
    main()
