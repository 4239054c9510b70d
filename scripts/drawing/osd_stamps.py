"""Time stamps as cameras, recorders and software write them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "EN": ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"),
    "english": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "zh": tuple("星期" + day for day in "一二三四五六日"),
    "zhou": tuple("周" + day for day in "一二三四五六日"),
    "es": ("Lun", "Mar", "Mie", "Jue", "Vie", "Sab", "Dom"),
    "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    "pt": ("Seg", "Ter", "Qua", "Qui", "Sex", "Sab", "Dom"),
}
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Order(Enum):
    YMD = "ymd"
    MDY = "mdy"
    DMY = "dmy"


class Month(Enum):
    NUMBER = "number"
    NAME = "Jan"
    CAPITALS = "JAN"


@dataclass(frozen=True, slots=True)
class StampFormat:
    """How date and time are written. ``weekday`` names a row of WEEKDAYS; ``weekday_place`` is before,
    between (date and time) or after; ``fraction`` counts digits after the seconds; ``zone`` stands between
    the two."""

    order: Order = Order.YMD
    separator: str = "-"
    month: Month = Month.NUMBER
    short_year: bool = False
    padded: bool = True
    weekday: str | None = None
    weekday_place: str = "between"
    twelve: bool = False
    halves: tuple[str, str] = ("AM", "PM")
    half_first: bool = False
    seconds: bool = True
    fraction: int = 0
    fraction_sign: str = "."
    zone: str = ""
    joint: str = " "
    time_first: bool = False
    chinese: bool = False
    hour_padded: bool = True

    def text(self, when: datetime) -> str:
        date, clock = self._date(when), self._clock(when)
        day = WEEKDAYS[self.weekday][when.weekday()] if self.weekday else ""
        between = " ".join(
            part for part in (day if self.weekday_place == "between" else "", self.zone) if part
        )
        first, last = (clock, date) if self.time_first else (date, clock)
        middle = f" {between} " if between else self.joint
        text = f"{first}{middle}{last}"
        if day and self.weekday_place == "before":
            text = f"{day} {text}"
        if day and self.weekday_place == "after":
            text = f"{text} {day}"
        return text

    def _date(self, when: datetime) -> str:
        if self.chinese:
            return f"{when.year}年{when.month:02d}月{when.day:02d}日"
        year = f"{when.year % 100:02d}" if self.short_year else str(when.year)
        width = "02d" if self.padded else "d"
        name = MONTHS[when.month - 1]
        number = format(when.month, width)
        month = {Month.NUMBER: number, Month.NAME: name, Month.CAPITALS: name.upper()}[self.month]
        day = format(when.day, width)
        parts = {Order.YMD: (year, month, day), Order.MDY: (month, day, year), Order.DMY: (day, month, year)}
        return self.separator.join(parts[self.order])

    def _clock(self, when: datetime) -> str:
        hour = (when.hour - 1) % 12 + 1 if self.twelve else when.hour
        text = f"{hour:02d}" if self.hour_padded else str(hour)
        text += f":{when.minute:02d}"
        if self.seconds:
            text += f":{when.second:02d}"
        if self.fraction:
            text += self.fraction_sign + f"{when.microsecond:06d}"[: self.fraction]
        if self.twelve:
            half = self.halves[when.hour >= 12]
            text = f"{half} {text}" if self.half_first else f"{text} {half}"
        return text


def any_format(chance: random.Random, *, cjk: bool) -> StampFormat:
    """A format of nobody in particular. ``cjk``: the face has Chinese characters."""
    form = StampFormat(
        order=chance.choices(tuple(Order), (5, 3, 3))[0],
        separator=chance.choices(("-", "/", ".", " "), (6, 5, 1, 0.4))[0],
        short_year=chance.random() < 0.07,
        padded=chance.random() > 0.08,
        joint=chance.choices((" ", "  ", "   ", "-", " - "), (8, 3, 1, 0.4, 0.4))[0],
        seconds=chance.random() > 0.06,
    )
    if chance.random() < 0.12:
        month = chance.choice((Month.NAME, Month.CAPITALS))
        form = replace(form, month=month, separator=chance.choice((" ", "-", " ")), short_year=False)
    if chance.random() < 0.35:
        languages = ("en", "EN", "english", "es", "de", "pt", *(("zh", "zhou") * 2 if cjk else ()))
        places = ("between", "between", "between", "after", "after", "before")
        form = replace(form, weekday=chance.choice(languages), weekday_place=chance.choice(places))
    if cjk and chance.random() < 0.3:
        weekday = form.weekday and chance.choice(("zh", "zhou"))
        form = replace(form, chinese=True, weekday=weekday, weekday_place="between", joint=" ")
    return _with_clock(form, chance)


def _with_clock(form: StampFormat, chance: random.Random) -> StampFormat:
    if chance.random() < 0.22:
        halves = chance.choice((("AM", "PM"), ("am", "pm"), ("AM", "PM")))
        form = replace(
            form,
            twelve=True,
            halves=halves,
            half_first=chance.random() < 0.06,
            hour_padded=chance.random() < 0.7,
        )
    if form.seconds and chance.random() < 0.06:
        form = replace(form, fraction=chance.choice((2, 3, 3)), fraction_sign=chance.choice((".", ":")))
    if chance.random() < 0.05:
        form = replace(form, time_first=True, joint=chance.choice((" ", "  ")))
    if chance.random() < 0.04:
        form = replace(form, zone=chance.choice(("CEST", "UTC", "GMT+8", "EST")))
    return form


def any_moment(chance: random.Random) -> datetime:
    """Between 2010 and 2026, late years more often. Without a zone, as an overlay shows it."""
    years = 16 * chance.random() ** 0.6
    return datetime(2010, 1, 1) + timedelta(
        seconds=int(years * 365.25 * 86400), milliseconds=chance.randint(0, 999)
    )


EN = ("Camera", "CAM", "Cam", "CH", "IPC", "IP Camera", "IPCamera", "CAMERA", "Channel", "IPdome", "D")
PLACES = (
    "Driveway", "Front Door", "Garage", "Backyard", "Entrance", "Hall", "Lobby", "Parking", "Warehouse",
    "Gate", "Kitchen", "Office", "Side Gate", "Reception", "Stairs", "Loading Dock", "Roof East",
    "Cash Desk", "Garden", "Entrada", "Patio", "Cochera", "Caja", "Eingang", "Hof", "Garage Nord",
    "Portaria", "Fundos", "Estacionamento", "Ingresso", "Cortile", "Bureau", "Parking Sud", "Podjezd 2",
    "Dvor", "Street", "Barn", "Porch", "Pool", "Lab",
)  # fmt: skip
CJK = (
    "通道1", "通道2", "通道01", "通道 3", "摄像头", "摄像头1", "摄像头 02", "大门", "前门", "后门", "仓库",
    "门口", "办公室", "停车场", "走廊", "收银台", "电梯", "客厅", "车库", "院子", "机房", "一楼大厅",
    "二楼走廊", "北门", "网络摄像机", "监控点1", "枪机01", "球机", "一号车间", "校门口", "正门", "カメラ1",
    "玄関", "駐車場",
)  # fmt: skip


def channel_name(chance: random.Random, *, cjk: bool) -> str:
    if cjk and chance.random() < 0.65:
        return chance.choice(CJK)
    if chance.random() < 0.5:
        place = chance.choice(PLACES)
        return chance.choice((place, place.upper(), place, f"{place} {chance.randint(1, 9)}"))
    return numbered(chance, EN)


def numbered(chance: random.Random, words: Sequence[str]) -> str:
    number = chance.randint(1, 16)
    shape = chance.choice(("{0} {1:02d}", "{0} {1}", "{0}{1}", "{0}{1:02d}", "{0}", "{0}-{1}", "{0} {1:02d}"))
    return shape.format(chance.choice(words), number)
