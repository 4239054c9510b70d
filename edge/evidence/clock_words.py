"""The words around date and time: weekday, half of the day, zone."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edge.evidence.calendar_words import says_weekday, weekday_in

_LETTERS = str.maketrans("015689", "oiSbBg")
HALVES = re.compile(r"[AP]\.?\s?M\.?|上午|下午|오전|오후", re.I)
_HALVES_MISREAD = re.compile(r"([APap])(?:[HNWhnwr]|11|1|)1?(?![^\W_])")
"""The M is what is lost first: it is the widest letter in the narrowest place."""
_ZONE = re.compile(
    r"(?:UTC|GMT)\s?[+-]\s?\d{1,2}(?::?\d{2})?|UTC|GMT|[CEW]ES?T|[ECMP][SD]T|BST|IST|JST|MSK|Z(?!\w)"
)
_WORD = re.compile(r"[^\W_][^\W_.]*\.?|[-(]")


@dataclass(frozen=True, slots=True)
class Words:
    """What stands around date and time: written out, with the weekday and half of the day among it."""

    text: tuple[str, ...] = ()
    weekday: str = ""
    half: str = ""
    repairs: int = 0
    end: int = 0
    """How far it reaches into the text that was given."""


def words_in(text: str, day: int, *, between: bool) -> Words:
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
        return Words(end=len(text))
    return Words(tuple(found), weekday, half, repairs, end)


Found = tuple[str, str, int, int]
"""A word, its kind, the repairs that it took, and where it ends in the text."""


def _word(text: str, place: int, day: int, has_weekday: bool, has_half: bool, joint: bool) -> Found | None:
    """The word at ``place``; of weekday and half of the day one each, a ``joint`` only where it may be."""
    return (
        (None if has_half else _half(text, place))
        or _zone(text, place)
        or (_joint(text, place) if joint else None)
        or (None if has_weekday else _weekday(text, place, day))
    )


def _half(text: str, place: int) -> Found | None:
    match = HALVES.match(text, place)
    if match and not text[match.end() : match.end() + 1].isalpha():
        return re.sub(r"\s", "", match[0]), "half", 0, match.end()
    match = _HALVES_MISREAD.match(text, place)
    if match:
        return match[1] + ("m" if match[1].islower() else "M"), "half", 1, match.end()
    return None


def _zone(text: str, place: int) -> Found | None:
    match = _ZONE.match(text, place)
    if match is None or text[match.end() : match.end() + 1].isalpha():
        return None
    return re.sub(r"\s", "", match[0]), "zone", 0, match.end()


def _joint(text: str, place: int) -> Found | None:
    """A dash, or a T right before the time."""
    sign = text[place]
    fits = sign == "-" or (sign == "T" and not text[place + 1 :].strip())
    return (sign, "joint", 0, place + 1) if fits else None


def _weekday(text: str, place: int, day: int) -> Found | None:
    match = _WORD.match(text, place)
    if match is None:
        return None
    told = weekday_in(match[0].rstrip("."), day) or _weekday_in_digits(match[0], day)
    if told is None:
        return None
    dot = "." if match[0].endswith(".") else ""
    end = match.end()
    if told[1] and not told[0].isascii() and text[end : end + 1] == "-":
        end += 1  # the dash was the last sign of the weekday
    return told[0] + dot, "weekday", told[1], end


def _weekday_in_digits(word: str, day: int) -> tuple[str, int] | None:
    """A weekday some of whose letters were read as digits (``5e9`` for ``Seg``)."""
    if word.isalpha() or not any(char.isalpha() for char in word):
        return None
    told = weekday_in(word.translate(_LETTERS), day)
    return None if told is None or not says_weekday(told[0], day) else (told[0], told[1] + 1)


def word_before(text: str, day: int) -> Words:
    """The last word before a clock, if it is a weekday or half of the day."""
    match = re.search(r"([^\W\d_]{2,}\.?|[AP]\.M\.)[\s,]*$", text)
    if match is None:
        return Words()
    if HALVES.fullmatch(match[1]):
        return Words((match[1],), half=match[1], end=len(text) - match.start(1))
    told = weekday_in(match[1], day) if len(match[1]) >= 3 or not match[1].isascii() else None
    if told is None:
        return Words()
    return Words((told[0],), weekday=told[0], repairs=told[1], end=len(text) - match.start(1))
