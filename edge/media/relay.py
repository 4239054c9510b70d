"""Stands between the camera and FFmpeg: a listener on the loopback that serves one client, FFmpeg.

FFmpeg unpacks RTP well and is let near nothing else. It gets a description made anew with one video track;
its SETUP and PLAY go to the camera over our own connection, which is pinned, encrypted and logged in;
redirects, foreign source addresses and other tracks never reach it. To wake FFmpeg from any wait it is enough
to close the sockets, so no call of it hangs on a network.
"""

from __future__ import annotations

import contextlib
import math
import re
import secrets
import selectors
import socket
import threading

from edge.domain_streams import Answer, Transport
from edge.errors import StreamError, StreamFault
from edge.media.clock import Clock
from edge.media.framing import Framer, Interleaved, Message, TooLarge
from edge.media.rtsp import Described, Headers, ignore, join, status_fault
from edge.media.sdp import Description, Track, for_ffmpeg
from edge.media.sequence import SequenceCounter
from edge.media.wire import SocketWire
from edge.settings import Settings

_TRACK = "track0"
_SEND_S = 5.0
_MAX_UNMADE = 64 * 1024 * 1024
_TICK_S = 0.5
_PASSED_ON = ("accept", "session", "range", "scale", "speed", "content-type")
_PUBLIC = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"


class Relay:
    """Runs in a thread of its own from ``start`` to ``close``; ``fault`` says what went wrong with the camera
    meanwhile."""

    def __init__(
        self,
        described: Described,
        description: Description,
        track: Track,
        transport: Transport,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._session = described.session
        self._wire = described.session.wire
        self._settings, self._clock = settings, clock
        self._transport = transport
        self._urls = {
            _TRACK: join(described.base, track.control),
            "": join(described.base, description.control),
        }
        self._public = next(
            (a.header("Public") for a in described.exchange.answers if a.method == "OPTIONS"), None
        )
        self._sdp = for_ffmpeg(track, _TRACK)
        self._token = secrets.token_hex(16)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self._client: socket.socket | None = None
        self._rtp_channel = 0
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stream relay", daemon=True)
        self.fault: StreamError | None = None
        self.transport_refused = False
        self.counter = SequenceCounter()
        self._unmade = 0
        self._unmade_since = math.inf
        self._last_packet = -math.inf

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self._listener.getsockname()[1]}/{self._token}"

    @property
    def garbage(self) -> int:
        return self._session.garbage

    @property
    def flows_in_vain(self) -> bool:
        """Whether the camera goes on sending, and FFmpeg has long made no picture of it: a packet that is on
        its way is not in vain yet. Seen over TCP alone."""
        now, pause = self._clock.monotonic(), self._settings.stream_stall_s / 2
        return now - self._last_packet < pause < now - self._unmade_since

    def start(self) -> None:
        self._thread.start()

    def made_picture(self) -> None:
        """FFmpeg has put together a picture from what it was given."""
        self._unmade, self._unmade_since = 0, math.inf

    def close(self) -> None:
        """Closes both sides at once; safe to call from any thread and again."""
        self._closed.set()
        self._session.close()
        for end in (self._client, self._listener):
            if end is not None:
                _shut(end)

    def finish(self, seconds: float) -> None:
        """Gives FFmpeg's farewell that long to reach the camera, and closes."""
        self._thread.join(seconds)
        self.close()

    def _run(self) -> None:
        try:
            self._client = self._accept()
            self._serve(self._client)
        except StreamError as error:
            self._blame(error)
        except TooLarge:
            self._blame(self._session.fault(StreamFault.CORRUPT, "FFmpeg asks what is too long"))
        except (OSError, ValueError):  # ValueError: a socket that close() closed meanwhile
            if not self._closed.is_set():
                self._blame(self._session.fault(StreamFault.ENDED, "the connection broke"))
        finally:
            self.close()
            self._session.on_packet = ignore  # or the two would hold each other, and all of the stream

    def _blame(self, error: StreamError) -> None:
        if not self._closed.is_set() and self.fault is None:
            self.fault = error.anew()

    def _accept(self) -> socket.socket:
        self._listener.settimeout(self._settings.stream_answer_s)
        client, _ = self._listener.accept()
        self._listener.close()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.settimeout(_SEND_S)
        return client

    def _serve(self, client: socket.socket) -> None:
        """Passes on what comes from either side until one of them ends."""
        framer = Framer(64 * 1024)
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ)
            if isinstance(self._wire, SocketWire):
                selector.register(self._wire.fileno(), selectors.EVENT_READ)
            while not self._closed.is_set():
                ready = {key.fd for key, _ in selector.select(_TICK_S)}
                if client.fileno() in ready and not self._from_client(client, framer):
                    return
                if ready - {client.fileno()}:
                    self._from_camera(client)

    def _from_client(self, client: socket.socket, framer: Framer) -> bool:
        """Whether FFmpeg is still there."""
        data = client.recv(16 * 1024)
        for item in framer.feed(data):
            if isinstance(item, Interleaved):
                self._session.send(item.raw, _SEND_S)
            else:
                self._handle(client, item)
        return bool(data)

    def _from_camera(self, client: socket.socket) -> None:
        end = self._clock.monotonic() + _SEND_S
        passed = bytearray()
        for item in self._session.receive(end):
            if isinstance(item, Interleaved):
                self._count(item)
                passed += item.raw
            elif item.start.startswith("TEARDOWN "):
                raise self._session.fault(StreamFault.ENDED, "the camera ended the stream")
            else:
                self._session.hear(item)
        if passed:
            client.sendall(passed)
        if isinstance(self._wire, SocketWire) and self._wire.buffered:
            self._from_camera(client)

    def _pass_packet(self, packet: Interleaved) -> None:
        self._count(packet)
        if self._client is not None:
            self._client.sendall(packet.raw)

    def _count(self, packet: Interleaved) -> None:
        self._unmade += len(packet.raw)
        if self._unmade > _MAX_UNMADE:  # FFmpeg would go on to collect until the memory is full
            raise self._session.fault(StreamFault.CORRUPT, "what the camera sends makes no picture")
        if packet.channel == self._rtp_channel:
            self._last_packet = self._clock.monotonic()
            self._unmade_since = min(self._unmade_since, self._last_packet)
            self.counter.add(packet.payload)

    def _handle(self, client: socket.socket, request: Message) -> None:
        """Answers a request of FFmpeg, or has the camera answer it."""
        method, _, rest = request.start.partition(" ")
        path = rest.partition(" ")[0].partition("://")[2].partition("/")[2]
        if path.partition("/")[0] != self._token:  # another program of this machine found the port
            raise self._session.fault(StreamFault.ENDED, "a stranger called the relay")
        number = request.header("CSeq") or "0"
        if method == "DESCRIBE":
            self._answer(client, number, 200, "OK", (("Content-Type", "application/sdp"),), self._sdp)
        elif method == "OPTIONS" and request.header("Session") is None:
            self._answer(client, number, 200, "OK", (("Public", self._public or _PUBLIC),))
        elif method == "TEARDOWN":
            self._tear_down(request)
        else:
            self._forward(client, method, path.partition("/")[2].strip("/"), request, number)

    def _forward(self, client: socket.socket, method: str, part: str, request: Message, number: str) -> None:
        url = self._urls.get(part, self._urls[""])
        headers = tuple((k, v) for k, v in request.headers if k.lower() in _PASSED_ON)
        if method not in (
            "SETUP",
            "PLAY",
        ):  # it keeps alive: FFmpeg waits for no answer, and some cameras give none
            self._session.notify(method, url, headers, seconds=_SEND_S)
            return
        if method == "SETUP":
            headers += (("Transport", self._wanted(request)),)
        early: list[Interleaved] = []  # FFmpeg throws away what comes before the answer to PLAY
        self._session.on_packet = early.append
        answer = self._session.request(
            method, url, headers, seconds=self._settings.stream_answer_s, body=request.body, record=False
        )
        self._session.on_packet = self._pass_packet
        self._note(method, answer)
        kept = tuple((k, v) for k, v in answer.headers if k.lower() == "session")
        if method == "SETUP" and 200 <= answer.status < 300:
            kept += (("Transport", self._agreed(answer)),)
        self._answer(client, number, answer.status, answer.reason, kept)
        for packet in early:
            self._pass_packet(packet)

    def _wanted(self, request: Message) -> str:
        """FFmpeg's Transport header, but for parameters that only confuse a camera."""
        return request.header("Transport") or "RTP/AVP/TCP;unicast;interleaved=0-1"

    def _agreed(self, answer: Answer) -> str:
        """The camera's Transport header from its known parts. ``source`` is the camera itself, whatever it
        claims: FFmpeg sends its reports there."""
        text = answer.header("Transport") or ""
        if self._transport is Transport.TCP:
            first, second = _pair(text, "interleaved") or (0, 1)
            self._rtp_channel = first
            return f"RTP/AVP/TCP;unicast;interleaved={first}-{second}"
        parts = ["RTP/AVP;unicast"]
        for name in ("client_port", "server_port"):
            pair = _pair(text, name)
            parts += [f"{name}={pair[0]}-{pair[1]}"] if pair else []
        if isinstance(self._wire, SocketWire):
            parts.append(f"source={self._wire.peer}")
        return ";".join(parts)

    def _note(self, method: str, answer: Answer) -> None:
        """Keeps what FFmpeg will only call an error."""
        fault = status_fault(answer, has_login=self._session.address.has_credentials)
        if fault is None:
            return
        self.transport_refused = method == "SETUP" and answer.status in (400, 406, 459, 461, 500, 501)
        self._blame(
            self._session.fault(
                fault, f"the camera answers {method} with {answer.status} {answer.reason[:80]}"
            )
        )

    def _tear_down(self, request: Message) -> None:
        session: Headers = tuple((k, v) for k, v in request.headers if k.lower() == "session")
        with contextlib.suppress(StreamError):
            self._session.request(
                "TEARDOWN", self._urls[""], session, seconds=self._settings.stream_close_s / 4, record=False
            )
        self._closed.set()

    def _answer(
        self, client: socket.socket, number: str, status: int, reason: str, headers: Headers, body: str = ""
    ) -> None:
        lines = [f"RTSP/1.0 {status} {reason[:80]}", f"CSeq: {number[:20]}"]
        lines += [f"{name}: {value[:500]}" for name, value in headers]
        lines += [f"Content-Length: {len(body)}"] if body else []
        client.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())


def _pair(text: str, name: str) -> tuple[int, int] | None:
    """The two numbers of ``name=a-b``; where only one is given, the next is the other."""
    found = re.search(rf"(?:^|;)\s*{name}\s*=\s*(\d{{1,5}})(?:-(\d{{1,5}}))?", text, re.ASCII | re.I)
    if found is None:
        return None
    first = int(found[1])
    return first, int(found[2]) if found[2] else first + 1


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        end.close()
