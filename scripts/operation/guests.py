"""What people and programs do to a service in a day, each doing of it a call, as a day of a box has it."""

from __future__ import annotations

import hashlib
import random
import secrets
import socket
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass

import httpx

from edge.errors import StreamFault
from edge.service.access_tokens import TokenFile
from edge.settings import Settings
from scripts.operation.killing import small_photos
from tests.support.service import TOKEN, Service
from tests.support.streams_api import add

_STREAMS = 8
_REMEMBERED = 50
_SCENES = 24
Doing = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Mix:
    """How often each is done in an hour."""

    uploads: int = 12
    repeated: int = 3
    broken_off: int = 2
    unreadable: int = 2
    results: int = 40
    pictures: int = 12
    pages: int = 10
    lists: int = 8
    scrapes: int = 60
    wrong_tokens: int = 40
    tokens: int = 1
    looks: int = 96
    listeners: int = 4


class Guests:
    """All that come to one service. ``watch`` and ``close`` begin and end what lasts the whole day."""

    def __init__(self, service: Service, settings: Settings, seed: int) -> None:
        self._service = service
        self._settings = settings
        self._random = random.Random(seed)
        self._photos = small_photos(_SCENES, seed)
        self._sent: deque[str] = deque(maxlen=_REMEMBERED)
        self._lasting = ExitStack()
        # A connection each: one that is kept may be closed by the service just as it is used again.
        self._client = self._lasting.enter_context(
            httpx.Client(
                base_url=service.url,
                headers={"Authorization": f"Bearer {TOKEN}"},
                timeout=60,
                limits=httpx.Limits(max_keepalive_connections=0),
                trust_env=False,
            )
        )
        self._streams: list[str] = []
        self.surprises: list[str] = []
        """Answers that were not to be expected."""

    def watch(self) -> None:
        for number in range(_STREAMS):
            stream = add(self._client, f"rtsp://viewer:word@192.168.1.{10 + number}/a")
            self._streams.append(str(stream["id"]))
        for client in ("reads", "never reads"):
            answer = self._lasting.enter_context(
                self._client.stream("GET", "/api/v1/streams/events", headers={"User-Agent": client})
            )
            self._expect(answer, 200)

    def close(self) -> None:
        self._lasting.close()

    def hour(self, mix: Mix) -> list[Doing]:
        """The doings of an hour, in the order in which they come."""
        doings: list[Doing] = []
        for name in mix.__slots__:
            doings += [getattr(self, f"_{name}")] * getattr(mix, name)
        self._random.shuffle(doings)
        return doings

    def _new_photo(self) -> bytes:
        """Another content each time: its end is no part of the picture."""
        return self._random.choice(self._photos) + secrets.token_bytes(8)

    def _uploads(self) -> None:
        self._send(self._new_photo())

    def _repeated(self) -> None:
        """The same sending twice, as after an answer that got lost on the way."""
        photo = self._new_photo()
        first, again = (self._send(photo, hashlib.sha256(photo).hexdigest()) for _ in range(2))
        if first != again:
            self.surprises.append("a sending that was repeated has two results")

    def _send(self, photo: bytes, key: str | None = None) -> str:
        headers = {"Idempotency-Key": key} if key else {}
        answer = self._client.post("/api/v1/photos", files={"photo": ("a.jpg", photo)}, headers=headers)
        if not self._expect(answer, 200):
            return ""
        self._sent.append(answer.json()["photos"][0]["id"])
        return self._sent[-1]

    def _broken_off(self) -> None:
        """Half an upload, whose client goes away."""
        host, port = self._service.url.removeprefix("http://").split(":")
        token = self._client.headers["Authorization"]
        head = (
            "POST /api/v1/photos HTTP/1.1\r\nHost: camid\r\nContent-Length: 90000\r\n"
            f"Authorization: {token}\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n"
            '--x\r\nContent-Disposition: form-data; name="a"; filename="a.jpg"\r\n\r\n'
        )
        with closing(socket.create_connection((host, int(port)))) as connection:
            connection.sendall(head.encode() + self._random.randbytes(20_000))

    def _unreadable(self) -> None:
        answer = self._client.post("/api/v1/photos", files={"photo": ("a.jpg", b"\xff\xd8\xff no picture")})
        self._expect(answer, 422, 415)

    def _results(self) -> None:
        self._of_a_photo("")

    def _pictures(self) -> None:
        self._of_a_photo(self._random.choice(("/annotated.jpg", "/picture.jpg?side=640")))

    def _of_a_photo(self, what: str) -> None:
        """404 where its time is over."""
        if self._sent:
            self._expect(
                self._client.get(f"/api/v1/photos/{self._random.choice(self._sent)}{what}"), 200, 404
            )

    def _pages(self) -> None:
        self._get(self._random.choice(("/", "/streams", "/static/camid.css", "/healthz", "/readyz")))

    def _lists(self) -> None:
        path = self._random.choice(("reviews", "sightings", "streams", "vendors", "sightings/export.csv"))
        self._get(f"/api/v1/{path}")

    def _scrapes(self) -> None:
        self._get("/metrics")

    def _get(self, path: str) -> None:
        self._expect(self._client.get(path), 200)

    def _wrong_tokens(self) -> None:
        """From an address of the loopback that is new almost every time."""
        number = self._random.randrange(1 << 16, 1 << 24)
        source = f"127.{number >> 16}.{number >> 8 & 255}.{number & 255}"
        transport = httpx.HTTPTransport(local_address=source)
        with httpx.Client(base_url=self._service.url, transport=transport, trust_env=False) as guesser:
            headers = {"Authorization": f"Bearer {secrets.token_hex(8)}"}
            self._expect(guesser.get(f"/api/v1/photos/{'0' * 32}", headers=headers), 401, 429)

    def _tokens(self) -> None:
        with TokenFile(self._settings) as tokens:
            made = tokens.create(f"guest {secrets.token_hex(4)}", ["read"], 1)
            with self._service.client(made.text) as client:
                self._expect(client.get("/api/v1/vendors"), 200)
            tokens.revoke(made.token.caller.id)

    def _looks(self) -> None:
        stream, monitor = self._random.choice(self._streams), self._service.monitor
        if self._random.random() < 0.1:
            monitor.fail(stream, self._random.choice(list(StreamFault)))
        else:
            monitor.identify(stream, self._random.randbytes(40_000))

    def _listeners(self) -> None:
        """Somebody looks at the page for a moment."""
        with (
            self._service.client() as client,
            client.stream("GET", f"/api/v1/streams/{self._streams[0]}/events") as answer,
        ):
            if self._expect(answer, 200):
                next(answer.iter_lines())

    def _expect(self, answer: httpx.Response, *wanted: int) -> bool:
        if answer.status_code not in wanted:
            self.surprises.append(f"{answer.request.method} {answer.request.url.path}: {answer.status_code}")
        return answer.status_code == wanted[0]
