"""What a photo says about itself in EXIF: its orientation, when and where it was taken.

EXIF is written by strangers and often broken, so every field stands alone: one that is absent, malformed or
ambiguous is left out, and nothing here ever fails. Fields: CIPA DC-008 (Exif 3.0), tables 4 to 9.
"""

from __future__ import annotations

import math
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from edge.domain import Gps

MAX_EXIF_BYTES = 1 << 20
"""A JPEG segment holds 64 kB; other containers have no bound of their own."""

MAX_LABEL = 128
"""Characters of make, model and software."""

_WGS_84 = frozenset({"", "WGS84"})
_warnings_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Exif:
    """``orientation`` is 1 to 8 (1: upright); ``taken_at`` is UTC, or the camera's local time
    without a zone where EXIF gives no clear UTC offset."""

    orientation: int = 1
    taken_at: datetime | None = None
    gps: Gps | None = None
    make: str | None = None
    model: str | None = None
    software: str | None = None


@contextmanager
def quiet() -> Iterator[None]:
    """Keeps Pillow's warnings about broken metadata away from the user.

    The lock is there because the filters that ``catch_warnings`` saves belong to the whole process.
    """
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def parse_exif(data: bytes) -> Exif:
    """Reads an EXIF block, with or without its ``Exif\\0\\0`` prefix; an unreadable one gives ``Exif()``."""
    if not data or len(data) > MAX_EXIF_BYTES:
        return Exif()
    with quiet():
        block = Image.Exif()
        try:
            block.load(data)
        except Exception:  # Pillow's parser fails in as many ways as EXIF can be broken
            return Exif()
        main = _directory(block, None)
        return Exif(
            orientation=_orientation(main.get(Base.Orientation)),
            taken_at=_taken_at(_directory(block, IFD.Exif)),
            gps=_gps(_directory(block, IFD.GPSInfo)),
            make=_label(main.get(Base.Make)),
            model=_label(main.get(Base.Model)),
            software=_label(main.get(Base.Software)),
        )


def _directory(block: Image.Exif, ifd: IFD | None) -> Mapping[int, object]:
    """One directory of the block; each value is read alone, so that a broken one takes no other with it."""
    try:
        source = block if ifd is None else block.get_ifd(ifd)
        tags = list(source)
    except Exception:
        return {}
    found: dict[int, object] = {}
    for tag in tags:
        try:
            found[tag] = source[tag]
        except Exception:
            continue
    return found


def _orientation(value: object) -> int:
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _text(value: object) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return value.strip(" \0") if isinstance(value, str) else None


def _label(value: object) -> str | None:
    """A short text without control characters; None where it is empty."""
    text = _text(value)
    plain = "".join(c for c in text[:MAX_LABEL] if c.isprintable()).strip() if text else ""
    return plain or None


def _taken_at(exif: Mapping[int, object]) -> datetime | None:
    local = _text(exif.get(Base.DateTimeOriginal))
    if local is None:
        return None
    try:
        moment = datetime.strptime(local, "%Y:%m:%d %H:%M:%S")
        zone = _zone(_text(exif.get(Base.OffsetTimeOriginal)) or "")
        return moment if zone is None else moment.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(offset: str) -> timezone | None:
    """``+02:00``, ``-09:30`` or ``Z``; None for anything else."""
    if offset == "Z":
        return UTC
    sign, hours, colon, minutes = offset[:1], offset[1:3], offset[3:4], offset[4:]
    well_formed = sign in "+-" and colon == ":" and len(minutes) == 2
    if not well_formed or not (hours + minutes).isdecimal() or int(minutes) > 59 or int(hours) > 15:
        return None
    size = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-size if sign == "-" else size)


def _gps(gps: Mapping[int, object]) -> Gps | None:
    latitude = _angle(gps.get(GPS.GPSLatitude), _text(gps.get(GPS.GPSLatitudeRef)), "N", "S")
    longitude = _angle(gps.get(GPS.GPSLongitude), _text(gps.get(GPS.GPSLongitudeRef)), "E", "W")
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    if latitude == 0 and longitude == 0:  # what a receiver without a fix writes
        return None
    datum = (_text(gps.get(GPS.GPSMapDatum)) or "").upper().replace("-", "").replace(" ", "")
    if datum not in _WGS_84:  # another datum may lie hundreds of metres off
        return None
    return Gps(latitude, longitude, altitude=_altitude(gps), bearing=_bearing(gps))


def _number(value: object) -> float | None:
    """A finite number from a rational, or None (EXIF writes 0/0 for "unknown")."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _angle(value: object, reference: str | None, positive: str, negative: str) -> float | None:
    """Degrees from a (degrees, minutes, seconds) triple and its hemisphere, which is never guessed."""
    if not isinstance(value, tuple) or len(value) != 3 or reference not in (positive, negative):
        return None
    parts = [_number(part) for part in value]
    if any(part is None or part < 0 for part in parts):
        return None
    degrees, minutes, seconds = (part or 0.0 for part in parts)
    if minutes > 60 or seconds > 60:
        return None
    size = degrees + minutes / 60 + seconds / 3600
    return -size if reference == negative else size


def _altitude(gps: Mapping[int, object]) -> float | None:
    """Metres above sea level; the reference byte is 1 for below, and above by default."""
    height = _number(gps.get(GPS.GPSAltitude))
    if height is None or not 0 <= height < 1e5:
        return None
    reference = gps.get(GPS.GPSAltitudeRef, b"\0")
    below = reference in (1, b"\x01")
    return -height if below else height


def _bearing(gps: Mapping[int, object]) -> float | None:
    """Degrees from true north; a magnetic bearing is left out, for the declination is not known here."""
    if _text(gps.get(GPS.GPSImgDirectionRef)) != "T":
        return None
    direction = _number(gps.get(GPS.GPSImgDirection))
    return direction % 360 if direction is not None and 0 <= direction <= 360 else None
