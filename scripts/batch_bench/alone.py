"""The bare work in a photo, each kind alone and with every core full."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar
from unittest.mock import patch

import cv2
import numpy as np

from edge.domain import Picture
from edge.identify import Identifier
from edge.vision.finder import HousingFinder
from edge.vision.loop import Call, InferenceLoop, Inputs, Outputs

Piece = TypeVar("Piece")
_MAX_RECORDED = 1 << 30
"""Bytes of inputs that are kept to be run again."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds a photo, of wall clock and of processor."""

    wall: float
    cpu: float

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.wall + other.wall, self.cpu + other.cpu)

    @property
    def cores(self) -> float:
        return self.cpu / self.wall


def timed(work: Callable[[], object], photos: int) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost((time.perf_counter() - wall) / photos, (time.process_time() - cpu) / photos)


def side_by_side(
    work: Callable[[Piece], object], pieces: Iterable[Piece], cores: int
) -> Callable[[], object]:
    def run() -> None:
        with ThreadPoolExecutor(cores) as pool:
            for _ in pool.map(work, pieces):
                pass

    return run


def decoding(jpegs: list[bytes], cores: int) -> Cost:
    """``cv2.imdecode`` of the bytes in memory."""
    return timed(side_by_side(_imdecode, jpegs, cores), len(jpegs))


def detection(finder: HousingFinder, pictures: list[Picture], score: float, cores: int) -> Cost:
    """The search for housings in pictures that are decoded already."""
    return timed(side_by_side(lambda one: finder.find(one.pixels, score), pictures, cores), len(pictures))


def answers(identifier: Identifier, pictures: list[Picture], cores: int) -> Cost:
    """The whole answer about pictures that are decoded already."""
    return timed(side_by_side(identifier.photo, pictures, cores), len(pictures))


def networks(identifier: Identifier, pictures: list[Picture], cores: int) -> Cost:
    """Every call of every model that the answers take, from inputs that are ready, without the loop; of as
    many of ``pictures`` as fit into memory."""
    recorder = _Recorder(identifier.loop)
    photos = 0
    with patch.object(identifier.loop, "run", recorder.run):
        for picture in pictures:
            identifier.photo(picture)
            photos += 1
            if recorder.held > _MAX_RECORDED:
                break
    return timed(side_by_side(lambda one: one[0](one[1]), recorder.calls, cores), photos)


class _Recorder:
    def __init__(self, loop: InferenceLoop) -> None:
        self._run = loop.run
        self.calls: list[tuple[Call, Inputs]] = []
        self.held = 0

    def run(self, key: Hashable, call: Call, inputs: Inputs, cores: int) -> Outputs:
        kept = {name: array.copy() for name, array in inputs.items()}  # buffers are used again
        self.calls.append((call, kept))
        self.held += sum(array.nbytes for array in kept.values())
        return self._run(key, call, inputs, cores)


def _imdecode(jpeg: bytes) -> None:
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) is not None
