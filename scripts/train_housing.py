"""Train the housing network: camera or not, and which form, from the crops of ``mine_crops.py``.

    python -m scripts.train_housing --crops runs/crops.npz --out runs/housing --seed 1 --hold-out 0  # 1, 2, 3
    python -m scripts.train_housing --crops runs/crops.npz --out runs/housing --seed 1

Starts from ImageNet weights. With ``--hold-out`` a fold of sources is left out of the training and judged:
its answers go to ``held-out-FOLD.npz`` in --out, from which ``fit_housing.py`` fits the calibration. Without,
all crops are learnt from, and ``checkpoint.pt`` is what ships.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from scripts.training.command import described
from scripts.training.mobilenet import imagenet_weights, load_imagenet
from scripts.training.schedule import Ema, learning_rate
from scripts.training.verifier import Verifier, mirrored_mean

Crops = dict[str, NDArray[Any]]
"""What ``mine_crops.py`` wrote: pixels N×128×128×3; camera, form, score, fold, plain, unseen, whole N."""

FORM_WEIGHT = 0.4
SMOOTHING = 0.02
"""Of the camera label: some boxes are wrong (two people agree on 92 %)."""


def augmented(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """N×H×W×3, each mirrored, turned, shifted, enlarged, lit and coloured a little at random."""
    return np.stack([_varied(crop, rng) for crop in pixels])


def _varied(crop: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    side = crop.shape[0]
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), rng.normal(0, 4), 1.0)
    zoom, shift = rng.uniform(0.88, 1.15, 2), rng.normal(0, 0.03, 2)
    matrix[:, :2] *= zoom[:, None]
    matrix[:, 2] = (matrix[:, 2] - side / 2) * zoom + side / 2 + shift * side
    if rng.random() < 0.5:
        matrix[0] *= -1
        matrix[0, 2] += side - 1
    moved = cv2.warpAffine(crop, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(_lit(moved.astype(np.float32), rng).clip(0, 255), np.uint8)


def _lit(image: NDArray[np.floating], rng: np.random.Generator) -> NDArray[np.floating]:
    side = image.shape[0]
    image = image * rng.uniform(0.6, 1.35) * rng.uniform(0.9, 1.1, 3) + rng.uniform(-25, 25)
    if rng.random() < 0.15:
        image = np.repeat(image.mean(2, keepdims=True), 3, 2)
    draw = rng.random()
    if draw < 0.2:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 2.0))
    elif draw < 0.3:
        image = image + rng.uniform(0.5, 1.5) * (image - cv2.GaussianBlur(image, (0, 0), 1.5))
    if rng.random() < 0.25:
        # Something in front of it: no single part may decide.
        x, y = rng.integers(0, side - 24, 2)
        image[y : y + int(rng.integers(16, 40)), x : x + int(rng.integers(16, 40))] = rng.uniform(0, 255)
    return image


def loss_of(model: Verifier, pixels: Tensor, camera: Tensor, form: Tensor) -> Tensor:
    camera_logit, form_logit = model(pixels)
    target = camera * (1 - 2 * SMOOTHING) + SMOOTHING
    loss = functional.binary_cross_entropy_with_logits(camera_logit.float(), target)
    known = form >= 0
    if known.any():
        loss = loss + FORM_WEIGHT * functional.cross_entropy(form_logit[known].float(), form[known])
    return loss


@torch.no_grad()
def answers(model: Verifier, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Camera logits (N) and form indices (N), each the mean over a crop and its mirror image."""
    model.eval()
    logits, forms = [], []
    for first in range(0, len(pixels), 64):
        with torch.autocast("cpu", torch.bfloat16):
            camera, form = mirrored_mean(model, torch.from_numpy(pixels[first : first + 64]))
        logits.append(camera.float().numpy())
        forms.append(form.argmax(1).numpy())
    return np.concatenate(logits), np.concatenate(forms)


def fit(model: Verifier, crops: Crops, pick_from: NDArray[np.int64], options: argparse.Namespace) -> Ema:
    rng = np.random.default_rng(options.seed)
    model.freeze_early()
    learnt = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learnt, lr=options.rate, weight_decay=options.decay)
    steps = int(options.epochs * len(pick_from) / options.batch)
    plain = crops["plain"][pick_from]
    chance = np.where(
        plain, options.plain / max(plain.sum(), 1), (1 - options.plain) / max((~plain).sum(), 1)
    )
    ema, started, losses = Ema(model, 0.998), time.monotonic(), []
    for done in range(1, steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(done - 1, steps, options.rate, warm_up=100)
        model.train()
        model.freeze_early()
        pick = rng.choice(pick_from, options.batch, p=chance)
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(
                model,
                torch.from_numpy(augmented(crops["pixels"][pick], rng)),
                torch.from_numpy(crops["camera"][pick].astype(np.float32)),
                torch.from_numpy(crops["form"][pick]),
            )
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(learnt, 5)
        optimiser.step()
        ema.update(model, done - 1)
        losses.append(float(loss.item()))
        if done % 50 == 0:
            speed = done * options.batch / (time.monotonic() - started)
            print(f"{done}/{steps} loss {sum(losses) / len(losses):.3f}, {speed:.0f} crops/s", flush=True)
            losses.clear()
    return ema


def judge(logit: NDArray[np.float32], crops: Crops) -> None:
    """Prints how well held-out crops are told apart: chance that a camera's logit is above another's, and the
    share of the cameras above the best 5 % of the others."""
    for name, mask in (("plain", crops["plain"]), ("composed", ~crops["plain"])):
        right, wrong = logit[mask & crops["camera"]], np.sort(logit[mask & ~crops["camera"]])
        above = np.searchsorted(wrong, right).mean() / len(wrong)
        kept = {share: (right > np.quantile(wrong, 1 - share)).mean() for share in (0.01, 0.02, 0.05)}
        parts = ", ".join(f"{kept[share]:.3f} at {share:.0%}" for share in kept)
        print(f"{name}: {len(right)} cameras, {len(wrong)} others: AUC {above:.4f}, kept {parts}", flush=True)


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--crops", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--hold-out", type=int, help="fold of sources to judge by")
    parser.add_argument("--plain", type=float, default=0.3, help="share of undistorted crops in a batch")
    parser.add_argument("--epochs", type=float, default=0.6)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--decay", type=float, default=0.02)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    model = Verifier()
    load_imagenet(model.trunk, imagenet_weights())
    model = model.to(memory_format=torch.channels_last)
    crops = dict(np.load(options.crops))
    held = crops["fold"] == (-1 if options.hold_out is None else options.hold_out)
    state = fit(model, crops, np.flatnonzero(~held), options).state
    if options.hold_out is None:
        torch.save({"ema": state}, options.out / "checkpoint.pt")
        return
    model.load_state_dict(state)
    held &= crops["plain"] | (np.arange(len(held)) % 4 == 0)
    rest = {name: values[held] for name, values in crops.items() if name != "pixels"}
    logit, form = answers(model, crops["pixels"][held])
    judge(logit, rest)
    np.savez(
        options.out / f"held-out-{options.hold_out}.npz",
        logit=logit,
        form_found=form,
        index=np.flatnonzero(held),
        **rest,
    )


if __name__ == "__main__":
    main()
