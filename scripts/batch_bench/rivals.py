"""Rivals of the bench of archives, in a process of their own: the same detector file on the same folder.

Started by ``scripts.bench_batch`` with the interpreter of the rivals' environment; nothing of Camid is
imported. It loads one engine, then answers each folder on stdin with one JSON line. All of them only find
boxes: they read no metadata, give no candidate a second look and write nothing.

- ``plain``: a loop over the files: ``cv2.imread``, one view of the whole, an ONNX Runtime session with its
  default options, OpenCV's suppression.
- ``sahi``: ``sahi.predict.predict`` with its standard view and slices of the model's side, on as many slices
  at a time as there are cores.
- ``sahi-whole``: the same without slices: one view a photo, as Camid takes of photos of this size.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from scripts.bench_rivals import sahi_model

_PAD = 114

Work = Callable[[str], int]
"""Looks at a folder; returns how many boxes it found, or -1 where it does not say."""


def plain(model: str, side: int, cores: int) -> Work:
    import onnxruntime as ort  # noqa: PLC0415

    del cores
    session = ort.InferenceSession(model)

    def boxes_in(path: Path) -> int:
        pixels = cv2.imread(str(path))
        assert pixels is not None
        scale = side / max(pixels.shape[:2])
        small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        inputs = np.full((1, 3, side, side), _PAD, np.float32)
        inputs[0, :, : small.shape[0], : small.shape[1]] = small.transpose(2, 0, 1)
        boxes, scores = session.run(None, {"images": inputs})
        good = np.flatnonzero(scores[0] >= 0.3)
        sizes = np.hstack([boxes[0, good, :2], boxes[0, good, 2:] - boxes[0, good, :2]])
        return len(cv2.dnn.NMSBoxes(sizes.tolist(), scores[0, good].tolist(), 0.3, 0.5))

    return lambda folder: sum(boxes_in(path) for path in sorted(Path(folder).iterdir()))


def sahi(model: str, side: int, cores: int, **how: Any) -> Work:
    from sahi.predict import predict  # noqa: PLC0415

    detector = sahi_model(model, side, cores)

    def work(folder: str) -> int:
        with tempfile.TemporaryDirectory() as project, contextlib.redirect_stdout(sys.stderr):
            predict(
                detection_model=detector,
                source=folder,
                slice_height=side,
                slice_width=side,
                novisual=True,
                verbose=0,
                project=project,
                batch_size=8 * cores,
                **how,
            )
        return -1

    return work


def sahi_whole(model: str, side: int, cores: int) -> Work:
    return sahi(model, side, cores, no_sliced_prediction=True)


ENGINES = {"plain": plain, "sahi": sahi, "sahi-whole": sahi_whole}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("model")
    parser.add_argument("side", type=int)
    options = parser.parse_args()
    work = ENGINES[options.engine](options.model, options.side, len(os.sched_getaffinity(0)))
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        boxes = work(line.rstrip("\n"))
        answer = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "boxes": boxes}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
