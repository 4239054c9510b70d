"""Dates and times as cameras write them on the screen: the grammar, and what a misreading must have been.

A reading is repaired only where the grammar leaves one way to do it: a separator that was lost, a letter where
only a digit can stand, a slashed zero read as 8, a weekday that the date itself tells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import product

from edge.evidence.calendar_words import month_number, says_weekday, weekday_in

FIRST_YEAR, LAST_YEAR = 1990, 2099
"""Years that a clock may show: one that lost its battery falls back to its maker's first year."""
LONGEST_GAP = 18
"""Characters between date and time: a weekday, a zone, half a day."""


class DateOrder(StrEnum):
    YMD = "ymd"
    MDY = "mdy"
    DMY = "dmy"
    OPEN = "open"
    """Day and month could be exchanged."""


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
    {
        "：": ":", "∶": ":", "；": ":", ";": ":", "．": ".", "，": ",", "／": "/", "–": "-", "—": "-", "－": "-",
        "−": "-", "‐": "-", "～": "-", "~": "-", "\u3000": " ", "\u00a0": " ", "（": "(", "）": ")", "·": ".",
    }
)  # fmt: skip
_DIGITS = dict(zip("OoQDlI|!iZzSsBGb", "0000111112255868", strict=True))
"""Letters that stand for digits in a word of digits."""
_ZEROES = ("0", "8", "9", "6")
"""What a zero with a slash or a dot is read as."""
_TIDIED = re.compile(r"(?<![^\W\d_])(?=[^\s]*\d)[0-9OoQDlI|!iZzSsBGb]{2,}(?![^\W\d_])")


def find_stamp(text: str) -> Stamp | None:
    """The first complete date with a time in a line of text; of several ways to read it the one with the fewest
    repairs."""
    plain = text.translate(_SAME)
    tidied, letters = _tidied(plain)
    found = [stamp for stamp in _stamps(tidied, letters)]
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


@dataclass(frozen=True, slots=True)
class _Part:
    """A date or a time at ``start``..``end``. Of a date ``days`` holds (year, month, day) for each order that it
    may be in."""

    start: int
    end: int
    text: str
    repairs: int
    days: tuple[tuple[DateOrder, tuple[int, int, int]], ...] = ()
    separator: str = ""
    named: bool = False
    clock: tuple[int, int, int, int] = (0, 0, 0, 0)
    seconds: bool = False
    fraction: bool = False


def _stamps(plain: str, changed: frozenset[int]) -> Iterator[Stamp]:
    times = list(_times(plain))
    for date in _dates(plain):
        for time in times:
            first, last = (date, time) if date.start < time.start else (time, date)
            if first.end <= last.start <= first.end + LONGEST_GAP:
                stamp = _combined(plain, date, time)
                if stamp is not None:
                    letters = sum(stamp.span[0] <= place < stamp.span[1] for place in changed)
                    yield Stamp(stamp.text, stamp.moments, stamp.style, stamp.span, stamp.repairs + letters)


_SEP = r"(?:\s?[-/.,_]\s?|\s)"
_SEP_OR_NONE = r"(?:\s?[-/.,_]\s?|\s|)"
_NUMBERS = tuple(
    re.compile(rf"(?<!\d)(?=({pattern}))")
    for pattern in (
        rf"(?P<y>\d{{4}})(?P<s>{_SEP})(?P<m>\d\d)(?P<t>{_SEP_OR_NONE})(?P<d>\d\d)",
        rf"(?P<y>\d{{4}})(?P<s>{_SEP_OR_NONE})(?P<m>\d\d)(?P<t>{_SEP})(?P<d>\d\d)",
        rf"(?P<y>\d{{4}})(?P<s>{_SEP})(?P<m>\d\d?)(?P<t>{_SEP})(?P<d>\d)(?!\d[^\d:.]|\d$)",
        rf"(?P<y>\d{{4}})(?P<s>{_SEP})(?P<m>\d)(?P<t>{_SEP})(?P<d>\d\d)",
        r"(?P<y>\d{4})(?P<s>\s?年\s?)(?P<m>\d\d?)(?P<t>\s?月\s?)(?P<d>\d\d?)\s?[日号]?",
        r"(?P<y>\d{4})(?P<s>[/71])(?P<m>\d\d)(?P<t>[/71])(?P<d>\d\d)",
        r"(?P<m>\d\d)(?P<s>[/71])(?P<d>\d\d)(?P<t>[/71])(?P<y>\d{4})",
        rf"(?P<m>\d\d)(?P<s>{_SEP_OR_NONE})(?P<d>\d\d)(?P<t>{_SEP})(?P<y>\d{{4}})",
        rf"(?P<m>\d\d)(?P<s>{_SEP})(?P<d>\d\d)(?P<t>{_SEP_OR_NONE})(?P<y>\d{{4}})",
        rf"(?P<m>\d\d?)(?P<s>{_SEP})(?P<d>\d\d?)(?P<t>{_SEP})(?P<y>\d{{4}})",
        r"(?P<m>\d\d?)(?P<s>[-/.])(?P<d>\d\d?)(?P<t>[-/.])(?P<y>\d\d)(?!\d\d[^\d:]|\d\d$)",
    )
)
_NAMED = tuple(
    re.compile(rf"(?=({pattern}))")
    for pattern in (
        r"(?<!\d)(?P<y>\d{4})(?P<s>[\s./-]?)(?P<n>[^\W\d_][\w.|]{2,8}?)(?P<t>[\s./-]?)(?P<d>\d\d?)(?!\d[^\d:])",
        r"(?<!\d)(?P<d>\d\d?)(?P<s>[\s./-]?)(?P<n>[^\W\d_][\w.|]{2,8}?)(?P<t>[\s./,-]{0,2})(?P<y>\d{4})",
        r"(?<!\w)(?P<n>[^\W\d_][\w.|]{2,8}?)(?P<s>[\s./-]?)(?P<d>\d\d?)(?P<t>[\s./,-]{1,2})(?P<y>\d{4})",
    )
)
_CLOCKS = tuple(
    re.compile(rf"(?=({pattern}))(?=.)")
    for pattern in (
        r"(?P<h>\d\d?)(?P<a>\s?[:.]\s?|\s)(?P<i>\d\d)(?P<b>\s?[:.]\s?|\s)(?P<s>\d\d)(?P<c>[:.,])(?P<f>\d{1,3})(?!\d)",
        r"(?P<h>\d\d?)(?P<a>\s?[:.]\s?|\s)(?P<i>\d\d)(?P<b>\s?[:.]\s?|\s)(?P<s>\d\d)(?!\d|[:.,]\d)",
        r"(?P<h>\d\d)(?P<a>)(?P<i>\d\d)(?P<b>:)(?P<s>\d\d)(?!\d|[:.,]\d)",
        r"(?P<h>\d\d)(?P<a>:)(?P<i>\d\d)(?P<b>)(?P<s>\d\d)(?!\d|[:.,]\d)",
        r"(?P<h>\d\d?)(?P<a>\s?:\s?|\s)(?P<i>\d\d)(?!\d|\s?[:.]\s?\d)",
        r"(?P<h>\d\d)(?P<a>[:1!|])(?P<i>\d\d)(?P<b>[:1!|])(?P<s>\d\d)(?!\d|[:.,]\d)",
    )
)


def _dates(plain: str) -> Iterator[_Part]:
    for pattern in _NUMBERS:
        for match in pattern.finditer(plain):
            yield from _numbered(match)
    for pattern in _NAMED:
        for match in pattern.finditer(plain):
            yield from _with_name(match)


def _numbered(match: re.Match[str]) -> Iterator[_Part]:
    year, repairs = _year(match["y"])
    if year is None:
        return
    first, second = match["m"], match["d"]
    year_first = match.start("y") < match.start("m")
    options = []
    for order, month, day in _orders(first, second, year_first):
        value = _day(year, month, day)
        if value is not None:
            options.append((order, value))
    if not options:
        return
    least = min(cost for _, (_, _, cost) in options)
    chosen = [(order, texts) for order, (_, texts, cost) in options if cost == least]
    days = tuple((order, days) for order, (days, _, cost) in options if cost == least)
    separator, lost = _separator(match["s"], match["t"])
    a, b = chosen[0][1] if chosen[0][0] is not DateOrder.DMY else chosen[0][1][::-1]
    text = _joined(
        match, str(year) if len(match["y"]) == 4 else f"{year % 100:02d}", a, b, separator, year_first
    )
    yield _Part(match.start(1), match.end(1), text, repairs + least + lost, days, separator)


def _joined(
    match: re.Match[str], year: str, first: str, second: str, separator: str, year_first: bool
) -> str:
    if separator == "年":
        last = match[1][-1] if match[1][-1] in "日号" else ""
        return f"{year}年{first}月{second}{last}"
    return separator.join((year, first, second) if year_first else (first, second, year))


def _orders(first: str, second: str, year_first: bool) -> Iterator[tuple[DateOrder, str, str]]:
    """The orders that two numbers beside a year may be in, with month and day."""
    if year_first:
        yield DateOrder.YMD, first, second
    else:
        yield DateOrder.MDY, first, second
        yield DateOrder.DMY, second, first


def _with_name(match: re.Match[str]) -> Iterator[_Part]:
    named = month_number(match["n"])
    year, repairs = _year(match["y"])
    if named is None or year is None:
        return
    month, letters = named
    value = _day(year, f"{month:02d}", match["d"])
    if value is None:
        return
    (_, _, day), (_, day_text), cost = value
    order = (
        DateOrder.YMD
        if match.start("y") == match.start(1)
        else DateOrder.DMY
        if match.start("d") == match.start(1)
        else DateOrder.MDY
    )
    text = _named_text(match, order, str(year), day_text)
    days = ((order, (year, month, day)),)
    yield _Part(
        match.start(1), match.end(1), text, repairs + letters + cost, days, match["s"].strip() or " ", True
    )


def _named_text(match: re.Match[str], order: DateOrder, year: str, day: str) -> str:
    sign = match["s"].strip() or match["t"].strip(" ,")
    joint = sign if sign else " "
    if order is DateOrder.MDY:
        comma = "," if "," in match["t"] else ""
        return f"{match['n']}{joint}{day}{comma}{joint}{year}"
    parts = (year, match["n"], day) if order is DateOrder.YMD else (day, match["n"], year)
    return joint.join(parts)


def _times(plain: str) -> Iterator[_Part]:
    for pattern in _CLOCKS:
        for match in pattern.finditer(plain):
            groups = match.groupdict()
            fields = [
                _within(groups["h"], 23),
                _within(groups["i"], 59),
                _within(groups.get("s") or "00", 59),
            ]
            if any(field is None for field in fields):
                continue
            (hour, a), (minute, b), (second, c) = (field for field in fields if field is not None)
            fraction = groups.get("f") or ""
            text = f"{hour}:{minute}"
            if groups.get("s"):
                text += f":{second}"
            if fraction:
                text += ("." if groups["c"] == "," else groups["c"]) + fraction
            lost = sum(groups.get(name) is not None and ":" not in (groups[name] or "") for name in "ab")
            micros = int(fraction.ljust(6, "0")) if fraction and groups["c"] != ":" else 0
            yield _Part(
                match.start(1),
                match.end(1),
                text,
                a + b + c + lost,
                clock=(int(hour), int(minute), int(second), micros),
                seconds=bool(groups.get("s")),
                fraction=bool(fraction),
            )


def _year(digits: str) -> tuple[int | None, int]:
    """The year, and how many of its digits were read otherwise."""
    if len(digits) == 2:
        return (2000 if int(digits) < 90 else 1900) + int(digits), 0
    fits = _repaired(digits, lambda text: FIRST_YEAR <= int(text) <= LAST_YEAR)
    return (int(fits[0]), fits[1]) if fits else (None, 0)


def _day(year: int, month: str, day: str) -> tuple[tuple[int, int, int], tuple[str, str], int] | None:
    """Year, month and day where there is such a day; the digits of month and day; the repairs."""
    months, days = _within(month, 12, 1), _within(day, 31, 1)
    if months is None or days is None:
        return None
    try:
        datetime(year, int(months[0]), int(days[0]))
    except ValueError:
        return None
    return (year, int(months[0]), int(days[0])), (months[0], days[0]), months[1] + days[1]


def _within(digits: str, most: int, least: int = 0) -> tuple[str, int] | None:
    return _repaired(digits, lambda text: least <= int(text) <= most)


def _repaired(digits: str, fits: Callable[[str], bool]) -> tuple[str, int] | None:
    """The digits if they fit, else the only way to make them fit by taking zeroes for zeroes."""
    if fits(digits):
        return digits, 0
    ways = {
        "".join(way)
        for way in product(*(("0", sign) if sign in _ZEROES else (sign,) for sign in digits))
        if fits("".join(way))
    }
    fewest = sorted((sum(a != b for a, b in zip(way, digits, strict=True)), way) for way in ways)
    if not fewest or (len(fewest) > 1 and fewest[1][0] == fewest[0][0]):
        return None
    return fewest[0][1], fewest[0][0]


def _separator(first: str, second: str) -> tuple[str, int]:
    """The sign between the parts of a date, and 1 if it was not read twice alike."""
    if "年" in first:
        return "年", 0
    slashes = sum(sign in ("7", "1") for sign in (first, second))
    if slashes:
        return "/", slashes + 1
    signs = [sign.strip() for sign in (first, second)]
    if signs[0] == signs[1]:
        if signs[0]:
            return signs[0], 0
        return (" ", 0) if first and second else (" ", 2)
    for sign in ("/", "-", "."):
        if sign in signs:
            return sign, 1
    return next(sign for sign in signs if sign), 1


_HALVES = re.compile(r"[AP]\.?\s?M\.?|上午|下午|오전|오후", re.I)
_HALVES_MISREAD = re.compile(r"([APap])(?:[HNWhnwr]|11|1)1?(?![^\W\d_])")
"""The M is what is lost first: it is the widest letter in the narrowest place."""
_ZONE = re.compile(
    r"(?:UTC|GMT)\s?[+-]\s?\d{1,2}(?::?\d{2})?|UTC|GMT|[CEW]ES?T|[ECMP][SD]T|BST|IST|JST|MSK|Z(?!\w)"
)
_WORD = re.compile(r"[^\W_][^\W_.]*\.?|[-(]")


@dataclass(frozen=True, slots=True)
class _Words:
    """What stands around date and time: written out, with the weekday and half of the day among it."""

    text: tuple[str, ...] = ()
    weekday: str = ""
    half: str = ""
    repairs: int = 0
    end: int = 0
    """How far it reaches into the text that was given."""


def _combined(plain: str, date: _Part, time: _Part) -> Stamp | None:
    first, last = (date, time) if date.start < time.start else (time, date)
    for days in _agreeing(plain, date, first, last):
        day = datetime(*days[0][1]).weekday()
        between = _words(plain[first.end : last.start], day, between=True)
        if between.end < last.start - first.end:
            continue
        before = _before(plain[: first.start], day)
        after = _words(plain[last.end :], day, between=False)
        return _assembled(first, last, date, time, days, (before, between, after), plain)
    return None


def _agreeing(
    plain: str, date: _Part, first: _Part, last: _Part
) -> Iterator[tuple[tuple[DateOrder, tuple[int, int, int]], ...]]:
    """The orders of the date: first those alone that the weekday agrees with, where one does, then all."""
    if len(date.days) > 1:
        around = " ".join((plain[: first.start][-12:], plain[first.end : last.start], plain[last.end :][:14]))
        words = [word for word in re.findall(r"[^\W\d_]{2,}", around) if not _HALVES.fullmatch(word)]
        agreeing = [
            option
            for option in date.days
            if any(says_weekday(word, datetime(*option[1]).weekday()) for word in words)
        ]
        if len(agreeing) == 1:
            yield tuple(agreeing)
    yield date.days


def _words(text: str, day: int, *, between: bool) -> _Words:
    """The words at the head of ``text`` that belong to a clock; a dash or a T only ``between`` its parts."""
    found: list[str] = []
    weekday = half = ""
    repairs = place = end = 0
    while place < len(text):
        if text[place] in " .,:|'\"_":
            place += 1
            end = place if not text[place:].strip() else end
            continue
        told = _word(text, place, day, bool(weekday), bool(half), between and not found)
        if told is None:
            break
        word, kind, cost, place = told
        found.append(word)
        weekday = word if kind == "weekday" else weekday
        half = word if kind == "half" else half
        repairs += cost
        end = place
    if not text.strip(" .,:|'\"_"):
        return _Words(end=len(text))
    return _Words(tuple(found), weekday, half, repairs, end)


def _word(
    text: str, place: int, day: int, has_weekday: bool, has_half: bool, first: bool
) -> tuple[str, str, int, int] | None:
    """One word with its kind, the repairs it took, and where it ends."""
    match = _HALVES.match(text, place)
    if match and not has_half and not text[match.end() : match.end() + 1].isalpha():
        return re.sub(r"\s", "", match[0]), "half", 0, match.end()
    match = _HALVES_MISREAD.match(text, place)
    if match and not has_half:
        return match[1] + ("m" if match[1].islower() else "M"), "half", 1, match.end()
    match = _ZONE.match(text, place)
    if match and not text[match.end() : match.end() + 1].isalpha():
        return re.sub(r"\s", "", match[0]), "zone", 0, match.end()
    if first and text[place] in "-T":
        after = text[place + 1 : place + 2]
        if text[place] == "-" or not after.strip():
            return text[place], "joint", 0, place + 1
    match = _WORD.match(text, place)
    if match is None or has_weekday:
        return None
    told = weekday_in(match[0].rstrip("."), day)
    if told is None:
        return None
    dot = "." if match[0].endswith(".") else ""
    end = match.end()
    if told[1] and not told[0].isascii() and text[end : end + 1] == "-":
        end += 1  # the dash was the last sign of the weekday
    return told[0] + dot, "weekday", told[1], end


def _before(text: str, day: int) -> _Words:
    """The last word before a clock, if it is a weekday or half of the day."""
    match = re.search(r"([^\W\d_]{2,}\.?|[AP]\.M\.)[\s,]*$", text)
    if match is None:
        return _Words()
    if _HALVES.fullmatch(match[1]):
        return _Words((match[1],), half=match[1], end=len(text) - match.start(1))
    told = weekday_in(match[1], day) if len(match[1]) >= 3 or not match[1].isascii() else None
    if told is None:
        return _Words()
    return _Words((told[0],), weekday=told[0], repairs=told[1], end=len(text) - match.start(1))


def _assembled(
    first: _Part,
    last: _Part,
    date: _Part,
    time: _Part,
    days: tuple[tuple[DateOrder, tuple[int, int, int]], ...],
    around: tuple[_Words, _Words, _Words],
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
