"""Test cameras in a process of their own, as seen by the test."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import quote

from edge.media.address import StreamAddress
from tests.support.camera.certificate import certificate
from tests.support.camera.spec import CameraSpec, Counters, Faults, Sdp

_ROOT = Path(__file__).resolve().parents[3]


class CameraProcess:
    """Serves any number of cameras from one process, which ends with the block or with its parent."""

    def __init__(self, specs: Sequence[CameraSpec]) -> None:
        self._specs = tuple(specs)
        self._process: subprocess.Popen[bytes] | None = None
        self._asking = threading.Lock()
        self.cameras: tuple[RunningCamera, ...] = ()

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.support.camera"]
        self._process = subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._send(self._specs)
        ports = self._receive()
        self.cameras = tuple(
            RunningCamera(self, number, spec, port)
            for number, (spec, port) in enumerate(zip(self._specs, ports, strict=True))
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process, self._process = self._process, None
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def ask(self, camera: int, method: str, *arguments: object) -> Any:
        """Calls a method of ``Server`` in the process; from any thread."""
        with self._asking:
            self._send((camera, method, arguments))
            return self._receive()

    def _send(self, command: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        pickle.dump(command, self._process.stdin)
        self._process.stdin.flush()

    def _receive(self) -> Any:
        assert self._process is not None
        assert self._process.stdout is not None
        return pickle.load(self._process.stdout)


class RunningCamera:
    """One camera of a process."""

    def __init__(self, process: CameraProcess, number: int, spec: CameraSpec, port: int) -> None:
        self._process, self._number, self.spec, self.port = process, number, spec, port

    @property
    def url(self) -> str:
        """With the login that the camera wants."""
        words = (quote(word, safe="") for word in (self.spec.user, self.spec.password))
        login = ":".join(words) + "@" if self.spec.auth else ""
        return self.bare_url.replace("://", f"://{login}", 1)

    @property
    def bare_url(self) -> str:
        scheme = "rtsps" if self.spec.certificate else "rtsp"
        return f"{scheme}://127.0.0.1:{self.port}{self.spec.path}"

    @property
    def address(self) -> StreamAddress:
        return StreamAddress.parse(self.url)

    @property
    def counters(self) -> Counters:
        counters = self._process.ask(self._number, "counters")
        assert isinstance(counters, Counters)
        return counters

    @property
    def connections(self) -> int:
        """Connections accepted so far."""
        return self.counters.connections

    @property
    def clients(self) -> int:
        """Clients that play now."""
        return self.counters.clients

    def set_faults(self, faults: Faults | None = None, **changes: object) -> None:
        """Replaces all faults; without arguments there are none any more."""
        self._process.ask(self._number, "set_faults", replace(faults or Faults(), **changes))  # type: ignore[arg-type]

    def stop(self) -> None:
        """Closes the port and drops all clients: a camera without power."""
        self._process.ask(self._number, "stop")

    def start(self) -> None:
        """Listens again on the same port."""
        self._process.ask(self._number, "start")

    def switch(self, clip: Path, *, in_stream: bool = False) -> None:
        """Sends another clip from now on; clients are dropped first, unless it goes on ``in_stream``."""
        self._process.ask(self._number, "switch", clip, in_stream)

    def end(self, how: Literal["bye", "teardown", "close", "reset"] = "bye") -> None:
        """Ends the streams that play now."""
        self._process.ask(self._number, "end", how)


class TestCamera(RunningCamera):
    """One camera in its own process: ``with TestCamera(make_clip(), auth="digest") as camera: camera.url``.

    ``spec`` holds further fields of ``CameraSpec``; ``sdp`` and ``faults`` may be mappings of their fields.
    """

    __test__ = False

    def __init__(
        self,
        clip: Path,
        *,
        sdp: Sdp | dict[str, Any] | None = None,
        faults: Faults | dict[str, Any] | None = None,
        tls: bool = False,
        **spec: Any,
    ) -> None:
        given = CameraSpec(
            clip,
            sdp=Sdp(**sdp) if isinstance(sdp, dict) else sdp or Sdp(),
            faults=Faults(**faults) if isinstance(faults, dict) else faults or Faults(),
            certificate=certificate() if tls else None,
            **spec,
        )
        super().__init__(CameraProcess([given]), 0, given, 0)

    def __enter__(self) -> Self:
        self.port = self._process.__enter__().cameras[0].port
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.__exit__(kind, error, trace)

    @property
    def pid(self) -> int:
        return self._process.pid
