"""Embeddings of crops: marks and housings become unit vectors that are close where they show the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import Pixels
from edge.settings import Settings
from edge.vision.loop import InferenceLoop
from edge.vision.runtime import load_manifest, open_session

Vectors = NDArray[np.float32]
"""Shape (count, dimensions), each row of unit length."""

MARK_HEIGHT, MARK_WIDTH = 64, 160
"""Size in pixels at which a mark is embedded: wide, for most are words."""
DISPLAY_WIDTH = 256
"""Width at which a mark of a display is embedded: small wordmarks keep all rows of their letters."""
BATCH = 16


class Runs(Protocol):
    """The part of a session that embedding needs."""

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]: ...


class Embedder:
    """``prepare`` turns one crop into the network's input without the batch axis; ``input_name`` is the
    network's input, and its output number ``output`` the embedding (N, D)."""

    def __init__(
        self,
        session: Runs,
        prepare: Callable[[Pixels], NDArray[Any]],
        *,
        input_name: str = "crops",
        output: int = 0,
    ) -> None:
        self._session = session
        self._prepare = prepare
        self._input_name = input_name
        self._output = output

    def embed(self, crops: Sequence[Pixels]) -> Vectors:
        """Unit vectors (N, D) of BGR crops of any size; (0, 0) for no crops.

        Raises:
            ModelError: ``model_broken``, if the network cannot run.
        """
        parts = []
        for start in range(0, len(crops), BATCH):
            batch = np.stack([self._prepare(crop) for crop in crops[start : start + BATCH]])
            parts.append(self._session.run({self._input_name: batch})[self._output])
        return unit(np.concatenate(parts)) if parts else np.zeros((0, 0), np.float32)


def load_mark_embedder(
    settings: Settings, threads: int | None = None, loop: InferenceLoop | None = None
) -> Embedder:
    """The shipped network for marks.

    Raises:
        ModelError: see ``open_session``.
    """
    entry = load_manifest(settings.models_dir).entry("embedding")
    return Embedder(open_session(entry, settings, threads=threads, loop=loop), mark_strip)


def load_display_embedder(
    settings: Settings, threads: int | None = None, loop: InferenceLoop | None = None
) -> Embedder:
    """The shipped network for marks that were drawn over a picture.

    Raises:
        ModelError: see ``open_session``.
    """
    entry = load_manifest(settings.models_dir).entry("display_embedding")
    return Embedder(open_session(entry, settings, threads=threads, loop=loop), display_strip)


def unit(vectors: NDArray[Any]) -> Vectors:
    """Each row scaled to length 1; a row of zeros stays one."""
    rows = vectors.reshape(len(vectors), -1).astype(np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Vectors = rows / np.maximum(lengths, np.float32(1e-12))
    return scaled


def mark_strip(crop: Pixels, long: int = MARK_WIDTH) -> NDArray[np.uint8]:
    """A mark as the network wants it: grey, contrast stretched, letterboxed with the colour of its rim.

    uint8, shape (1, ``MARK_HEIGHT``, ``long``). Colour and contrast of a mark vary with the housing
    that it stands on and say little of whose it is.
    """
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    scale = min(MARK_HEIGHT / grey.shape[0], long / grey.shape[1])
    width = min(long, max(1, round(grey.shape[1] * scale)))
    height = min(MARK_HEIGHT, max(1, round(grey.shape[0] * scale)))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    sized = _stretched(cv2.resize(grey, (width, height), interpolation=way))
    rim = int(np.median(np.concatenate([sized[0], sized[-1], sized[:, 0], sized[:, -1]])))
    strip = np.full((1, MARK_HEIGHT, long), rim, np.uint8)
    top, left = (MARK_HEIGHT - height) // 2, (long - width) // 2
    strip[0, top : top + height, left : left + width] = sized
    return strip


def display_strip(crop: Pixels) -> NDArray[np.uint8]:
    """``mark_strip`` for the network of displays."""
    return mark_strip(crop, DISPLAY_WIDTH)


def _stretched(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The darkest and brightest hundredth pulled to black and white, at most eightfold: noise is no mark."""
    low, high = np.percentile(grey, (1, 99))
    centre, reach = (low + high) / 2, max((high - low) / 2, 16.0)
    stretched: NDArray[np.uint8] = np.clip(
        (grey.astype(np.float32) - centre) / reach * 127.5 + 127.5, 0, 255
    ).astype(np.uint8)
    return stretched
