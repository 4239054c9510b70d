"""The inference loop: every call of every model, from photos, streams and batches, meets here.

A call holds as many of the machine's cores as the session uses threads, and whoever has had least so far is
granted next: so a photo of 50 megapixels, which is hundreds of short calls, delays a stream's look by one
call and not by all of them. Waiting changes when an answer comes, never what it is.

Where cores are free a call runs in the thread that asks for it. Where it has to wait, a lane of the loop runs
it, which goes from call to call without sleeping: waking the asker instead put two calls on one core often
enough to cost a fifth of the throughput.

Where several inputs a call pay (``batch`` above 1: GPUs), calls of the same model with inputs of the same
shape ride together. The loop knows nothing of what the models mean.
"""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.vision.spread import Spread, SpreadCounter

Inputs = Mapping[str, NDArray[Any]]
Outputs = list[NDArray[Any]]
Call = Callable[[Inputs], Outputs]

ANYBODY = "anybody"
"""Who asks if nobody said so: such calls share one share."""
_LANE_IDLE_S = 5.0
_SUPERSEDED = "superseded"
_WAIT_STEPS = (0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 5.0, 20.0)
_ROW_STEPS = (1, 2, 4, 8, 16, 32)


class StaleError(Exception):
    """The work is about a frame that a newer one of the same stream has taken the place of."""


@dataclass(eq=False, slots=True)
class Turn:
    """One piece of work of one source: a photo, a look at a stream."""

    source: Hashable
    stale: bool = False


@dataclass(frozen=True, slots=True)
class LoopStatistics:
    """``calls`` of models, ``rides`` of calls that joined another one, and ``core_seconds``, all since the
    start; ``rows`` are the inputs of each call, ``waits`` the seconds that each call and ride waited;
    ``dropped`` pieces of work by cause; calls ``running`` and ``waiting`` now."""

    calls: int
    rides: int
    core_seconds: float
    rows: Spread
    waits: Spread
    dropped: Mapping[str, int]
    running: int
    waiting: int


@dataclass(eq=False, slots=True)
class _Request:
    key: Hashable
    inputs: Inputs
    rows: int
    cores: int
    turn: Turn
    asked: float
    ready: threading.Event = field(default_factory=threading.Event)
    company: list[_Request] = field(default_factory=list)
    outputs: Outputs | None = None
    error: BaseException | None = None
    call: Call | None = None
    own: bool = False
    """Whether the asker runs it itself."""


@dataclass(eq=False, slots=True)
class _Share:
    """What one source has had so far, in core seconds, and what it waits for."""

    had: float
    waiting: deque[_Request] = field(default_factory=deque)
    turns: int = 0


class InferenceLoop:
    """Grants ``cores`` to calls, fairly between sources; ``batch`` is the most inputs of one call."""

    def __init__(self, cores: int, batch: int = 1, seconds: Callable[[], float] = time.perf_counter) -> None:
        self.cores = cores
        self.batch = batch
        self._seconds = seconds
        self._lock = threading.Lock()
        self._free = cores
        self._shares: dict[Hashable, _Share] = {}
        self._newest: dict[Hashable, Turn] = {}
        self._floor = 0.0
        self._counts: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter({_SUPERSEDED: 0})
        self._core_seconds = 0.0
        self._waits, self._rows = SpreadCounter(_WAIT_STEPS), SpreadCounter(_ROW_STEPS)
        self._running = 0
        self._granted: deque[_Request] = deque()
        self._lanes = 0
        self._sleeping = 0
        self._to_do = threading.Condition(self._lock)
        self._at_rest: list[Callable[[], None]] = []

    @contextmanager
    def turn(self, source: Hashable, *, newest_wins: bool = False) -> Iterator[Turn]:
        """All calls inside, in this thread or with a copy of its context, are on ``source``'s account.

        With ``newest_wins`` a later turn of the same source makes this one stale: its next call raises. So
        a look at a camera whose address was changed meanwhile takes no core from the look at the new one.

        Raises:
            StaleError: out of a call inside, see above; counted under ``superseded``.
        """
        turn = Turn(source)
        with self._lock:
            self._share(source).turns += 1
            if newest_wins:
                self._make_stale(source)
                self._newest[source] = turn
        token = _TURN.set(turn)
        try:
            yield turn
        finally:
            _TURN.reset(token)
            with self._lock:
                self._leave(turn)

    @contextmanager
    def account(self) -> Iterator[None]:
        """The turn that the caller is in, or one of its own: for work that may come from anywhere."""
        if _TURN.get() is not None:
            yield
        else:
            with self.turn(object()):
                yield

    def run(self, key: Hashable, call: Call, inputs: Inputs, cores: int = 1) -> Outputs:
        """``call(inputs)``, once it is this source's turn. Calls with the same ``key`` may be joined along
        the first axis of every input and output if ``batch`` allows; ``cores`` is what one call keeps busy.

        Raises:
            StaleError: see ``turn``.
            Exception: what ``call`` raises.
        """
        turn = _TURN.get() or Turn(ANYBODY)
        request = _Request(key, inputs, _rows(inputs), min(cores, self.cores), turn, self._seconds())
        with self._lock:
            if turn.stale:
                raise self._drop()
            request.call = call
            self._share(turn.source).waiting.append(request)
            self._grant(asker=request)
            self._wake_lanes()
        if request.own:
            self._lead(request)
        else:
            request.ready.wait()
        if request.error is not None:
            raise request.error
        assert request.outputs is not None
        return request.outputs

    def at_rest(self, work: Callable[[], None]) -> None:
        """``rest`` does ``work`` from now on."""
        self._at_rest.append(work)

    def rest(self) -> None:
        """For an owner that has had nothing to do for a while: the models give back what they do not need."""
        for work in tuple(self._at_rest):
            work()

    def statistics(self) -> LoopStatistics:
        with self._lock:
            return LoopStatistics(
                calls=self._counts["calls"],
                rides=self._counts["rides"],
                core_seconds=self._core_seconds,
                rows=self._rows.spread(),
                waits=self._waits.spread(),
                dropped=dict(self._dropped),
                running=self._running,
                waiting=sum(len(share.waiting) for share in self._shares.values()),
            )

    def _lead(self, request: _Request, lane: bool = False) -> _Request | None:
        """Runs a granted request; a lane gets the next one that is granted by its end, if there is one."""
        assert request.call is not None
        together = [request, *request.company]
        begun = self._seconds()
        try:
            _hand_out(together, request.call(_joined(together)))
        except BaseException as error:
            for one in together:
                one.error = error
        with self._lock:
            self._settle(together, begun)
            after = self._granted.popleft() if lane and self._granted else None
            self._wake_lanes()
        for one in together:
            one.ready.set()
        return after

    def _wake_lanes(self) -> None:
        for _ in range(len(self._granted) - self._sleeping):
            if self._lanes < self.cores:
                self._lanes += 1
                threading.Thread(target=self._lane, name="inference", daemon=True).start()
        self._to_do.notify(len(self._granted))

    def _lane(self) -> None:
        """Runs what is granted; ends when nothing was for a while."""
        request: _Request | None = None
        while True:
            with self._lock:
                if request is None:
                    self._sleeping += 1
                    self._to_do.wait_for(lambda: bool(self._granted), _LANE_IDLE_S)
                    self._sleeping -= 1
                    if not self._granted:
                        self._lanes -= 1
                        return
                    request = self._granted.popleft()
            request = self._lead(request, lane=True)

    def _settle(self, together: Sequence[_Request], begun: float) -> None:
        spent = (self._seconds() - begun) * together[0].cores
        rows = sum(one.rows for one in together)
        self._free += together[0].cores
        self._running -= len(together)
        self._core_seconds += spent
        self._counts.update(calls=1, rides=len(together) - 1)
        self._rows.add(rows)
        for one in together:
            self._waits.add(begun - one.asked)
            share = self._shares.get(one.turn.source)
            if share is not None:
                share.had += spent * one.rows / rows
                self._forget_if_idle(one.turn.source, share)
        self._grant()

    def _grant(self, asker: _Request | None = None) -> None:
        """Starts what may start: the asker's own request in its thread, others in lanes. A call that needs
        more cores than are free is waited for, or wide calls would never come to their turn."""
        while (source := self._next()) is not None:
            share = self._shares[source]
            if share.waiting[0].cores > self._free:
                return
            request = share.waiting.popleft()
            self._floor = max(self._floor, share.had)
            self._free -= request.cores
            request.company = self._company(request)
            self._running += 1 + len(request.company)
            request.own = request is asker
            if not request.own:
                self._granted.append(request)

    def _next(self) -> Hashable | None:
        """The source that has had least, of those that wait; the first that asked, of equals."""
        waiting = [(s.had, s.waiting[0].asked, source) for source, s in self._shares.items() if s.waiting]
        return min(waiting, key=lambda one: one[:2])[2] if waiting else None

    def _company(self, leader: _Request) -> list[_Request]:
        """Waiting requests that fit into the leader's call."""
        room = self.batch - leader.rows
        company: list[_Request] = []
        if room <= 0:
            return company
        for share in self._shares.values():
            for request in [r for r in share.waiting if r.key == leader.key and _fits(r, leader)]:
                if request.rows <= room:
                    share.waiting.remove(request)
                    company.append(request)
                    room -= request.rows
        return company

    def _share(self, source: Hashable) -> _Share:
        """A source that comes anew starts level with the others: it brings no credit from its absence."""
        return self._shares.setdefault(source, _Share(self._floor))

    def _forget_if_idle(self, source: Hashable, share: _Share) -> None:
        if not share.waiting and share.turns <= 0:
            self._shares.pop(source, None)

    def _leave(self, turn: Turn) -> None:
        if self._newest.get(turn.source) is turn:
            del self._newest[turn.source]
        share = self._shares.get(turn.source)
        if share is not None:
            share.turns -= 1
            self._forget_if_idle(turn.source, share)

    def _make_stale(self, source: Hashable) -> None:
        old = self._newest.get(source)
        if old is None:
            return
        old.stale = True
        share = self._share(source)
        for request in [r for r in share.waiting if r.turn is old]:
            share.waiting.remove(request)
            request.error = self._drop()
            request.ready.set()

    def _drop(self) -> StaleError:
        self._dropped[_SUPERSEDED] += 1
        return StaleError("a newer frame of the same stream came in")


_TURN: ContextVar[Turn | None] = ContextVar("camid_turn", default=None)


def _rows(inputs: Inputs) -> int:
    return max((array.shape[0] for array in inputs.values() if array.ndim), default=1)


def _fits(request: _Request, leader: _Request) -> bool:
    return request.inputs.keys() == leader.inputs.keys() and all(
        array.shape[1:] == leader.inputs[name].shape[1:] and array.dtype == leader.inputs[name].dtype
        for name, array in request.inputs.items()
    )


def _joined(together: Sequence[_Request]) -> Inputs:
    if len(together) == 1:
        return together[0].inputs
    return {name: np.concatenate([one.inputs[name] for one in together]) for name in together[0].inputs}


def _hand_out(together: Sequence[_Request], outputs: Outputs) -> None:
    first = 0
    for one in together:
        alone = len(together) == 1
        one.outputs = outputs if alone else [array[first : first + one.rows] for array in outputs]
        first += one.rows
