"""Train the mark embedding on drawn marks:
`python -m scripts.train_embedding --data DATA --weights W.pth --out F.pt`.

MobileNetV2 (Sandler et al., CVPR 2018) from ImageNet weights up to its 14th block, frozen up to the 7th,
whose output is computed once; then a projection that keeps where on the mark a stroke lies. The loss is
CosFace (Wang et al., CVPR 2018) with one more class, "no mark", at a fixed cosine. No photographed mark is
trained on, so that those of the train split stay fit for choosing thresholds.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from edge.domain import Pixels
from edge.vision.embedding import mark_strip
from scripts.logo_renders import Logo, nobodys_words, patches, read_logos, seen_on
from scripts.training.mobilenet import MobileNetV2

FROZEN, LAST = 7, 14
SCALE, MARGIN, NO_MARK_AT = 24.0, 0.2, 0.4


class MarkNet(nn.Module):
    """uint8 or float strips (N, 1, 64, 160), 0..255 → unit vectors (N, ``dimensions``)."""

    def __init__(self, dimensions: int = 128) -> None:
        super().__init__()
        # To 96 channels at a sixteenth of the size.
        self.features = MobileNetV2().features[:LAST]
        self.squeeze = nn.Sequential(nn.Conv2d(96, 64, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU())
        self.pool = nn.AvgPool2d(2)
        self.project = nn.Linear(64 * 2 * 5, dimensions)

    def forward(self, strips: torch.Tensor) -> torch.Tensor:
        return self.late(self.early(strips))

    def early(self, strips: torch.Tensor) -> torch.Tensor:
        x = (strips.float() / 255.0 - 0.449) / 0.226
        y: torch.Tensor = self.features[:FROZEN](x.expand(-1, 3, -1, -1))
        return y

    def late(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pool(self.squeeze(self.features[FROZEN:](x)))
        return functional.normalize(self.project(x.flatten(1)), dim=1)


def load_imagenet(net: MarkNet, path: Path) -> None:
    state = torch.load(path, map_location="cpu", weights_only=True)
    wanted = {k: v for k, v in state.items() if k.startswith("features.") and int(k.split(".")[1]) < LAST}
    net.features.load_state_dict({k.removeprefix("features."): v for k, v in wanted.items()})


def housings(data: Path) -> list[Pixels]:
    """Pictures of train housings with every boxed mark painted over, and of look-alikes; those with a mark
    that nobody boxed are left out."""
    found = []
    for line in (data / "products/train/labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        picture = cv2.imread(str(data / "products/train" / label["file"]))
        if picture is None or (label["mark_readable"] and not label["mark_box"]):
            continue
        if label["mark_box"]:
            x0, y0, x1, y1 = (int(v) for v in label["mark_box"])
            mask = np.zeros(picture.shape[:2], np.uint8)
            cv2.rectangle(mask, (x0 - 3, y0 - 3), (x1 + 3, y1 + 3), 255, -1)
            picture = cv2.inpaint(picture, mask, 3, cv2.INPAINT_TELEA)
        found.append(picture)
    for path in sorted((data / "negatives/train").glob("*.*g"))[:120]:
        picture = cv2.imread(str(path))
        if picture is not None:
            found.append(cv2.resize(picture, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA))
    return found


def draw(
    logos: list[Logo], surfaces: list[Pixels], count: int, seed: int
) -> tuple[NDArray[np.uint8], list[str]]:
    """``count`` strips with the identity of each, identities equally often; a fifth show no mark ("")."""
    chance = np.random.default_rng(seed)
    by_identity: dict[str, list[Logo]] = {}
    for logo in logos:
        by_identity.setdefault(logo.identity, []).append(logo)
    real = [i for i in by_identity if not i.startswith("word/")]
    words = [i for i in by_identity if i.startswith("word/")]
    strips, names = [], []
    for _ in range(count - count // 5):
        pool = words if words and chance.random() < 0.35 else real
        identity = pool[int(chance.integers(len(pool)))]
        logo = by_identity[identity][int(chance.integers(len(by_identity[identity])))]
        strips.append(mark_strip(seen_on(logo, surfaces[int(chance.integers(len(surfaces)))], chance)))
        names.append(identity)
    for patch in patches(surfaces, count // 5, seed):
        strips.append(mark_strip(patch))
        names.append("")
    return np.stack(strips), names


def loss_of(vectors: torch.Tensor, centres: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """CosFace over identities; the last class is "no mark"."""
    cosines = vectors @ functional.normalize(centres, dim=1).T
    cosines = torch.cat([cosines, torch.full_like(cosines[:, :1], NO_MARK_AT)], dim=1)
    marked = targets < centres.shape[0]
    cosines = cosines - MARGIN * functional.one_hot(targets, cosines.shape[1]) * marked[:, None]
    return functional.cross_entropy(cosines * SCALE, targets)


def train(net: MarkNet, strips: NDArray[np.uint8], names: list[str], epochs: int, seed: int) -> None:
    torch.manual_seed(seed)
    identities = sorted(set(names) - {""})
    index = {name: i for i, name in enumerate(identities)} | {"": len(identities)}
    targets = torch.tensor([index[n] for n in names])
    net.eval()
    started = time.monotonic()
    with torch.no_grad():
        cached = torch.cat(
            [net.early(torch.from_numpy(strips[i : i + 64])).half() for i in range(0, len(strips), 64)]
        )
    print(f"early features of {len(strips)} strips in {time.monotonic() - started:.0f} s", flush=True)
    centres = nn.Parameter(torch.randn(len(identities), net.project.out_features) * 0.1)
    groups = [
        {"params": net.features[FROZEN:].parameters(), "lr": 5e-4},
        {"params": [*net.squeeze.parameters(), *net.project.parameters(), centres], "lr": 3e-3},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=1e-3)
    steps = epochs * (len(strips) // 64)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, [5e-4, 3e-3], total_steps=steps, pct_start=0.1)
    net.train()
    for epoch in range(epochs):
        losses = []
        order = torch.randperm(len(strips))
        for step in range(len(strips) // 64):
            batch = order[step * 64 : step * 64 + 64]
            loss = loss_of(net.late(cached[batch].float()), centres, targets[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach()))
        print(f"epoch {epoch}: loss {np.mean(losses):.3f}, {time.monotonic() - started:.0f} s", flush=True)
    net.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--samples", type=int, default=24000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--words", type=int, default=150)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    net = MarkNet()
    load_imagenet(net, options.weights)
    logos = [*read_logos(options.data / "logos"), *nobodys_words(options.words, options.seed)]
    strips, names = draw(logos, housings(options.data), options.samples, options.seed)
    print(f"{len(strips)} strips drawn", flush=True)
    train(net, strips, names, options.epochs, options.seed)
    torch.save(net.state_dict(), options.out)


if __name__ == "__main__":
    main()
