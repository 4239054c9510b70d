"""The cameras of one process: a listener each, on one event loop."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tests.support.camera.session import Session
from tests.support.camera.spec import CameraSpec, Counters, Faults
from tests.support.camera.track import Track, load_track, silence


class Server:
    """One camera. It plays on whether anybody watches or not, as cameras do."""

    def __init__(self, spec: CameraSpec) -> None:
        self.spec = spec
        self._began = asyncio.get_running_loop().time() - spec.phase_s
        self._sessions: set[Session] = set()
        self._requests: Counter[str] = Counter()
        self._connections = self._skipped = 0
        self._listener: asyncio.Server | None = None
        self._port = spec.port

    async def start(self) -> int:
        """Listens, on the same port as before; returns the port."""
        if self._listener is None:
            loop = asyncio.get_running_loop()
            self._listener = await loop.create_server(
                lambda: Session(self), "127.0.0.1", self._port, ssl=self._tls(), backlog=64
            )
            self._port = int(self._listener.sockets[0].getsockname()[1])
        return self._port

    async def stop(self) -> None:
        """Closes the listener and drops every client, as a camera does that loses its power."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for session in tuple(self._sessions):
            session.close()
        while self._sessions:
            await asyncio.sleep(0)

    def set_faults(self, faults: Faults) -> None:
        self.spec = replace(self.spec, faults=faults)

    def switch(self, clip: Path, in_stream: bool) -> None:
        """Goes over to another clip: in the streams that play, or dropping them as a changed encoder does."""
        self.spec = replace(self.spec, clip=clip)
        for session in tuple(self._sessions):
            if session.player is not None and in_stream:
                session.player.switch(self.track())
            elif session.player is not None:
                session.close()

    def end(self, how: str) -> None:
        for session in tuple(self._sessions):
            session.end(how)

    def counters(self) -> Counters:
        playing = [session.player for session in self._sessions if session.player is not None]
        return Counters(
            connections=self._connections,
            open=len(self._sessions),
            clients=len(playing),
            requests=tuple(sorted(self._requests.items())),
            skipped=self._skipped + sum(player.skipped for player in playing),
            cpu_s=time.process_time(),
            at=time.monotonic(),
        )

    def track(self) -> Track:
        spec = self.spec
        if spec.faults.audio_only:
            return silence()
        sets = not spec.faults.without_parameter_sets
        return load_track(spec.clip, parameter_sets=sets, user_data=spec.user_data)

    def entry(self, track: Track) -> tuple[int, float]:
        if self.spec.faults.first_key_after_s:
            return min(1, len(track.units) - 1), 0.0
        if self.spec.starts is None:
            since = asyncio.get_running_loop().time() - self._began
            return track.key_at(since % track.seconds), 0.0
        at = (datetime.now(UTC) - self.spec.starts).total_seconds() % track.seconds
        keys = [i for i, unit in enumerate(track.units) if unit.key and unit.ticks >= at * track.hz]
        first = keys[0] if keys else track.key_at(0)
        return first, (track.units[first].ticks / track.hz - at) % track.seconds

    def joined(self, session: Session) -> None:
        self._connections += 1
        self._sessions.add(session)

    def left(self, session: Session) -> None:
        self._sessions.discard(session)

    def count(self, method: str) -> None:
        self._requests[method] += 1

    def _tls(self) -> ssl.SSLContext | None:
        if self.spec.certificate is None:
            return None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.spec.certificate)
        return context
