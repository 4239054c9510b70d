"""A small reader of CBOR (RFC 8949) for what strangers wrote: bounded in depth, count and bytes.

Only what Content Credentials use: numbers, strings, arrays, maps, tags (passed over) and simple values, all
of definite length. Anything else is refused, never guessed.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_MAX_DEPTH = 16
_MAX_ITEMS = 10_000
_TAG = 6
_WIDTHS = {24: ">B", 25: ">H", 26: ">I", 27: ">Q"}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_SIMPLE = {20: False, 21: True, 22: None, 23: None}

Value = None | bool | int | float | str | bytes | list["Value"] | dict[str, "Value"]


class CborError(ValueError):
    """The bytes are no CBOR, or none that is read here."""


def read_cbor(data: bytes) -> Value:
    """The one value that ``data`` holds. Of maps only entries whose key is text are kept.

    Raises:
        CborError: for damaged, unusual or too large data, and bytes after the value.
    """
    reader = _Reader(data)
    value = reader.value(0)
    if reader.at != len(data):
        raise CborError("bytes follow the value")
    return value


@dataclass(slots=True)
class _Reader:
    data: bytes
    at: int = 0
    items: int = 0

    def value(self, depth: int) -> Value:
        self.items += 1
        if depth > _MAX_DEPTH or self.items > _MAX_ITEMS:
            raise CborError("too deep or too many values")
        first = self._take(1)[0]
        major, short = first >> 5, first & 31
        if major > _TAG:
            return self._simple(short)
        return self._of_kind(major, self._argument(short), depth)

    def _of_kind(self, major: int, argument: int, depth: int) -> Value:  # noqa: PLR0911 - one for each
        match major:
            case 0:
                return argument
            case 1:
                return -1 - argument
            case 2:
                return self._take(argument)
            case 3:
                return self._text(argument)
            case 4:
                return [self.value(depth + 1) for _ in range(self._count(argument))]
            case 5:
                return self._map(argument, depth)
            case _:
                return self.value(depth + 1)

    def _map(self, count: int, depth: int) -> dict[str, Value]:
        pairs = [(self.value(depth + 1), self.value(depth + 1)) for _ in range(self._count(count))]
        return {key: value for key, value in pairs if isinstance(key, str)}

    def _text(self, length: int) -> str:
        try:
            return self._take(length).decode()
        except UnicodeDecodeError:
            raise CborError("a text is no UTF-8") from None

    def _simple(self, short: int) -> Value:
        if short in _SIMPLE:
            return _SIMPLE[short]
        if short not in _FLOATS:
            raise CborError("an unknown simple value")
        layout = _FLOATS[short]
        number: float = struct.unpack(layout, self._take(struct.calcsize(layout)))[0]
        return number

    def _argument(self, short: int) -> int:
        if short < min(_WIDTHS):
            return short
        if short not in _WIDTHS:
            raise CborError("a length that is not stated")
        layout = _WIDTHS[short]
        number: int = struct.unpack(layout, self._take(struct.calcsize(layout)))[0]
        return number

    def _count(self, count: int) -> int:
        """Every item takes a byte at least: a larger count is a lie, told before anything is made of it."""
        if count > len(self.data) - self.at:
            raise CborError("more items than bytes")
        return count

    def _take(self, length: int) -> bytes:
        if length > len(self.data) - self.at:
            raise CborError("the data end too soon")
        start, self.at = self.at, self.at + length
        return self.data[start : self.at]
