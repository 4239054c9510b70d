"""The text of a display: which lines are its clock, which its channel's name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rapidfuzz.fuzz import ratio

from edge.domain import Box, TextLine
from edge.evidence.clock import Stamp, find_stamp
from edge.evidence.confusions import fold
from edge.evidence.overlay_rules import OverlayRules
from edge.vision.overlay import Overlay, OverlayLine

MIN_SCORE = 0.6
"""Lines that the recogniser doubts more are no channel's name."""
STILL_RUNNING_S = 600.0
"""Seconds that may lie between two frames of one look, by its clock."""
NEAR_GAP = 3.0
"""Heights of a line between parts of one text: farther apart they stand for different things."""

Group = tuple[OverlayLine, ...]


@dataclass(frozen=True, slots=True)
class ReadClock:
    """A clock with the lines that it was read from. ``ticks`` says whether it ran on between the frames; None
    where they do not tell."""

    stamp: Stamp
    lines: Group
    ticks: bool | None

    @property
    def height(self) -> float:
        return max(line.line.height for line in self.lines)


def read_clock(overlay: Overlay) -> ReadClock | None:
    """The clock of a display. One whole line is tried first, then lines side by side, then two lines one
    below the other; the reading with the fewest repairs and the most text wins."""
    for groups in (_singles, _rows, _stacked):
        found = [clock for group in groups(overlay) if (clock := _elected(group)) is not None]
        if found:
            return max(found, key=_quality)
    return None


def _quality(clock: ReadClock) -> tuple[bool, int, int, float]:
    stamp = clock.stamp
    return bool(clock.ticks), -stamp.repairs, len(stamp.text), -len(clock.lines)


def _singles(overlay: Overlay) -> list[Group]:
    """Each line alone, and with its neighbours: half of the day often stands apart."""
    return [*((line,) for line in overlay.lines), *_beside(overlay, NEAR_GAP)]


def _rows(overlay: Overlay) -> list[Group]:
    return _beside(overlay, None)


def _beside(overlay: Overlay, gap: float | None) -> list[Group]:
    """Lines of one row, left to right, parted where there is more than ``gap`` heights between them."""
    groups: list[Group] = []
    for row in rows(overlay.lines):
        run: list[OverlayLine] = []
        for line in row:
            if run and gap is not None and _apart(run[-1], line) > gap:
                groups.append(tuple(run))
                run = []
            run.append(line)
        groups.append(tuple(run))
    return [group for group in groups if len(group) > 1]


def _apart(left: OverlayLine, right: OverlayLine) -> float:
    height = max(left.line.height, right.line.height, 1.0)
    return (right.line.box.x0 - left.line.box.x1) / height


def _stacked(overlay: Overlay) -> Iterator[Group]:
    """Two lines, one right below the other, flush at one side."""
    for upper in overlay.lines:
        for lower in overlay.lines:
            a, b = upper.line.box, lower.line.box
            height = max(upper.line.height, lower.line.height)
            flush = min(abs(a.x0 - b.x0), abs(a.x1 - b.x1)) < height
            if a.y0 < b.y0 and -0.4 * height < b.y0 - a.y1 < height and flush:
                yield upper, lower


def rows(lines: Sequence[OverlayLine]) -> list[list[OverlayLine]]:
    """Lines that stand side by side, from the top down, each row left to right."""
    found: list[list[OverlayLine]] = []
    for line in sorted(lines, key=lambda one: one.line.box.y0 + one.line.box.y1):
        if found and _same_row(found[-1][0].line.box, line.line.box):
            found[-1].append(line)
        else:
            found.append([line])
    return [sorted(row, key=lambda one: one.line.box.x0) for row in found]


def _same_row(one: Box, other: Box) -> bool:
    shared = min(one.y1, other.y1) - max(one.y0, other.y0)
    return shared > 0.5 * min(one.height, other.height)


def _elected(group: Group) -> ReadClock | None:
    """The stamp that most views of these lines agree on, those of older frames included."""
    votes: dict[str, float] = defaultdict(float)
    stamps: dict[str, Stamp] = {}
    for text, score in _readings(group):
        stamp = find_stamp(text)
        if stamp is not None:
            votes[stamp.text] += score / (1 + 2 * stamp.repairs)
            stamps.setdefault(stamp.text, stamp)
    if not stamps:
        return None
    older = [stamp for text in _before(group) if (stamp := find_stamp(text)) is not None]
    for text, stamp in stamps.items():
        votes[text] += sum(_follows(stamp, one) for one in older)
    best = max(stamps, key=lambda text: (votes[text], len(text), text))
    best = _without_dash(stamps[best], stamps) or best
    return ReadClock(stamps[best], _used(group, stamps[best]), _ticks(stamps[best], older))


def _without_dash(stamp: Stamp, stamps: Mapping[str, Stamp]) -> str | None:
    """The same stamp with a blank between date and time, if any view has it: after a date with dashes the
    recogniser sees one more."""
    if stamp.style.separator != "-":
        return None
    plain = re.sub(r"(?<=\d)\s?-\s?(?=\d\d?:\d\d)", " ", stamp.text)
    return plain if plain != stamp.text and plain in stamps else None


def _readings(group: Group) -> Iterator[tuple[str, float]]:
    """The lines' texts side by side: first views together, second views, …"""
    for number in range(max(len(line.views) for line in group)):
        views = [line.views[min(number, len(line.views) - 1)] for line in group]
        yield " ".join(view.text for view in views), min(view.score for view in views)


def _before(group: Group) -> Iterator[str]:
    for number in range(len(group[0].before)):
        texts = [line.before[number] for line in group]
        yield " ".join(line.text for line in texts if line is not None)


def _used(group: Group, stamp: Stamp) -> Group:
    """The lines of the group that the stamp covers in their joined text."""
    used, place = [], 0
    for line in group:
        end = place + len(line.line.text)
        if place < stamp.span[1] and end > stamp.span[0]:
            used.append(line)
        place = end + 1
    return tuple(used) or group


def _follows(stamp: Stamp, older: Stamp) -> bool:
    return any(0.0 <= seconds <= STILL_RUNNING_S for seconds in _seconds(stamp, older))


def _ticks(stamp: Stamp, older: Sequence[Stamp]) -> bool | None:
    if not older:
        return None
    return any(0.0 < seconds <= STILL_RUNNING_S for one in older for seconds in _seconds(stamp, one))


def _seconds(stamp: Stamp, older: Stamp) -> Iterator[float]:
    for after in stamp.moments:
        for before in older.moments:
            yield (after - before).total_seconds()


def stays(line: OverlayLine, least: float = 1.0) -> bool:
    """Whether the same text stands in every frame, to a likeness of ``least``; true for a single one."""
    text = fold(line.line.text)
    return all(
        older is not None and ratio(fold(older.text), text) >= 100 * least - 1e-6 for older in line.before
    )


def channel_name(
    overlay: Overlay, clock: ReadClock | None, taken: Sequence[OverlayLine], rules: OverlayRules
) -> str | None:
    """The name of the channel: beside a clock any steady line in its hand; without one only a name as it
    comes from the factory, or what stands in every one of several frames. ``taken`` are lines that say
    something else."""
    free = [
        line
        for line in _others(overlay, clock)
        if line not in taken and stays(line) and _nameable(line.line, rules)
    ]
    known = [line for line in free if rules.channel(line.line.text) is not None]
    if clock is None and overlay.frames < 2:
        free = known
    if clock is not None:
        free = [line for line in free if 0.5 <= line.line.height / clock.height <= 2.0] or known
    best = max(
        free, key=lambda line: (line in known, _nearness(line, overlay), line.line.score), default=None
    )
    return None if best is None else best.line.text


def _others(overlay: Overlay, clock: ReadClock | None) -> Iterator[OverlayLine]:
    """Lines beside the clock; of lines that hold it and more, what is left of them."""
    for line in overlay.lines:
        if clock is None or line not in clock.lines:
            yield line
        elif (rest := without_clock(line)) is not None:
            yield rest


def without_clock(line: OverlayLine) -> OverlayLine | None:
    """What stands in a line beside its clock, or None; the box is shared out by characters."""
    stamp = find_stamp(line.line.text)
    if stamp is None:
        return None
    text = line.line.text
    sides = [(0, stamp.span[0]), (stamp.span[1], len(text))]
    start, end = max(sides, key=lambda side: len(text[side[0] : side[1]].strip()))
    rest = text[start:end].strip(" -|")
    if len(rest) < 2:
        return None
    box = line.line.box
    step = box.width / max(1, len(text))
    part = Box(box.x0 + start * step, box.y0, box.x0 + max(end, start + 1) * step, box.y1)
    read = replace(line.line, text=rest, box=part)
    return OverlayLine(read, (read,), ())


def _nameable(line: TextLine, rules: OverlayRules) -> bool:
    text = line.text
    letters = sum(char.isalnum() for char in text)
    return (
        line.score >= MIN_SCORE
        and letters >= 2
        and letters >= 0.6 * len(text.replace(" ", ""))
        and not rules.is_info(text)
        and rules.software_in(text) is None
        and find_stamp(text) is None
    )


def _nearness(line: OverlayLine, overlay: Overlay) -> float:
    """How near the line stands to a side of the frame, -1 to 0."""
    box = line.line.box
    return -min(box.x0, overlay.width - box.x1) / overlay.width
