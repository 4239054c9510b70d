"""The cameras of the bench: a third that the protocol proves, a third that only a logo names, a third that
nothing can name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

from tests.support.camera import CameraSpec
from tests.support.clips import CHANNEL, CLOCK, Clip, make_clip, wordmark

FPS = 25
SIZE = (1920, 1080)


@dataclass(frozen=True, slots=True)
class BenchCamera:
    """``platform`` is what has to be found, None: nothing can be."""

    spec: CameraSpec
    platform: str | None


def bench_cameras(count: int, seed: int = 1) -> list[BenchCamera]:
    """1080p25 H.264, GOP 50, 2 Mbit/s, each at another point of its clip."""
    chance = Random(seed)
    plain = Clip(
        width=SIZE[0], height=SIZE[1], fps=FPS, gop=50, seconds=10, kbps=2000, texts=(CLOCK, CHANNEL)
    )
    texts = (CLOCK, CHANNEL, wordmark("HIKVISION", "top-right", 48))
    without, marked = make_clip(plain), make_clip(plain, texts=texts)
    kinds = (
        BenchCamera(CameraSpec(without, server="Dahua Rtsp Server"), "dahua"),
        BenchCamera(CameraSpec(marked, server=None), "hikvision"),
        BenchCamera(CameraSpec(without, server=None), None),
    )
    return [_shifted(kinds[number % 3], chance.uniform(0, plain.seconds)) for number in range(count)]


def _shifted(camera: BenchCamera, phase_s: float) -> BenchCamera:
    return BenchCamera(replace(camera.spec, phase_s=phase_s), camera.platform)
