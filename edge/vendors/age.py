"""How old facts are: makers, lists and bans change, and a catalogue of last year does not know it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Age:
    """Of facts as of ``of``, looked at on ``on``; from ``limit_days`` on they are called old."""

    of: date
    on: date
    limit_days: int

    @property
    def days(self) -> int:
        return max(0, (self.on - self.of).days)

    @property
    def old(self) -> bool:
        return self.days >= self.limit_days

    @property
    def notice(self) -> str | None:
        """One sentence to stand at every fact that is old; None while it is not."""
        if not self.old:
            return None
        return (
            f"The catalogue is of {self.of.isoformat()}, {self.days} days old: "
            "what is said of makers may have changed since; follow the sources."
        )
