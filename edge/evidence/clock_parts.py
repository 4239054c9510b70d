"""The date and the time in a reading, with what must have been misread in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import product

from edge.evidence.calendar_words import month_number, spelling

FIRST_YEAR, LAST_YEAR = 1990, 2099
"""Years that a clock may show: one that lost its battery falls back to its maker's first year."""
_ZEROES = ("0", "8", "9", "6")
"""What a zero with a slash or a dot is read as."""


class DateOrder(StrEnum):
    YMD = "ymd"
    MDY = "mdy"
    DMY = "dmy"
    OPEN = "open"
    """Day and month could be exchanged."""


@dataclass(frozen=True, slots=True)
class Part:
    """A date or a time at ``start``..``end``. Of a date ``days`` holds (year, month, day) for each order that
    it may be in."""

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


def dates(plain: str) -> Iterator[Part]:
    for pattern in _NUMBERS:
        for match in pattern.finditer(plain):
            yield from _numbered(match)
    for pattern in _NAMED:
        for match in pattern.finditer(plain):
            yield from _with_name(match)


def _numbered(match: re.Match[str]) -> Iterator[Part]:
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
    yield Part(match.start(1), match.end(1), text, repairs + least + lost, days, separator)


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


def _with_name(match: re.Match[str]) -> Iterator[Part]:
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
    text = _named_text(match, order, str(year), day_text, _spelt(match["n"], month, letters))
    days = ((order, (year, month, day)),)
    yield Part(
        match.start(1), match.end(1), text, repairs + letters + cost, days, match["s"].strip() or " ", True
    )


def _spelt(word: str, month: int, letters: int) -> str:
    """The month's name as it was written: with its letters where digits were read, in one kind of case."""
    name = spelling(word, month) if letters else word
    return name if name.isupper() or name.islower() else name.capitalize()


def _named_text(match: re.Match[str], order: DateOrder, year: str, day: str, name: str) -> str:
    sign = match["s"].strip() or match["t"].strip(" ,")
    joint = sign if sign else " "
    if order is DateOrder.MDY:
        comma = "," if "," in match["t"] else ""
        return f"{name}{joint}{day}{comma}{joint}{year}"
    parts = (year, name, day) if order is DateOrder.YMD else (day, name, year)
    return joint.join(parts)


def times(plain: str) -> Iterator[Part]:
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
            yield Part(
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
