"""What the parsers find in an answer, for the rules to look at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from edge.vendors.protocol_rules import MAX_VALUE, Field

MAX_OBSERVATIONS = 4000
"""Of one text; a longer one is looked at up to there."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One field of an answer: ``value`` has its blanks joined."""

    field: Field
    value: str


@dataclass(frozen=True, slots=True)
class Device:
    """What the device states about itself, as it writes it; None: not stated."""

    maker: str | None = None
    model: str | None = None
    firmware: str | None = None
    serial: str | None = None
    mac: str | None = None

    def or_else(self, other: Device) -> Device:
        """This with its gaps filled from ``other``."""
        return Device(
            maker=self.maker or other.maker,
            model=self.model or other.model,
            firmware=self.firmware or other.firmware,
            serial=self.serial or other.serial,
            mac=self.mac or other.mac,
        )


@dataclass(frozen=True, slots=True)
class Observed:
    """All of one text: ``kinds`` are the forms it was recognised as, in the order met."""

    observations: tuple[Observation, ...] = ()
    device: Device = field(default_factory=Device)
    kinds: tuple[str, ...] = ()

    def joined(self, other: Observed) -> Observed:
        return Observed(
            tuple(dict.fromkeys((*self.observations, *other.observations)))[:MAX_OBSERVATIONS],
            self.device.or_else(other.device),
            tuple(dict.fromkeys((*self.kinds, *other.kinds))),
        )

    def of_kind(self, kind: str) -> Observed:
        """The same, recognised as ``kind`` where it holds anything."""
        found = bool(self.observations) or self.device != Device()
        return replace(self, kinds=(*self.kinds, kind)) if found else self


NOTHING = Observed()


def together(parts: Iterable[Observed]) -> Observed:
    whole = NOTHING
    for part in parts:
        whole = whole.joined(part)
    return whole


def observation(kind: Field, value: str) -> Observation | None:
    """None where nothing is left of ``value``."""
    text = " ".join(value[: 4 * MAX_VALUE].split())[:MAX_VALUE]
    return Observation(kind, text) if text else None


def observations(pairs: Iterable[tuple[Field, str]]) -> tuple[Observation, ...]:
    made = (observation(kind, value) for kind, value in pairs)
    return tuple(dict.fromkeys(one for one in made if one is not None))[:MAX_OBSERVATIONS]


def address_fields(url: str, path: Field, port: Field) -> list[tuple[Field, str]]:
    """Path and ``:port/path`` of an address; some devices leave out the scheme or write it twice."""
    rest = url.strip().strip("<>\"'")
    while "://" in rest[:16]:
        rest = rest.partition("://")[2]
    host, slash, tail = rest.partition("/")
    if not slash or len(host) > 300:
        return []
    whole = "/" + tail.rstrip("/")
    found = [(path, whole), (path, _without_track(whole))]
    number = host.rpartition(":")[2]
    if ":" in host and number.isdecimal():
        found.append((port, f":{number}{whole}"))
    return [(kind, text) for kind, value in found for text in {value, unquote(value)}]


_TRACKS = ("trackid=", "track", "streamid=", "stream=", "track=")


def _without_track(path: str) -> str:
    """The address of the whole stream where ``path`` is that of one track in it."""
    head, slash, last = path.rpartition("/")
    name, mark, query = last.partition("?")
    is_track = any(name.lower().startswith(t) and name[len(t) :].isdecimal() for t in _TRACKS)
    if not slash or not is_track or not head:
        return path
    return head + mark + query
