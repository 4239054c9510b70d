"""What a mark may say: makers' words, invented ones, near misses, and the text of clocks and captions."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

VOWELS = "aeiou"
CONSONANTS = "".join(c for c in string.ascii_lowercase if c not in VOWELS)
ENDINGS = ("cam", "tech", "vision", "link", "view", "eye", "sec", "tek", "net", "pro", "o", "ix", "a", "ia")
LIKE = {
    "a": "oec", "b": "hdp", "c": "eo", "d": "bcl", "e": "co", "f": "t", "g": "qy", "h": "bnk", "i": "lj",
    "k": "xh", "l": "it", "m": "nw", "n": "mhu", "o": "ace", "p": "bq", "q": "gp", "r": "nt", "s": "z",
    "t": "fl", "u": "nv", "v": "uy", "w": "vm", "x": "kz", "y": "vg", "z": "s",
}  # fmt: skip
"""Letters that are taken for each other at small sizes."""
CAPTIONS = (
    "LIVE", "REC", "Camera 01", "Camera", "CAM 2", "IPC", "CH1", "Channel 3", "Driveway", "Front Door",
    "Garage", "Backyard", "Entrance", "Hall", "Lobby", "Parking", "Warehouse", "Gate", "Kitchen", "Office",
    "Reception", "Stairs", "Garden", "Entrada", "Patio", "Eingang", "Hof", "Portaria", "Ingresso", "Bureau",
    "person 87%", "car 0.92", "dog: 55%", "ENTRANCE 2", "MOTION", "ZOOM x4", "25 fps", "HD", "4K", "IR",
    "23C", "71F", "BREAKING", "news", "Exclusive", "police search for man", "road closed", "www", ".com",
)  # fmt: skip


def cased(text: str, chance: random.Random) -> str:
    """As the maker writes it, or all large, all small, or with a capital."""
    if not text.isascii() or chance.random() < 0.5:
        return text
    return chance.choice((text.upper(), text.lower(), text.capitalize()))


def invented(count: int, seed: int, known: frozenset[str]) -> list[str]:
    """Different names that are none of ``known`` (small letters)."""
    chance = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        name = _name(chance)
        if name.lower() not in known:
            found[name] = None
    return list(found)


def _name(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.25:
        return "".join(chance.choices(string.ascii_uppercase, k=chance.randint(2, 5)))
    if kind < 0.35:
        return _syllables(chance)[:3].upper() + str(chance.randint(1, 990))
    name = _syllables(chance)
    if kind < 0.6:
        name = name[:4] + chance.choice(ENDINGS)
    return name.capitalize() if chance.random() < 0.6 else name


def _syllables(chance: random.Random) -> str:
    parts = (chance.choice(CONSONANTS) + chance.choice(VOWELS) for _ in range(chance.randint(2, 3)))
    return "".join(parts) + (chance.choice(CONSONANTS) if chance.random() < 0.6 else "")


def near_misses(words: Sequence[str], each: int, seed: int, known: frozenset[str]) -> Iterator[str]:
    """Words that differ from makers' in one letter or two, mostly by one that looks like it."""
    chance = random.Random(seed)
    for word in words:
        if len(word) < 4 or not word.isascii():
            continue
        for _ in range(each):
            other = _changed(word, chance)
            if other.lower() not in known:
                yield other


def _changed(word: str, chance: random.Random) -> str:
    letters = list(word)
    for place in chance.sample(range(len(letters)), 2 if len(letters) > 5 and chance.random() < 0.5 else 1):
        if chance.random() < 0.15:
            letters[place] = ""
            continue
        old = letters[place]
        new = chance.choice(LIKE.get(old.lower(), CONSONANTS)) if chance.random() < 0.7 else ""
        new = new or chance.choice(string.ascii_lowercase)
        letters[place] = new.upper() if old.isupper() else new
    return "".join(letters)


def clock(chance: random.Random) -> str:
    """A date, a time, or both, in one of the usual orders."""
    when = datetime(2012, 1, 1) + timedelta(seconds=chance.randint(0, 14 * 365 * 86400))
    date = chance.choice(("%Y-%m-%d", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%d.%m.%Y", "%b %d %Y", "%m-%d-%Y"))
    time = chance.choice(("%H:%M:%S", "%H:%M:%S", "%I:%M:%S %p", "%H:%M"))
    day = chance.choice(("", "", " %a", " %A"))
    form = chance.choice((f"{date}{day} {time}", f"{date} {time}{day}", f"{date} {time}", date, time))
    return when.strftime(form)


def caption(chance: random.Random) -> str:
    text = chance.choice(CAPTIONS)
    return text if chance.random() < 0.6 else f"{text} {chance.randint(1, 64):02d}"


def all_words(makers: Mapping[str, Sequence[str]]) -> frozenset[str]:
    return frozenset(word.lower() for words in makers.values() for word in words)
