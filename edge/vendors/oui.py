"""Who registered the block of addresses that a MAC lies in: ``oui.bin``, written by ``scripts/build_oui.py``.

The file: ``CAMIDOUI``, one byte of version, two bytes (big-endian) with the length of the UTF-8 text that
follows, a line ``id<TAB>strength`` for each maker; then records of seven bytes: five with the prefix,
left-aligned, one with its length in bits (24, 28 or 36), one with the maker's number. Records are sorted.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from edge.domain import Strength
from edge.errors import CamidError, ErrorCode

OUI_FILE = "oui.bin"
MAGIC = b"CAMIDOUI\x01"
RECORD = struct.Struct(">5sBB")
_SEPARATED = re.compile(
    r"(?<![0-9A-Fa-f:-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![0-9A-Fa-f:-])"
)
_BARE = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{12}(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class Registrant:
    """A maker by its catalogue id; ``strength`` is weak where it makes other things than cameras too."""

    maker: str
    strength: Strength


@dataclass(frozen=True, slots=True)
class OuiTable:
    makers: tuple[Registrant, ...]
    records: tuple[tuple[bytes, int, int], ...]
    """(prefix, left-aligned in five bytes; its length in bits; number of the maker), sorted."""

    def registrant(self, mac: str) -> Registrant | None:
        """Of a MAC in any spelling; None for an unknown block, and for addresses that no one registers."""
        digits = re.sub(r"[^0-9A-Fa-f]", "", mac)
        if len(digits) != 12 or int(digits[1], 16) & 3:  # multicast or locally administered
            return None
        address = bytes.fromhex(digits)
        for bits in (36, 28, 24):  # the narrowest block wins
            prefix = _prefix(address, bits)
            at = bisect_right(self.records, (prefix, bits, 256)) - 1
            if at >= 0 and self.records[at][:2] == (prefix, bits):
                return self.makers[self.records[at][2]]
        return None


def _prefix(address: bytes, bits: int) -> bytes:
    number = int.from_bytes(address[:5], "big")
    spare = 40 - bits
    return ((number >> spare) << spare).to_bytes(5, "big")


def macs_in(text: str, bare: bool = False) -> tuple[str, ...]:
    """MAC addresses in ``text`` as ``AA:BB:CC:DD:EE:FF``; ``bare`` also those without separators."""
    found = [m[0] for m in _SEPARATED.finditer(text)]
    if bare:
        found += [m[0] for m in _BARE.finditer(text.replace("_", " "))]
    plain = (re.sub(r"[:-]", "", mac).upper() for mac in found)
    return tuple(dict.fromkeys(":".join(mac[i : i + 2] for i in range(0, 12, 2)) for mac in plain))


@lru_cache(maxsize=2)
def load_oui(path: Path | None = None) -> OuiTable:
    """The table in ``path``, default the shipped one.

    Raises:
        CamidError: ``settings_invalid`` if the file is missing or broken.
    """
    try:
        return parse_oui((path or Path(__file__).parent / OUI_FILE).read_bytes())
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise CamidError(ErrorCode.SETTINGS_INVALID, f"{OUI_FILE} cannot be read: {error}.") from None


def parse_oui(data: bytes) -> OuiTable:
    """Raises ValueError, IndexError or struct.error where ``data`` is no such table."""
    if not data.startswith(MAGIC):
        raise ValueError("it does not start as such a file does")
    (length,) = struct.unpack_from(">H", data, len(MAGIC))
    start = len(MAGIC) + 2
    lines = data[start : start + length].decode("utf-8").splitlines()
    makers = tuple(
        Registrant(maker, Strength(grade)) for maker, grade in (line.split("\t") for line in lines)
    )
    records = tuple(RECORD.iter_unpack(data[start + length :]))
    if any(number >= len(makers) for _, _, number in records) or list(records) != sorted(records):
        raise ValueError("its records are out of order")
    return OuiTable(makers, records)


def pack_oui(makers: list[Registrant], prefixes: list[tuple[str, int]]) -> bytes:
    """The file's bytes; ``prefixes`` are hexadecimal digits (6, 7 or 9) with the number of their maker.

    Raises:
        ValueError: for a prefix of another length.
    """
    head = "".join(f"{one.maker}\t{one.strength.value}\n" for one in makers).encode("utf-8")
    records = []
    for digits, number in prefixes:
        if len(digits) not in (6, 7, 9):
            raise ValueError(f"{digits!r} is no block of 24, 28 or 36 bits")
        records.append((bytes.fromhex(digits.ljust(10, "0")), 4 * len(digits), number))
    return b"".join((MAGIC, struct.pack(">H", len(head)), head, *(RECORD.pack(*r) for r in sorted(records))))
