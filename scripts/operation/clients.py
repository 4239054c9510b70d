"""Clients of the service that send photos until each is acknowledged, however often it is killed."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx

from scripts.operation.service_process import TOKEN

_BETWEEN_TRIES_S = 0.1
_MOST_PATIENCE_S = 1.0
"""However long ``Retry-After`` says: the service comes back within seconds of a kill here."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What was answered for the photo with this hash, and how long the try took that succeeded."""

    sha256: str
    answer: dict[str, object]
    seconds: float


@dataclass(slots=True)
class Diary:
    """What the clients saw. ``broken`` are tries without an answer; ``refused`` those with 503, of which
    ``silent`` had no ``Retry-After``; ``wrong`` are all other answers that are no success."""

    acknowledged: list[Acknowledged] = field(default_factory=list)
    broken: int = 0
    refused: int = 0
    silent: int = 0
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Clients:
    """Threads with a client each; ``join`` waits until every photo has come to its end."""

    def __init__(self, photos: Sequence[bytes], clients: int, url: str, diary: Diary, *, tries: bool) -> None:
        self._given_up = threading.Event()
        shares = [photos[at::clients] for at in range(clients)]
        self._threads = [
            threading.Thread(target=self._run, args=(share, url, diary, tries), daemon=True)
            for share in shares
        ]
        for thread in self._threads:
            thread.start()

    def at_work(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def join(self, timeout_s: float) -> bool:
        """Whether all came to their end in time; those that did not are given up."""
        end = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        in_time = not self.at_work()
        self._given_up.set()
        return in_time

    def _run(self, photos: Sequence[bytes], url: str, diary: Diary, tries: bool) -> None:
        for photo in photos:
            while not self._given_up.is_set() and not _tried(photo, url, diary) and tries:
                self._given_up.wait(_BETWEEN_TRIES_S)


def _tried(photo: bytes, url: str, diary: Diary) -> bool:
    """Whether ``photo`` needs no further try. The key makes all tries of it the same sending."""
    sha256 = hashlib.sha256(photo).hexdigest()
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": sha256}
    start = time.monotonic()
    try:
        answer = httpx.post(
            f"{url}/api/v1/photos",
            files={"photo": ("a.jpg", photo)},
            headers=headers,
            timeout=60,
            trust_env=False,
        )
    except httpx.TransportError:
        with diary.lock:
            diary.broken += 1
        return False
    seconds = time.monotonic() - start
    if answer.status_code == 503:
        time.sleep(_noted_refusal(answer, diary))
        return False
    with diary.lock:
        if answer.status_code == 200:
            diary.acknowledged.append(Acknowledged(sha256, answer.json()["photos"][0], seconds))
        else:
            diary.wrong.append(f"{answer.status_code} {answer.text[:200]}")
    return True


def _noted_refusal(answer: httpx.Response, diary: Diary) -> float:
    """Seconds to wait."""
    after = answer.headers.get("Retry-After", "")
    with diary.lock:
        diary.refused += 1
        diary.silent += not after.isdigit()
    return min(float(after) if after.isdigit() else 0.0, _MOST_PATIENCE_S)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the others lie; NaN where there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def wait_until(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Whether it came to hold in time."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True
