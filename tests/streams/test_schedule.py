from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.streams.schedule import Schedule


def test_who_has_been_due_longest_comes_first() -> None:
    schedule = Schedule()
    for stream, due in (("b", 2.0), ("a", 1.0), ("c", 3.0)):
        schedule.put(stream, due)
    assert schedule.pop(2.5) == ("a", 1.0)
    assert schedule.pop(2.5) == ("b", 2.0)
    assert schedule.pop(2.5) is None
    assert schedule.next_due() == 3.0


def test_a_new_time_takes_the_place_of_the_old_one() -> None:
    schedule = Schedule()
    schedule.put("a", 1.0)
    schedule.put("a", 5.0)
    assert schedule.pop(2.0) is None
    assert schedule.pop(5.0) == ("a", 5.0)
    assert schedule.next_due() is None


def test_what_was_removed_is_not_due() -> None:
    schedule = Schedule()
    schedule.put("a", 1.0)
    schedule.remove("a")
    schedule.remove("never-there")
    assert schedule.pop(2.0) is None
    assert "a" not in schedule


def test_replaced_times_do_not_add_up() -> None:
    schedule = Schedule()
    for number in range(10_000):
        schedule.put("a", float(number))
    assert len(schedule._heap) < 100
    assert len(schedule) == 1


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.floats(0, 100)), max_size=60))
def test_each_stream_comes_up_once_at_its_newest_time(puts: list[tuple[str, float]]) -> None:
    schedule = Schedule()
    for stream, due in puts:
        schedule.put(stream, due)
    popped = []
    while (item := schedule.pop(100.0)) is not None:
        popped.append(item)
    assert sorted(popped) == sorted(dict(puts).items())
    assert [due for _, due in popped] == sorted(due for _, due in popped)
