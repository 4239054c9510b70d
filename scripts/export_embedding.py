"""Export the mark embedding and prove it equal to what was trained:
`python -m scripts.export_embedding --weights mark.pt --data DATA --out models/embedding.onnx`.

The network takes ``crops`` uint8 (N, 1, 64, 160), as ``edge.vision.embedding.mark_strip`` makes them, and
gives ``vectors`` float32 (N, D) of unit length; the scaling of grey levels is inside. The check runs on marks
of the train split; it fails where a cosine between torch's and ONNX Runtime's answer falls below 0.9999.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime as ort
import onnxslim
import torch
from numpy.typing import NDArray

from edge.vision.embedding import mark_strip
from scripts.train_embedding import MarkNet

LEAST_COSINE = 0.9999


def export(net: MarkNet, path: Path) -> None:
    torch.onnx.export(
        net,
        (torch.zeros(2, 1, 64, 160, dtype=torch.uint8),),
        str(path),
        input_names=["crops"],
        output_names=["vectors"],
        dynamic_axes={"crops": {0: "n"}, "vectors": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )
    onnx.save(onnxslim.slim(str(path)), str(path))


def real_strips(data: Path, count: int) -> NDArray[np.uint8]:
    strips: list[NDArray[np.uint8]] = []
    for line in (data / "products/train/labels.jsonl").read_text("utf-8").splitlines():
        label = json.loads(line)
        if label["mark_box"] and len(strips) < count:
            x0, y0, x1, y1 = (int(v) for v in label["mark_box"])
            picture = cv2.imread(str(data / "products/train" / label["file"]))
            assert picture is not None, label["file"]
            strips.append(mark_strip(picture[y0:y1, x0:x1]))
    return np.stack(strips)


def least_cosine(net: MarkNet, path: Path, strips: NDArray[np.uint8]) -> float:
    with torch.no_grad():
        trained = net(torch.from_numpy(strips)).numpy()
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (exported,) = session.run(None, {"crops": strips})
    return float((trained * exported).sum(axis=1).min())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    net = MarkNet().eval()
    net.load_state_dict(torch.load(options.weights, map_location="cpu", weights_only=True))
    export(net, options.out)
    strips = real_strips(options.data, 64)
    least = least_cosine(net, options.out, strips)
    print(f"{options.out}: {options.out.stat().st_size} bytes")
    print(f"least cosine to torch on {len(strips)} marks: {least:.6f}")
    if least < LEAST_COSINE:
        raise SystemExit("The exported network answers differently.")


if __name__ == "__main__":
    main()
