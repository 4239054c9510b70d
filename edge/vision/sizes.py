"""Which detector this machine runs: the small one alone, or with the larger one behind it (``cascade.py``).

``nano`` is for a Raspberry Pi 4 and its like; ``small`` finds more and costs up to three times as much where
there is something to see. Where the settings leave it open, the time that one view takes decides.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from edge.settings import DetectorSize, Settings
from edge.vision.manifest import load_manifest
from edge.vision.runtime import ON_GPU, open_session

LARGER = "detector_small"
"""In the manifest: the detector that ``small`` has and ``nano`` has not."""
SLOW_S = 0.06
"""What the detector takes for a view, on one core, from which on this machine is a slow one. A core of a
mini-PC takes 0.01 to 0.02."""
_RUNS = 5


def detector_size(settings: Settings) -> DetectorSize:
    """That of the settings; where they say ``auto``, what fits this machine, measured once a process.

    Raises:
        ModelError: see ``open_session``.
    """
    if settings.detector != "auto":
        return settings.detector
    if LARGER not in load_manifest(settings.models_dir).entries:
        return "nano"
    return _measured(settings.models_dir, settings.provider)


def models_in_use(settings: Settings) -> Mapping[str, str]:
    """The sha256 of each model that answers depend on, by its name in the manifest.

    Raises:
        ModelError: see ``detector_size``.
    """
    entries = load_manifest(settings.models_dir).entries
    unused = {LARGER} if detector_size(settings) == "nano" else set()
    return {name: entry.sha256 for name, entry in entries.items() if name not in unused}


def fitting(view_s: float) -> DetectorSize:
    """For a machine whose detector takes so many seconds for a view."""
    return "nano" if view_s >= SLOW_S else "small"


@lru_cache(maxsize=8)
def _measured(models_dir: Path, provider: str) -> DetectorSize:
    settings = Settings(models_dir=models_dir, provider=provider)
    session = open_session(load_manifest(models_dir).entry("detector"), settings, threads=1)
    if session.provider in ON_GPU:
        return "small"
    times = []
    for _ in range(_RUNS):
        begun = time.perf_counter()
        session.warm_up()
        times.append(time.perf_counter() - begun)
    return fitting(min(times))  # the least: whatever else ran meanwhile made it longer, never shorter
