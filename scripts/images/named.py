"""What an answer (``camid/1``) says of a sample photo, and how far two answers are apart."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).resolve().parents[2] / "docs" / "samples"
BOX_PX = 2.0
SCORE = 0.02


@dataclass(frozen=True, slots=True)
class Seen:
    """One camera of an answer: ``box`` in pixels."""

    box: tuple[float, ...]
    score: float
    verdict: str
    brand: str | None
    platform: str | None

    @property
    def name(self) -> tuple[str, str | None, str | None]:
        return self.verdict, self.brand, self.platform


def cameras(answer: Mapping[str, Any]) -> tuple[Seen, ...]:
    """The cameras of one answer, from left to right."""
    found = (
        Seen(
            tuple(one["box"]),
            one["score"],
            *(one["identification"][field] for field in ("verdict", "brand", "platform")),
        )
        for one in answer["cameras"]
    )
    return tuple(sorted(found, key=lambda seen: seen.box))


def wanted_platforms(sample: str) -> list[str]:
    """The makers that the labels give for a sample photo."""
    rows = map(json.loads, (SAMPLES / "labels.jsonl").read_text().splitlines())
    return next([maker for maker in row["vendors"] if maker] for row in rows if row["file"] == sample)


def platforms(seen: Sequence[Seen]) -> list[str]:
    """The makers of the cameras that were identified."""
    return [one.platform for one in seen if one.verdict == "identified" and one.platform is not None]


def differences(ours: Sequence[Seen], theirs: Sequence[Seen]) -> list[str]:
    """In what two answers differ by more than ``BOX_PX`` pixels and ``SCORE``, or in a name."""
    if len(ours) != len(theirs):
        return [f"{len(ours)} cameras and {len(theirs)}"]
    return [text for one, other in zip(ours, theirs, strict=True) for text in _differences(one, other)]


def _differences(one: Seen, other: Seen) -> list[str]:
    found = []
    if (apart := farthest(one, other)) > BOX_PX:
        found.append(f"boxes {one.box} and {other.box}: {apart:.1f} px apart")
    if abs(one.score - other.score) > SCORE:
        found.append(f"scores {one.score} and {other.score}")
    if one.name != other.name:
        found.append(f"{one.name} and {other.name}")
    return found


def farthest(one: Seen, other: Seen) -> float:
    """The most that a side of their boxes is apart, in pixels."""
    return max(abs(a - b) for a, b in zip(one.box, other.box, strict=True))
