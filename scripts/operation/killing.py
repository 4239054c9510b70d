"""Photos from many clients to a service that is killed again and again, and what is there afterwards."""

from __future__ import annotations

import hashlib
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2

from scripts.batch_bench.archive import numbered
from scripts.batch_bench.scenes import random_scene
from scripts.operation.clients import Acknowledged, Clients, Diary, percentile, wait_until
from scripts.operation.service_process import ServiceProcess, close, launch

_SCENES = 6
_WIDTH, _HEIGHT = 480, 360
_AT_WORK_S = 0.6
"""A kill comes up to so long after the photo that calls for it was acknowledged …"""
_STARTING_S = 3.0
"""… or, where that happened before the last kill, so long after the start: while it starts, or just has."""
_LONGEST_S = 600.0


@dataclass(frozen=True, slots=True)
class Plan:
    """``calm`` photos are sent for each of the two measurements without kills."""

    photos: int
    clients: int
    kills: int
    calm: int
    seed: int


@dataclass(frozen=True, slots=True)
class Report:
    """Latencies are 95th percentiles in seconds: of one client at an idle service, of all clients at once,
    and of those at once while it is killed (the try that succeeded).

    ``lost`` acknowledged photos have no result, another one, or no bytes; those that are there ``twice``
    have more than one result; ``unasked`` results belong to no photo that was sent."""

    plan: Plan
    kills: int
    idle_s: float
    loaded_s: float
    killed_s: float
    acknowledged: int
    broken: int
    refused: int
    silent: int
    wrong: tuple[str, ...]
    lost: tuple[str, ...]
    twice: tuple[str, ...]
    unasked: int
    left_over: int
    sound: bool
    seconds: float

    @property
    def passed(self) -> bool:
        faults = self.silent or self.wrong or self.lost or self.twice or self.unasked or self.left_over
        whole = self.acknowledged == self.plan.photos and self.kills == self.plan.kills
        return whole and self.sound and not faults


def small_photos(count: int, seed: int) -> list[bytes]:
    """``count`` photos of a few drawn house fronts, no two of the same bytes."""
    scenes = [_jpeg(seed * 1000 + number) for number in range(min(_SCENES, count))]
    return [numbered(scenes[number % len(scenes)], seed * 1_000_000 + number) for number in range(count)]


def _jpeg(seed: int) -> bytes:
    done, data = cv2.imencode(".jpg", random_scene(seed, _WIDTH, _HEIGHT))
    assert done
    return bytes(data)


def run(plan: Plan, folder: Path) -> Report:
    """Everything that the service says goes into ``folder``."""
    began = time.monotonic()
    data, log = folder / "data", folder / "service.log"
    service = launch(data, log)
    try:
        service.wait_ready()
        idle, loaded = (_calm(plan, number, service) for number in (1, plan.clients))
        photos, diary = small_photos(plan.photos, plan.seed), Diary()
        clients = Clients(photos, plan.clients, service.url, diary, tries=True)
        service, kills = _kill_often(plan, service, (data, log), diary, clients)
        clients.join(_LONGEST_S)
        service.wait_ready()
        lost = _lost(diary.acknowledged, service, data)
        left_over = len(list((data / "incoming").iterdir()))
        service.stop()
    finally:
        close(service)
    calm = {one.sha256 for one in idle.acknowledged + loaded.acknowledged}
    results, sound = _results(data)
    sent = {hashlib.sha256(photo).hexdigest() for photo in photos}
    return Report(
        plan=plan,
        kills=kills,
        idle_s=_p95(idle),
        loaded_s=_p95(loaded),
        killed_s=_p95(diary),
        acknowledged=len(diary.acknowledged),
        broken=diary.broken,
        refused=diary.refused,
        silent=diary.silent,
        wrong=tuple(diary.wrong + idle.wrong + loaded.wrong),
        lost=tuple(lost),
        twice=tuple(sha256 for sha256, count in results.items() if count > 1),
        unasked=len(results.keys() - sent - calm),
        left_over=left_over,
        sound=sound,
        seconds=time.monotonic() - began,
    )


def _calm(plan: Plan, clients: int, service: ServiceProcess) -> Diary:
    diary = Diary()
    photos = small_photos(plan.calm, plan.seed + 100 + clients)
    Clients(photos, clients, service.url, diary, tries=True).join(_LONGEST_S)
    return diary


def _p95(diary: Diary) -> float:
    return percentile([one.seconds for one in diary.acknowledged], 0.95)


def _kill_often(
    plan: Plan, service: ServiceProcess, places: tuple[Path, Path], diary: Diary, clients: Clients
) -> tuple[ServiceProcess, int]:
    """Kills at moments that the seed gives, spread over all photos; the service that runs in the end."""
    moments, kills = random.Random(plan.seed), 0
    for due in sorted(moments.randrange(plan.photos) for _ in range(plan.kills)):
        was_due = len(diary.acknowledged) >= due and kills > 0
        wait_until(lambda due=due: len(diary.acknowledged) >= due or not clients.at_work(), _LONGEST_S)  # type: ignore[misc]
        time.sleep(moments.uniform(0, _STARTING_S if was_due else _AT_WORK_S))
        close(service)
        kills += 1
        service = launch(*places, port=service.port)
    return service, kills


def _lost(acknowledged: Sequence[Acknowledged], service: ServiceProcess, data: Path) -> list[str]:
    """Photos that were acknowledged and are not as they were answered, or whose bytes are gone."""
    lost = []
    with service.client() as client:
        for one in acknowledged:
            again = client.get(f"/api/v1/photos/{one.answer['id']}")
            original = data / "photos" / one.sha256[:2] / one.sha256
            there = original.is_file() and hashlib.sha256(original.read_bytes()).hexdigest() == one.sha256
            if again.status_code != 200 or again.json() != one.answer or not there:
                lost.append(one.sha256)
    return lost


def _results(data: Path) -> tuple[Counter[str], bool]:
    """How many results each photo has, and whether the database is sound."""
    with closing(sqlite3.connect(data / "camid.sqlite")) as connection:
        hashes = Counter(row[0] for row in connection.execute("SELECT sha256 FROM photos"))
        return hashes, connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
