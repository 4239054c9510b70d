"""Train the housing detector.

    python -m scripts.train_detector --data ../shared/data --out runs/detector --steps 2400 --seed 1

Writes ``checkpoint.pt`` (EMA weights, optimiser, step: the same command continues from it), ``log.csv``.
Runs on CUDA where there is one, else on the CPU in bfloat16. Reads the train folders only.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from scripts.training.assign import detection_loss
from scripts.training.command import described
from scripts.training.compose import Composer, Mix, Sample
from scripts.training.schedule import Ema, learning_rate
from scripts.training.sources import Sources, load
from scripts.training.yolox import YoloxNano, anchor_grid, load_coco_start, load_ours, settle_norms

SETTLING = 12
"""Batches that the norms of a network without its training state are set by."""

Batch = tuple[Tensor, list[Tensor], list[Tensor]]


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
        [torch.from_numpy(np.ascontiguousarray(s.boxes, np.float32)) for s in samples],
        [torch.from_numpy(np.ascontiguousarray(s.ignored, np.float32)) for s in samples],
    )


def parse() -> argparse.Namespace:
    parser = described(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--drawn", type=Path, nargs="+", default=(), help="folders that draw_cutouts.py made")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="ONNX of the COCO YOLOX-nano; default: in --data; 'none'")
    parser.add_argument("--ours", type=Path, help="a detector.onnx of an earlier run to start from")
    parser.add_argument(
        "--after", type=Path, help="checkpoint of an earlier run, whose weights to start from"
    )
    parser.add_argument(
        "--mix", type=float, nargs=3, default=(0.42, 0.22, 0.20), help="see Mix in compose.py"
    )
    parser.add_argument("--size", type=int, default=416)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--rate", type=float, default=1.2e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def build(start: Path, ours: Path | None) -> YoloxNano:
    model = YoloxNano()
    if ours:
        load_ours(model, str(ours))
        return model
    if str(start) != "none":
        print(f"copied {load_coco_start(model, str(start))} convolutions from {start.name}")
    for head in model.heads:
        torch.nn.init.constant_(head.class_out.bias, -math.log(99))
        torch.nn.init.constant_(head.object_out.bias, -math.log(99))
    return model


def freeze_early(model: YoloxNano) -> None:
    """Edges and textures are learnt already: the first stages stay, which also saves a third of a step."""
    for part in (model.backbone.stem, model.backbone.stage2):
        part.eval()
        part.requires_grad_(False)


def optimiser_of(model: YoloxNano, rate: float) -> torch.optim.AdamW:
    learnt = [p for p in model.parameters() if p.requires_grad]
    return torch.optim.AdamW(
        [
            {"params": [p for p in learnt if p.ndim > 1], "weight_decay": 0.02},
            {"params": [p for p in learnt if p.ndim <= 1], "weight_decay": 0.0},
        ],
        lr=rate,
    )


@dataclass(slots=True)
class Training:
    model: YoloxNano
    optimiser: torch.optim.AdamW
    ema: Ema
    device: torch.device
    grid: Tensor

    def step(self, batch: Batch, number: int, rate: float) -> float:
        """One update; returns the loss."""
        pixels, boxes, ignored = batch
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        inputs = pixels.to(self.device).float().contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16):
            raw = self.model(inputs)
        loss = detection_loss(
            raw.float(), self.grid, [b.to(self.device) for b in boxes], [b.to(self.device) for b in ignored]
        )
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 10)
        self.optimiser.step()
        self.ema.update(self.model, number)
        return float(loss.item())

    def save(self, path: Path, done: int, size: int) -> None:
        state = {
            "model": self.model.state_dict(),
            "ema": self.ema.state,
            "optimiser": self.optimiser.state_dict(),
            "step": done,
            "size": size,
        }
        torch.save(state, path.with_suffix(".tmp"))
        path.with_suffix(".tmp").replace(path)

    def resume(self, path: Path) -> int:
        """Continues from a checkpoint if there is one; returns the steps already done."""
        if not path.exists():
            return 0
        saved = torch.load(path, map_location=self.device, weights_only=True)
        self.model.load_state_dict(saved["model"])
        self.optimiser.load_state_dict(saved["optimiser"])
        self.ema.state = saved["ema"]
        print(f"continues at step {saved['step']}")
        return int(saved["step"])


def prepare(options: argparse.Namespace, loader: DataLoader[Sample]) -> Training:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = build(options.start or options.data / "weights/yolox_nano_coco.onnx", options.ours)
    if options.after:
        model.load_state_dict(torch.load(options.after, map_location="cpu", weights_only=True)["ema"])
    elif not (options.out / "checkpoint.pt").exists():
        settle_norms(model, (batch[0].float() for batch in islice(loader, SETTLING)))
    model = model.to(device, memory_format=torch.channels_last)
    model.train()
    freeze_early(model)
    grid = anchor_grid(options.size).to(device)
    return Training(model, optimiser_of(model, options.rate), Ema(model, 0.9995), device, grid)


def loader_of(train: Sources, options: argparse.Namespace, first: int) -> DataLoader[Sample]:
    return DataLoader(
        Stream(train, options.size, options.seed, first, Mix(*options.mix)),
        options.batch,
        num_workers=options.workers,
        collate_fn=collate,
        prefetch_factor=4 if options.workers else None,
    )


def main() -> None:
    options = parse()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    checkpoint = options.out / "checkpoint.pt"
    train, _ = load(options.data, options.drawn)
    training = prepare(options, loader_of(train, options, 0))
    first = training.resume(checkpoint)
    loader = loader_of(train, options, first)
    started, losses = time.monotonic(), []
    with (options.out / "log.csv").open("a", newline="") as handle:
        log = csv.writer(handle)
        for done, batch in zip(range(first + 1, options.steps + 1), loader, strict=False):
            rate = learning_rate(done - 1, options.steps, options.rate, warm_up=150)
            losses.append(training.step(batch, done - 1, rate))
            if done % 50 == 0:
                speed = (done - first) * options.batch / (time.monotonic() - started)
                loss = sum(losses) / len(losses)
                log.writerow([done, f"{loss:.4f}", f"{rate:.2e}", f"{speed:.1f}"])
                handle.flush()
                print(f"{done}/{options.steps} loss {loss:.3f}, {speed:.1f} pictures/s", flush=True)
                losses.clear()
            if done % 200 == 0 or done == options.steps:
                training.save(checkpoint, done, options.size)


if __name__ == "__main__":
    main()
