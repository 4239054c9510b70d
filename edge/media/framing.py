"""Takes an RTSP connection apart: text messages, and between them the interleaved packets (RFC 2326, 10.12).

What comes in is hostile: nothing is believed beyond its bounds, and after garbage the reader finds its feet
again at the next ``$`` or message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DOLLAR = 0x24
_MAX_HEADER = 32 * 1024
_MAX_HEADERS = 200
_START = re.compile(rb"RTSP/\d|HTTP/\d|[A-Z_]{3,16} \S{1,2048} RTSP/\d")
_STATUS = re.compile(r"(?P<protocol>RTSP|HTTP)/\d+(?:\.\d+)?[ \t]+(?P<status>\d{3})(?:[ \t]+(?P<reason>.*))?")
_BEGUN = re.compile(rb"[A-Z_]{1,16}(?:/| \S{0,2048}(?: (?:R(?:T(?:S(?:P/?)?)?)?)?)?)?\Z")
"""What may become a first line when more comes."""
_LONGEST_START = 2100
_HIGHEST_CHANNEL = 15


class TooLarge(Exception):  # noqa: N818  it is no error of the program
    """A message that is longer than the limit."""


@dataclass(frozen=True, slots=True)
class Interleaved:
    """A packet as it came, the four bytes before its payload included."""

    channel: int
    raw: bytes

    @property
    def payload(self) -> memoryview:
        return memoryview(self.raw)[4:]


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer."""

    start: str
    headers: tuple[tuple[str, str], ...]
    body: str = ""

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def status(self) -> tuple[str, int, str] | None:
        """Protocol, status and reason of an answer; None for a request."""
        found = _STATUS.fullmatch(self.start)
        return (found["protocol"], int(found["status"]), (found["reason"] or "").strip()) if found else None

    @property
    def is_answer(self) -> bool:
        return _STATUS.fullmatch(self.start) is not None


Item = Interleaved | Message


class Framer:
    """Fed with bytes as they come, gives the items that they complete. ``garbage`` counts bytes skipped."""

    def __init__(self, max_message_bytes: int) -> None:
        self._limit = max_message_bytes
        self._buffer = bytearray()
        self.garbage = 0

    def feed(self, data: bytes) -> list[Item]:
        """Raises TooLarge for a message beyond the limit."""
        self._buffer += data
        items: list[Item] = []
        position = 0
        while position < len(self._buffer):
            item, length = self._next(position)
            if length == 0:
                break
            if item is not None:
                items.append(item)
            position += length
        del self._buffer[:position]
        return items

    def _next(self, position: int) -> tuple[Item | None, int]:
        """The item at ``position`` and its length; length 0: more is needed; no item: garbage or blank."""
        buffer = self._buffer
        if buffer[position] == _DOLLAR:
            return self._packet(position)
        if buffer[position] in b"\r\n":
            return None, 1
        if _START.match(buffer, position):
            return self._message(position)
        return self._skip(position)

    def _packet(self, position: int) -> tuple[Item | None, int]:
        buffer = self._buffer
        if len(buffer) - position < 4:
            return None, 0
        if buffer[position + 1] > _HIGHEST_CHANNEL:
            return self._skip(position)
        length = 4 + int.from_bytes(buffer[position + 2 : position + 4], "big")
        if len(buffer) - position < length:
            return None, 0
        return Interleaved(buffer[position + 1], bytes(buffer[position : position + length])), length

    def _message(self, position: int) -> tuple[Item | None, int]:
        end, gap = _end_of_header(self._buffer, position)
        if end < 0:
            if len(self._buffer) - position > min(_MAX_HEADER, self._limit):
                raise TooLarge("header")
            return None, 0
        if end - position > min(_MAX_HEADER, self._limit):
            raise TooLarge("header")
        message = parse_header(bytes(self._buffer[position:end]))
        size = _content_length(message)
        if size > self._limit:
            raise TooLarge("body")
        start = end + gap
        if len(self._buffer) < start + size:
            return None, 0
        body = bytes(self._buffer[start : start + size]).decode("utf-8", "replace")
        return Message(message.start, message.headers, body), start + size - position

    def _skip(self, position: int) -> tuple[Item | None, int]:
        """Steps over garbage to what is the next item, or may be its beginning."""
        buffer = self._buffer
        following = _START.search(buffer, position + 1)
        dollar = buffer.find(b"$", position + 1)
        places = [place for place in (following.start() if following else -1, dollar) if place >= 0]
        begun = None if places else _BEGUN.search(buffer, max(position, len(buffer) - _LONGEST_START))
        length = min(places, default=begun.start() if begun else len(buffer)) - position
        self.garbage += length
        return None, length


def _end_of_header(buffer: bytearray, position: int) -> tuple[int, int]:
    """Where the blank line is, and its length; some devices end lines with a bare line feed."""
    places = [(buffer.find(gap, position), len(gap)) for gap in (b"\r\n\r\n", b"\n\n")]
    return min((place for place in places if place[0] >= 0), default=(-1, 0))


def parse_header(data: bytes) -> Message:
    """Start line and headers; folded lines are joined, lines without a colon left out."""
    lines = data.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
    headers: list[tuple[str, str]] = []
    for line in lines[1 : _MAX_HEADERS + 1]:
        name, colon, value = line.partition(":")
        if line[:1] in (" ", "\t") and headers:
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
        elif colon and name.strip():
            headers.append((name.strip(), value.strip()))
    return Message(lines[0].strip(), tuple(headers))


def _content_length(message: Message) -> int:
    text = message.header("Content-Length") or "0"
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
