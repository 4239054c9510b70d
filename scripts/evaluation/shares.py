"""A share of cases with its 95 % interval."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.mosaic_scores import wilson


@dataclass(frozen=True, slots=True)
class Share:
    count: int
    total: int

    @property
    def value(self) -> float | None:
        return self.count / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.count, self.total) if self.total else None

    def as_json(self) -> dict[str, object]:
        return {"count": self.count, "total": self.total, "value": self.value, "wilson95": self.interval}

    def __str__(self) -> str:
        if self.value is None or self.interval is None:
            return "none"
        low, high = self.interval
        return f"{self.count}/{self.total} = {self.value:.1%} ({low:.1%} to {high:.1%})"
