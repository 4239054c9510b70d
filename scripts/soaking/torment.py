"""Puts one camera after the other through its trials, and notes what Camid says meanwhile."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from edge.errors import StreamFault
from edge.streams.state import StreamState, StreamStatus
from scripts.own_process import Usage, usage
from scripts.soaking.judge import Outcome
from scripts.soaking.trials import SoakCamera, Trial
from tests.support.camera import RunningCamera

GIVE_UP_S = 60.0
_WELL = (StreamState.WATCHING, StreamState.ASLEEP)


@dataclass(frozen=True, slots=True)
class Event:
    when: float
    stream: str
    well: bool
    fault: StreamFault | None


@dataclass(slots=True)
class Diary:
    """What the monitor told of every stream; no more than is needed, for its memory is measured."""

    events: list[Event] = field(default_factory=list)

    def note(self, status: StreamStatus) -> None:
        self.events.append(Event(time.monotonic(), status.id, is_well(status), status.fault))

    def of(self, stream: str, since: float) -> list[Event]:
        """The newest events, for there may be many old ones."""
        found = []
        for event in reversed(self.events):
            if event.when < since:
                break
            if event.stream == stream:
                found.append(event)
        return found[::-1]


@dataclass(frozen=True, slots=True)
class Victim:
    """A stream of Camid's and the camera behind it."""

    stream: str
    camera: SoakCamera
    running: RunningCamera


@dataclass(frozen=True, slots=True)
class Plan:
    """For how long trials begin, how long one lasts, and for how long a camera plays well after it. ``keep``:
    connections are kept between looks."""

    seconds: float
    trial_s: float
    well_s: float
    seed: int
    keep: bool


def is_well(status: StreamStatus) -> bool:
    return status.state in _WELL and status.fault is None


def torment(victims: list[Victim], diary: Diary, plan: Plan) -> tuple[list[Outcome], list[Usage]]:
    """All trials, and what this process used meanwhile, each second."""
    end, stop, samples = time.monotonic() + plan.seconds, threading.Event(), list[Usage]()
    sampler = threading.Thread(target=_sample, args=(stop, samples))
    sampler.start()
    with ThreadPoolExecutor(len(victims)) as pool:
        work = [pool.submit(_torment_one, n, victim, diary, plan, end) for n, victim in enumerate(victims)]
        outcomes = [outcome for one in work for outcome in one.result()]
    stop.set()
    sampler.join()
    return outcomes, samples


def _sample(stop: threading.Event, samples: list[Usage]) -> None:
    while not stop.wait(1):
        samples.append(usage())


def _torment_one(number: int, victim: Victim, diary: Diary, plan: Plan, end: float) -> list[Outcome]:
    chance, outcomes, queue = random.Random(plan.seed + number), list[Outcome](), list[Trial]()
    time.sleep(chance.uniform(0, plan.trial_s + plan.well_s))
    while time.monotonic() < end:
        trials = victim.camera.trials(keep=plan.keep)
        queue = queue or chance.sample(trials, len(trials))
        outcomes.append(_try(queue.pop(), victim, diary, plan.trial_s))
        time.sleep(plan.well_s)
    return outcomes


def _try(trial: Trial, victim: Victim, diary: Diary, seconds: float) -> Outcome:
    began = time.monotonic()
    victim.camera.begin(trial, victim.running)
    time.sleep(seconds)
    named = tuple((e.when - began, e.fault) for e in diary.of(victim.stream, began))
    ended = time.monotonic()
    victim.camera.end(trial, victim.running)
    return Outcome(victim.camera.name, trial, named, _seconds_until_back(victim.stream, diary, ended))


def _seconds_until_back(stream: str, diary: Diary, ended: float) -> float | None:
    while time.monotonic() < ended + GIVE_UP_S:
        seen = [event for event in diary.of(stream, ended) if event.well]
        if seen:
            return seen[0].when - ended
        time.sleep(0.05)
    return None
