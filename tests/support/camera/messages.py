"""RTSP messages as a server reads and writes them (RFC 2326)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

REASONS = {
    200: "OK",
    302: "Moved Temporarily",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Stream Not Found",
    454: "Session Not Found",
    461: "Unsupported Transport",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]

    def header(self, name: str) -> str:
        """Empty where it is not there."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @property
    def path(self) -> str:
        parts = urlsplit(self.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")


def next_request(buffer: bytearray) -> Request | None:
    """Takes the first whole request out of ``buffer``, leaving out interleaved packets; None: there is none
    yet."""
    while buffer[:1] == b"$":
        size = 4 + int.from_bytes(buffer[2:4], "big")
        if len(buffer) < max(4, size):
            return None
        del buffer[:size]
    head, ended, _ = bytes(buffer).partition(b"\r\n\r\n")
    if not ended:
        return None
    first, *lines = head.decode(errors="replace").split("\r\n")
    pairs = tuple((k.strip(), v.strip()) for k, _, v in (line.partition(":") for line in lines))
    words = [*first.split(" "), "", ""]
    request = Request(words[0], words[1], pairs)
    body = int(request.header("Content-Length") or 0)
    if len(buffer) < len(head) + 4 + body:
        return None
    del buffer[: len(head) + 4 + body]
    return request


def answer(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    lines = [f"RTSP/1.0 {status} {REASONS.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode()
