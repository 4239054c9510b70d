"""Train the housing network: camera or not, and of which form, from what a detector finds in pictures.

    python -m scripts.train_housing --data ../shared/data --detector runs/detector.onnx --out runs/housing \\
        --drawn runs/drawn runs/lookalikes --steps 2000 --seed 1

Starts from ImageNet weights. The sources are parted into folds (``in_folds``), and each batch of pictures is
composed within one. Beside the network that learns from all of them, in ``checkpoint.pt``, one a fold learns
from the others only: ``folds.pt``. ``log.csv`` says how well each tells apart what its fold shows;
``judge_housing.py`` has them judge undistorted photos, from which the calibration is fitted.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from scripts.train_detector import filled_up
from scripts.training.candidates import Candidates, candidates, crops, finds, lit
from scripts.training.command import described
from scripts.training.compose import Composer, Mix, Sample
from scripts.training.mobilenet import imagenet_weights, load_imagenet
from scripts.training.schedule import Course, Ema, rate_at
from scripts.training.sources import FOLDS, Sources, in_folds, joined, load
from scripts.training.verifier import FROZEN, Verifier
from scripts.training.yolox import YoloxNano, anchor_grid, load_ours

SIZE = 416
FORM_WEIGHT = 0.4
SMOOTHING = 0.02
"""Of the camera label: some boxes are wrong (two people agree on 92 %)."""
ALL = -1
"""Fold of the network that learns from every fold."""
LOG_EVERY = 100

Batch = tuple[Tensor, Tensor, Tensor, Tensor, int]
"""N×3×S×S uint8 pictures, N×M×4 boxes, N×M forms, N×K×4 ignored boxes, the fold that they show."""


@dataclass(slots=True)
class Stream(IterableDataset[Batch]):
    """Endless batches, each composed within one fold."""

    folds: list[Sources]
    batch: int
    seed: int

    def __iter__(self) -> Iterator[Batch]:
        info = get_worker_info()
        cv2.setNumThreads(0)
        rng = np.random.default_rng([self.seed, info.id if info else 0])
        composers = [Composer(part, SIZE, rng, mix=Mix(0.5, 0.26, 0.14)) for part in self.folds]
        while True:
            fold = int(rng.integers(len(composers)))
            yield collated([composers[fold].sample() for _ in range(self.batch)], fold)


def collated(samples: list[Sample], fold: int) -> Batch:
    pixels = np.stack([sample.pixels for sample in samples]).transpose(0, 3, 1, 2)
    boxes = filled_up([sample.boxes for sample in samples])
    forms = torch.full(boxes.shape[:2], -1, dtype=torch.long)
    for k, sample in enumerate(samples):
        forms[k, : len(sample.forms)] = torch.from_numpy(sample.forms)
    ignored = filled_up([sample.ignored for sample in samples])
    return torch.from_numpy(np.ascontiguousarray(pixels)), boxes, forms, ignored, fold


@dataclass(slots=True)
class Network:
    """One of the networks: ``late`` are the blocks that learn, behind those that all of them share."""

    fold: int
    model: Verifier
    optimiser: torch.optim.AdamW
    ema: Ema
    losses: list[Tensor] = field(default_factory=list)
    logits: list[Tensor] = field(default_factory=list)
    truth: list[Tensor] = field(default_factory=list)

    @classmethod
    def of(cls, fold: int, options: argparse.Namespace, device: torch.device) -> Network:
        model = Verifier()
        load_imagenet(model.trunk, options.backbone or imagenet_weights())
        model = model.to(device, memory_format=torch.channels_last)
        model.train()
        model.freeze_early()
        learnt = [p for p in model.parameters() if p.requires_grad]
        return cls(
            fold, model, torch.optim.AdamW(learnt, options.rate, weight_decay=0.02), Ema(model, 0.9985)
        )

    def learn(self, early: Tensor, chosen: Candidates, number: int, rate: float) -> None:
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        with torch.autocast(early.device.type, torch.bfloat16):
            camera, form = self.model.late(early)
        loss = loss_of(camera.float(), form.float(), chosen)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 5)
        self.optimiser.step()
        self.ema.update(self.model, number)
        self.losses.append(loss.detach())

    @torch.no_grad()
    def judge(self, early: Tensor, chosen: Candidates) -> None:
        """Answers to what it does not learn from."""
        self.model.eval()
        with torch.autocast(early.device.type, torch.bfloat16):
            self.logits.append(self.model.late(early)[0].float())
        self.truth.append(chosen.camera)
        self.model.train()
        self.model.freeze_early()

    def area(self) -> float | None:
        """Chance that a camera's logit is above another's, since it was asked last."""
        if not self.logits:
            return None
        logit, truth = torch.cat(self.logits), torch.cat(self.truth) > 0.5
        others = logit[~truth].sort().values
        above = torch.searchsorted(others, logit[truth]).float().mean() / max(len(others), 1)
        self.logits.clear()
        self.truth.clear()
        return float(above)


def loss_of(camera: Tensor, form: Tensor, chosen: Candidates) -> Tensor:
    target = chosen.camera * (1 - 2 * SMOOTHING) + SMOOTHING
    loss = functional.binary_cross_entropy_with_logits(camera, target)
    known = chosen.form >= 0
    # As a mean over those that are known, and without asking how many there are, which a GPU would wait for.
    each = functional.cross_entropy(form, chosen.form.clamp(min=0), reduction="none")
    return loss + FORM_WEIGHT * (each * known).sum() / known.sum().clamp(min=1)


@dataclass(slots=True)
class Training:
    detector: nn.Module
    grid: Tensor
    networks: list[Network]
    most: int

    def step(self, batch: Batch, number: int, rate: float) -> int:
        """One update of every network that may learn from the batch; returns the number of candidates."""
        device = self.grid.device
        pixels, boxes, forms, ignored = (part.to(device, non_blocking=True) for part in batch[:4])
        fold = batch[4]
        inputs = pixels.float()
        with torch.no_grad():
            with torch.autocast(device.type, torch.bfloat16):
                raw = self.detector(inputs.contiguous(memory_format=torch.channels_last))
            chosen = candidates(*finds(raw.float(), self.grid), boxes, forms, ignored)
            chosen = some_of(chosen, self.most)
            early = self._early(lit(crops(inputs, chosen, vary=True)))
        for network in self.networks:
            if network.fold != fold:
                network.learn(early, chosen, number, rate)
            elif number % 2:
                with torch.no_grad():
                    plain = self._early(crops(inputs, chosen, vary=False))
                network.judge(plain, chosen)
        return len(chosen.boxes)

    def _early(self, images: Tensor) -> Tensor:
        with torch.autocast(images.device.type, torch.bfloat16):
            return self.networks[0].model.early(images)

    def save(self, out: Path, done: int) -> None:
        states = {network.fold: network.ema.state for network in self.networks}
        save(out / "checkpoint.pt", {"ema": states[ALL], "step": done})
        folds = {fold: halved(state) for fold, state in states.items() if fold != ALL}
        save(out / "folds.pt", {"folds": folds, "step": done})


def some_of(chosen: Candidates, most: int) -> Candidates:
    """At most so many of them, at random: a bound on memory and time."""
    if len(chosen.boxes) <= most:
        return chosen
    kept = torch.randperm(len(chosen.boxes), device=chosen.boxes.device)[:most]
    return Candidates(chosen.boxes[kept], chosen.picture[kept], chosen.camera[kept], chosen.form[kept])


def halved(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """What was learnt, in half precision: the frozen blocks are in every copy of the ImageNet file."""
    frozen = tuple(f"trunk.features.{k}." for k in range(FROZEN))
    return {
        name: value.half() if value.is_floating_point() else value
        for name, value in state.items()
        if not name.startswith(frozen)
    }


def save(path: Path, what: dict[str, object]) -> None:
    torch.save(what, path.with_suffix(".tmp"))
    path.with_suffix(".tmp").replace(path)


def parse() -> argparse.Namespace:
    parser = described(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--drawn", type=Path, nargs="+", default=(), help="folders that draw_cutouts.py made")
    parser.add_argument("--coco", type=Path, nargs="+", default=(), help="folders of camid review export")
    parser.add_argument("--detector", type=Path, required=True, help="a detector.onnx of ours")
    parser.add_argument("--backbone", type=Path, help="the ImageNet file; default: the package's")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--minutes", type=float, help="instead of --steps: as many as the clock allows")
    parser.add_argument("--batch", type=int, default=12, help="pictures, of some six candidates each")
    parser.add_argument("--most", type=int, default=512, help="candidates of a batch")
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def prepare(options: argparse.Namespace) -> Training:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    detector = YoloxNano()
    load_ours(detector, str(options.detector))
    detector = detector.eval().to(device, memory_format=torch.channels_last)
    networks = [Network.of(fold, options, device) for fold in (ALL, *range(FOLDS))]
    return Training(detector, anchor_grid(SIZE).to(device), networks, options.most)


def tell(training: Training, out: Path, done: int, share: float, speed: float) -> None:
    loss = float(torch.stack(training.networks[0].losses).mean())
    areas = [network.area() for network in training.networks if network.fold != ALL]
    for network in training.networks:
        network.losses.clear()
    told = ["" if area is None else f"{area:.4f}" for area in areas]
    with (out / "log.csv").open("a", newline="") as handle:
        csv.writer(handle).writerow([done, f"{share:.4f}", f"{loss:.4f}", f"{speed:.1f}", *told])
    print(f"{done} ({share:.0%}): loss {loss:.3f}, {speed:.0f} crops/s, AUC by fold {told}", flush=True)


def main() -> None:
    options = parse()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    torch.backends.cudnn.benchmark = False  # The number of candidates changes with each batch.
    options.out.mkdir(parents=True, exist_ok=True)
    folds = in_folds(joined(load(options.data, options.drawn, options.coco)))
    loader = DataLoader(
        Stream(folds, options.batch, options.seed),
        batch_size=None,
        num_workers=options.workers,
        pin_memory=torch.cuda.is_available(),
        prefetch_factor=4 if options.workers else None,
    )
    training = prepare(options)
    course, begun, seen = Course(options.steps, options.minutes), time.monotonic(), 0
    for done, batch in enumerate(loader, 1):
        share = course.share(done - 1)
        seen += training.step(batch, done - 1, rate_at(share, done - 1, options.rate, warm_up=100))
        over = course.share(done) >= 1
        if done % LOG_EVERY == 0 or over:
            tell(training, options.out, done, share, seen / (time.monotonic() - begun))
            training.save(options.out, done)
        if over:
            return


if __name__ == "__main__":
    main()
