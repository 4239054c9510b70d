"""Models that have nothing to do give memory back, once, and go on as before."""

from __future__ import annotations

from edge.service.resting import Resting
from edge.vision.loop import InferenceLoop


def test_it_rests_once_after_a_while_without_calls() -> None:
    loop, rests = InferenceLoop(1), list[int]()
    loop.at_rest(lambda: rests.append(1))
    resting = Resting(lambda: loop)
    resting.once()
    assert not rests, "nothing was asked yet"
    loop.run("a", lambda _: [], {})
    resting.once()
    assert not rests, "something was asked since the last look"
    resting.once()
    resting.once()
    assert len(rests) == 1


def test_without_models_there_is_nothing_to_do() -> None:
    Resting(lambda: None).once()
