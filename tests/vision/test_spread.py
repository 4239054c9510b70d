from __future__ import annotations

from edge.vision.spread import Spread, SpreadCounter


def test_each_value_is_counted_at_the_first_step_that_holds_it() -> None:
    counter = SpreadCounter((1, 2, 4))
    for value in (0, 1, 1.5, 4, 5):
        counter.add(value)
    assert counter.spread() == Spread((1, 2, 4), (2, 1, 1, 1), 11.5)


def test_what_was_given_out_does_not_change() -> None:
    counter = SpreadCounter((1,))
    before = counter.spread()
    counter.add(1)
    assert before == Spread((1,), (0, 0), 0)
