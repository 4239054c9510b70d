"""Fit how the two looks are joined and from which score a find is told, on what the networks have not learnt.

    python -m scripts.fit_housing --data ../shared/data --held-out runs/housing/held-out-*.npz \\
        --out runs/housing/calibration.json --false-boxes 0.10

The answers come from networks that were trained without the picture's source (``judge_housing.py``), the
detector's scores from photos that it was not trained on. Writes the weights of the two logits and the bias;
prints the score from which at most that many false boxes a photo are left, the value of ``[detect]`` in
thresholds.toml for the size of the detector, and how many crops and forms are right.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scripts.training.command import described
from scripts.training.sources import load


def logit_of(score: NDArray[np.float32]) -> NDArray[np.float64]:
    chance = score.astype(np.float64).clip(1e-6, 1 - 1e-6)
    return np.asarray(np.log(chance / (1 - chance)), np.float64)


def calibrate(
    score: NDArray[np.float32], logit: NDArray[np.float32], camera: NDArray[np.bool_]
) -> tuple[float, float, float]:
    """Weights of the detector's logit and of the network's, and the bias: logistic regression, by Newton's
    steps, each halved until it helps."""
    inputs = np.stack((logit_of(score), logit.astype(np.float64), np.ones(len(logit))), 1)
    sign = np.where(camera, 1.0, -1.0)

    def loss(weights: NDArray[np.float64]) -> float:
        return float(np.logaddexp(0, -sign * (inputs @ weights)).sum() + 5e-4 * weights @ weights)

    weights: NDArray[np.float64] = np.zeros(3)
    for _ in range(50):
        guess = 1 / (1 + np.exp(-np.clip(inputs @ weights, -60, 60)))
        slope = inputs.T @ (guess - (sign > 0)) + 1e-3 * weights
        curve = (inputs * (guess * (1 - guess))[:, None]).T @ inputs + 1e-3 * np.eye(3)
        step = np.linalg.solve(curve, slope)
        while loss(weights - step) > loss(weights) and np.abs(step).max() > 1e-9:
            step = step / 2
        weights = weights - step
    return float(weights[0]), float(weights[1]), float(weights[2])


def threshold(wrong: NDArray[np.float64], allowed: int) -> float:
    """The lowest score, rounded up to a hundredth, that at most ``allowed`` of the wrong ones reach."""
    first_out = np.sort(wrong)[::-1][allowed] if len(wrong) > allowed else 0.0
    return float(np.ceil(first_out * 100 + 1e-9) / 100)


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, nargs="+", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--false-boxes", type=float, default=0.10, help="a photo")
    options = parser.parse_args()
    parts = [dict(np.load(file)) for file in options.held_out]
    rows = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    found = rows["score"] > 0
    fitted = {name: values[found & rows["unseen"]] for name, values in rows.items()}
    camera = fitted["camera"].astype(bool)
    weights = calibrate(fitted["score"], fitted["logit"], camera)
    joined = weights[0] * logit_of(fitted["score"]) + weights[1] * fitted["logit"] + weights[2]
    print(f"{len(camera)} crops, {camera.sum()} of cameras: right {((joined > 0) == camera).mean():.3f}")
    print("calibration: detector {:.4f}, verifier {:.4f}, bias {:.4f}".format(*weights))
    known = found & rows["camera"].astype(bool) & (rows["form"] >= 0)
    right = rows["form_found"][known] == rows["form"][known]
    print(f"form right: {right.mean():.3f} of {known.sum()}")
    _, unseen = load(options.data)
    photos = len(unseen.scenes) + len(unseen.empty)
    score, whole = 1 / (1 + np.exp(-joined)), fitted["whole"]
    least = threshold(score[whole & ~camera], int(options.false_boxes * photos))
    told = score[whole] >= least
    false, kept = (told & ~camera[whole]).sum(), f"{(told & camera[whole]).sum()}/{camera[whole].sum()}"
    print(f"threshold {least:.2f}: {false} false boxes on {photos} photos, {kept} found cameras kept")
    options.out.write_text(json.dumps(weights))


if __name__ == "__main__":
    main()
