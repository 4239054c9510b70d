"""Train what reads marks: the embedding that tells whose a mark is, and the finder of marks on displays.

    python -m scripts.marks_training.pack --data ../shared/data --frames runs/osd/train --out runs/gpu/marks
    python -m scripts.train_marks --pack runs/gpu/marks --out runs/marks --minutes 3.2 1.3        # CUDA
    python -m scripts.train_marks --pack runs/gpu/marks --out runs/try --steps 20 20 --batch 32 8 --little

Pictures are composed on the GPU while it trains; ``--pack`` holds glyphs, drawings, backgrounds and some
marks that went through a codec. For each network ``NAME.pt`` (EMA weights; ``--after`` continues from it),
``NAME.csv`` with the loss, and ``NAME-held-out.csv`` with what is recognised of held-out typefaces,
backgrounds, makers and frames. Runs on CUDA where there is one, else on the CPU. docs/design/marks.md tells
what follows.
"""

from __future__ import annotations

import argparse
import copy
import csv
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from scripts.marks_training.atlas import Amounts, Inks, load_inks
from scripts.marks_training.checking import (
    FINDER_COLUMNS,
    MARK_COLUMNS,
    check_finder,
    check_marks,
)
from scripts.marks_training.displays import CornerMaker, Corners, load_corners
from scripts.marks_training.grounds import load_grounds
from scripts.marks_training.losses import Centres, finder_loss
from scripts.marks_training.nets import MarkFinder, MarkNet, start_from_imagenet
from scripts.marks_training.strips import HEIGHT, WIDTH, Patches, StripMaker, load_patches
from scripts.training.command import described
from scripts.training.schedule import Course, Ema, rate_at

LITTLE = Amounts(fonts=3, invented=60, symbols=12, near=1, captions=60, unseen=6)
WARM_UP, LOG_EVERY = 150, 50
PRINTS = 24
"""Composed prints of each maker that held-out marks are compared with."""


@dataclass(frozen=True, slots=True)
class Pack:
    inks: Inks
    grounds: Tensor
    scenes: int
    patches: Patches
    held_patches: Patches
    corners: Corners
    held_corners: Corners


def load_pack(folder: Path, amounts: Amounts, seed: int, device: torch.device) -> Pack:
    inks = load_inks(folder, amounts, seed)
    grounds, scenes = load_grounds(folder)
    on_device = Inks(
        inks.marks.to(device), inks.texts.to(device), inks.unseen.to(device), inks.names, inks.makers
    )
    return Pack(
        on_device,
        grounds.to(device),
        scenes,
        load_patches(folder, inks.names, held=False).to(device),
        load_patches(folder, inks.names, held=True).to(device),
        load_corners(folder, held=False).to(device),
        load_corners(folder, held=True).to(device),
    )


@dataclass(frozen=True, slots=True)
class Task:
    """``net`` ships, ``whole`` is trained; ``loss`` draws a batch, ``check`` measures ``net``."""

    name: str
    net: nn.Module
    whole: nn.Module
    loss: Callable[[], Tensor]
    columns: Sequence[str]
    check: Callable[[], Sequence[float]]
    rate: float
    decay: float


class EmbeddingTraining(nn.Module):
    def __init__(self, net: MarkNet, classes: int) -> None:
        super().__init__()
        self.net, self.centres = net, Centres(classes)


def embedding_task(pack: Pack, start: Path, after: Path | None, batch: int, prints: int) -> Task:
    whole = EmbeddingTraining(MarkNet(), len(pack.inks.names))
    if after is None:
        start_from_imagenet(whole.net, start)
    else:
        _continue(whole, after)
    device = pack.grounds.device
    whole.to(device, memory_format=faster_layout(whole.net, device, batch))
    maker = StripMaker(pack.inks, pack.grounds, pack.patches)

    def loss() -> Tensor:
        with torch.no_grad():
            strips, labels = maker.batch(batch)
        with torch.autocast(device.type, torch.bfloat16):
            vectors = whole.net(strips)
        found: Tensor = whole.centres(vectors, labels)
        return found

    def check() -> Sequence[float]:
        figures = check_marks(whole.net, pack.inks, pack.grounds, pack.held_patches, prints)
        return list(figures.row())

    return Task("embedding", whole.net, whole, loss, MARK_COLUMNS, check, 3e-3, 0.05)


def faster_layout(net: nn.Module, device: torch.device, batch: int) -> torch.memory_format:
    """Of the two layouts of pixels in memory the one that this device trains with faster."""
    if device.type != "cuda":
        return torch.contiguous_format
    taken = {}
    for layout in (torch.contiguous_format, torch.channels_last):
        tried = copy.deepcopy(net).to(device, memory_format=layout).train()
        taken[layout] = min(_seconds(tried, device, batch) for _ in range(4))
    print("seconds a pass:", {str(layout): round(value, 4) for layout, value in taken.items()}, flush=True)
    return min(taken, key=lambda layout: taken[layout])


def _seconds(net: nn.Module, device: torch.device, batch: int) -> float:
    strips = torch.rand(batch, 1, HEIGHT, WIDTH, device=device) * 255
    torch.cuda.synchronize()
    started = time.monotonic()
    with torch.autocast(device.type, torch.bfloat16):
        loss = net(strips).square().mean()
    loss.backward()
    torch.cuda.synchronize()
    return time.monotonic() - started


def finder_task(pack: Pack, after: Path | None, batch: int) -> Task:
    net = MarkFinder()
    if after is not None:
        _continue(net, after)
    device = pack.grounds.device
    net.to(device)
    maker = CornerMaker(pack.inks, pack.grounds[: pack.scenes], pack.corners)

    def loss() -> Tensor:
        with torch.no_grad():
            corners = maker.batch(batch)
        with torch.autocast(device.type, torch.bfloat16):
            found = net(corners.pixels)
        return finder_loss(found.float(), corners.boxes, corners.shown, corners.vague)

    def check() -> Sequence[float]:
        return list(check_finder(net, pack.held_corners).row())

    return Task("finder", net, net, loss, FINDER_COLUMNS, check, 4e-3, 0.02)


def _continue(whole: nn.Module, path: Path) -> None:
    saved = torch.load(path, map_location="cpu", weights_only=True)
    whole.load_state_dict(
        {name: value.float() if value.is_floating_point() else value for name, value in saved.items()}
    )


def train(task: Task, course: Course, out: Path, ema_decay: float, checks: int) -> None:
    """Until the course is over, with ``checks`` looks at what is held out before; writes logs and the
    averaged weights."""
    whole = task.whole
    optimiser = torch.optim.AdamW(_groups(whole, task.decay), lr=task.rate)
    ema = Ema(whole, ema_decay)
    started, losses, checked, step = time.monotonic(), list[float](), 0, 0
    whole.train()
    while (share := course.share(step)) < 1.0:
        for group in optimiser.param_groups:
            group["lr"] = rate_at(share, step, task.rate, WARM_UP)
        loss = task.loss()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(whole.parameters(), 5.0)
        optimiser.step()
        step += 1
        ema.update(whole, step)
        if step % LOG_EVERY == 0 or step == 1:
            losses.append(float(loss.detach()))
            _append(out / f"{task.name}.csv", ("step", "seconds", "loss"), _line(step, started, losses[-1]))
            print(f"{task.name} {step}: {losses[-1]:.3f}, {time.monotonic() - started:.0f} s", flush=True)
        if share * (checks + 1) >= checked + 1:
            checked += 1
            _look(task, ema, out, step, started)
    _look(task, ema, out, step, started)


def _groups(whole: nn.Module, decay: float) -> list[dict[str, object]]:
    """Weight decay for matrices alone."""
    large = [p for p in whole.parameters() if p.ndim > 1]
    small = [p for p in whole.parameters() if p.ndim <= 1]
    return [{"params": large, "weight_decay": decay}, {"params": small, "weight_decay": 0.0}]


def _look(task: Task, ema: Ema, out: Path, step: int, started: float) -> None:
    """Measures and saves the averaged weights."""
    now = {name: value.detach().clone() for name, value in task.whole.state_dict().items()}
    task.whole.load_state_dict(ema.state)
    task.whole.eval()
    figures = task.check()
    halves = {
        name: value.half() if name.startswith("centres.") else value for name, value in ema.state.items()
    }
    torch.save({name: value.cpu() for name, value in halves.items()}, out / f"{task.name}.pt")
    task.whole.load_state_dict(now)
    task.whole.train()
    row = [*_line(step, started), *figures]
    _append(out / f"{task.name}-held-out.csv", ("step", "seconds", *task.columns), row)
    print(task.name, dict(zip(("step", "seconds", *task.columns), row, strict=True)), flush=True)


def _line(step: int, started: float, *values: float) -> list[float]:
    return [step, round(time.monotonic() - started, 1), *(round(value, 4) for value in values)]


def _append(path: Path, columns: Sequence[str], values: Iterable[object]) -> None:
    new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(columns)
        writer.writerow(values)


def parse() -> argparse.Namespace:
    parser = described(__doc__)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--what", nargs="+", choices=("embedding", "finder"), default=("embedding", "finder"))
    parser.add_argument("--steps", type=int, nargs=2, default=(6000, 3000), help="of embedding and finder")
    parser.add_argument("--minutes", type=float, nargs=2, help="instead: as many as the clock allows")
    parser.add_argument("--batch", type=int, nargs=2, default=(768, 96))
    parser.add_argument("--after", type=Path, nargs="*", default=(), help="checkpoints to continue from")
    parser.add_argument("--checks", type=int, default=4, help="looks at the held-out sets before the last")
    parser.add_argument("--ema", type=float, default=0.999)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--little", action="store_true", help="few words: to try it on a CPU")
    return parser.parse_args()


def main() -> None:
    options = parse()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    options.out.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    pack = load_pack(options.pack, LITTLE if options.little else Amounts(), options.seed, device)
    print(
        f"{len(pack.inks.marks.label)} inks, {len(pack.inks.names)} classes, {pack.inks.makers} makers, "
        f"{len(pack.patches)} coded marks, {time.monotonic() - started:.0f} s",
        flush=True,
    )
    after = {path.stem: path for path in options.after}
    prints = 1 if options.little else PRINTS
    minutes = options.minutes or (None, None)
    for k, name in enumerate(("embedding", "finder")):
        if name not in options.what:
            continue
        if name == "embedding":
            task = embedding_task(pack, options.pack / "start.npz", after.get(name), options.batch[0], prints)
        else:
            task = finder_task(pack, after.get(name), options.batch[1])
        train(task, Course(options.steps[k], minutes[k]), options.out, options.ema, options.checks)
    if device.type == "cuda":
        print(f"most memory: {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")


if __name__ == "__main__":
    main()
