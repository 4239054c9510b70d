"""Throughput of the inference loop beside the same ONNX calls without it: ``make bench-loop``.

As many inputs of the detector as ``--inputs``, in rounds that take turns: *bare*, ONNX Runtime called from as
many threads as there are cores; *loop*, the same session behind the loop, asked by ``--sources`` threads that
stand for streams and photos.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from statistics import median

import numpy as np

from edge.settings import load_settings
from edge.vision.loop import InferenceLoop
from edge.vision.manifest import load_manifest
from edge.vision.runtime import open_session, usable_cores


def throughput(account: Callable[[int], None], inputs: int, askers: int) -> float:
    """Inputs a second."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(askers) as pool:
        list(pool.map(account, range(inputs)))
    return inputs / (time.perf_counter() - begun)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--inputs", type=int, default=200)
    parser.add_argument("--sources", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    settings = load_settings()
    entry = load_manifest(settings.models_dir).entry("detector")
    cores = usable_cores(settings)
    loop = InferenceLoop(cores)
    bare = open_session(entry, settings, threads=1)
    looped = open_session(entry, settings, threads=1, loop=loop)
    side = entry.integer("input")
    array = np.random.default_rng(1).random((1, 3, side, side), np.float32) * 255

    def call(_: int) -> None:
        bare.run({"images": array})

    def ask(number: int) -> None:
        with loop.turn(number % options.sources):
            looped.run({"images": array})

    rates = [
        (throughput(call, options.inputs, cores), throughput(ask, options.inputs, options.sources))
        for _ in range(options.rounds)
    ]
    without, within = (median(rate) for rate in zip(*rates, strict=True))
    ratio = median(b / a for a, b in rates)
    if options.json:
        print(json.dumps({"bare": without, "loop": within, "ratio": ratio, "cores": cores}))
    else:
        print(f"{cores} cores, {options.sources} sources, medians of {options.rounds} rounds")
        print(f"bare ONNX Runtime  {without:7.1f} inputs/s")
        print(f"through the loop   {within:7.1f} inputs/s   ratio {ratio:.3f}")


if __name__ == "__main__":
    main()
