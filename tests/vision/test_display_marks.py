"""Marks of displays over frames, with a finder and a network of our own, and with the shipped ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.domain import Box, Pixels, TextLine
from edge.settings import Settings
from edge.vision.display_marks import DisplayMarks, load_display_marks
from edge.vision.embedding import Embedder, display_strip
from edge.vision.gallery import Gallery, load_gallery
from edge.vision.manifest import load_manifest
from edge.vision.mark_finder import MarkFinder

GALLERY = Gallery(np.eye(2, dtype=np.float32), ("axis", "dahua"))
PLACE = Box(16, 16, 80, 40)


class Places:
    """A finder's network that answers one box in the upper left corner, or none."""

    def __init__(self, box: Box | None) -> None:
        self.box = box

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        count, _, height, width = inputs["corners"].shape
        answer = np.zeros((count, 5, height // 8, width // 8), np.float32)
        if self.box is not None:
            answer[0, :, 0, 0] = (0.9, *self.box.as_tuple())
        return [answer]


class Sides:
    """An embedding of how bright the left and the right half of a strip are."""

    def __init__(self) -> None:
        self.asked = 0

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        strips = inputs["crops"].astype(np.float32)
        self.asked += len(strips)
        half = strips.shape[-1] // 2
        return [np.stack([strips[..., :half].mean((1, 2, 3)), strips[..., half:].mean((1, 2, 3))], 1)]


def frame(bright: str) -> Pixels:
    pixels = np.zeros((240, 320, 3), np.uint8)
    pixels[16:40, 16:48] = 255 if bright == "left" else 0
    pixels[16:40, 48:80] = 255 if bright == "right" else 0
    return pixels


def marks(box: Box | None, network: Sides | None = None) -> DisplayMarks:
    return DisplayMarks(MarkFinder(Places(box)), Embedder(network or Sides(), display_strip))


def line(text: str) -> TextLine:
    return TextLine(text, 0.9, PLACE, PLACE.height)


def test_what_the_finder_found_is_compared() -> None:
    (match,) = marks(PLACE).matches([frame("left")], [], GALLERY)
    assert match.brand == "axis"
    assert match.box == PLACE
    assert match.similarity > 0.9


def test_a_line_in_the_same_place_is_one_region_with_it() -> None:
    assert len(marks(PLACE).matches([frame("left")], [line("AXIS")], GALLERY)) == 1
    assert len(marks(None).matches([frame("left")], [line("AXIS")], GALLERY)) == 1


def test_clocks_are_not_compared() -> None:
    network = Sides()
    assert marks(None, network).matches([frame("left")], [line("2024-05-14")], GALLERY) == []
    assert network.asked == 0


def test_what_changes_from_frame_to_frame_is_less_alike() -> None:
    still = marks(PLACE).matches([frame("right"), frame("right")], [], GALLERY)
    moving = marks(PLACE).matches([frame("left"), frame("right")], [], GALLERY)
    assert still[0].similarity > 0.9
    assert moving[0].similarity < 0.7


@pytest.mark.parametrize(("text", "brand"), [("hikvision", "hikvision"), ("Reolink", "reolink")])
def test_the_shipped_networks_know_a_makers_name_in_plain_letters(text: str, brand: str) -> None:
    settings = Settings(threads=1)
    gallery = load_gallery(load_manifest(settings.models_dir).entry("display_gallery"))
    picture = np.full((720, 1280, 3), 96, np.uint8)
    cv2.putText(picture, text, (1060, 690), cv2.FONT_HERSHEY_DUPLEX, 1.1, (255, 255, 255), 2, cv2.LINE_AA)
    found = load_display_marks(settings, threads=1).matches([picture], [], gallery)
    assert max(found, key=lambda match: match.similarity).brand == brand
