"""``requirements.lock``: what is pinned, for which platform, with which checksums."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"
_PIN = re.compile(r"(?P<name>[a-z0-9][a-z0-9.-]*)==(?P<version>[^\s;]+)(?: ; (?P<marker>.+?))?(?= \\$|$)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """One distribution. ``sha256``: of every file of it that may be installed."""

    name: str
    version: str
    marker: str | None
    sha256: tuple[str, ...]

    @property
    def is_for_here(self) -> bool:
        """Whether it is installed on this platform at all."""
        return self.marker is None or Marker(self.marker).evaluate()


def read_lock(path: Path = LOCK) -> tuple[Pin, ...]:
    """All pins of a lock file, in its order."""
    return tuple(_pins(path.read_text()))


def _pins(text: str) -> Iterator[Pin]:
    for block in re.split(r"\n(?=[a-z0-9])", text):
        if found := _PIN.match(block.partition("\n")[0]):
            yield Pin(found["name"], found["version"], found["marker"], tuple(sorted(_HASH.findall(block))))
