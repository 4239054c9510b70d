"""The table of what has been rendered: a line of JSON a picture, so that a run that was cut off goes on."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

Corner = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """A name on a housing: its ``vendor``, and where its four corners are in the picture, in pixels."""

    vendor: str
    corners: tuple[Corner, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """``body`` is the housing without its mount, x0, y0, x1, y1 in pixels, None for what is no camera.

    ``azimuth`` and ``elevation`` say where the eye was, in radians: 0 is in front, and level; below is
    negative. ``colour`` is the housing's own, linear red, green, blue. The seed is in the file's name.
    """

    file: str
    form: str
    body: tuple[float, float, float, float] | None
    marks: tuple[Mark, ...]
    azimuth: float
    elevation: float
    colour: tuple[float, float, float] | None = None

    def line(self) -> str:
        return json.dumps(asdict(self)) + "\n"


def name(what: str, seed: int, number: int) -> str:
    return f"{what}-{seed}-{number:05d}.png"


def visible(record: Record) -> bool:
    """Whether enough of the housing is in the picture to learn from."""
    if record.body is None:
        return True
    x0, y0, x1, y1 = record.body
    return min(x1 - x0, y1 - y0) > 8


def missing(folder: Path, what: str, seed: int, count: int) -> list[int]:
    """The numbers below ``count`` without a picture or without a line in the table."""
    known = recorded(folder)
    names = ((number, name(what, seed, number)) for number in range(count))
    return [number for number, file in names if file not in known or not (folder / file).is_file()]


def recorded(folder: Path) -> set[str]:
    """The files that the table names. A last line that a killed run left torn is taken out of the table."""
    table = folder / "labels.jsonl"
    if not table.is_file():
        return set()
    text = table.read_text("utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        table.write_text(whole, "utf-8")
    return {str(json.loads(line)["file"]) for line in whole.splitlines()}


def append(folder: Path, record: Record) -> None:
    with (folder / "labels.jsonl").open("a", encoding="utf-8") as table:
        table.write(record.line())
