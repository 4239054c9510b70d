"""Old facts: makers, lists and bans change, and a catalogue of last year does not know it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Ageing:
    """What is old ``on`` a day: facts as of ``limit_days`` before or earlier."""

    on: date
    limit_days: int

    def days(self, of: date) -> int:
        return max(0, (self.on - of).days)

    def notice(self, as_of: str | None) -> str | None:
        """One sentence to stand at every fact as of a day (ISO 8601); None while that is not old. Facts of
        answers that did not say it yet are of unknown age, and nothing is said."""
        if as_of is None or self.days(date.fromisoformat(as_of)) < self.limit_days:
            return None
        return (
            f"The catalogue of {as_of} is {self.limit_days} days old or older: what it says of makers may "
            "have changed since; follow the sources."
        )
