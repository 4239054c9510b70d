"""What a photo, or a file beside it, says in XMP (ISO 16684-1): when, where, and what it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from edge.domain import Gps

_MAX_BYTES = 1 << 20
MAX_TEXT = 2000
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_EXIF = "{http://ns.adobe.com/exif/1.0/}"
_DATES = (
    f"{_EXIF}DateTimeOriginal",
    "{http://ns.adobe.com/photoshop/1.0/}DateCreated",
    "{http://ns.adobe.com/xap/1.0/}CreateDate",
)
_CAPTION = "{http://purl.org/dc/elements/1.1/}description"
_DEGREES = re.compile(r"(\d{1,3}),(\d{1,2}(?:\.\d+)?)(?:,(\d{1,2}(?:\.\d+)?))?([NSEW])")


@dataclass(frozen=True, slots=True)
class Xmp:
    caption: str | None = None
    taken_at: datetime | None = None
    gps: Gps | None = None


def find_xmp(data: bytes) -> bytes:
    """The first packet in a file of any format, or nothing: it is plain text in all of them."""
    start = data.find(b"<x:xmpmeta")
    end = data.find(b"</x:xmpmeta>", start)
    return data[start : end + 12] if 0 <= start < end <= start + _MAX_BYTES else b""


def parse_xmp(packet: bytes) -> Xmp:
    """What the packet says; one that is broken or hostile gives ``Xmp()``. Never fails."""
    if not packet or len(packet) > _MAX_BYTES:
        return Xmp()
    try:
        values = dict(reversed(list(_values(fromstring(packet, forbid_dtd=True)))))
    except (ParseError, DefusedXmlException, ValueError, LookupError, RecursionError):
        return Xmp()
    dates = (_moment(values[name]) for name in _DATES if name in values)
    caption = values.get(_CAPTION, "").strip()[:MAX_TEXT]
    return Xmp(caption or None, next((date for date in dates if date), None), _gps(values))


def _values(root: Element) -> Iterator[tuple[str, str]]:
    """Properties of all descriptions, written as attributes or as elements; of alternatives the first."""
    for description in root.iter(f"{_RDF}Description"):
        yield from description.attrib.items()
        for child in description:
            item = child.find(f".//{_RDF}li")
            text = child.text if item is None else item.text
            if text:
                yield child.tag, text


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text.strip())
    except ValueError:
        return None


def _gps(values: dict[str, str]) -> Gps | None:
    latitude = _degrees(values.get(f"{_EXIF}GPSLatitude", ""), "NS")
    longitude = _degrees(values.get(f"{_EXIF}GPSLongitude", ""), "EW")
    if latitude is None or longitude is None or (latitude, longitude) == (0.0, 0.0):
        return None
    try:
        return Gps(latitude, longitude)
    except ValueError:
        return None


def _degrees(text: str, hemispheres: str) -> float | None:
    """``44,25.608N`` or ``44,25,36N``: degrees, minutes, seconds."""
    match = _DEGREES.fullmatch(text.strip())
    if match is None or match[4] not in hemispheres:
        return None
    value = int(match[1]) + float(match[2]) / 60 + float(match[3] or 0) / 3600
    return -value if match[4] in "SW" else value
