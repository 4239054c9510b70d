"""A bare RTSP client: what it gets is what the server sent, nothing mended and nothing guessed."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import ssl
import struct
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Rtp:
    sequence: int
    time: int
    marker: bool
    payload: bytes


class RawClient:
    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self.url = url
        self._socket = socket.create_connection((parts.hostname, parts.port), timeout=5)
        if tls is not None:
            with self._socket as plain:
                self._socket = tls.wrap_socket(plain, server_hostname=parts.hostname)
        self._file = self._socket.makefile("rb")
        self._cseq = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._socket.close()

    def ask(self, method: str, url: str | None = None, **headers: str) -> Reply:
        """One request, its answer; interleaved packets before it are passed over."""
        self._cseq += 1
        lines = [f"{method} {url or self.url} RTSP/1.0", f"CSeq: {self._cseq}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        while self._file.peek(1)[:1] == b"$":
            self.packet()
        first = self._line()
        found: dict[str, str] = {}
        while line := self._line():
            name, _, value = line.partition(": ")
            found[name] = value
        body = self._file.read(int(found.get("Content-Length", 0))).decode()
        return Reply(int(first.split(" ")[1]), found, body)

    def play(self) -> Reply:
        self.ask("SETUP", f"{self.url}/trackID=1", Transport="RTP/AVP/TCP;unicast;interleaved=2-3")
        return self.ask("PLAY")

    def packet(self) -> Rtp | bytes:
        """The next packet of the stream; bytes: one of RTCP.

        Raises:
            EOFError: the server has closed, or has sent a request of its own.
        """
        head = self._file.read(4)
        if head[:1] != b"$":
            raise EOFError(head + self._file.readline())
        channel, size = head[1], int.from_bytes(head[2:], "big")
        data = self._file.read(size)
        if channel == 3:
            return data
        assert channel == 2
        _, kind, sequence, time = struct.unpack_from(">BBHI", data)
        return Rtp(sequence, time, bool(kind & 0x80), data[12:])

    def packets(self, count: int) -> list[Rtp]:
        """The next RTP packets."""
        found: list[Rtp] = []
        while len(found) < count:
            packet = self.packet()
            if isinstance(packet, Rtp):
                found.append(packet)
        return found

    def _line(self) -> str:
        return self._file.readline().decode().rstrip("\r\n")


def digest(challenge: str, user: str, password: str, method: str, uri: str) -> str:
    """The Authorization header to a challenge without qop (RFC 2617, 3.2.2)."""
    fields = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
    secret = _md5(f"{user}:{fields['realm']}:{password}")
    response = _md5(f"{secret}:{fields['nonce']}:{_md5(f'{method}:{uri}')}")
    return (
        f'Digest username="{user}", realm="{fields["realm"]}", nonce="{fields["nonce"]}", '
        f'uri="{uri}", response="{response}"'
    )


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
