from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.errors import ErrorCode, ModelError
from edge.vision.runtime import Session
from edge.vision.text_recognition import MAX_WIDTH, MIN_WIDTH, TextRecogniser, alphabet, line_width


class Steps:
    """A session that answers with the class indices it is given, for every line of a batch."""

    def __init__(self, *classes: int) -> None:
        self.classes = classes
        self.batches: list[tuple[int, ...]] = []

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        (batch,) = inputs.values()
        self.batches.append(batch.shape)
        probabilities = np.zeros((len(batch), len(self.classes), 5), np.float32)
        for step, index in enumerate(self.classes):
            probabilities[:, step, index] = 0.8
        return [probabilities]


def recogniser(session: Steps) -> TextRecogniser:
    return TextRecogniser(cast(Session, session), ["a", "b", "c"])


def line(width: int, height: int = 48) -> NDArray[np.uint8]:
    return np.zeros((height, width, 3), np.uint8)


def test_repeats_collapse_unless_a_blank_parts_them() -> None:
    ((text, score),) = recogniser(Steps(1, 1, 0, 1, 2, 2, 4, 3, 0)).read([line(200)])
    assert text == "aab c"
    assert score == pytest.approx(0.8)


def test_nothing_legible_is_an_empty_text() -> None:
    assert recogniser(Steps(0, 0)).read([line(200)]) == [("", 0.0)]


def test_lines_of_like_width_share_a_batch_and_keep_their_places() -> None:
    session = Steps(1)
    texts = recogniser(session).read([line(300)] * 4 + [line(100)] * 5)
    assert [text for text, _ in texts] == ["a"] * 9
    assert [shape[0] for shape in session.batches] == [6, 3]


def test_no_line_means_no_work() -> None:
    session = Steps(1)
    assert recogniser(session).read([]) == []
    assert session.batches == []


def test_width_is_bounded() -> None:
    assert line_width(line(1, 100)) == MIN_WIDTH
    assert line_width(line(5000, 20)) == MAX_WIDTH


def test_an_alphabet_that_does_not_fit_the_model_is_refused() -> None:
    outputs = (SimpleNamespace(shape=(None, None, 5)),)
    good = SimpleNamespace(name="rec", metadata={"character": "a\nb\nc\n"}, outputs=outputs)
    bad = SimpleNamespace(name="rec", metadata={}, outputs=outputs)
    assert alphabet(cast(Session, good)) == ["a", "b", "c"]
    with pytest.raises(ModelError) as caught:
        alphabet(cast(Session, bad))
    assert caught.value.code is ErrorCode.MODEL_BROKEN
