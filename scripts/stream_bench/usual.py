"""Measures the usual design beside it: every frame of every stream decoded, and each searched by the detector
as a whole, as often as the machine manages."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from edge.domain_streams import Frame
from edge.errors import StreamError
from edge.media.address import StreamAddress
from edge.media.clock import SYSTEM_CLOCK
from edge.media.stream import open_stream
from edge.settings import Settings, load_settings
from edge.vision.detector import Detector, load_detector
from scripts.stream_bench.task import Measured, Task
from scripts.stream_bench.watch import observe, peak_mb

_SCORE = 0.3
_NEXT_FRAME_S = 10.0


@dataclass(slots=True)
class Tally:
    """``searched`` frames, ``newest`` by stream: when the frame that was searched last came in."""

    searched: int = 0
    failed: int = 0
    newest: dict[str, float] = field(default_factory=dict)

    def ages(self) -> list[float]:
        now = SYSTEM_CLOCK.monotonic()
        return [now - received for received in list(self.newest.values())]


def measure_usual(task: Task) -> Measured:
    settings = load_settings()
    detector, tally, stop = load_detector(settings, _SCORE), Tally(), threading.Event()
    began = time.monotonic()
    threads = [
        threading.Thread(target=_search, args=(url, settings, detector, tally, stop), daemon=True)
        for url in task.urls
    ]
    for thread in threads:
        thread.start()
    while len(tally.newest) < len(task.urls) and time.monotonic() < began + task.verdict_limit_s:
        time.sleep(0.1)
    first_s, searched = time.monotonic() - began, tally.searched
    steady = observe(task.steady_s, tally.ages)
    searched = tally.searched - searched
    stop.set()
    for thread in threads:
        thread.join(_NEXT_FRAME_S)
    return Measured(
        verdicts=len(tally.newest),
        verdicts_s=first_s,
        right=0,
        wrong=0,
        cores=steady.cores,
        rss_mb=steady.rss_mb,
        peak_mb=peak_mb(),
        age_p95_s=steady.age_p95_s,
        looks_per_s=searched / task.steady_s,
        failed=tally.failed,
    )


def _search(url: str, settings: Settings, detector: Detector, tally: Tally, stop: threading.Event) -> None:
    frame: Frame | None = None
    try:
        with open_stream(StreamAddress.parse(url), settings) as stream:
            while not stop.is_set():
                frame = stream.latest(_NEXT_FRAME_S, after=frame)
                detector.detect(frame.pixels, tiled=False)
                tally.searched += 1
                tally.newest[url] = frame.received
    except StreamError:
        tally.failed += 1
