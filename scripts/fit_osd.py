"""Fit the likelihood ratios of what on-screen displays show, and write them to models/likelihoods.toml:
``python -m scripts.fit_osd --frames DATA/osd/train DRAWN/train --others SET… --cache CACHE --date DATE``.

``--frames`` are folders of labelled frames and clips, ``--others`` folders of pictures without a display or a
maker's mark. Tables of other kinds of evidence stay as they are. docs/design/osd.md explains the method.
"""

from __future__ import annotations

import argparse
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from edge.domain import Box, TextLine
from edge.evidence.confusions import fold, load_confusions
from edge.evidence.lettering import Lettering, Target
from edge.evidence.osd import (
    AGREES,
    LEAST_ALIKE,
    has_info_bar,
    in_corner,
    in_one_place,
    mark_score,
    stands_alone,
)
from edge.evidence.osd_text import read_clock
from edge.evidence.overlay_rules import OverlayRules, load_overlay_rules
from edge.recorder import osd_reader
from edge.settings import Settings
from edge.vendors.catalogue import Catalogue, load_catalogue
from edge.vision.display_marks import load_display_marks
from edge.vision.gallery import load_gallery
from edge.vision.manifest import load_manifest
from edge.vision.text import load_text_models
from scripts.evaluation.osd import OsdLabel, OsdReading, load_labels, read_all
from scripts.fit_confusions import (
    EMPTY,
    TABLES,
    FittedStep,
    Tally,
    binned,
    names,
    steps,
    write_tables,
)

MARK_BINS = (0.0, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
CAPS = {0.3: 0.4, 0.6: 0.7, 1.0: 1.0}
"""Most that a habit may be worth by the strength of its fact: our judgement, for menus change all of them.
One alone makes no candidate."""
HABIT_SEEN = 0.5
"""Share of a maker's frames that are taken to show its factory's habits: no labelled frames tell."""


def lettering_tables(readings: Sequence[OsdReading], lettering: Lettering) -> dict[str, Tally]:
    """Hits: frames with the mark. Misses: all other wordmarks on all frames, and on names that are
    nobody's."""
    counts = {table: Tally(Counter(), Counter()) for table in TABLES}
    for reading in readings:
        lines = [view for one in reading.overlay.lines for view in one.views]
        _count(lines, reading.label, lettering, counts)
    for name in names():
        line = TextLine(name, 1.0, Box(0, 0, 1, 1), 1.0)
        if not any(target.text == fold(name) for target in lettering.targets):
            _count([line], None, lettering, counts)
    return counts


def _count(
    lines: Sequence[TextLine], label: OsdLabel | None, lettering: Lettering, counts: Mapping[str, Tally]
) -> None:
    best: dict[Target, float] = {}
    for match in lettering.matches(lines):
        if stands_alone(match):
            best[match.target] = max(best.get(match.target, 0.0), match.similarity)
    vendor = label.vendor if label is not None else None
    top = max((t for t in best if t.brand == vendor), key=lambda t: (best[t], len(t.text)), default=None)
    for table, tallied in counts.items():
        own = [t for t in lettering.targets if t.table == table and t.brand == vendor]
        if label is not None and label.marked and (top in own if top is not None else own):
            tallied.marks += 1
            if top is not None:
                tallied.hits[binned(best[top])] += 1
        others = [t for t in lettering.targets if t.table == table and t.brand != vendor]
        tallied.trials += len(others)
        for target in others:
            if target in best:
                tallied.misses[binned(best[target])] += 1


def mark_table(readings: Sequence[OsdReading]) -> list[FittedStep]:
    """Right and wrong best matches in corners. Wrong ones spread over the makers: the part of
    the one that is met most stands for any given one."""
    tallied = Tally(Counter(), Counter())
    wrong: Counter[str] = Counter()
    for reading in readings:
        shown = [match for match in reading.matches if in_corner(match.box, reading.overlay)]
        own = [m for m in shown if reading.label.marked and m.brand == reading.label.vendor]
        if own:
            tallied.hits[_bin(max(map(mark_score, own)))] += 1
        strange = {m.brand: _bin(mark_score(m)) for m in sorted(shown, key=mark_score) if m not in own}
        tallied.misses.update(strange.values())
        wrong.update(strange.keys())
        tallied.marks += reading.label.marked
    share = max(wrong.values()) / wrong.total()
    tallied.trials = round(len(readings) / share)
    return [step for step in _pooled(tallied) if step.at_least > 0]


def _bin(score: float) -> float:
    return max(edge for edge in MARK_BINS if edge <= max(0.0, score))


def agreed_table(readings: Sequence[OsdReading], lettering: Lettering) -> list[FittedStep]:
    """How often letters and logo of one line speak for the same maker, rightly and wrongly; a wrong agreement
    could have been on any maker that the logos were found to resemble."""
    right = wrong = marks = 0
    for reading in readings:
        marks += reading.label.marked
        seen: set[str] = set()
        for one in reading.overlay.lines:
            read = {
                match.target.brand
                for match in lettering.matches([one.line])
                if stands_alone(match) and match.similarity >= LEAST_ALIKE
            }
            drawn = {
                m.brand
                for m in reading.matches
                if in_one_place(m.box, one.line.box) and mark_score(m) >= AGREES
            }
            seen |= read & drawn
        right += reading.label.vendor in seen and reading.label.marked
        wrong += bool(seen - {reading.label.vendor})
    makers = len({match.brand for reading in readings for match in reading.matches})
    chance = (wrong + 0.5) / (len(readings) * makers + 1)
    return [FittedStep(1.0, round(math.log((right + 0.5) / (marks + 1) / chance), 2), right + wrong)]


def _pooled(tallied: Tally) -> Iterator[FittedStep]:
    rows = [[edge, float(tallied.hits[edge]), float(tallied.misses[edge])] for edge in MARK_BINS]
    merged: list[list[float]] = []
    for row in rows:
        merged.append(row)
        while len(merged) > 1 and _ratio(merged[-1], tallied) <= _ratio(merged[-2], tallied):
            _, hits, misses = merged.pop()
            merged[-1][1] += hits
            merged[-1][2] += misses
    for row in merged:
        value = _ratio(row, tallied)
        if value > 0:
            yield FittedStep(row[0], round(value, 2), int(row[1] + row[2]))


def _ratio(row: Sequence[float], tallied: Tally) -> float:
    return math.log((row[1] + 0.5) / (tallied.marks + 1)) - math.log((row[2] + 0.5) / (tallied.trials + 1))


def habit_tables(readings: Sequence[OsdReading], rules: OverlayRules) -> dict[str, list[FittedStep]]:
    """How often the frames of other makers show a habit, by source; the maker's own share is assumed."""
    real = [r for r in readings if r.label.stamp is not None and not r.label.source.startswith("drawn")]
    clocks = {r.label.source: clock.stamp.style for r in real if (clock := read_clock(r.overlay)) is not None}
    channels = {r.label.source: r.label.channel for r in real if r.label.channel}
    tables: dict[str, list[FittedStep]] = {"osd_clock": [], "osd_channel": []}
    for grade, cap in CAPS.items():
        strange = sum(any(h.fits(style) for h in rules.clocks) for style in clocks.values())
        tables["osd_clock"].append(_habit(grade, cap, strange, len(clocks)))
        known = [rules.channel(name) for name in channels.values()]
        strange = sum(one is not None and one.platform is not None for one in known)
        tables["osd_channel"].append(_habit(grade, cap, strange, len(channels)))
    return tables


def _habit(grade: float, cap: float, strange: int, sources: int) -> FittedStep:
    worth = math.log(HABIT_SEEN * (sources + 1) / (strange + 0.5))
    return FittedStep(grade, round(max(0.0, min(cap, worth)), 2), sources)


def bar_table(readings: Sequence[OsdReading], rules: OverlayRules) -> list[FittedStep]:
    """The info bar: seen on frames of trail cameras, and on all other real frames with a clock."""
    seen: Counter[bool] = Counter()
    total: Counter[bool] = Counter()
    for reading in readings:
        clock = read_clock(reading.overlay)
        if clock is not None and not reading.label.source.startswith("drawn"):
            trail = reading.label.vendor in rules.trail
            total[trail] += 1
            seen[trail] += has_info_bar(reading.overlay, clock, rules)
    hit = (seen[True] + 0.5) / (total[True] + 1)
    chance = (seen[False] + 0.5) / (total[False] + 1)
    print("info bars", dict(seen), "of", dict(total))
    return [FittedStep(1.0, round(math.log(hit / chance), 2), total[True] + total[False])]


def fitted(
    readings: Sequence[OsdReading], catalogue: Catalogue, rules: OverlayRules, models: Path
) -> dict[str, Sequence[FittedStep]]:
    lettering = Lettering(catalogue, load_confusions(models), EMPTY)
    tables: dict[str, Sequence[FittedStep]] = {}
    for name, tallied in lettering_tables(readings, lettering).items():
        print(
            name, tallied.marks, tallied.trials, sorted(tallied.hits.items()), sorted(tallied.misses.items())
        )
        if tallied.hits or tallied.misses:  # else the table for housings has to do
            tables[f"osd_{name}"] = steps(tallied)
    tables["osd_mark"] = mark_table(readings)
    tables["osd_agreed"] = agreed_table(readings, lettering)
    tables |= habit_tables(readings, rules)
    tables["osd_bar"] = bar_table(readings, rules)
    return tables


def others(folders: Sequence[Path]) -> list[OsdLabel]:
    """Pictures without any display."""
    paths = [
        path for folder in folders for path in sorted(folder.iterdir()) if path.suffix in (".jpg", ".png")
    ]
    return [OsdLabel(p, "others", None, None, None, False, None, None, True, None) for p in paths]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=Path, nargs="+", required=True)
    parser.add_argument("--others", type=Path, nargs="*", default=[])
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--date", required=True, help="of the fit, ISO 8601")
    options = parser.parse_args()
    settings = Settings(provider="cpu", threads=1)
    reader = osd_reader(*load_text_models(settings), settings)
    marks = load_display_marks(settings, threads=1)
    gallery = load_gallery(load_manifest(settings.models_dir).entry("display_gallery"))
    labels = [label for folder in options.frames for label in load_labels(folder)]
    labels += others(options.others)
    readings = list(read_all(labels, reader, marks, gallery, options.cache))
    tables = fitted(readings, load_catalogue(), load_overlay_rules(), settings.models_dir)
    command = (
        "python -m scripts.fit_osd --frames DATA/osd/train DRAWN/train --others SETS "
        f"--cache CACHE --date {options.date}"
    )
    write_tables(settings.models_dir / "likelihoods.toml", tables, options.date, command)
    for name, found in tables.items():
        print(name, [(step.at_least, step.value, step.n) for step in found])


if __name__ == "__main__":
    main()
