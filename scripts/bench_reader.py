"""What one stream costs: kept open and asleep, decoded in full, or closed and opened again for a look.

    python -m scripts.bench_reader kept --streams 64
    python -m scripts.bench_reader reopen

The camera (1080p25 H.264, a key frame every 2 s, 3 Mbit/s) runs in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from edge.media.stream import open_stream
from edge.settings import Settings
from tests.support.camera import CameraProcess, CameraSpec, RunningCamera
from tests.support.clips import make_clip

SETTINGS = Settings(stream_transport="tcp")
SETTLE_S = 6.0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("how", choices=["kept", "full", "reopen"])
    parser.add_argument("--streams", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=15.0)
    given = parser.parse_args()
    clip = make_clip(width=1920, height=1080, fps=25, gop=50, seconds=4.0, kbps=3000)
    with CameraProcess([CameraSpec(clip)]) as cameras:
        camera = cameras.cameras[0]
        look(camera)  # what is loaded once does not count
        if given.how == "reopen":
            reopen(camera, given.seconds)
        else:
            keep(camera, given.streams, given.seconds, keys_only=given.how == "kept")


def look(camera: RunningCamera) -> float:
    """Opens, takes one key frame, closes; seconds."""
    began = time.perf_counter()
    with open_stream(camera.address, SETTINGS, keys_only=True) as stream:
        stream.latest(5)
    return time.perf_counter() - began


def reopen(camera: RunningCamera, seconds: float) -> None:
    memory, cpu, camera_cpu, end = (
        resident_mb(),
        time.process_time(),
        camera.counters.cpu_s,
        time.time() + seconds,
    )
    took: list[float] = []
    while time.time() < end:
        took.append(look(camera))
    count = len(took)
    each, of_camera = (time.process_time() - cpu) / count, (camera.counters.cpu_s - camera_cpu) / count
    print(
        f"{count} looks, each {each * 1000:.1f} ms of processor time and {median(took) * 1000:.0f} ms long "
        f"(median); camera {of_camera * 1000:.1f} ms; resident memory {resident_mb() - memory:+.1f} MB"
    )


def keep(camera: RunningCamera, count: int, seconds: float, *, keys_only: bool) -> None:
    memory = resident_mb()
    with ExitStack() as stack:
        for _ in range(count):
            stack.enter_context(open_stream(camera.address, SETTINGS, keys_only=keys_only))
        time.sleep(SETTLE_S)
        cpu, camera_cpu, began = time.process_time(), camera.counters.cpu_s, time.time()
        time.sleep(seconds)
        over = (time.time() - began) * count / 100
        each, of_camera = (time.process_time() - cpu) / over, (camera.counters.cpu_s - camera_cpu) / over
        print(
            f"{count} streams, each {each:.2f} % of a core and {(resident_mb() - memory) / count:.2f} MB; "
            f"camera {of_camera:.2f} %"
        )


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main()
