"""Dates and times as cameras write them on the screen: the grammar, and what a misreading must have been.

A reading is repaired only where the grammar leaves one way to do it: a separator that was lost, a letter
where only a digit can stand, a slashed zero read as 8, a weekday that the date itself tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.evidence.calendar_words import says_weekday
from edge.evidence.clock_parts import DateOrder, Part, dates, times
from edge.evidence.clock_words import HALVES, Words, word_before, words_in

LONGEST_GAP = 18
"""Characters between date and time: a weekday, a zone, half a day."""


@dataclass(frozen=True, slots=True)
class ClockStyle:
    """How a clock is written. ``separator`` stands between the parts of the date; ``weekday`` is its place
    (before, between, after the date and time), "" without one, ``capitals`` whether it is all in capitals."""

    order: DateOrder
    separator: str
    weekday: str = ""
    capitals: bool = False
    half_days: bool = False
    seconds: bool = True
    fraction: bool = False
    named_month: bool = False
    time_first: bool = False


@dataclass(frozen=True, slots=True)
class Stamp:
    """A complete date with a time. ``text`` is as a person would write it down: one blank between its parts.
    ``moments`` holds what it may mean, two where day and month could be exchanged. ``span`` is its place in
    the text that was read; ``repairs`` counts what was read otherwise."""

    text: str
    moments: tuple[datetime, ...]
    style: ClockStyle
    span: tuple[int, int]
    repairs: int

    def moment(self, near: datetime | None = None) -> datetime:
        """What it means; of two meanings the one nearest to ``near``, else the first."""
        if near is None or len(self.moments) == 1:
            return self.moments[0]
        return min(self.moments, key=lambda moment: abs(moment - near.replace(tzinfo=None)))


_SAME = str.maketrans(
    "：∶；;．·，／–—－−‐～~\u3000\u00a0（）",
    "::::..,/-------" + "  ()",
)
_DIGITS = dict(zip("OoQDlI|!iZzSsBGb", "0000111112255868", strict=True))
"""Letters that stand for digits in a word of digits."""
_TIDIED = re.compile(r"(?<![^\W\d_])(?=[^\s]*\d)[0-9OoQDlI|!iZzSsBGb]{2,}(?![^\W\d_])")


def find_stamp(text: str) -> Stamp | None:
    """The first complete date with a time in a line of text; of several ways to read it the one with the
    fewest repairs."""
    plain = text.translate(_SAME)
    tidied, letters = _tidied(plain)
    found = list(_stamps(tidied, letters))
    return min(found, key=lambda s: (s.repairs, s.span[0], s.span[0] - s.span[1]), default=None)


def whole(text: str) -> bool:
    """Whether the line holds a complete clock that needed no repair and of which nothing seems cut off."""
    stamp = find_stamp(text)
    if stamp is None or stamp.repairs > 0 or not stamp.style.seconds:
        return False
    cut_off = stamp.span[0] == 0 and re.match(r"\d(?!\d)", stamp.text)
    return not cut_off


def _tidied(plain: str) -> tuple[str, frozenset[int]]:
    """The text with letters turned into digits inside words of digits, and where that was done."""
    signs, changed = list(plain), set()
    for match in _TIDIED.finditer(plain):
        for place in range(*match.span()):
            if not signs[place].isdigit():
                signs[place] = _DIGITS[signs[place]]
                changed.add(place)
    return "".join(signs), frozenset(changed)


def _stamps(plain: str, changed: frozenset[int]) -> Iterator[Stamp]:
    clocks = list(times(plain))
    for date in dates(plain):
        for time in clocks:
            first, last = (date, time) if date.start < time.start else (time, date)
            if first.end <= last.start <= first.end + LONGEST_GAP:
                stamp = _combined(plain, date, time)
                if stamp is not None:
                    letters = sum(stamp.span[0] <= place < stamp.span[1] for place in changed)
                    yield Stamp(stamp.text, stamp.moments, stamp.style, stamp.span, stamp.repairs + letters)


def _combined(plain: str, date: Part, time: Part) -> Stamp | None:
    first, last = (date, time) if date.start < time.start else (time, date)
    for days in _agreeing(plain, date, first, last):
        day = datetime(*days[0][1]).weekday()
        between = words_in(plain[first.end : last.start], day, between=True)
        if between.end < last.start - first.end:
            continue
        before = word_before(plain[: first.start], day)
        after = words_in(plain[last.end :], day, between=False)
        return _assembled(first, last, date, time, days, (before, between, after), plain)
    return None


def _agreeing(
    plain: str, date: Part, first: Part, last: Part
) -> Iterator[tuple[tuple[DateOrder, tuple[int, int, int]], ...]]:
    """The orders of the date: first those alone that the weekday agrees with, where one does, then all."""
    if len(date.days) > 1:
        around = " ".join((plain[: first.start][-12:], plain[first.end : last.start], plain[last.end :][:14]))
        words = [word for word in re.findall(r"[^\W\d_]{2,}", around) if not HALVES.fullmatch(word)]
        agreeing = [
            option
            for option in date.days
            if any(says_weekday(word, datetime(*option[1]).weekday()) for word in words)
        ]
        if len(agreeing) == 1:
            yield tuple(agreeing)
    yield date.days


def _assembled(
    first: Part,
    last: Part,
    date: Part,
    time: Part,
    days: tuple[tuple[DateOrder, tuple[int, int, int]], ...],
    around: tuple[Words, Words, Words],
    plain: str,
) -> Stamp:
    before, between, after = around
    halves = [words.half for words in around if words.half]
    moments = tuple(datetime(*day, *_hour(time.clock, halves)) for _, day in days)
    place = "before" if before.weekday else "between" if between.weekday else "after" if after.weekday else ""
    weekday = before.weekday or between.weekday or after.weekday
    style = ClockStyle(
        order=days[0][0] if len(days) == 1 else DateOrder.OPEN,
        separator=date.separator,
        weekday=place,
        capitals=weekday.isupper(),
        half_days=bool(halves),
        seconds=time.seconds,
        fraction=time.fraction,
        named_month=date.named,
        time_first=time is first,
    )
    joint = _joint(between.text, plain[first.end : last.start])
    text = " ".join((*before.text, f"{first.text}{joint}{last.text}", *after.text))
    span = (first.start - before.end, last.end + after.end)
    repairs = date.repairs + time.repairs + sum(words.repairs for words in around)
    return Stamp(text, moments, style, span, repairs)


def _joint(words: Sequence[str], gap: str) -> str:
    """What is written between date and time: a blank, words between blanks, or a dash as it stands."""
    if list(words) == ["-"]:
        return " - " if " " in gap else "-"
    if list(words) == ["T"]:
        return "T"
    return f" {' '.join(words)} " if words else " "


def _hour(clock: tuple[int, int, int, int], halves: Sequence[str]) -> tuple[int, int, int, int]:
    hour, *rest = clock
    if halves and 1 <= hour <= 12:
        late = halves[0][0] in "Pp下" or halves[0] == "오후"
        hour = hour % 12 + (12 if late else 0)
    return (hour, *rest)  # type: ignore[return-value]
