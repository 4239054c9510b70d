"""What a straightened line of lettering says: the text recogniser and its greedy CTC decoding."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.domain import Pixels
from edge.errors import ErrorCode, ModelError
from edge.vision.runtime import Session

INPUT = "x"
HEIGHT = 48
"""Pixels; the network knows no other height."""
STEP = 32
MIN_WIDTH = 96
MAX_WIDTH = 576
"""Longer lines are squeezed: a mark is one or two words."""
BATCH = 6


class TextRecogniser:
    def __init__(self, session: Session, characters: Sequence[str]) -> None:
        """``characters`` are those of the model, in the order of its classes, without blank and space
        (``alphabet`` finds them in the file)."""
        self._session = session
        self._alphabet = ("", *characters, " ")

    def read(self, lines: Sequence[Pixels]) -> list[tuple[str, float]]:
        """Text and mean character probability of each line; ``("", 0.0)`` where nothing is legible."""
        order = sorted(range(len(lines)), key=lambda index: (line_width(lines[index]), index))
        texts: list[tuple[str, float]] = [("", 0.0)] * len(lines)
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            probabilities = self._session.run({INPUT: _batch([lines[index] for index in chosen])})[0]
            for index, steps in zip(chosen, probabilities, strict=True):
                texts[index] = self._decode(steps)
        return texts

    def _decode(self, steps: NDArray[np.float32]) -> tuple[str, float]:
        best = steps.argmax(axis=1)
        kept = best != 0
        kept[1:] &= best[1:] != best[:-1]
        if not kept.any():
            return "", 0.0
        text = "".join(self._alphabet[int(index)] for index in best[kept])
        return text.strip(), float(np.clip(steps.max(axis=1)[kept].mean(), 0.0, 1.0))


def alphabet(session: Session) -> list[str]:
    """The characters that the exporter wrote into the model file, one a line.

    Raises:
        ModelError: ``model_broken`` if there are none, or not as many as the model has classes.
    """
    characters = session.metadata.get("character", "").split("\n")
    while characters and not characters[-1]:
        characters.pop()
    classes = session.outputs[0].shape[-1]
    if classes is not None and len(characters) + 2 != classes:
        raise ModelError(
            ErrorCode.MODEL_BROKEN, f"The model {session.name} has no alphabet for {classes} classes."
        )
    return characters


def line_width(line: Pixels) -> int:
    """Width in pixels at which the network sees the line."""
    width = round(HEIGHT * line.shape[1] / line.shape[0] / STEP) * STEP
    return int(np.clip(width, MIN_WIDTH, MAX_WIDTH))


def _batch(lines: Sequence[Pixels]) -> NDArray[np.float32]:
    width = max(line_width(line) for line in lines)
    batch = np.zeros((len(lines), 3, HEIGHT, width), np.float32)
    for row, line in zip(batch, lines, strict=True):
        natural = max(1, min(width, round(HEIGHT * line.shape[1] / line.shape[0])))
        shrinks = line.shape[0] > HEIGHT
        sized = cv2.resize(
            line, (natural, HEIGHT), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
        )
        row[:, :, :natural] = sized.transpose(2, 0, 1) / 127.5 - 1.0
    return batch
