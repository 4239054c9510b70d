"""Quantise an exported network to INT8: static, in QDQ form, calibrated on real training pictures.

    python -m scripts.quantise detector models/detector.onnx runs/detector-int8.onnx --data ../shared/data
    python -m scripts.quantise housing models/housing.onnx runs/housing-int8.onnx --data ../shared/data

Weights get a scale each channel, activations one each tensor. What makes boxes and scores of the last
features stays in floating point (``kept_exact``): their range is wide, and they cost little. Prints how far
the answers move, and for a detector the AP50 of both files on the training photos that are held out of all
training; ``scripts.bench_models`` measures speed, and accuracy on dev photos.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process

from edge.domain import Box, Pixels
from edge.vision.crops import surroundings
from scripts.evaluation.bare import BareDetector, measure_bare
from scripts.training.command import described
from scripts.training.sources import Photo, held_out, load, rows
from scripts.training.whole import letterboxed, planes

METHODS = {
    "minmax": CalibrationMethod.MinMax,
    "percentile": CalibrationMethod.Percentile,
    "entropy": CalibrationMethod.Entropy,
}
HEADS = ("_out/Conv", "/camera/", "/form/")
"""Parts of the names of the layers that speak the last word."""


class Pictures(CalibrationDataReader):  # type: ignore[misc]
    """Inputs one at a time, as the quantiser wants them, ``STRIDE`` between two sums: until then it keeps
    what every layer said of every picture."""

    STRIDE = 8

    def __init__(self, name: str, inputs: Iterable[NDArray[Any]]) -> None:
        self._name, self._inputs = name, list(inputs)
        self.set_range(0, len(self._inputs))

    def __len__(self) -> int:
        return len(self._inputs)

    def set_range(self, start_index: int, end_index: int) -> None:
        self._left = iter(self._inputs[start_index:end_index])

    def get_next(self) -> dict[str, NDArray[Any]] | None:
        array = next(self._left, None)
        return None if array is None else {self._name: array}


def train_pictures(data: Path) -> Iterator[tuple[Pixels, list[list[float]]]]:
    """The scenes that the networks learn from, at full size, with their boxes."""
    for row in rows(data / "scenes/train"):
        if held_out(str(row["file"]), 0.15):
            continue
        pixels = cv2.imread(str(data / "scenes/train" / str(row["file"])))
        boxes = row["boxes"]
        assert pixels is not None
        assert isinstance(boxes, list)
        yield np.asarray(pixels, np.uint8), boxes


def detector_inputs(data: Path, count: int, side: int, seed: int) -> Iterator[NDArray[np.float32]]:
    """Whole photos and tiles of them at their own size in turn, 1×3×side×side."""
    rng = np.random.default_rng(seed)
    for number, (pixels, _) in enumerate(train_pictures(data)):
        if number == count:
            return
        yield planes(letterboxed(pixels if number % 2 else tile_of(pixels, side, rng), side))


def tile_of(pixels: Pixels, side: int, rng: np.random.Generator) -> Pixels:
    height, width = pixels.shape[:2]
    x, y = int(rng.integers(0, max(1, width - side))), int(rng.integers(0, max(1, height - side)))
    return pixels[y : y + side, x : x + side]


def housing_inputs(data: Path, count: int, side: int, seed: int) -> Iterator[NDArray[np.uint8]]:
    """Cameras and as many random places, 1×side×side×3."""
    rng = np.random.default_rng(seed)
    made = 0
    for pixels, boxes in train_pictures(data):
        height, width = pixels.shape[:2]
        for box in boxes:
            if made >= count:
                return
            x, y = rng.uniform(0, 0.8, 2) * (width, height)
            other = Box(x, y, x + 0.2 * width, y + 0.2 * height)
            yield surroundings(pixels, Box(*map(float, box)), side)[None]
            yield surroundings(pixels, other, side)[None]
            made += 2


INPUTS: dict[str, Callable[[Path, int, int, int], Iterator[NDArray[Any]]]] = {
    "detector": detector_inputs,
    "housing": housing_inputs,
}


def quantise(source: Path, out: Path, inputs: Iterator[NDArray[Any]], method: str, *, exact: bool) -> None:
    """Writes ``out``, the quantised ``source``."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "prepared.onnx"
        quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
        graph = onnx.load(prepared).graph
        quantize_static(
            str(prepared),
            str(out),
            Pictures(graph.input[0].name, inputs),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=METHODS[method],
            nodes_to_exclude=kept_exact(graph, heads=exact),
            extra_options={"CalibStridedMinMax": Pictures.STRIDE},  # with the other methods too
        )


def kept_exact(graph: onnx.GraphProto, *, heads: bool) -> list[str]:
    """The nodes after the network's last convolutions, and with ``heads`` those convolutions too."""
    last = {node.name for node in graph.node if any(part in node.name for part in HEADS)}
    kept = list(last) if heads else []
    known = {output for node in graph.node if node.name in last for output in node.output}
    for node in graph.node:  # in the order in which they run
        if node.name not in last and known.intersection(node.input):
            kept.append(node.name)
            known.update(node.output)
    return kept


def moved(source: Path, out: Path, inputs: Iterator[NDArray[Any]]) -> list[float]:
    """Mean absolute difference of each output between the two files."""
    before, after = (onnxruntime.InferenceSession(str(file)) for file in (source, out))
    name = before.get_inputs()[0].name
    pairs = ((before.run(None, {name: x}), after.run(None, {name: x})) for x in inputs)
    differences = [[float(np.abs(a - b).mean()) for a, b in zip(old, new, strict=True)] for old, new in pairs]
    return [float(value) for value in np.mean(differences, 0)]


def held_photos(data: Path) -> Sequence[Photo]:
    _, check = load(data)
    return [*check.scenes, *check.empty]


def main() -> None:
    parser = described(__doc__)
    parser.add_argument("kind", choices=list(INPUTS))
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--method", choices=list(METHODS), default="percentile")
    parser.add_argument("--count", type=int, default=96, help="calibration pictures")
    parser.add_argument("--whole", action="store_true", help="quantise the last layers too")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    run(options)


def run(options: argparse.Namespace) -> None:
    session = onnxruntime.InferenceSession(str(options.source))
    side = session.get_inputs()[0].shape[2]
    made = INPUTS[options.kind]
    calibration = made(options.data, options.count, side, options.seed)
    quantise(options.source, options.out, calibration, options.method, exact=not options.whole)
    differences = moved(options.source, options.out, made(options.data, 16, side, options.seed + 1))
    names = [output.name for output in session.get_outputs()]
    told = ", ".join(f"{name} {value:.4f}" for name, value in zip(names, differences, strict=True))
    size = options.out.stat().st_size
    print(
        f"{options.out}: {size} bytes, {size / options.source.stat().st_size:.2f} of before; moved by {told}"
    )
    if options.kind == "detector":
        photos = held_photos(options.data)
        for file in (options.source, options.out):
            figures = measure_bare(BareDetector.open(file), photos)
            print(
                f"{file}: AP50 {figures.ap50:.4f}, recall {figures.recall} on {len(photos)} held-out photos"
            )


if __name__ == "__main__":
    main()
