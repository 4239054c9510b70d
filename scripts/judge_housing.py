"""Have the networks that learnt without a fold of sources judge its undistorted photos.

    python -m scripts.mine_crops --data ../shared/data --detector runs/detector.onnx --out runs/crops.npz
    python -m scripts.judge_housing --crops runs/crops.npz --folds runs/housing/folds.pt --out runs/housing

Writes ``held-out-FOLD.npz`` to --out, from which ``fit_housing.py`` fits the calibration, and prints how well
cameras and others are told apart.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scripts.training.command import described
from scripts.training.mobilenet import imagenet_weights, load_imagenet
from scripts.training.verifier import Verifier, mirrored_mean

Crops = dict[str, NDArray[Any]]
"""What ``mine_crops.py`` wrote: pixels N×128×128×3; camera, form, score, fold, unseen, whole N."""


def network(learnt: dict[str, Tensor], backbone: Path) -> Verifier:
    """A network of ``folds.pt``: what was learnt, over the frozen blocks of the ImageNet file."""
    model = Verifier()
    load_imagenet(model.trunk, backbone)
    missing, unknown = model.load_state_dict(
        {k: v.float() if v.is_floating_point() else v for k, v in learnt.items()}, strict=False
    )
    if unknown or not all(name.startswith("trunk.features.") for name in missing):
        raise ValueError(f"not the weights of this network: {unknown or missing}")
    model.to(memory_format=torch.channels_last)
    return model


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


def judge(logit: NDArray[np.float32], crops: Crops) -> None:
    """Prints how well held-out crops are told apart: chance that a camera's logit is above another's, and the
    share of the cameras above the best 5 % of the others."""
    camera = crops["camera"].astype(bool)
    right, wrong = logit[camera], np.sort(logit[~camera])
    above = np.searchsorted(wrong, right).mean() / len(wrong)
    kept = {share: (right > np.quantile(wrong, 1 - share)).mean() for share in (0.01, 0.02, 0.05)}
    parts = ", ".join(f"{kept[share]:.3f} at {share:.0%}" for share in kept)
    print(f"{len(right)} cameras, {len(wrong)} others: AUC {above:.4f}, kept {parts}", flush=True)


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--crops", type=Path, required=True)
    parser.add_argument("--folds", type=Path, required=True)
    parser.add_argument("--backbone", type=Path, help="the ImageNet file; default: the package's")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    crops = dict(np.load(options.crops))
    saved = torch.load(options.folds, map_location="cpu", weights_only=True)["folds"]
    for fold, learnt in saved.items():
        held = crops["fold"] == fold
        rest = {name: values[held] for name, values in crops.items() if name != "pixels"}
        model = network(learnt, options.backbone or imagenet_weights())
        logit, form = answers(model, crops["pixels"][held])
        print(f"fold {fold}")
        judge(logit, rest)
        np.savez(options.out / f"held-out-{fold}.npz", logit=logit, form_found=form, **rest)


if __name__ == "__main__":
    main()
