"""Two detectors as one: who is asked about which view, and what the mean of their answers is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pytest
from numpy.typing import NDArray

from edge.vision.cascade import Cascade, averaged
from edge.vision.runtime import Session, TensorSpec

SPEC = TensorSpec("images", np.float32, (1, 3, 4, 4))


class Fake:
    """Answers every view with ``scores`` and one box; counts the views that it was shown."""

    def __init__(self, scores: list[float], box: tuple[float, ...] = (0, 0, 10, 10), name: str = "images"):
        self.inputs = (TensorSpec(name, np.float32, SPEC.shape),)
        self.provider = "cpu"
        self.scores, self.box = scores, box
        self.shown: list[NDArray[Any]] = []

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> list[NDArray[Any]]:
        views = inputs[self.inputs[0].name]
        self.shown.append(views.copy())
        boxes = np.tile(np.array(self.box, np.float32), (len(views), 1, 1))
        # A view's brightness stands for what is in it.
        return [boxes, np.array([[self.scores[int(view.max())]] for view in views], np.float32)]


def cascade(first: Fake, second: Fake) -> Cascade:
    return Cascade(cast(Session, first), cast(Session, second), 0.05)


def views(*brightness: int) -> dict[str, NDArray[np.float32]]:
    return {"images": np.stack([np.full((3, 4, 4), value, np.float32) for value in brightness])}


def test_only_suspicious_views_are_looked_at_twice() -> None:
    first, second = Fake([0.01, 0.5]), Fake([0.9, 0.9], name="pictures")
    boxes, scores = cascade(first, second).run(views(0, 1, 0))
    assert [len(shown) for shown in second.shown] == [1]
    assert second.shown[0].max() == 1
    assert scores[0, 0] == scores[2, 0] == np.float32(0.01)
    assert scores[1, 0] == pytest.approx(0.75)  # log odds of 0.5 and 0.9: the odds are 1, 9 and, between, 3
    assert boxes.shape == (3, 1, 4)


def test_where_nothing_is_suspected_the_second_is_not_asked() -> None:
    second = Fake([0.9])
    cascade(Fake([0.049]), second).run(views(0, 0))
    assert second.shown == []


def test_the_suspicion_itself_is_enough() -> None:
    second = Fake([0.9])
    cascade(Fake([0.05]), second).run(views(0))
    assert len(second.shown) == 1


def test_views_one_by_one_or_together_give_the_same() -> None:
    pair = cascade(Fake([0.01, 0.5, 0.7]), Fake([0.9, 0.2, 0.4], (2, 2, 8, 8)))
    together = pair.run(views(0, 1, 2))
    for row in range(3):
        for one, all_of_them in zip(pair.run(views(row)), together, strict=True):
            assert np.array_equal(one[0], all_of_them[row])


def test_boxes_go_to_the_surer_one() -> None:
    one, other = np.array([[0, 0, 10, 10]], np.float32), np.array([[4, 4, 14, 14]], np.float32)
    sure, unsure = np.array([0.9], np.float32), np.array([0.1], np.float32)
    even, _ = averaged(one, sure, other, sure)
    assert even == pytest.approx(np.array([[2, 2, 12, 12]]))
    near, score = averaged(one, sure, other, unsure)
    assert near[0, 0] < 0.1
    assert score == pytest.approx([0.5])


def test_the_mean_of_two_answers_does_not_depend_on_their_order() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.uniform(0, 9, (2, 50, 4)).astype(np.float32)
    sure, unsure = rng.uniform(0, 1, (2, 50)).astype(np.float32)
    forth, back = averaged(one, sure, other, unsure), averaged(other, unsure, one, sure)
    assert forth[0] == pytest.approx(back[0], abs=1e-4)
    assert forth[1] == pytest.approx(back[1])


def test_scores_of_nought_and_one_stay_finite() -> None:
    box = np.zeros((1, 4), np.float32)
    for score in ((0.0, 1.0), (0.0, 0.0), (1.0, 1.0)):
        _, mean = averaged(box, np.array(score[:1], np.float32), box, np.array(score[1:], np.float32))
        assert np.isfinite(mean).all()
        assert 0 <= mean[0] <= 1
