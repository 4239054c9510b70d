"""The IPTC block of a JPEG (IIM 4.2 inside Photoshop's image resources): caption, date, place names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

_PHOTOSHOP = b"Photoshop 3.0\0"
_RESOURCE = b"8BIM"
_IPTC = 0x0404
_MAX_BYTES = 1 << 20
_MAX_TEXT = 2000
_UTF_8 = b"\x1b%G"
"""The value of dataset 1:90 that announces UTF-8."""


@dataclass(frozen=True, slots=True)
class Iptc:
    caption: str | None = None
    taken_at: datetime | None = None


def parse_iptc(jpeg: bytes) -> Iptc:
    """What the file says; a block that is absent or broken gives ``Iptc()``. Never fails."""
    start = jpeg.find(_PHOTOSHOP, 0, _MAX_BYTES)
    if start < 0:
        return Iptc()
    datasets = dict(_datasets(_resource(jpeg[start + len(_PHOTOSHOP) : start + _MAX_BYTES])))
    encoding = "utf-8" if datasets.get((1, 90)) == _UTF_8 else "latin-1"
    caption = datasets.get((2, 120), b"")[:_MAX_TEXT].decode(encoding, "replace").strip()
    return Iptc(caption or None, _moment(datasets.get((2, 55), b""), datasets.get((2, 60), b"")))


def _resource(block: bytes) -> bytes:
    """The IPTC resource among Photoshop's: signature, id, Pascal name, size, data, each padded to even."""
    at = 0
    while block[at : at + 4] == _RESOURCE:
        number = int.from_bytes(block[at + 4 : at + 6], "big")
        name = block[at + 6] + 1 if at + 6 < len(block) else 1
        at += 6 + name + name % 2
        size = int.from_bytes(block[at : at + 4], "big")
        if number == _IPTC:
            return block[at + 4 : at + 4 + size]
        at += 4 + size + size % 2
    return b""


def _datasets(block: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Record and number of each dataset, and its value. Extended ones, above 32 kB, end the block."""
    at = 0
    while at + 5 <= len(block) and block[at] == 0x1C:
        size = int.from_bytes(block[at + 3 : at + 5], "big")
        if size & 0x8000:
            return
        yield (block[at + 1], block[at + 2]), block[at + 5 : at + 5 + size]
        at += 5 + size


def _moment(date: bytes, time: bytes) -> datetime | None:
    """``CCYYMMDD`` and ``HHMMSS±HHMM``; without a time there is no moment."""
    text = (date + time[:6]).decode("ascii", "replace")
    zone = time[6:11].decode("ascii", "replace")
    try:
        moment = datetime.strptime(text, "%Y%m%d%H%M%S")
        if len(zone) == 5:
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
            return moment.replace(tzinfo=timezone(-offset if zone[0] == "-" else offset))
    except ValueError:
        return None
    return moment
