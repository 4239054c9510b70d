"""Months and weekdays as displays write them, in the languages of the makers' firmwares."""

from __future__ import annotations

from functools import lru_cache

from rapidfuzz.distance import Levenshtein

MONTHS = (
    (
        "january",
        "jan",
        "janvier",
        "janv",
        "enero",
        "ene",
        "januar",
        "jän",
        "januari",
        "gennaio",
        "gen",
        "janeiro",
    ),
    ("february", "feb", "février", "févr", "fev", "febrero", "februar", "februari", "febbraio", "fevereiro"),
    ("march", "mar", "mars", "marzo", "märz", "mär", "mrz", "maart", "mrt", "março"),
    ("april", "apr", "avril", "avr", "abril", "abr", "aprile"),
    ("may", "mai", "mayo", "mei", "maggio", "mag", "maio"),
    ("june", "jun", "juin", "junio", "juni", "giugno", "giu", "junho"),
    ("july", "jul", "juillet", "juil", "julio", "juli", "luglio", "lug", "julho"),
    ("august", "aug", "août", "aout", "agosto", "ago", "augustus"),
    ("september", "sep", "sept", "septembre", "septiembre", "settembre", "set", "setembro"),
    ("october", "oct", "octobre", "octubre", "oktober", "okt", "ottobre", "ott", "outubro", "out"),
    ("november", "nov", "novembre", "noviembre", "novembro"),
    ("december", "dec", "décembre", "déc", "diciembre", "dic", "dezember", "dez", "dicembre", "dezembro"),
)
WEEKDAYS = tuple(
    frozenset(words.split())
    for words in (
        "monday mon lundi lun lunes montag mo lunedì lunedi segunda seg maandag ma",
        "tuesday tue tues mardi mar martes dienstag di martedì martedi terça ter dinsdag",
        "wednesday wed mercredi mer miércoles miercoles mié mie mittwoch mi mercoledì mercoledi"
        " quarta qua woensdag wo",
        "thursday thu thur thurs jeudi jeu jueves jue donnerstag do giovedì giovedi gio quinta qui donderdag",
        "friday fri vendredi ven viernes vie freitag fr venerdì venerdi sexta sex vrijdag vr",
        "saturday sat samedi sam sábado sabado sáb sab samstag sa sabato zaterdag za",
        "sunday sun dimanche dim domingo dom sonntag so domenica zondag zo",
    )
)
"""From Monday on, as ``datetime.weekday`` counts."""
HAN_DAYS = "一二三四五六日"
HAN_STEMS = ("星期", "周", "礼拜", "週")
KANA_DAYS = "月火水木金土日"
CYRILLIC = ("Пн", "Вт", "Ср", "Чт", "Пт", "Сб", "Вс")
CYRILLIC_LOOKS = (
    ("nh", "th", "mh", "пн"),
    ("bt", "вт"),
    ("cp", "ср"),
    ("4t", "yt", "ht", "чт"),
    ("nt", "tt", "mt", "пт"),
    ("c6", "cb", "c5", "cg", "сб"),
    ("bc", "вс"),
)
"""What a recogniser without Cyrillic makes of them."""


def month_number(word: str) -> tuple[int, int] | None:
    """The month that ``word`` names and how many letters had to be read otherwise (0 or 1)."""
    return _months().get(word.casefold().rstrip("."))


def spelling(word: str, month: int) -> str:
    """The name of ``month`` that ``word`` resembles most, in its case."""
    lower = word.casefold().rstrip(".")
    same = [name for name in MONTHS[month - 1] if len(name) == len(lower)] or list(MONTHS[month - 1])
    return _cased(min(same, key=lambda name: Levenshtein.distance(lower, name)), word)


def says_weekday(word: str, day: int) -> bool:
    """Whether ``word`` names weekday ``day`` (from Monday 0) as it stands."""
    plain = word.strip("().,;:[]")
    han = any(plain == stem + HAN_DAYS[day] for stem in HAN_STEMS)
    return han or plain.casefold() in WEEKDAYS[day] or plain == CYRILLIC[day]


def weekday_in(word: str, day: int) -> tuple[str, int] | None:
    """``word`` as a weekday, corrected to weekday ``day`` (from Monday 0) where one letter was misread, and
    the number of corrections; None if it is none."""
    plain = word.strip("().,;:[]")
    lower = plain.casefold()
    if any(lower in names for names in WEEKDAYS):
        return plain, 0
    return _han(plain, day) or _kana(plain, day) or _cyrillic(plain, day) or _misread(plain, day)


def _han(word: str, day: int) -> tuple[str, int] | None:
    for stem in HAN_STEMS:
        if word.startswith(stem) and len(word) <= len(stem) + 1:
            last = word[len(stem) :].replace("天", "日")
            if last and last in HAN_DAYS:
                return word, 0
            # The sign for one is a plain stroke, which is easily lost or taken for a dash.
            return stem + HAN_DAYS[day], 1
    return None


def _kana(word: str, day: int) -> tuple[str, int] | None:
    return (word, 0) if len(word) == 1 and word == KANA_DAYS[day] else None


def _cyrillic(word: str, day: int) -> tuple[str, int] | None:
    lower = word.casefold()
    if lower not in CYRILLIC_LOOKS[day]:
        return None
    return CYRILLIC[day], 0 if not word.isascii() else 1


def _misread(word: str, day: int) -> tuple[str, int] | None:
    lower = word.casefold()
    if len(lower) == 2 and any(name.endswith(lower) and len(name) == 3 for name in WEEKDAYS[day]):
        name = next(name for name in sorted(WEEKDAYS[day]) if name.endswith(lower) and len(name) == 3)
        return name.upper() if word.isupper() else name.capitalize(), 1
    if len(lower) < 3:
        return None
    near = [
        name for name in sorted(WEEKDAYS[day]) if len(name) >= 3 and Levenshtein.distance(lower, name) == 1
    ]
    if not near:
        return None
    name = max(near, key=len)
    return _cased(name, word), 1


def _cased(name: str, like: str) -> str:
    letters = "".join(char for char in like if char.isalpha())
    if letters.isupper() and len(letters) > 1:
        return name.upper()
    return name.capitalize() if like[:1].isupper() else name


@lru_cache(maxsize=1)
def _months() -> dict[str, tuple[int, int]]:
    """Every spelling, and those with one of the letters that recognisers confuse in capitals."""
    found: dict[str, tuple[int, int]] = {}
    for number, names in enumerate(MONTHS, start=1):
        for name in names:
            found[name] = (number, 0)
    for name, (number, _) in list(found.items()):
        for right, wrong in (
            ("o", "0"),
            ("l", "1"),
            ("l", "i"),
            ("l", "|"),
            ("i", "1"),
            ("s", "5"),
            ("g", "9"),
        ):
            if right in name:
                found.setdefault(name.replace(right, wrong), (number, 1))
    return found
