"""The inference loop: fair, bounded by cores, joined where that pays, and the same answers under load."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context

import numpy as np
import pytest

from edge.settings import load_settings
from edge.vision.detector import load_detector
from edge.vision.loop import InferenceLoop, Inputs, Outputs, StaleError

WAIT_S = 10.0


class Model:
    """Doubles its input; each call waits until it is let go, and is written down."""

    def __init__(self) -> None:
        self.calls: list[int] = []
        self.values: list[float] = []
        self.entered = threading.Semaphore(0)
        self.go = threading.Semaphore(0)

    def __call__(self, inputs: Inputs) -> Outputs:
        array = inputs["x"]
        self.calls.append(array.shape[0])
        self.values.append(float(array.flat[0]))
        self.entered.release()
        assert self.go.acquire(timeout=WAIT_S)
        return [array * 2]

    def let_go(self, calls: int = 1) -> None:
        self.go.release(calls)

    def await_entered(self) -> None:
        assert self.entered.acquire(timeout=WAIT_S)


class Crowd:
    """Threads that ask the loop on behalf of sources."""

    def __init__(self, loop: InferenceLoop) -> None:
        self._loop = loop
        self._pool = ThreadPoolExecutor(16)
        self._asked = 0

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown()

    def ask(self, source: str, model: Model, value: float, cores: int = 1, rows: int = 1) -> Future[Outputs]:
        """A call that the loop has taken note of: it runs, or it waits."""
        future = self._pool.submit(self._work, source, model, value, cores, rows)
        self._asked += 1
        self.until(lambda: self._taken() == self._asked)
        return future

    def _work(self, source: str, model: Model, value: float, cores: int, rows: int) -> Outputs:
        with self._loop.turn(source):
            return self._loop.run(model, model, {"x": np.full((rows, 2), value, np.float32)}, cores)

    def _taken(self) -> int:
        statistics = self._loop.statistics()
        return statistics.waiting + statistics.running + statistics.calls + statistics.rides

    @staticmethod
    def until(condition: Callable[[], bool]) -> None:
        pause = threading.Event()
        for _ in range(int(WAIT_S / 0.002)):
            if condition():
                return
            pause.wait(0.002)
        raise AssertionError("the loop never got there")


class Ticks:
    """A clock that moves one second at each look."""

    def __init__(self) -> None:
        self._now = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> float:
        with self._lock:
            self._now += 1.0
            return self._now


def test_a_call_alone_goes_straight_through() -> None:
    loop = InferenceLoop(2)
    (doubled,) = loop.run("m", lambda inputs: [inputs["x"] * 2], {"x": np.ones((3, 2), np.float32)})
    assert doubled.tolist() == [[2, 2]] * 3
    statistics = loop.statistics()
    assert (statistics.calls, statistics.rides, statistics.waiting, statistics.running) == (1, 0, 0, 0)
    assert (statistics.rows.total, sum(statistics.rows.counts), sum(statistics.waits.counts)) == (3, 1, 1)


def test_who_has_had_least_is_next_and_not_who_asked_first() -> None:
    loop, model = InferenceLoop(1, seconds=Ticks()), Model()
    with Crowd(loop) as crowd, loop.turn("photo"):
        first = crowd.ask("photo", model, 1)
        model.await_entered()
        photo = [crowd.ask("photo", model, 10 + n) for n in range(3)]
        stream = crowd.ask("stream", model, 2)
        model.let_go(5)
        for one in (first, stream, *photo):
            one.result(WAIT_S)
    assert model.values[:2] == [1, 2]


def test_a_newcomer_has_no_credit_from_its_absence() -> None:
    loop = InferenceLoop(1, seconds=Ticks())
    double = {"x": np.ones((1, 1), np.float32)}
    with loop.turn("old"):
        for _ in range(5):
            loop.run("m", lambda inputs: [inputs["x"]], double)
        with loop.turn("new"):
            loop.run("m", lambda inputs: [inputs["x"]], double)
            shares = {source: share.had for source, share in loop._shares.items()}
    assert shares["new"] >= shares["old"] - 1


def test_no_more_cores_are_given_than_there_are_and_a_wide_call_waits_for_all() -> None:
    loop, narrow, wide = InferenceLoop(2), Model(), Model()
    with Crowd(loop) as crowd:
        first = crowd.ask("a", narrow, 1)
        narrow.await_entered()
        broad = crowd.ask("b", wide, 2, cores=8)
        late = crowd.ask("c", narrow, 3)
        assert wide.calls == []  # one of two cores is taken
        assert narrow.calls == [1]  # and nobody overtakes the wide one for ever
        narrow.let_go()
        wide.await_entered()
        assert narrow.calls == [1]
        wide.let_go()
        narrow.let_go()
        results = [one.result(WAIT_S)[0].max() for one in (first, broad, late)]
    assert results == [2, 4, 6]


def test_calls_of_one_shape_ride_together_and_each_gets_its_own_back() -> None:
    loop, model = InferenceLoop(1, batch=3), Model()
    with Crowd(loop) as crowd:
        first = crowd.ask("a", model, 1)
        model.await_entered()
        others = [crowd.ask(source, model, value) for source, value in (("b", 2), ("c", 3), ("d", 4))]
        model.let_go(3)
        results = [one.result(WAIT_S)[0].tolist() for one in (first, *others)]
    assert results == [[[2, 2]], [[4, 4]], [[6, 6]], [[8, 8]]]
    assert model.calls == [1, 3]
    statistics = loop.statistics()
    assert statistics.rides == 2
    assert (statistics.rows.counts[0], statistics.rows.counts[2]) == (1, 1)  # 1 row; 3 or 4 rows
    assert sum(statistics.waits.counts) == 4


def test_other_shapes_do_not_ride() -> None:
    loop, model = InferenceLoop(1, batch=8), Model()
    with Crowd(loop) as crowd:
        first = crowd.ask("a", model, 1)
        model.await_entered()
        plain = crowd.ask("b", model, 2)
        tall = crowd.ask("c", model, 3, rows=8)  # fills a call of its own
        model.let_go(3)
        assert tall.result(WAIT_S)[0].shape == (8, 2)
        assert first.result(WAIT_S)[0].shape == plain.result(WAIT_S)[0].shape == (1, 2)
    assert sorted(model.calls) == [1, 1, 8]


def test_an_error_reaches_all_that_rode_along_and_the_loop_goes_on() -> None:
    loop = InferenceLoop(1)

    def broken(inputs: Inputs) -> Outputs:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        loop.run("m", broken, {"x": np.ones((1, 1), np.float32)})
    assert loop.run("m", lambda inputs: [inputs["x"]], {"x": np.ones((1, 1), np.float32)})[0].sum() == 1


def test_a_newer_frame_takes_the_place_of_an_older_one() -> None:
    loop, model = InferenceLoop(1), Model()
    array = {"x": np.ones((1, 1), np.float32)}
    with loop.turn("camera", newest_wins=True), loop.turn("camera", newest_wins=True):
        pass
    with loop.turn("camera", newest_wins=True):
        old = copy_context()
        with loop.turn("camera", newest_wins=True):
            with pytest.raises(StaleError):
                old.run(loop.run, "m", model, array)
            model.let_go()
            loop.run("m", model, array)
    assert loop.statistics().dropped == {"superseded": 1}


def test_a_waiting_call_about_an_old_frame_is_called_off() -> None:
    loop, model = InferenceLoop(1), Model()
    with Crowd(loop) as crowd:
        busy = crowd.ask("photo", model, 1)
        model.await_entered()
        with loop.turn("camera", newest_wins=True):
            context = copy_context()
            with ThreadPoolExecutor(1) as pool:
                waiting = pool.submit(context.run, loop.run, "m", model, {"x": np.ones((1, 2), np.float32)})
                crowd.until(lambda: loop.statistics().waiting == 1)
                with loop.turn("camera", newest_wins=True), pytest.raises(StaleError):
                    waiting.result(WAIT_S)
        model.let_go()
        busy.result(WAIT_S)


def test_nothing_is_kept_of_sources_that_have_left() -> None:
    loop = InferenceLoop(2)
    for number in range(50):
        with loop.turn(f"photo {number}", newest_wins=number % 2 == 0):
            loop.run("m", lambda inputs: [inputs["x"]], {"x": np.ones((1, 1), np.float32)})
    assert loop._shares == {}
    assert loop._newest == {}


def test_pictures_through_one_loop_at_a_time_and_all_at_once_give_the_same_boxes() -> None:
    settings = load_settings()
    random = np.random.default_rng(7)
    pictures = [random.integers(0, 256, (300, 400 + 700 * (n % 2), 3), np.uint8) for n in range(4)]
    detector = load_detector(settings, 0.001, InferenceLoop(2))
    alone = [detector.detect(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(detector.detect, pictures))
    assert together == alone
