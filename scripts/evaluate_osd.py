"""What on-screen displays are read as, with 95 % intervals: clocks, makers' marks, and names given wrongly.

    python -m scripts.evaluate_osd --frames DATA/osd/dev            # real frames and clips
    python -m scripts.evaluate_osd --frames runs/osd/test           # drawn ones (make osd-set)
    python -m scripts.evaluate_osd --others DATA/scenes/dev …       # pictures without a display

It asks ``edge.identify.Identifier`` as a user would: a frame as a photo, a clip as a look at a stream. Dev
and test sets are for measuring only.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from edge.domain import Identification, Osd, Picture, Pixels, Source, Verdict
from edge.domain_streams import Frame
from edge.identify import Identifier
from edge.settings import load_settings
from scripts.evaluation.osd import OsdLabel, frames_of, load_labels
from scripts.evaluation.shares import Share
from scripts.reading_cache import load_pixels

TALL = 16.0
"""Pixels of a clock's letters from which the drawn set must be read."""


NOTHING = Share(0, 0)


@dataclass(frozen=True, slots=True)
class Answer:
    osd: Osd | None
    recorded_by: Identification | None
    overlay_by: str | None

    @property
    def name(self) -> str | None:
        return (self.recorded_by.brand or self.recorded_by.platform) if self.recorded_by else None

    @property
    def guesses(self) -> bool:
        return self.recorded_by is not None and self.recorded_by.verdict is Verdict.CANDIDATES


@dataclass(slots=True)
class Figures:
    """Counts over one set; ``faults`` lists every wrong name and what was expected."""

    stamps: Share = NOTHING
    tall_stamps: Share = NOTHING
    named: Share = NOTHING
    wrong: Share = NOTHING
    guessed: Share = NOTHING
    channels: Share = NOTHING
    read_where_none: Share = NOTHING
    faults: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def add(self, label: OsdLabel, answer: Answer) -> None:
        read = answer.osd.timestamp_text if answer.osd else None
        if label.stamp is not None and not label.stamp_uncertain:
            right = spaced(read) == spaced(label.stamp)
            self.stamps = _more(self.stamps, right)
            if label.height is not None and label.height >= TALL:
                self.tall_stamps = _more(self.tall_stamps, right)
            if not right:
                self.missed.append(f"{label.path.name}: {label.stamp!r} was read as {read!r}")
        if label.channel is not None and not label.is_clip:
            channel = answer.osd.channel_text if answer.osd else None
            self.channels = _more(self.channels, spaced(channel) == spaced(label.channel))
        if label.marked:
            self.named = _more(self.named, answer.name == label.vendor)
            if answer.name is None:
                self.missed.append(f"{label.path.name}: {label.vendor} was not named")
        wrong = answer.name is not None and answer.name != label.vendor
        self.wrong = _more(self.wrong, wrong)
        self.guessed = _more(self.guessed, answer.guesses)
        if label.negative:
            self.read_where_none = _more(self.read_where_none, answer.osd is not None)
        if wrong:
            self.faults.append(f"{label.path.name}: {label.vendor} was called {answer.name}")


def _more(share: Share, hit: bool) -> Share:
    return Share(share.count + hit, share.total + 1)


def spaced(text: str | None) -> str | None:
    """With one blank where there are several: how many there are is no text."""
    return None if text is None else " ".join(text.split())


class Measurer:
    def __init__(self) -> None:
        self._settings = load_settings(threads=1)
        self._identifier = Identifier.load(self._settings)

    def answers(self, labels: Sequence[OsdLabel]) -> Iterator[tuple[OsdLabel, Answer]]:
        for number, label in enumerate(labels, start=1):
            yield label, self.clip(label) if label.is_clip else self.photo(load_pixels(label.path))
            if number % 50 == 0:
                print(f"{time.strftime('%H:%M:%S')} {number}/{len(labels)}", file=sys.stderr, flush=True)

    def photo(self, pixels: Pixels) -> Answer:
        height, width = pixels.shape[:2]
        digest = hashlib.sha256(pixels.tobytes()).hexdigest()
        report = self._identifier.photo(Picture(pixels, Source("photo", "frame", digest, width, height)))
        return Answer(report.osd, report.recorded_by, None)

    def clip(self, label: OsdLabel) -> Answer:
        moment = datetime.now(UTC)
        pixels = frames_of(label)
        frames = [Frame(one, float(i), moment, None, True) for i, one in enumerate(pixels)]
        look = self._identifier.look(frames, None, None)
        return Answer(look.osd, self._identifier.weigh(look.evidence), look.overlay_by)


def measure(labels: Sequence[OsdLabel]) -> Figures:
    figures = Figures()
    for label, answer in Measurer().answers(labels):
        figures.add(label, answer)
    return figures


def others(folder: Path) -> list[OsdLabel]:
    """Pictures without a display: nobody may be named as who recorded them."""
    rows = [
        json.loads(row) for row in (folder / "labels.jsonl").read_text("utf-8").splitlines() if row.strip()
    ]
    return [
        OsdLabel(folder / row["file"], "others", None, None, None, False, None, None, True, None)
        for row in rows
    ]


def as_markdown(name: str, figures: Figures) -> str:
    rows = {
        "clocks read exactly": figures.stamps,
        f"clocks of {TALL:.0f} px and more read exactly": figures.tall_stamps,
        "marks named": figures.named,
        "named wrongly, all frames": figures.wrong,
        "candidates, all frames": figures.guessed,
        "names of channels read exactly": figures.channels,
        "display read where the label has none": figures.read_where_none,
    }
    table = ["| figure | value |", "|---|---|", *(f"| {k} | {v} |" for k, v in rows.items() if v.total)]
    lists = [f"- {fault}" for fault in figures.faults] or ["No wrong name."]
    return "\n".join([f"### {name}", "", *table, "", *lists])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=Path, nargs="*", default=[])
    parser.add_argument("--others", type=Path, nargs="*", default=[])
    parser.add_argument("--missed", action="store_true", help="also list what was missed")
    options = parser.parse_args(arguments)
    for folder in options.frames:
        figures = measure(load_labels(folder))
        print(as_markdown(str(folder), figures), flush=True)
        if options.missed:
            print("\n".join(figures.missed), flush=True)
    for folder in options.others:
        print(as_markdown(str(folder), measure(others(folder))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
