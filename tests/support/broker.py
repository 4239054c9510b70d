"""A small MQTT broker (OASIS MQTT 3.1.1) in a thread: it takes logins, retains what is published, keeps last
wills, and gives to who subscribes what it holds, but nothing that is published later. It was written for
these tests and is no proof for any other broker."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

_CONNECT, _CONNACK, _PUBLISH, _PUBACK, _SUBSCRIBE, _SUBACK = 1, 2, 3, 4, 8, 9
_PINGREQ, _PINGRESP, _DISCONNECT = 12, 13, 14


@dataclass
class Broker:
    """``retained`` is what a subscriber would see; ``log`` every publication in its order."""

    port: int = 0
    login: tuple[str, str] | None = None
    """The only one that is taken; None: everybody."""
    retained: dict[str, str] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    connections: int = 0
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def json(self, topic: str) -> Any:
        return json.loads(self.retained[topic])

    def drop(self) -> None:
        """Cuts all connections, as a broker that dies."""
        asyncio.run_coroutine_threadsafe(self._drop(), self._loop).result(10)

    async def _drop(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def serve(self, ready: threading.Event, end: asyncio.Event) -> None:
        async with await asyncio.start_server(self._client, "127.0.0.1", self.port) as server:
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            await end.wait()
            await self._drop()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        will: tuple[str, str] | None = None
        try:
            while True:
                kind, flags, body = await _packet(reader)
                if kind == _CONNECT:
                    will, accepted = self._connected(body)
                    writer.write(bytes((_CONNACK << 4, 2, 0, 0 if accepted else 5)))
                    if not accepted:
                        will = None
                        break
                elif kind == _PUBLISH:
                    writer.write(self._published(flags, body))
                elif kind == _SUBSCRIBE:
                    writer.write(self._subscribed(body))
                elif kind == _PINGREQ:
                    writer.write(bytes((_PINGRESP << 4, 0)))
                elif kind == _DISCONNECT:
                    will = None
                    break
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            if will is not None:
                self._retain(*will)
            self._writers.discard(writer)
            writer.close()

    def _connected(self, body: bytes) -> tuple[tuple[str, str] | None, bool]:
        name, rest = _text(body)
        assert name == "MQTT"
        flags = rest[1]
        _identifier, rest = _text(rest[4:])
        will = None
        if flags & 0x04:
            topic, rest = _text(rest)
            payload, rest = _text(rest)
            will = (topic, payload)
        user, rest = _text(rest) if flags & 0x80 else ("", rest)
        password, rest = _text(rest) if flags & 0x40 else ("", rest)
        self.connections += 1
        return will, self.login in (None, (user, password))

    def _published(self, flags: int, body: bytes) -> bytes:
        """The answer to a publication with quality of service 1."""
        assert flags & 0b0111 == 0b0011, "published without retain and quality of service 1"
        topic, rest = _text(body)
        self._retain(topic, rest[2:].decode())
        return bytes((_PUBACK << 4, 2)) + rest[:2]

    def _subscribed(self, body: bytes) -> bytes:
        """The acknowledgement, and all that is retained under the one filter."""
        wanted, _ = _text(body[2:])
        pattern = re.compile(re.escape(wanted).replace(r"\+", "[^/]+"))
        answer = bytes((_SUBACK << 4, 3)) + body[:2] + b"\0"
        for topic, payload in self.retained.items():
            if pattern.fullmatch(topic):
                text = topic.encode()
                content = len(text).to_bytes(2, "big") + text + payload.encode()
                answer += bytes((_PUBLISH << 4 | 1,)) + _length(len(content)) + content
        return answer

    def _retain(self, topic: str, payload: str) -> None:
        self.log.append((topic, payload))
        if payload:
            self.retained[topic] = payload
        else:
            self.retained.pop(topic, None)


async def _packet(reader: asyncio.StreamReader) -> tuple[int, int, bytes]:
    first = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return first >> 4, first & 0x0F, await reader.readexactly(length)


def _length(length: int) -> bytes:
    """Seven bits a byte, the lowest first."""
    parts = bytearray()
    while True:
        length, part = divmod(length, 128)
        parts.append(part | 0x80 if length else part)
        if not length:
            return bytes(parts)


def _text(body: bytes) -> tuple[str, bytes]:
    """A string with its length before it, and what follows."""
    end = 2 + int.from_bytes(body[:2], "big")
    return body[2:end].decode(), body[end:]


@contextmanager
def mqtt_broker(port: int = 0, login: tuple[str, str] | None = None) -> Iterator[Broker]:
    broker = Broker(port, login)
    ready, end = threading.Event(), asyncio.Event()
    thread = threading.Thread(target=lambda: broker._loop.run_until_complete(broker.serve(ready, end)))
    thread.start()
    try:
        assert ready.wait(10)
        yield broker
    finally:
        broker._loop.call_soon_threadsafe(end.set)
        thread.join(10)
        broker._loop.close()
