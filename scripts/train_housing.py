"""Train the housing network: camera or not, and which form, from the crops of ``mine_crops.py``.

    python -m scripts.train_housing --crops runs/crops.npz --validation runs/crops_validation.npz \\
        --out runs/housing --epochs 3 --seed 1

Starts from MobileNetV2's ImageNet weights. Prints accuracy on the held-out crops and the calibration that
joins its logit with the detector's score; writes ``checkpoint.pt`` and ``calibration.json``.
"""

from __future__ import annotations

import argparse
import json
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
from scripts.training.mobilenet import load_imagenet
from scripts.training.schedule import Ema, learning_rate
from scripts.training.verifier import Verifier

Crops = dict[str, NDArray[Any]]
"""What ``mine_crops.py`` wrote: pixels N×128×128×3, camera N, form N, score N."""

FORM_WEIGHT = 0.4
SMOOTHING = 0.02
"""Of the camera label: some boxes are wrong (two people agree on 92 %)."""


def augmented(pixels: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """N×H×W×3, each mirrored, turned, shifted, enlarged, lit and coloured a little at random."""
    return np.stack([_varied(crop, rng) for crop in pixels])


def _varied(crop: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    side = crop.shape[0]
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), rng.normal(0, 6), rng.uniform(0.85, 1.2))
    matrix[:, 2] += rng.normal(0, 0.04 * side, 2)
    if rng.random() < 0.5:
        matrix[:, 0] *= -1
        matrix[:, 2] += matrix[:, 0] * -(side - 1)
    moved = cv2.warpAffine(crop, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
    image: NDArray[np.floating] = moved.astype(np.float32)
    image = image * rng.uniform(0.6, 1.35) * rng.uniform(0.92, 1.08, 3) + rng.uniform(-25, 25)
    if rng.random() < 0.15:
        image = np.repeat(image.mean(2, keepdims=True), 3, 2)
    if rng.random() < 0.2:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 2.0))
    if rng.random() < 0.25:
        # Something in front of it: no single part may decide.
        x, y = rng.integers(0, side - 24, 2)
        image[y : y + int(rng.integers(16, 40)), x : x + int(rng.integers(16, 40))] = rng.uniform(0, 255)
    return np.asarray(image.clip(0, 255), np.uint8)


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
    """Camera logits (N) and form indices (N)."""
    model.eval()
    logits, forms = [], []
    for first in range(0, len(pixels), 64):
        camera, form = model(torch.from_numpy(pixels[first : first + 64]))
        logits.append(camera.numpy())
        forms.append(form.argmax(1).numpy())
    return np.concatenate(logits), np.concatenate(forms)


def calibrate(
    score: NDArray[np.float32], logit: NDArray[np.float32], camera: NDArray[np.bool_]
) -> tuple[float, float, float]:
    """Weights of the detector's logit and of this network's, and the bias: logistic regression, by Newton."""
    chance = score.astype(np.float64).clip(1e-6, 1 - 1e-6)
    inputs = np.stack((np.log(chance / (1 - chance)), logit, np.ones(len(logit))), 1)
    weights = np.zeros(3)
    for _ in range(50):
        guess = 1 / (1 + np.exp(-inputs @ weights))
        slope = inputs.T @ (guess - camera) + 1e-3 * weights
        curve = (inputs * (guess * (1 - guess))[:, None]).T @ inputs + 1e-3 * np.eye(3)
        weights = weights - np.linalg.solve(curve, slope)
    return float(weights[0]), float(weights[1]), float(weights[2])


def joined(files: list[Path]) -> Crops:
    parts = [np.load(file) for file in files]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def fit(model: Verifier, crops: Crops, options: argparse.Namespace) -> Ema:
    rng = np.random.default_rng(options.seed)
    model.freeze_early()
    learnt = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learnt, lr=options.rate, weight_decay=0.02)
    steps = int(options.epochs * len(crops["pixels"]) / options.batch)
    camera = crops["camera"].astype(np.float32)
    ema, started, losses = Ema(model, 0.998), time.monotonic(), []
    for done in range(1, steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(done - 1, steps, options.rate, warm_up=100)
        pick = rng.integers(0, len(camera), options.batch)
        model.train()
        model.freeze_early()
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(
                model,
                torch.from_numpy(augmented(crops["pixels"][pick], rng)),
                torch.from_numpy(camera[pick]),
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
        if done % 200 == 0 or done == steps:
            torch.save({"ema": ema.state, "step": done}, options.out / "checkpoint.pt")
    return ema


def judge(model: Verifier, crops: Crops) -> tuple[float, float, float]:
    """Prints how it does on held-out crops; returns the calibration fitted on them."""
    logit, forms = answers(model, crops["pixels"])
    truth, found = crops["camera"], crops["score"] > 0
    known = truth & (crops["form"] >= 0)
    print(f"held out: {((logit > 0) == truth).mean():.3f} right of {len(truth)}, {truth.sum()} cameras")
    print(f"form right: {(forms[known] == crops['form'][known]).mean():.3f} of {known.sum()}")
    weights = calibrate(crops["score"][found], logit[found], truth[found])
    print("calibration: detector {:.4f}, verifier {:.4f}, bias {:.4f}".format(*weights))
    return weights


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--crops", type=Path, nargs="+", help="to train on")
    parser.add_argument("--validation", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=float, default=3)
    parser.add_argument("--batch", type=int, default=48)
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--calibrate", action="store_true", help="judge and calibrate the checkpoint in --out; do not train"
    )
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    model = Verifier()
    if options.calibrate:
        state = torch.load(options.out / "checkpoint.pt", map_location="cpu", weights_only=True)["ema"]
    else:
        load_imagenet(model.trunk)
        model = model.to(memory_format=torch.channels_last)
        state = fit(model, joined(options.crops), options).state
    model.load_state_dict(state)
    weights = judge(model, dict(np.load(options.validation)))
    (options.out / "calibration.json").write_text(json.dumps(weights))


if __name__ == "__main__":
    main()
