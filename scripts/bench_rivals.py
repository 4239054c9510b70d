"""The rivals of the bench, in a process of their own: the same detector file on the same picture.

Started by ``scripts.bench`` with the interpreter of the rivals' environment; nothing of Camid is imported.
It loads one engine, then answers each line ``PHOTO TILES`` on stdin (a JPEG, and a .npy file of the tiles'
inputs, uint8 N×3×S×S) with one JSON line. Every engine gets all cores and its own fastest way of running many
tiles:

- ``openvino``: asynchronous infer requests, throughput hint; the tiles only.
- ``opencv``: OpenCV's DNN module with as many threads as cores, the better of one tile or eight a call.
- ``sahi``: sliced prediction of the decoded photo, slices of the tile's size at the same overlap plus its
  standard whole view, run by ONNX Runtime on as many slices at a time as there are cores; slicing and
  merging are SAHI's.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Tiles = NDArray[np.uint8]
Engine = Callable[[str, Tiles], "tuple[int, Callable[[], int]]"]
"""(photo, tiles) → (views, the work to be timed, which returns the boxes it found or -1)."""


def openvino_engine(model: str, side: int, cores: int) -> Engine:
    import openvino as ov  # noqa: PLC0415

    core = ov.Core()
    network = core.read_model(model)
    network.reshape([1, 3, side, side])
    hints = {
        "PERFORMANCE_HINT": "THROUGHPUT",
        "INFERENCE_NUM_THREADS": cores,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    queue = ov.AsyncInferQueue(core.compile_model(network, "CPU", hints))

    def prepare(_photo: str, tiles: Tiles) -> tuple[int, Callable[[], int]]:
        inputs = tiles.astype(np.float32)

        def work() -> int:
            for tile in inputs:
                queue.start_async({0: tile[None]}, share_inputs=True)
            queue.wait_all()
            return -1

        return len(tiles), work

    return prepare


def opencv_engine(model: str, side: int, cores: int) -> Engine:
    cv2.setNumThreads(cores)
    network = cv2.dnn.readNetFromONNX(model)
    outputs = network.getUnconnectedOutLayersNames()

    def forward(inputs: NDArray[np.float32], batch: int) -> None:
        for first in range(0, len(inputs), batch):
            network.setInput(inputs[first : first + batch])
            network.forward(outputs)

    def seconds(batch: int) -> float:
        probe = np.zeros((8, 3, side, side), np.float32)
        try:
            forward(probe, batch)
            started = time.perf_counter()
            forward(probe, batch)
        except cv2.error:
            return float("inf")
        return time.perf_counter() - started

    best = min((1, 8), key=seconds)

    def prepare(_photo: str, tiles: Tiles) -> tuple[int, Callable[[], int]]:
        inputs = tiles.astype(np.float32)

        def work() -> int:
            whole = len(inputs) // best * best
            forward(inputs[:whole], best)
            forward(inputs[whole:], 1)
            return -1

        return len(tiles), work

    return prepare


def sahi_model(model: str, side: int, cores: int) -> Any:
    """A model for SAHI that runs as many slices at a time as there are cores."""
    import onnxruntime as ort  # noqa: PLC0415
    from sahi.models.base import DetectionModel  # noqa: PLC0415
    from sahi.prediction import ObjectPrediction  # noqa: PLC0415

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    pool = ThreadPoolExecutor(cores)

    class OnnxModel(DetectionModel):  # type: ignore[misc]
        def check_dependencies(self, packages: Any = None) -> None:
            pass

        def set_device(self, device: Any = None) -> None:
            self.device = device or "cpu"

        def load_model(self) -> None:
            self.model = session
            self.category_mapping = {"0": "camera"}

        def _detect(self, image: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            scale = min(1.0, side / max(image.shape[:2]))
            if scale < 1:
                image = np.asarray(
                    cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
                )
            inputs = np.full((1, 3, side, side), 114, np.float32)
            inputs[0, :, : image.shape[0], : image.shape[1]] = image.transpose(2, 0, 1)
            boxes, scores = session.run(None, {"images": inputs})
            good = np.flatnonzero(scores[0] >= self.confidence_threshold)
            kept = cv2.dnn.NMSBoxes(
                np.hstack([boxes[0, good, :2], boxes[0, good, 2:] - boxes[0, good, :2]]).tolist(),
                scores[0, good].tolist(),
                self.confidence_threshold,
                0.5,
            )
            good = good[np.asarray(kept, np.intp).ravel()]
            return boxes[0, good] / scale, scores[0, good]

        def perform_inference(self, image: NDArray[np.uint8]) -> None:
            self._original_predictions = [self._detect(image)]

        def perform_batch_inference(self, images: list[NDArray[np.uint8]]) -> None:
            self._original_predictions = list(pool.map(self._detect, images))

        def _create_object_prediction_list_from_original_predictions(
            self, shift_amount_list: Any = None, full_shape_list: Any = None
        ) -> None:
            shifts = shift_amount_list or [[0, 0]]
            shapes = full_shape_list or [None]
            if not isinstance(shifts[0], (list, tuple)):
                shifts, shapes = [shifts], [full_shape_list]
            self._object_prediction_list_per_image = [
                [
                    ObjectPrediction(
                        bbox=[int(v) for v in box],
                        category_id=0,
                        category_name="camera",
                        score=float(score),
                        shift_amount=list(shift),
                        full_shape=list(shape) if shape is not None else None,
                    )
                    for box, score in zip(boxes.clip(0), scores, strict=True)
                    if int(box[2]) > int(max(0, box[0])) and int(box[3]) > int(max(0, box[1]))
                ]
                for (boxes, scores), shift, shape in zip(
                    self._original_predictions, shifts, shapes, strict=True
                )
            ]

    return OnnxModel(model_path=model, confidence_threshold=0.3, load_at_init=True)


def sahi_engine(model: str, side: int, cores: int) -> Engine:
    from sahi.predict import get_sliced_prediction  # noqa: PLC0415
    from sahi.slicing import get_slice_bboxes  # noqa: PLC0415

    detector = sahi_model(model, side, cores)

    def prepare(photo: str, _tiles: Tiles) -> tuple[int, Callable[[], int]]:
        pixels = cv2.imread(photo, cv2.IMREAD_COLOR)
        assert pixels is not None
        slices = get_slice_bboxes(pixels.shape[0], pixels.shape[1], side, side, False, 0.2, 0.2)

        def work() -> int:
            result = get_sliced_prediction(
                pixels,
                detector,
                slice_height=side,
                slice_width=side,
                overlap_height_ratio=0.2,
                overlap_width_ratio=0.2,
                batch_size=8 * cores,
                verbose=0,
            )
            return len(result.object_prediction_list)

        return len(slices) + (len(slices) > 1), work

    return prepare


ENGINES = {"openvino": openvino_engine, "opencv": opencv_engine, "sahi": sahi_engine}


def serve(prepare: Engine) -> None:
    ready: dict[str, tuple[int, Callable[[], int]]] = {}
    for line in sys.stdin:
        photo, _, tiles = line.rstrip("\n").partition("\t")
        if photo not in ready:
            ready = {photo: prepare(photo, np.load(tiles))}
            ready[photo][1]()
        views, work = ready[photo]
        wall, cpu = time.perf_counter(), time.process_time()
        boxes = work()
        answer = {
            "wall": time.perf_counter() - wall,
            "cpu": time.process_time() - cpu,
            "views": views,
            "boxes": boxes,
        }
        print(json.dumps(answer), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("model")
    parser.add_argument("side", type=int)
    parser.add_argument("cores", type=int)
    options = parser.parse_args()
    serve(ENGINES[options.engine](options.model, options.side, options.cores))


if __name__ == "__main__":
    main()
