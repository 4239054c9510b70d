from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from edge.domain import Pixels
from edge.streams.faults import PictureWatch, measure
from edge.streams.state import PictureFault
from edge.streams.stillness import STILL_S
from tests.support.clips import Clip, draw, make_clip
from tests.support.pictures import textured
from tests.support.shared import shared_data

FPS = 5


def _frames(path: Path, every_s: float = 0.5) -> Iterator[tuple[float, Pixels]]:
    last = -every_s
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            at = float(frame.time or 0)
            if at - last >= every_s - 1e-6:
                last = at
                yield at, frame.to_ndarray(format="bgr24").astype(np.uint8)


def _encoded(pictures: Sequence[Pixels], path: Path, kbps: int = 600) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "bf": "0"})
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.gop_size, stream.bit_rate = "yuv420p", 2 * FPS, kbps * 1000
        stream.time_base = Fraction(1, FPS)
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "bgr24")))
        container.mux(stream.encode(None))
    return path


def _watched(path: Path) -> PictureWatch:
    watch = PictureWatch()
    for at, pixels in _frames(path):
        watch.add(pixels, at)
    return watch


def _night(seed: int = 1) -> Pixels:
    grey = cv2.GaussianBlur(textured(640, 360, seed), (0, 0), 1.0).mean(axis=2, keepdims=True) * 0.4
    return np.repeat(grey, 3, axis=2).astype(np.uint8)


def _grain(picture: Pixels, deviation: float, seed: int) -> Pixels:
    noise = np.random.default_rng(seed).normal(0, deviation, (*picture.shape[:2], 1))
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def test_a_usual_picture_has_no_fault() -> None:
    assert _watched(make_clip(seconds=4)).faults(daytime=True) == ()


def test_a_black_picture_with_its_display_is_black() -> None:
    assert _watched(make_clip(seconds=4, picture="black")).faults() == (PictureFault.BLACK,)


def test_a_dark_night_is_not_black() -> None:
    night = (_night() * 0.5).astype(np.uint8)
    night[:60] = 120  # a lit window, a lamp
    watch = PictureWatch()
    watch.add(night, 0.0)
    assert PictureFault.BLACK not in watch.faults()


def test_a_picture_frozen_with_its_clock_is_noticed_in_time() -> None:
    watch = PictureWatch()
    for at, pixels in _frames(make_clip(seconds=10, picture="frozen")):
        watch.add(pixels, at)
        assert (PictureFault.FROZEN in watch.faults(has_clock=True)) == (at >= STILL_S)
    assert STILL_S < 10


def test_a_still_scene_with_a_ticking_clock_is_not_frozen() -> None:
    pictures = []
    for number, picture in enumerate(draw(Clip(seconds=10, picture="frozen", texts=()))):
        text = f"2026-03-14 09:26:{number // 10:02d}"
        pictures.append(
            cv2.putText(picture.copy(), text, (8, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255))
        )
    watch = PictureWatch()
    for number, picture in enumerate(pictures[::5]):
        watch.add(picture, number / 2)
    assert watch.faults(has_clock=True) == ()
    assert not watch.still.silent


@pytest.mark.parametrize("kbps", [300, 1500])
@pytest.mark.parametrize("deviation", [0.5, 4.0])
def test_a_still_scene_without_a_clock_is_an_observation_and_no_fault(
    tmp_path: Path, kbps: int, deviation: float
) -> None:
    noisy = [_grain(_night(), deviation, seed) for seed in range(10 * FPS)]
    watch = _watched(_encoded(noisy, tmp_path / "noise.mp4", kbps))
    assert PictureFault.FROZEN not in watch.faults()
    assert watch.still.seconds >= STILL_S


@pytest.mark.parametrize("kbps", [300, 1500])
def test_a_frozen_night_with_a_clock_is_frozen_at_any_bit_rate(tmp_path: Path, kbps: int) -> None:
    night = _grain(_night(), 4, 0)
    cv2.putText(night, "09:26:53", (8, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255))
    watch = _watched(_encoded([night] * (10 * FPS), tmp_path / "frozen.mp4", kbps))
    assert PictureFault.FROZEN in watch.faults(has_clock=True)


@pytest.mark.parametrize(
    ("pictures", "keys_every", "frozen"),
    [
        ([textured(320, 180, 1)], 2, True),
        ([textured(320, 180, 1)], 99, False),  # within one group of pictures a codec repeats a still scene
        ([np.full((180, 320, 3), 40, np.uint8)], 2, False),  # nothing is shown that could differ
        ([textured(320, 180, 1), _grain(textured(320, 180, 1), 0.3, 2)], 2, False),
    ],
)
def test_pictures_equal_in_every_pixel_are_frozen_where_no_codec_repeats_them(
    pictures: list[Pixels], keys_every: int, frozen: bool
) -> None:
    watch = PictureWatch()
    for number in range(20):
        watch.add(pictures[number % len(pictures)], number / 2, number // keys_every)
    assert (PictureFault.FROZEN in watch.faults()) is frozen
    assert watch.still.silent


def test_a_picture_that_goes_on_is_no_longer_frozen() -> None:
    watch = PictureWatch()
    for second in range(12):
        watch.add(textured(320, 180, 1), float(second))
    assert watch.faults() != ()
    watch.add(textured(320, 180, 2), 12.0)
    assert PictureFault.FROZEN not in watch.faults()


def test_another_size_is_a_change() -> None:
    watch = PictureWatch()
    watch.add(textured(320, 180, 1), 0.0)
    watch.add(textured(640, 360, 1), 20.0)
    assert watch.still.seconds == 0.0


@pytest.mark.parametrize("sigma", [8, 14])
def test_a_blurred_picture_is_told_from_a_sharp_one(sigma: int) -> None:
    sharp = next(draw(Clip(width=1280, height=720)))
    assert not measure(sharp).blurred
    blurred = cv2.GaussianBlur(sharp, (0, 0), sigma).astype(np.uint8)
    cv2.putText(blurred, "2026-03-14 09:26:53", (20, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, (255, 255, 255), 2)
    assert measure(blurred).blurred


def test_a_bare_wall_is_not_called_blurred() -> None:
    assert measure(np.full((360, 640, 3), 130, np.uint8)).blur is None


def test_grey_is_a_fault_by_day_alone() -> None:
    watch = PictureWatch()
    for at, pixels in _frames(make_clip(seconds=3, infrared=True)):
        watch.add(pixels, at)
    assert PictureFault.IR_STUCK in watch.faults(daytime=True)
    assert PictureFault.IR_STUCK not in watch.faults(daytime=False)
    assert PictureFault.IR_STUCK not in watch.faults()


def test_the_tint_of_a_missing_filter_is_a_fault_at_any_time() -> None:
    picture = next(draw(Clip())).astype(np.float32) * 0.6 + np.array([95, 30, 100], np.float32)
    watch = PictureWatch()
    watch.add(np.clip(picture, 0, 255).astype(np.uint8), 0.0)
    assert PictureFault.IR_STUCK in watch.faults()


@pytest.mark.shared
def test_real_recordings_have_no_fault() -> None:
    clips = sorted((shared_data() / "osd/train/clips").glob("*.mp4"))
    found = {clip.name: _watched(clip).faults() for clip in clips[::4]}
    assert found
    assert not any(found.values()), found
