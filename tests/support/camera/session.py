"""One connection of a client to a test camera: its requests and their answers."""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
from typing import Protocol

from tests.support.camera.description import FILLER, describe
from tests.support.camera.login import challenge, is_allowed
from tests.support.camera.messages import Request, answer, next_request
from tests.support.camera.player import Player
from tests.support.camera.spec import CameraSpec
from tests.support.camera.track import Track

TRICKLE_S = 0.1
PIECE = 256
"""Lines that fill up a huge SDP, sent at a time."""


class Camera(Protocol):
    """What a session asks of its camera."""

    spec: CameraSpec

    def track(self) -> Track: ...
    def entry(self, track: Track) -> tuple[int, float]:
        """Number of the picture that a new client begins with, and in how many seconds it is due."""

    def joined(self, session: Session) -> None: ...
    def left(self, session: Session) -> None: ...
    def count(self, method: str) -> None: ...


class Session(asyncio.Protocol):
    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._buffer = bytearray()
        self._nonce, self._id = secrets.token_hex(16), str(secrets.randbelow(10**9))
        self._channel: int | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self.player: Player | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=64 << 20)
        self._transport = transport
        self._camera.joined(self)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._stop()
        self._camera.left(self)

    def data_received(self, data: bytes) -> None:
        if self._camera.spec.faults.silent:
            return
        self._buffer += data
        while request := next_request(self._buffer):
            if not request.method.startswith("RTSP/"):
                self._camera.count(request.method)
                self._handle(request)

    def close(self, *, reset: bool = False) -> None:
        """Closes the connection, with a reset where it is asked for."""
        connection = self._transport.get_extra_info("socket")
        if reset and connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()

    def end(self, how: str) -> None:
        """Ends the stream in one of the ways of ``Faults.end``."""
        if self.player is None:
            return
        player = self.player
        self._stop()
        if how == "bye":
            player.say_bye()
        elif how == "teardown":
            headers = (("CSeq", "1"), ("Session", self._id))
            lines = [f"TEARDOWN {self._camera.spec.path} RTSP/1.0", *(f"{k}: {v}" for k, v in headers)]
            self._transport.write("\r\n".join([*lines, "", ""]).encode())
            self._transport.close()
        else:
            self.close(reset=how == "reset")

    def _stop(self) -> None:
        for timer in self._timers:
            timer.cancel()
        if self.player is not None:
            self.player.stop()
            self.player = None

    def _handle(self, request: Request) -> None:
        spec = self._camera.spec
        if request.method == "OPTIONS":
            self._answer(request, 200, ("Public", spec.public))
        elif not is_allowed(spec, request, self._nonce):
            self._answer(request, 401, ("WWW-Authenticate", challenge(spec, self._nonce)))
        elif request.method == "DESCRIBE":
            self._describe(request)
        elif request.method == "SETUP":
            self._setup(request)
        elif request.method == "PLAY":
            self._play(request)
        elif request.method in ("GET_PARAMETER", "SET_PARAMETER", "PAUSE"):
            self._answer(request, 200, ("Session", self._id))
        elif request.method == "TEARDOWN":
            self._stop()
            self._answer(request, 200, ("Session", self._id))
            self._transport.close()
        else:
            self._answer(request, 501)

    def _describe(self, request: Request) -> None:
        spec, faults = self._camera.spec, self._camera.spec.faults
        if faults.status is not None:
            self._answer(request, faults.status)
        elif faults.redirect is not None:
            self._answer(request, 302, ("Location", faults.redirect))
        elif faults.not_found or request.path.rstrip("/") != spec.path:
            self._answer(request, 404)
        elif faults.endless is not None:
            self._trickle(request, faults.endless)
        else:
            self._send_sdp(request, faults.sdp_bytes)

    def _send_sdp(self, request: Request, at_least: int) -> None:
        body = describe(self._camera.spec.sdp, self._camera.track())
        lines = max(0, at_least - len(body)) // len(FILLER)
        size = str(len(body) + lines * len(FILLER))
        base = ("Content-Base", request.url.rstrip("/") + "/")
        self._answer(request, 200, ("Content-Type", "application/sdp"), base, ("Content-Length", size))
        self._transport.write(body)
        self._fill(lines)

    def _fill(self, lines: int) -> None:
        """Sends the rest of a huge SDP as fast as it is read, and no faster."""
        if self._transport.get_write_buffer_size() < PIECE * len(FILLER):
            self._transport.write(FILLER * min(lines, PIECE))
            lines -= PIECE
        if lines > 0:
            self._timers = [asyncio.get_running_loop().call_later(0.001, self._fill, lines)]

    def _trickle(self, request: Request, what: str) -> None:
        """Begins an answer that never ends."""
        size = (("Content-Length", str(1 << 30)),) if what == "body" else ()
        head = answer(200, [("CSeq", request.header("CSeq")), ("Content-Type", "application/sdp"), *size])
        self._transport.write(head if what == "body" else head[:-2])
        line = b"a=x-filler:0\r\n" if what == "body" else b"X-Filler: 0\r\n"
        self._trickle_on(line)

    def _trickle_on(self, line: bytes) -> None:
        self._transport.write(line)
        self._timers = [asyncio.get_running_loop().call_later(TRICKLE_S, self._trickle_on, line)]

    def _setup(self, request: Request) -> None:
        asked = request.header("Transport")
        if "RTP/AVP/TCP" not in asked:
            self._answer(request, 461)
            return
        channels = next((p for p in asked.split(";") if p.startswith("interleaved=")), "interleaved=0-1")
        self._channel = int(channels.partition("=")[2].partition("-")[0])
        transport = f"RTP/AVP/TCP;unicast;{channels};ssrc=0CA31D05"
        self._answer(request, 200, ("Transport", transport), ("Session", f"{self._id};timeout=60"))

    def _play(self, request: Request) -> None:
        if self._channel is None:
            self._answer(request, 454)
            return
        self._stop()
        track = self._camera.track()
        first, delay = self._camera.entry(track)
        faults = self._camera.spec.faults
        self.player = Player(
            self._transport, track, self._channel, lambda: self._camera.spec.faults, first=first, delay=delay
        )
        info = f"url={request.url};seq={self.player.sequence};rtptime={self.player.next_time}"
        self._answer(request, 200, ("Session", self._id), ("Range", "npt=0.000-"), ("RTP-Info", info))
        if faults.end_after_s is not None:
            end = asyncio.get_running_loop().call_later(faults.end_after_s, self.end, faults.end)
            self._timers.append(end)

    def _answer(self, request: Request, status: int, *headers: tuple[str, str]) -> None:
        spec = self._camera.spec
        server = (("Server", spec.server),) if spec.server is not None else ()
        first = ("CSeq", request.header("CSeq"))
        self._transport.write(answer(status, (first, *server, *headers, *spec.headers)))
