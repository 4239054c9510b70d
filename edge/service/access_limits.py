"""How often who may ask: one bucket each for tokens and addresses, a narrow one for wrong tokens."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from edge.service.problems import RateError
from edge.settings import Settings

_MOST_KEYS = 10_000
"""Addresses, or tokens, that are remembered; the one longest silent is forgotten for a new one."""

Clock = Callable[[], float]


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Buckets:
    """A token bucket for each key: ``per_minute`` at once, filled up evenly; 0 sets no limit.

    For one event loop, or under the caller's lock."""

    def __init__(self, per_minute: int, clock: Clock = time.monotonic) -> None:
        self._most = per_minute
        self._rate = per_minute / 60
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """Seconds until ``key`` may ask again; 0: now."""
        if not self._most:
            return 0.0
        return max(0.0, (1 - self._filled(key).left) / self._rate)

    def take(self, key: str) -> float:
        """Takes one if there is one; returns ``wait_s`` from before."""
        wait = self.wait_s(key)
        if self._most and wait == 0:
            self._buckets[key].left -= 1
        return wait

    def give_back(self, key: str) -> None:
        if key in self._buckets:
            self._buckets[key].left += 1

    def _filled(self, key: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(key, _Bucket(float(self._most), now))
        bucket.left = min(float(self._most), bucket.left + (now - bucket.at) * self._rate)
        bucket.at = now
        self._buckets.move_to_end(key)
        while len(self._buckets) > _MOST_KEYS:
            self._buckets.popitem(last=False)
        return bucket


class Limits:
    """Belongs to one event loop."""

    def __init__(self, settings: Settings, clock: Clock = time.monotonic) -> None:
        self._addresses = Buckets(settings.rate_per_address, clock)
        self._callers = Buckets(settings.rate_per_token, clock)
        self._wrong = Buckets(settings.rate_wrong_tokens, clock)
        self._right: OrderedDict[tuple[str, str], None] = OrderedDict()

    def check_address(self, address: str) -> None:
        """Before anything is known of the request. Raises: RateError."""
        _raise_for(self._addresses.take(address), "This address asks too often.")

    def check_guesses(self, address: str, digest: str) -> None:
        """Before a token is compared: an address that has guessed too often is not answered, right or wrong.
        Until it proves right the token counts as a guess, or many at once would all get through.
        A token that was right from there before is let through, so that a guesser locks nobody out who comes
        by the same proxy.

        Raises:
            RateError: until it may try again.
        """
        if (address, digest) not in self._right:
            _raise_for(self._wrong.take(address), "Too many wrong tokens came from this address.")

    def note_right(self, address: str, digest: str) -> None:
        if (address, digest) not in self._right:
            self._wrong.give_back(address)
        self._right[address, digest] = None
        self._right.move_to_end((address, digest))
        while len(self._right) > _MOST_KEYS:
            self._right.popitem(last=False)

    def check_caller(self, caller: str) -> None:
        """Raises: RateError."""
        _raise_for(self._callers.take(caller), "This token asks too often.")


def limited_address(host: str) -> str:
    """What counts as one address: of IPv6 the network of 64 bits, all of which one customer has."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address), 64), strict=False))


def _raise_for(wait_s: float, message: str) -> None:
    if wait_s > 0:
        raise RateError(message, after_s=int(wait_s) + 1)
