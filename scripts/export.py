"""Export a trained network to ONNX and check it against torch on real pictures.

python -m scripts.export detector runs/detector/checkpoint.pt runs/detector.onnx --pictures PICTURES
python -m scripts.export housing runs/housing-*/checkpoint.pt runs/housing.onnx --pictures PICTURES

Several checkpoints that began with the same weights are averaged, weight by weight.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import onnxslim
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from scripts.training.command import described
from scripts.training.verifier import CROP, Verifier, mirrored_mean
from scripts.training.whole import letterboxed, planes
from scripts.training.yolox import SIZES, Detector, anchor_grid, decode

OPSET = 17
TOLERANCE = {"detector": 0.05, "housing": 1e-3}
"""Largest difference that is let pass, in pixels of the input or units of the output."""


class ShippedDetector(nn.Module):
    """N×3×S×S float BGR 0–255 → boxes N×A×4 in input pixels, scores N×A in 0..1."""

    def __init__(self, model: Detector, size: int) -> None:
        super().__init__()
        self.model = model
        self.register_buffer("grid", anchor_grid(size))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        raw = self.model(images)
        return decode(raw, self.grid), raw[..., 4].sigmoid() * raw[..., 5].sigmoid()


class ShippedVerifier(nn.Module):
    """N×128×128×3 uint8 BGR crops → camera logits N, form probabilities N×9, of each and its mirror image."""

    def __init__(self, model: Verifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        camera, form = mirrored_mean(self.model, crops)
        return camera, form.softmax(1)


def averaged(checkpoints: list[Path]) -> dict[str, Tensor]:
    """The mean of the averaged weights of several runs (Wortsman et al. 2022, arXiv:2203.05482); counters
    are the first one's."""
    states = [torch.load(path, map_location="cpu", weights_only=True)["ema"] for path in checkpoints]
    return {
        name: torch.stack([state[name] for state in states]).mean(0) if first.is_floating_point() else first
        for name, first in states[0].items()
    }


def detector(checkpoints: list[Path]) -> tuple[nn.Module, Tensor, list[str]]:
    saved = torch.load(checkpoints[0], map_location="cpu", weights_only=True)
    model = SIZES[saved.get("name", "nano")]()
    model.load_state_dict(averaged(checkpoints))
    size = saved["size"]
    return ShippedDetector(model, size).eval(), torch.zeros(1, 3, size, size), ["images", "boxes", "scores"]


def housing(checkpoints: list[Path]) -> tuple[nn.Module, Tensor, list[str]]:
    model = Verifier()
    model.load_state_dict(averaged(checkpoints))
    return (
        ShippedVerifier(model).eval(),
        torch.zeros(1, CROP, CROP, 3, dtype=torch.uint8),
        ["crops", "camera", "forms"],
    )


def real_input(kind: str, path: Path, side: int) -> NDArray[np.generic]:
    picture = cv2.imread(str(path))
    if picture is None:
        raise ValueError(f"{path} cannot be decoded")
    if kind == "housing":
        return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)[None])
    return planes(letterboxed(np.asarray(picture, np.uint8), side))


def difference(kind: str, module: nn.Module, file: Path, pictures: list[Path], side: int) -> float:
    """Largest absolute difference between torch and ONNX Runtime over the outputs for ``pictures``."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    worst = 0.0
    for path in pictures:
        array = real_input(kind, path, side)
        theirs = session.run(None, {session.get_inputs()[0].name: array})
        with torch.no_grad():
            ours = module(torch.from_numpy(array))
        worst = max(worst, *(float(np.abs(a - b.numpy()).max()) for a, b in zip(theirs, ours, strict=True)))
    return worst


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("kind", choices=("detector", "housing"))
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("out", type=Path)
    parser.add_argument("--pictures", type=Path, required=True, help="folder with real pictures")
    options = parser.parse_args()
    module, example, names = {"detector": detector, "housing": housing}[options.kind](options.checkpoints)
    torch.onnx.export(
        module,
        (example,),
        str(options.out),
        input_names=names[:1],
        output_names=names[1:],
        dynamic_axes={name: {0: "n"} for name in names},
        opset_version=OPSET,
        dynamo=False,
    )
    onnx.save(onnxslim.slim(onnx.load(options.out)), str(options.out))
    pictures = sorted(options.pictures.glob("*.jpg"))[:12]
    worst = difference(options.kind, module, options.out, pictures, example.shape[2])
    size = options.out.stat().st_size
    print(f"{options.out}: {size} bytes, differs by {worst:.2g} on {len(pictures)} pictures")
    if worst > TOLERANCE[options.kind]:
        raise SystemExit("the export does not answer as the trained network does")


if __name__ == "__main__":
    main()
