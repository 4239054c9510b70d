"""How makers' cameras lay out what they print: general practice, rough and incomplete.

Hikvision's default channel names, date style and positions are facts of the shared research data
(``fingerprints.jsonl``, "OSD" fields); the rest is what frames in manuals and reviews show. It makes drawn
frames lifelike and never serves as evidence about a maker.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from scripts.drawing.osd_stamps import Month, Order, StampFormat


class Corner(Enum):
    TOP_LEFT = "top left"
    TOP = "top"
    TOP_RIGHT = "top right"
    BOTTOM_LEFT = "bottom left"
    BOTTOM = "bottom"
    BOTTOM_RIGHT = "bottom right"


TL, TC, TR = Corner.TOP_LEFT, Corner.TOP, Corner.TOP_RIGHT
BL, BC, BR = Corner.BOTTOM_LEFT, Corner.BOTTOM, Corner.BOTTOM_RIGHT
ISO = StampFormat()
SLASHED = StampFormat(separator="/")
AMERICAN = StampFormat(order=Order.MDY, separator="/")
AMERICAN_12 = StampFormat(order=Order.MDY, separator="/", twelve=True)
EUROPEAN = StampFormat(order=Order.DMY, separator="/")


@dataclass(frozen=True, slots=True)
class Style:
    """``names`` are the words that channel names begin with; empty: no name shown. ``chinese`` formats
    stand in for the others where the face has the characters."""

    vendor: str
    formats: tuple[StampFormat, ...]
    stamp: tuple[Corner, ...]
    name: tuple[Corner, ...] = ()
    names: tuple[str, ...] = ()
    mark: tuple[Corner, ...] = ()
    chinese: tuple[StampFormat, ...] = ()
    strip: bool = False
    """The text stands on a strip across the whole frame."""


_HIKVISION = (
    StampFormat(order=Order.MDY, weekday="en"),
    StampFormat(weekday="en"),
    StampFormat(order=Order.DMY, weekday="en"),
    StampFormat(order=Order.MDY),
    StampFormat(),
)
_HIKVISION_ZH = (StampFormat(chinese=True, weekday="zh"), StampFormat(weekday="zh"))
_DAHUA = (ISO, ISO, StampFormat(weekday="EN"), StampFormat(order=Order.DMY), AMERICAN_12)
_DAHUA_ZH = (StampFormat(weekday="zh"), ISO)
_REOLINK = (
    StampFormat(order=Order.MDY, separator="/", weekday="EN", weekday_place="after"),
    StampFormat(order=Order.DMY, separator="/", weekday="EN", weekday_place="after"),
    StampFormat(separator="/", weekday="EN", weekday_place="after"),
    StampFormat(order=Order.MDY, separator="/", weekday="EN", weekday_place="after", twelve=True),
)
_EUFY = (StampFormat(month=Month.NAME, separator=" "), ISO)

STYLES: tuple[Style, ...] = (
    Style("hikvision", _HIKVISION, (TL,), (BR,), ("Camera", "IPdome", "IPCamera"), (BL, TR), _HIKVISION_ZH),
    Style(
        "ezviz",
        (ISO, StampFormat(order=Order.DMY), EUROPEAN),
        (TL, TR),
        (),
        (),
        (BR, BL, TR),
        _HIKVISION_ZH[1:],
    ),
    Style("dahua", _DAHUA, (TR,), (BL,), ("IPC", "CAM", "Channel"), (TL, BR), _DAHUA_ZH),
    Style("imou", (ISO, EUROPEAN, AMERICAN_12), (TR, BL), (), (), (TL, BR), _DAHUA_ZH),
    Style("amcrest", (ISO, AMERICAN_12), (TR,), (BL,), ("IPC", "Cam", "AMC"), (TL, BR)),
    Style("lorex", (AMERICAN_12, ISO), (TR, TL), (BL,), ("Camera", "CAM"), (BR, TL)),
    Style("intelbras", (EUROPEAN, ISO), (TR,), (BL,), ("IPC", "Canal", "CAM"), (TL, BR)),
    Style("reolink", _REOLINK, (TC, TR, TL), (BR, TL), ("Camera", "Cam"), (BL, TL, BR)),
    Style("tapo", (ISO, SLASHED), (TL,), (BL, TR), ("Camera", "C200"), (BR, BL)),
    Style("tp_link", (ISO,), (TL,), (BL,), ("Camera",), (BR,)),
    Style("wyze", (ISO, AMERICAN), (BR, BL), (), (), (BL, TL, BR)),
    Style("eufy", _EUFY, (TR, TL), (), (), (BR, BL)),
    Style(
        "ring",
        (AMERICAN, StampFormat(order=Order.MDY, separator="/", zone="")),
        (BL, BR),
        (),
        (),
        (BR, BL, TR),
    ),
    Style(
        "blink",
        (AMERICAN_12, StampFormat(order=Order.MDY, separator="/", short_year=True)),
        (BL, BR),
        (TL, BL),
        ("Front", "Camera"),
        (BR, BL),
    ),
    Style("arlo", (AMERICAN_12, AMERICAN), (BL, BR), (), (), (BR, TL)),
    Style("nest", (AMERICAN_12, ISO), (TL, BL), (), (), (BL, BR)),
    Style("swann", (AMERICAN_12, ISO, EUROPEAN), (TL, TR), (BL,), ("CAM", "Camera"), (BR, TR)),
    Style(
        "uniview",
        (ISO, StampFormat(weekday="en"), EUROPEAN),
        (TL, TR),
        (BL, BR),
        ("Camera", "IPC"),
        (BR, TR),
        (StampFormat(chinese=True, weekday="zh"),),
    ),
    Style("axis", (ISO, StampFormat(zone="")), (TL, BL), (TR,), ("Entrance", "Camera"), (TR, BR), strip=True),
    Style("foscam", (ISO, SLASHED), (TL, TR), (BL, TL), ("Anonymous", "FI"), (BR, TR)),
    Style(
        "xiaomi",
        (SLASHED, ISO, StampFormat(separator="/", seconds=False)),
        (TR, TL, BR),
        (),
        (),
        (BR, TL),
        (StampFormat(chinese=True),),
    ),
    Style("yi", (ISO, SLASHED, StampFormat(order=Order.MDY, separator="/")), (BR, BL), (), (), (BL, TL)),
    Style("v380", (ISO, SLASHED), (TL,), (), (), (BR, TR, BL)),
    Style("icsee", (ISO, StampFormat(order=Order.DMY)), (TL, TR), (BL,), ("CAM", "NVR"), (BR, TR)),
    Style("xiongmai", (ISO, StampFormat(order=Order.DMY)), (TL,), (BL,), ("CAM", "IPC"), (BR, TR)),
    Style(
        "hanwha",
        (ISO, StampFormat(order=Order.DMY, separator="/")),
        (TL, BL),
        (TR, BL),
        ("CAM", "Camera"),
        (BR,),
    ),
    Style(
        "bosch", (ISO, StampFormat(order=Order.DMY, separator=".")), (BL, TL), (TL, TR), ("Camera",), (BR,)
    ),
    Style("annke", _HIKVISION, (TL,), (BR,), ("Camera", "IPCamera"), (BL, TR)),
    Style("hilook", _HIKVISION, (TL,), (BR,), ("Camera",), (BL, TR)),
    Style("tiandy", (ISO, StampFormat(weekday="en")), (TL, TR), (BR, BL), ("IPC", "Camera"), (BR, BL)),
    Style("tvt", (ISO, EUROPEAN), (TL, TR), (BL,), ("IPC", "CAMERA"), (BR,)),
    Style("vivotek", (SLASHED,), (TL, TR), (TL,), ("TCP-AV", "Mega-Pixel Network Camera"), (BR,), strip=True),
    Style("d_link", (ISO, SLASHED), (TL, BL), (TL,), ("DCS",), (BR, TR), strip=True),
    Style("unifi", (ISO, AMERICAN), (TL, TR), (TL, BL), ("G4 Bullet", "G3 Flex", "UVC"), (BR, BL)),
    Style("wansview", (ISO,), (TL, BR), (), (), (TR, BL)),
    Style("kasa", (ISO, AMERICAN_12), (TL, BL), (), (), (BR,)),
    Style("zkteco", (ISO,), (TR, TL), (BL,), ("IPC",), (BR,)),
    Style("honeywell", (AMERICAN, ISO), (TL, BR), (BL, TR), ("CAM", "Camera"), (BR, TR)),
    Style("verkada", (AMERICAN_12,), (BL, TL), (), (), (BR,)),
    Style("longse", (ISO,), (TL, TR), (BL,), ("IPC",), (BR,)),
)
OFTEN = frozenset(style.vendor for style in STYLES[:25])
"""Makers whose pictures carry a watermark by habit: drawn three times as often as the others."""
