"""Reading displays that are drawn here, with the real models."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.domain import Pixels
from edge.evidence.clock import whole
from edge.recorder import osd_reader
from edge.settings import Settings
from edge.vision.overlay import OsdReader, Overlay, OverlayLine, spread
from edge.vision.text import load_text_models
from tests.support.pictures import textured

WIDTH, HEIGHT = 960, 540


@pytest.fixture(scope="module")
def reader() -> OsdReader:
    settings = Settings(threads=1)
    return osd_reader(*load_text_models(settings), settings)


def scene(seed: int = 3) -> Pixels:
    return (textured(WIDTH, HEIGHT, seed) // 2 + 40).astype(np.uint8)


def lettered(pixels: Pixels, text: str, x: int, y: int, scale: float = 0.8) -> Pixels:
    """White with a black outline, as displays are; ``y`` is the base line."""
    for colour, thickness in (((0, 0, 0), 5), ((255, 255, 255), 2)):
        cv2.putText(pixels, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thickness, cv2.LINE_AA)
    return pixels


def line_with(overlay: Overlay, text: str) -> OverlayLine:
    return next(line for line in overlay.lines if text in line.line.text)


def test_lines_at_both_rims_are_read_with_their_places(reader: OsdReader) -> None:
    frame = lettered(lettered(scene(), "2024-05-14 10:33:20", 20, 34), "Gate 2", 20, HEIGHT - 14)
    overlay = reader.read([frame])
    clock, name = line_with(overlay, "10:33:20"), line_with(overlay, "Gate")
    assert clock.line.box.y1 < 0.15 * HEIGHT
    assert name.line.box.y0 > 0.85 * HEIGHT
    assert (overlay.width, overlay.height, overlay.frames) == (WIDTH, HEIGHT, 1)


def test_what_stands_amid_the_picture_is_not_searched(reader: OsdReader) -> None:
    overlay = reader.read([lettered(scene(), "HIKVISION", 300, HEIGHT // 2, 2.0)])
    assert not any("VISION" in line.line.text for line in overlay.lines)


def test_a_clock_is_read_until_two_views_agree(reader: OsdReader) -> None:
    overlay = reader.read([lettered(scene(), "2024-05-14 10:33:20", 20, 34)])
    views = [view.text for view in line_with(overlay, "10:33:20").views]
    assert 2 <= len(views) <= 4
    assert len(set(views)) < len(views)
    assert all(whole(view) for view in views)


def test_older_frames_are_read_at_the_same_places(reader: OsdReader) -> None:
    frames = [
        lettered(lettered(scene(seed), f"2024-05-14 10:33:2{seed}", 20, 34), "Gate 2", 20, HEIGHT - 14)
        for seed in range(3)
    ]
    overlay = reader.read(frames, recorded=True)
    clock, name = line_with(overlay, "10:33:22"), line_with(overlay, "Gate")
    assert [one.text if one else None for one in name.before] == ["Gate 2", "Gate 2"]
    assert [one.text[-2:] if one else None for one in clock.before] == ["20", "21"]


def test_the_answer_does_not_depend_on_what_came_before(reader: OsdReader) -> None:
    frame = lettered(scene(), "2024-05-14 10:33:20", 20, 34)
    first = reader.read([frame])
    reader.read([scene(9)])
    assert reader.read([frame]) == first


def test_frames_of_two_sizes_are_refused(reader: OsdReader) -> None:
    with pytest.raises(ValueError, match="one size"):
        reader.read([scene(), scene()[:-2]])
    with pytest.raises(ValueError, match="one size"):
        reader.read([])


@pytest.mark.parametrize("shape", [(20, 2000), (2000, 20), (95, 400)])
def test_a_strip_of_a_picture_has_no_display(reader: OsdReader, shape: tuple[int, int]) -> None:
    assert reader.read([np.zeros((*shape, 3), np.uint8)]).lines == ()


def test_lines_and_frames_are_bounded() -> None:
    settings = Settings(threads=1, max_osd_lines=1, max_osd_frames=2)
    frugal = osd_reader(*load_text_models(settings), settings)
    frame = lettered(lettered(scene(), "2024-05-14 10:33:20", 20, 34), "Gate 2", 20, HEIGHT - 14)
    overlay = frugal.read([frame] * 5, recorded=True)
    assert overlay.frames == 2
    assert len(overlay.lines) == 1


def test_frames_are_spread_and_the_newest_is_among_them() -> None:
    frames = [np.full((2, 2, 3), number, np.uint8) for number in range(10)]
    assert [int(f[0, 0, 0]) for f in spread(frames, 3)] == [0, 4, 9]
    assert [int(f[0, 0, 0]) for f in spread(frames, 1)] == [9]
    assert len(spread(frames[:2], 3)) == 2
