"""How much slower a photo is decoded in a confined process than in this one.

    python -m scripts.bench_decode [--runs 15] [--long-side 4000] [--together 1]

Both ways take turns with one thread each, so that what else the machine does meets both alike, and both also
name the file by its hash, as ``decode`` does. Printed are the medians, their ratio, the processor time of
both (on a busy machine the fairer one), and what the server holds in memory.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from edge.media.decoding import decode_bytes
from edge.media.photo import decode
from edge.media.sandbox import sandbox
from edge.settings import Settings

_QUALITY = 90
_REAPING_S = 1.0
"""Until the server has counted the children that have ended."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument(
        "--long-side", type=int, default=4000, help="pixels; the other side has three quarters of it"
    )
    parser.add_argument("--together", type=int, default=1, help="photos that one process decodes")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    settings = Settings()
    photo = drawn(arguments.long_side, arguments.long_side * 3 // 4)
    decode(photo, "the first", settings)
    ways = (
        lambda: (hashlib.sha256(photo).hexdigest(), decode_bytes(photo, settings)),
        lambda: decode(photo, "photo", settings, together=arguments.together),
    )
    here, apart = in_turns(arguments.runs, *ways)
    worked = [processor_ms(arguments.runs, way) for way in ways]
    pixels = arguments.long_side**2 * 3 // 4
    print(f"{pixels / 1e6:.1f} MP, {len(photo) / 1e6:.1f} MB, median (least) of {arguments.runs} runs")
    print(f"in this process: {shown(here)}")
    print(f"in a confined one: {shown(apart)}")
    print(f"ratio: {statistics.median(apart) / statistics.median(here):.3f} ({min(apart) / min(here):.3f})")
    print(f"processor: {worked[0]:.1f} and {worked[1]:.1f} ms, ratio {worked[1] / worked[0]:.3f}")
    print(f"the server: {held(sandbox().process)}")


def drawn(width: int, height: int) -> bytes:
    """A JPEG with as much detail as a photo has."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    grain = random.normal(0, 4, (height, width, 1))
    pixels = np.clip(smooth + grain, 0, 255).astype(np.uint8)
    return cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()


def in_turns(runs: int, *ways: Callable[[], object]) -> list[list[float]]:
    """Seconds of every run of each way."""
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(runs):
        for way, taken in zip(ways, times, strict=True):
            start = time.perf_counter()
            way()
            taken.append(time.perf_counter() - start)
    return times


def processor_ms(runs: int, way: Callable[[], object]) -> float:
    """Of this process, the server and its children, a run."""
    before = processor_s()
    for _ in range(runs):
        way()
    sandbox().rest()
    time.sleep(_REAPING_S)
    return 1000 * (processor_s() - before) / runs


def processor_s() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    fields = Path(f"/proc/{sandbox().process}/stat").read_text().rpartition(")")[2].split()
    ticks = sum(int(field) for field in fields[11:15])  # its own and its children's that have ended
    return own.ru_utime + own.ru_stime + ticks / os.sysconf("SC_CLK_TCK")


def shown(seconds: list[float]) -> str:
    return f"{1000 * statistics.median(seconds):.1f} ({1000 * min(seconds):.1f}) ms"


def held(process: int) -> str:
    """Resident, and the part that nobody shares."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:]
    kilobytes = {name: int(value.split()[0]) for name, value in (line.split(":") for line in lines)}
    own = kilobytes["Private_Clean"] + kilobytes["Private_Dirty"]
    return f"{kilobytes['Rss'] / 1024:.0f} MiB in memory, {own / 1024:.0f} MiB of it its own"


if __name__ == "__main__":
    main()
