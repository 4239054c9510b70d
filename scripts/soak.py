"""Keeps eight cameras in trouble and watches how Camid copes: ``python -m scripts.soak --minutes 20``.

The cameras, in a process of their own, play well for a while, then have one fault after the other, each in an
order of its own. Camid watches them as the service does, with the real models, a database and a log. The soak
fails where

- a stream is not looked at again within 10 s of its camera's return,
- another fault is named than the camera has,
- the memory grows by 5 % or more from the second tenth of the time to the last,
- a password stands in the log, on standard error, in a status or in the data directory,
- threads or sockets are left when the cameras are well again, or after the end,
- an error is logged.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from edge.identify import Identifier
from edge.service.data_dir import DataDir
from edge.service.secrets_box import SecretsBox
from edge.service.store import Store
from edge.service.watched import WatchedStreams
from edge.settings import Settings, load_settings
from edge.streams.monitor import Monitor
from edge.streams.state import StreamSpec
from scripts.own_process import Usage, usage
from scripts.soaking.judge import Report, memory_by_tenths, table
from scripts.soaking.torment import GIVE_UP_S, Diary, Plan, Victim, is_well, torment
from scripts.soaking.traces import errors_in, everything_logged, files_below, traces_of
from scripts.soaking.trials import SoakCamera, soak_cameras
from tests.support.camera import CameraProcess

START_S = 60.0
END_S = 20.0


def soak_settings(data_dir: Path, most_wait_s: float, *, keep: bool) -> Settings:
    """Short waits, so that 20 minutes hold many trials."""
    return load_settings(
        data_dir=data_dir,
        stream_keep_connection=keep,
        stream_look_interval_s=3,
        stream_backoff_max_s=most_wait_s,
        stream_auth_retry_s=most_wait_s,
        stream_connect_s=2,
        stream_answer_s=3,
        stream_first_frame_s=4,
        stream_stall_s=3,
    )


def run(options: argparse.Namespace, folder: Path) -> Report:
    data = DataDir(folder / "data")
    settings = soak_settings(data.root, options.most_wait, keep=options.keep)
    identifier, cameras, store = Identifier.load(settings), soak_cameras(), Store(data)
    start_native_threads()
    plan = Plan(options.minutes * 60, options.trial, options.well, options.seed, options.keep)
    with CameraProcess([camera.spec for camera in cameras]) as process:
        before, diary = usage(), Diary()
        watched = WatchedStreams(store.streams, SecretsBox(data), settings, lambda _: None)
        monitor = Monitor(identifier, settings)
        monitor.subscribe(diary.note)
        watched.start(monitor)
        victims = add_all(watched, cameras, process)
        wait_until(lambda: all_well(watched), START_S)
        first = calmest(options.calm)
        outcomes, samples = torment(victims, diary, plan)
        wait_until(lambda: all_well(watched), GIVE_UP_S)
        last = calmest(options.calm)
        statuses = repr(watched.all())
        watched.stop()
        wait_until(lambda: usage().threads <= before.threads, END_S)
        after = usage()
    store.close()
    texts = {"statuses": statuses.encode(), **files_below(folder)}
    traces = traces_of([(camera.spec.user, camera.spec.password) for camera in cameras], texts)
    errors = errors_in((folder / "soak.log").read_text(errors="replace"))
    return Report(tuple(outcomes), tuple(samples), before, (first, last), after, tuple(traces), errors)


def start_native_threads() -> None:
    """OpenCV starts its threads at the first large picture and keeps them: they are no leak."""
    cv2.resize(np.zeros((2160, 3840, 3), np.uint8), (640, 360), interpolation=cv2.INTER_AREA)


def add_all(watched: WatchedStreams, cameras: list[SoakCamera], process: CameraProcess) -> list[Victim]:
    pairs = zip(cameras, process.cameras, strict=True)
    return [
        Victim(watched.add(StreamSpec("", camera.name, running.address)).spec.id, camera, running)
        for camera, running in pairs
    ]


def all_well(watched: WatchedStreams) -> bool:
    return all(is_well(stream.status) for stream in watched.all())


def calmest(seconds: float) -> Usage:
    """The fewest threads and sockets while the cameras are well: looks come and go."""
    samples, end = [usage()], time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.02)
        samples.append(usage())
    return min(samples, key=lambda sample: (sample.threads, sample.sockets))


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Returns when ``condition`` holds, or is given up: the checks will say so."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--trial", type=float, default=20, help="seconds that a fault lasts")
    parser.add_argument("--well", type=float, default=10, help="seconds between two faults of a camera")
    parser.add_argument("--calm", type=float, default=15, help="seconds without faults, first and last")
    parser.add_argument("--most-wait", type=float, default=3, help="seconds that a new try waits at most")
    parser.add_argument("--keep", action="store_true", help="keep the connections between looks")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="an empty folder for log and data")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = options.out or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        with everything_logged(folder / "soak.log"):
            report = run(options, folder)
    print(table(report.outcomes))
    print(f"memory by tenths of the time, MB: {memory_by_tenths(report.samples)}")
    print(*(outcome for outcome in report.outcomes if not (outcome.is_back and outcome.is_right)), sep="\n")
    print(*(f"{'ok  ' if check.passed else 'FAIL'} {check.what}" for check in report.checks()), sep="\n")
    sys.exit(0 if all(check.passed for check in report.checks()) else 1)


if __name__ == "__main__":
    main()
