"""Export the two networks that read marks, and prove each equal to what was trained:

    python -m scripts.marks_training.export --trained runs/marks --pack runs/gpu/marks --out runs/marks/onnx

``embedding.onnx`` takes ``crops`` uint8 (N, 1, 64, 256), as ``edge.vision.embedding.mark_strip`` makes them,
and gives ``vectors`` float32 (N, 128) of unit length. ``mark_finder.onnx`` takes ``corners`` uint8
(N, 1, H, W), H and W multiples of 16, and gives ``found`` float32 (N, 5, H / 8, W / 8): for each cell a score
and x0, y0, x1, y1 in pixels. The check runs on held-out marks and corners that went through a codec.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import onnxslim
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from scripts.marks_training.atlas import vocabulary_of
from scripts.marks_training.checking import AROUND
from scripts.marks_training.corners import HEIGHT, WIDTH
from scripts.marks_training.displays import load_corners
from scripts.marks_training.losses import VIEWS
from scripts.marks_training.nets import MarkFinder, MarkNet, boxes_of
from scripts.marks_training.strips import HEIGHT as STRIP_HEIGHT
from scripts.marks_training.strips import WIDTH as STRIP_WIDTH
from scripts.marks_training.strips import cut, load_patches
from scripts.training.command import described

LEAST_COSINE = 0.9999
MOST_APART = 0.05
"""Most that scores (of 1) and boxes (pixels) may differ."""


class DecodedFinder(nn.Module):
    """Scores and boxes instead of logits and reaches."""

    def __init__(self, finder: MarkFinder) -> None:
        super().__init__()
        self.finder = finder

    def forward(self, corners: Tensor) -> Tensor:
        found = self.finder(corners)
        return torch.cat([torch.sigmoid(found[:, :1]), boxes_of(found).permute(0, 3, 1, 2)], 1)


def load_embedding(path: Path) -> MarkNet:
    state = torch.load(path, map_location="cpu", weights_only=True)
    net: MarkNet = MarkNet()
    net.load_state_dict({k.removeprefix("net."): v for k, v in state.items() if k.startswith("net.")})
    net.eval()
    return net


def load_finder(path: Path) -> DecodedFinder:
    finder: MarkFinder = MarkFinder()
    finder.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    decoded: DecodedFinder = DecodedFinder(finder)
    decoded.eval()
    return decoded


def export(net: nn.Module, example: Tensor, names: tuple[str, str], path: Path, *, any_size: bool) -> None:
    axes: dict[int, str] = {0: "n", **({2: "height", 3: "width"} if any_size else {})}
    answers: dict[int, str] = {0: "n", **({2: "rows", 3: "columns"} if any_size else {})}
    torch.onnx.export(
        net,
        (example,),
        str(path),
        input_names=[names[0]],
        output_names=[names[1]],
        dynamic_axes={names[0]: axes, names[1]: answers},
        opset_version=17,
        dynamo=False,
    )
    onnx.save(onnxslim.slim(str(path)), str(path))


def answered(path: Path, name: str, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {name: pictures})[0], np.float32)


def embedding_differs(net: MarkNet, path: Path, pack: Path) -> bool:
    patches = load_patches(pack, (), held=True)
    height = (patches.boxes[:, 3] - patches.boxes[:, 1])[:, None]
    boxes = patches.boxes + AROUND * height * torch.tensor([-1.0, -1.0, 1.0, 1.0])
    strips = cut(patches.pixels[:64].float(), boxes[:64]).round().to(torch.uint8)
    with torch.no_grad():
        trained = net(strips).numpy()
    least = float((trained * answered(path, "crops", strips.numpy())).sum(axis=1).min())
    print(f"{path.name}: {path.stat().st_size} bytes, least cosine to torch {least:.6f}")
    return least < LEAST_COSINE


def finder_differs(net: DecodedFinder, path: Path, pack: Path) -> bool:
    corners = load_corners(pack, held=True).pixels[:16]
    apart = 0.0
    for some in (corners, corners[:, :, :96, :320].contiguous()):
        with torch.no_grad():
            trained = net(some).numpy()
        sure = trained[:, :1] > 0.02
        apart = max(apart, float((np.abs(trained - answered(path, "corners", some.numpy())) * sure).max()))
    print(f"{path.name}: {path.stat().st_size} bytes, most apart from torch {apart:.6f}")
    return apart > MOST_APART


def save_gallery(trained: Path, pack: Path, path: Path) -> None:
    """The centres of the makers' classes: what their marks on displays were drawn to in training."""
    makers = sorted(vocabulary_of(pack))
    state = torch.load(trained, map_location="cpu", weights_only=True)
    centres = functional.normalize(state["centres.weight"].float(), dim=1)[: len(makers) * VIEWS]
    brands = np.repeat(np.array(makers), VIEWS)
    np.savez_compressed(path, vectors=centres.numpy().astype(np.float16), brands=brands)
    print(f"{path.name}: {path.stat().st_size} bytes, {len(makers)} makers")


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("--trained", type=Path, required=True, help="folder with embedding.pt and finder.pt")
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    embedding, finder = (
        load_embedding(options.trained / "embedding.pt"),
        load_finder(options.trained / "finder.pt"),
    )
    to_embedding, to_finder = options.out / "embedding.onnx", options.out / "mark_finder.onnx"
    strips = torch.zeros(2, 1, STRIP_HEIGHT, STRIP_WIDTH, dtype=torch.uint8)
    export(embedding, strips, ("crops", "vectors"), to_embedding, any_size=False)
    corners = torch.zeros(4, 1, HEIGHT, WIDTH, dtype=torch.uint8)
    export(finder, corners, ("corners", "found"), to_finder, any_size=True)
    differs = [
        embedding_differs(embedding, to_embedding, options.pack),
        finder_differs(finder, to_finder, options.pack),
    ]
    save_gallery(options.trained / "embedding.pt", options.pack, options.out / "display_gallery.npz")
    if any(differs):
        raise SystemExit("An exported network answers differently.")


if __name__ == "__main__":
    main()
