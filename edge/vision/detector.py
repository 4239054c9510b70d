"""Finds camera housings: every view of the plan through the detector, merged into one box a camera."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from queue import Empty, SimpleQueue

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import Box, Housing, Pixels
from edge.settings import Settings
from edge.vision.cascade import Cascade
from edge.vision.loop import InferenceLoop
from edge.vision.manifest import load_manifest
from edge.vision.merging import Sightings, merge, sightings_in_tile
from edge.vision.runtime import GPU_BATCH, ON_GPU, Session, open_session, usable_cores
from edge.vision.sizes import LARGER, detector_size
from edge.vision.tiling import PAD, Plan, plan_tiles

SUSPICION = 0.05
"""The smaller detector's score from which on the larger one looks too: a find of less gets no second look
either."""


class Detector:
    """The detector over one session; safe to call from several threads.

    ``side`` is that of the model's square input in pixels. ``lanes`` tiles are computed at a time, each by
    one call of the session with ``batch`` inputs. With a session of one thread a call this scales better over
    cores than one call with many threads does: the layers of a small network are too short to share.
    """

    def __init__(
        self,
        session: Session | Cascade,
        *,
        side: int,
        min_score: float,
        settings: Settings,
        lanes: int = 1,
        batch: int = 1,
    ) -> None:
        self.session = session
        self.side = side
        self.min_score = min_score
        self._settings = settings
        self._lanes = lanes
        self._batch = batch
        self._pool = ThreadPoolExecutor(lanes - 1, "detector") if lanes > 1 else None
        self._kept = threading.local()

    def plan(self, width: int, height: int, *, tiled: bool = True) -> Plan:
        """What the detector looks at in a picture of that size, in pixels."""
        return plan_tiles(
            width,
            height,
            self.side,
            overlap=self._settings.tile_overlap,
            max_tiles=self._settings.max_tiles if tiled else 1,
        )

    def detect(self, pixels: Pixels, *, min_score: float | None = None, tiled: bool = True) -> list[Housing]:
        """The housings in a picture, best score first, at most ``settings.max_candidates``.

        ``min_score`` replaces the detector's own threshold. The answer depends on nothing but the picture and
        the arguments.

        Raises:
            ModelError: ``model_broken`` if the model cannot run.
        """
        plan = self.plan(pixels.shape[1], pixels.shape[0], tiled=tiled)
        found = merge(
            self.look(plan, pyramid(pixels, plan), self.min_score if min_score is None else min_score)
        )
        best = zip(found.boxes[: self._settings.max_candidates].tolist(), found.scores.tolist(), strict=False)
        return [Housing(Box(*box), min(1.0, score)) for box, score in best]

    def look(self, plan: Plan, levels: list[Pixels], min_score: float) -> list[Sightings]:
        """What each tile of the plan shows, in no particular order."""
        jobs: SimpleQueue[range] = SimpleQueue()
        for first in range(0, len(plan.tiles), self._batch):
            jobs.put(range(first, min(first + self._batch, len(plan.tiles))))
        # The caller is a lane itself: so it never waits for lanes that another picture keeps busy.
        others = min(self._lanes, jobs.qsize()) - 1 if self._pool else 0
        work = [self._help(plan, levels, min_score, jobs) for _ in range(others)]
        seen = self._lane(plan, levels, min_score, jobs)
        return seen + [one for lane in work if not lane.cancel() for one in lane.result()]

    def _help(
        self, plan: Plan, levels: list[Pixels], min_score: float, jobs: SimpleQueue[range]
    ) -> Future[list[Sightings]]:
        assert self._pool is not None
        return self._pool.submit(copy_context().run, self._lane, plan, levels, min_score, jobs)

    def _lane(
        self, plan: Plan, levels: list[Pixels], min_score: float, jobs: SimpleQueue[range]
    ) -> list[Sightings]:
        buffer = self._buffer()
        seen = []
        for tiles in _taken(jobs):
            inputs = fill(buffer, plan, levels, tiles)
            boxes, scores = self.session.run({self.session.inputs[0].name: inputs})
            seen += [
                sightings_in_tile(plan, tile, boxes[row], scores[row], min_score)
                for row, tile in enumerate(tiles)
            ]
        return seen

    def _buffer(self) -> NDArray[np.float32]:
        """One a thread: fetching a new one from the system costs a twelfth of what a tile does."""
        buffer: NDArray[np.float32] | None = getattr(self._kept, "buffer", None)
        if buffer is None:
            buffer = np.empty((self._batch, 3, self.side, self.side), np.float32)
            self._kept.buffer = buffer
        return buffer


def load_detector(settings: Settings, min_score: float, loop: InferenceLoop | None = None) -> Detector:
    """The shipped detector of the size that the settings or the machine ask for, warm, with as many lanes as
    there are cores; its calls go through ``loop``.

    Raises:
        ModelError: see ``open_session``.
    """
    manifest = load_manifest(settings.models_dir)
    entry = manifest.entry("detector")
    smaller = open_session(entry, settings, threads=1, loop=loop)
    session: Session | Cascade = smaller
    if detector_size(settings) == "small":
        larger = open_session(manifest.entry(LARGER), settings, threads=1, loop=loop)
        session = Cascade(smaller, larger, SUSPICION)
    session.warm_up()
    lanes = usable_cores(settings) if session.provider == "cpu" else 1
    batch = GPU_BATCH if session.provider in ON_GPU else 1
    return Detector(
        session, side=entry.integer("input"), min_score=min_score, settings=settings, lanes=lanes, batch=batch
    )


def pyramid(pixels: Pixels, plan: Plan) -> list[Pixels]:
    """The picture at each level of the plan. Each is made from the one before: halving is cheap, and
    averaging twice over two pixels is averaging over four."""
    levels: list[Pixels] = []
    last = pixels
    for level in plan.levels:
        if (level.height, level.width) != last.shape[:2]:
            shrinks = level.width < last.shape[1] or level.height < last.shape[0]
            how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
            last = cv2.resize(last, (level.width, level.height), interpolation=how)
        levels.append(last)
    return levels


def fill(buffer: NDArray[np.float32], plan: Plan, levels: list[Pixels], tiles: range) -> NDArray[np.float32]:
    """Writes tiles into ``buffer`` (N, 3, side, side) as the detector wants them, BGR planes of 0 to 255 with
    ``PAD`` beyond the picture, and returns the part of the buffer that they take."""
    for row, index in enumerate(tiles):
        tile = plan.tiles[index]
        part = levels[tile.level][tile.y0 : tile.y0 + tile.height, tile.x0 : tile.x0 + tile.width]
        if part.shape[:2] != (plan.side, plan.side):
            buffer[row] = PAD
        for plane, channel in zip(buffer[row], cv2.split(part), strict=True):
            plane[: tile.height, : tile.width] = channel
    return buffer[: len(tiles)]


def _taken(jobs: SimpleQueue[range]) -> Iterator[range]:
    while True:
        try:
            yield jobs.get_nowait()
        except Empty:
            return
