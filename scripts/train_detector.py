"""Train the housing detector, in one size or several at once on the same pictures.

    python -m scripts.train_detector --data ../shared/data --out runs/detector --steps 2400 --seed 1
    python -m scripts.train_detector --data ../shared/data --out runs/both --models nano small --minutes 7 \\
        --batch 96 --workers 12

For each size: ``SIZE/checkpoint.pt`` (EMA weights, optimiser, step: the same command continues from it) and
``SIZE/log.csv`` with the loss and the AP50 on the photos held out of the training. With one size the name of
the folder is left out. Runs on CUDA where there is one, else on the CPU, in bfloat16 both. Reads the train
folders only.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from scripts.training.assign import detection_loss
from scripts.training.command import described
from scripts.training.compose import Composer, Mix, Sample
from scripts.training.efficientnet import imagenet_weights, load_imagenet
from scripts.training.schedule import Course, Ema, rate_at
from scripts.training.sources import PARTS, Sources, load, without
from scripts.training.validation import Held, held_out_precision
from scripts.training.yolox import (
    SIZES,
    Detector,
    Small,
    YoloxNano,
    anchor_grid,
    load_coco_start,
    load_ours,
    settle_norms,
)

SETTLING = 12
"""Batches that the norms of a network without its training state are set by."""
BACKBONE_RATE = 0.3
"""Of the learning rate: what ImageNet taught the backbone of ``small`` is not to be forgotten."""
LOG_EVERY, SAVE_EVERY = 50, 200

Batch = tuple[Tensor, Tensor, Tensor]
"""N×3×S×S uint8 pictures, N×M×4 boxes, N×K×4 ignored boxes, both filled up with zeros."""


@dataclass(slots=True)
class Stream(IterableDataset[Sample]):
    """Endless samples; each worker and each start from a step draws from a seed of its own."""

    sources: Sources
    size: int
    seed: int
    first: int
    mix: Mix

    def __iter__(self) -> Iterator[Sample]:
        info = get_worker_info()
        cv2.setNumThreads(0)
        rng = np.random.default_rng([self.seed, self.first, info.id if info else 0])
        composer = Composer(self.sources, self.size, rng, mix=self.mix)
        while True:
            yield composer.sample()


def collate(samples: list[Sample]) -> Batch:
    pixels = np.stack([sample.pixels for sample in samples]).transpose(0, 3, 1, 2)
    return (
        torch.from_numpy(np.ascontiguousarray(pixels)),
        filled_up([sample.boxes for sample in samples]),
        filled_up([sample.ignored for sample in samples]),
    )


def filled_up(boxes: list[NDArray[np.float32]]) -> Tensor:
    """N×M×4 of N arrays of up to M×4."""
    most = max(1, *(len(one) for one in boxes))
    out = np.zeros((len(boxes), most, 4), np.float32)
    for k, one in enumerate(boxes):
        out[k, : len(one)] = one
    return torch.from_numpy(out)


def parse() -> argparse.Namespace:
    parser = described(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--drawn", type=Path, nargs="+", default=(), help="folders that draw_cutouts.py made")
    parser.add_argument("--coco", type=Path, nargs="+", default=(), help="folders of camid review export")
    parser.add_argument("--without", nargs="+", choices=PARTS, default=(), help="parts of --data left out")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--models", nargs="+", choices=SIZES, default=["nano"])
    parser.add_argument("--start", type=Path, help="ONNX of the COCO YOLOX-nano; default: in --data; 'none'")
    parser.add_argument("--backbone", type=Path, help="ImageNet file for small; default: the package's")
    parser.add_argument("--ours", type=Path, help="a detector.onnx of an earlier run to start nano from")
    parser.add_argument("--after", type=Path, help="checkpoint of an earlier run of nano to start from")
    parser.add_argument(
        "--mix", type=float, nargs=3, default=(0.42, 0.22, 0.20), help="see Mix in compose.py"
    )
    parser.add_argument("--size", type=int, default=416)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--minutes", type=float, help="instead of --steps: as many as the clock allows")
    parser.add_argument("--rate", type=float, nargs="+", default=[1.2e-3], help="one, or one a model")
    parser.add_argument("--ema", type=float, default=0.9995)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def started(name: str, options: argparse.Namespace) -> tuple[Detector, bool]:
    """A network with its start, and whether its norms are folded and have to be settled."""
    model = SIZES[name]()
    if isinstance(model, YoloxNano) and options.after:
        model.load_state_dict(torch.load(options.after, map_location="cpu", weights_only=True)["ema"])
        return model, False
    if isinstance(model, YoloxNano) and options.ours:
        load_ours(model, str(options.ours))
        return model, True
    start = options.start or options.data / "weights/yolox_nano_coco.onnx"
    settled = False
    if isinstance(model, Small):
        load_imagenet(model.backbone, options.backbone or imagenet_weights())
    elif str(start) != "none":
        print(f"copied {load_coco_start(model, str(start))} convolutions from {start.name}")
        settled = True
    for head in model.heads:
        torch.nn.init.constant_(head.class_out.bias, -math.log(99))
        torch.nn.init.constant_(head.object_out.bias, -math.log(99))
    return model, settled


def freeze_early(model: Detector) -> None:
    for part in model.frozen():
        part.eval()
        part.requires_grad_(False)


def optimiser_of(model: Detector, rate: float) -> torch.optim.AdamW:
    groups = []
    for inside in (True, False):
        share = BACKBONE_RATE if inside and isinstance(model, Small) else 1.0
        learnt = [
            parameter
            for name, parameter in model.named_parameters()
            if parameter.requires_grad and name.startswith("backbone.") == inside
        ]
        for flat in (True, False):
            part = [p for p in learnt if (p.ndim <= 1) == flat]
            groups.append({"params": part, "weight_decay": 0.0 if flat else 0.02, "share": share})
    return torch.optim.AdamW(groups, lr=rate)


@dataclass(slots=True)
class Training:
    """One network on its way. ``peak`` is the highest learning rate, ``folder`` where its files go."""

    name: str
    model: Detector
    optimiser: torch.optim.AdamW
    ema: Ema
    grid: Tensor
    peak: float
    folder: Path
    judged: Detector
    """A second one of the kind, for judging the averaged weights."""
    losses: list[Tensor] = field(default_factory=list)

    def step(self, pixels: Tensor, boxes: Tensor, ignored: Tensor, number: int, share: float) -> None:
        """One update with N×3×S×S float pictures on the device."""
        for group in self.optimiser.param_groups:
            group["lr"] = group["share"] * rate_at(share, number, self.peak, warm_up=150)
        with torch.autocast(pixels.device.type, torch.bfloat16):
            raw = self.model(pixels)
        loss = detection_loss(raw.float(), self.grid, boxes, ignored)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 10)
        self.optimiser.step()
        self.ema.update(self.model, number)
        self.losses.append(loss.detach())

    def mean_loss(self) -> float:
        """Since it was asked last."""
        mean = float(torch.stack(self.losses).mean())
        self.losses.clear()
        return mean

    def precision(self, held: Held) -> float:
        self.judged.load_state_dict(self.ema.state)
        return float(held_out_precision(self.judged, held, self.grid))

    def save(self, done: int, size: int) -> None:
        state = {
            "model": self.model.state_dict(),
            "ema": self.ema.state,
            "optimiser": self.optimiser.state_dict(),
            "step": done,
            "size": size,
            "name": self.name,
        }
        path = self.folder / "checkpoint.pt"
        torch.save(state, path.with_suffix(".tmp"))
        path.with_suffix(".tmp").replace(path)

    def resume(self) -> int:
        """Continues from a checkpoint if there is one; returns the steps already done."""
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return 0
        saved = torch.load(path, map_location=self.grid.device, weights_only=True)
        self.model.load_state_dict(saved["model"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.ema.state = saved["ema"]
        print(f"continues at step {saved['step']}")
        return int(saved["step"])


def prepare(name: str, options: argparse.Namespace, loader: DataLoader[Sample]) -> Training:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    number = options.models.index(name)
    peak = options.rate[min(number, len(options.rate) - 1)]
    folder = options.out / name if len(options.models) > 1 else options.out
    folder.mkdir(parents=True, exist_ok=True)
    model, folded = started(name, options)
    if folded and not (folder / "checkpoint.pt").exists():
        settle_norms(model, (batch[0].float() for batch in islice(loader, SETTLING)))
    model = model.to(device, memory_format=torch.channels_last)
    model.train()
    freeze_early(model)
    grid = anchor_grid(options.size).to(device)
    judged = SIZES[name]().to(device, memory_format=torch.channels_last)
    return Training(
        name, model, optimiser_of(model, peak), Ema(model, options.ema), grid, peak, folder, judged
    )


def loader_of(train: Sources, options: argparse.Namespace, first: int) -> DataLoader[Sample]:
    return DataLoader(
        Stream(train, options.size, options.seed, first, Mix(*options.mix)),
        options.batch,
        num_workers=options.workers,
        collate_fn=collate,
        pin_memory=torch.cuda.is_available(),
        prefetch_factor=4 if options.workers else None,
    )


def tell(training: Training, done: int, share: float, speed: float, precision: float | None) -> None:
    """Adds a row to the curve."""
    loss, told = training.mean_loss(), "" if precision is None else f"{precision:.4f}"
    with (training.folder / "log.csv").open("a", newline="") as handle:
        csv.writer(handle).writerow([done, f"{share:.4f}", f"{loss:.4f}", f"{speed:.1f}", told])
    print(
        f"{training.name} {done} ({share:.0%}): loss {loss:.3f}, {speed:.0f} pictures/s"
        + (f", AP50 of held-out photos {precision:.3f}" if told else ""),
        flush=True,
    )


def main() -> None:
    options = parse()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    torch.backends.cudnn.benchmark = True
    train, unseen = load(options.data, options.drawn, options.coco)
    train = without(train, options.without)
    held = Held.of([*unseen.scenes, *unseen.empty], options.size)
    trainings = [prepare(name, options, loader_of(train, options, 0)) for name in options.models]
    first = min(training.resume() for training in trainings)
    course, begun = Course(options.steps, options.minutes), time.monotonic()
    device = trainings[0].grid.device
    for done, batch in enumerate(loader_of(train, options, first), first + 1):
        share = course.share(done - 1)
        pixels, boxes, ignored = (part.to(device, non_blocking=True) for part in batch)
        inputs = pixels.float().contiguous(memory_format=torch.channels_last)
        for training in trainings:
            training.step(inputs, boxes, ignored, done - 1, share)
        over = course.share(done) >= 1
        if done % LOG_EVERY and not over:
            continue
        speed = (done - first) * options.batch / (time.monotonic() - begun)
        for training in trainings:
            judging = over or done % SAVE_EVERY == 0
            tell(training, done, share, speed, training.precision(held) if judging else None)
            if judging:
                training.save(done, options.size)
        if over:
            return


if __name__ == "__main__":
    main()
