"""A camera that we did not write: GStreamer's gst-rtsp-server, over UDP and TCP, with a clip of ours.

It runs under the system's Python, which sees Debian's bindings; ``make gstreamer`` installs them.
"""

from __future__ import annotations

import subprocess
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import quote

import pytest

from tests.support.camera.certificate import certificate

_PYTHON = "/usr/bin/python3"
_SERVER = Path(__file__).with_name("gst_server.py")


@lru_cache(1)
def missing() -> str | None:
    """Why the server cannot run here; None: it can."""
    try:
        command = [_PYTHON, str(_SERVER)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return f"no {_PYTHON}"
    return done.stderr.strip().splitlines()[-1] if done.returncode else None


class GstCamera:
    """``with GstCamera(make_clip()) as camera: camera.url``. Skips the calling test where it cannot run."""

    def __init__(
        self,
        clip: Path,
        *,
        auth: Literal["basic", "digest"] | None = None,
        user: str = "admin",
        password: str = "a-password",
        tls: bool = False,
    ) -> None:
        self._arguments = [str(clip)]
        if auth is not None:
            self._arguments += [f"--{auth}", user, password]
        if tls:
            self._arguments += ["--pem", str(certificate())]
        self._scheme = "rtsps" if tls else "rtsp"
        self._login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if auth else ""
        self.port = 0

    def __enter__(self) -> Self:
        if reason := missing():
            pytest.skip(f"no gst-rtsp-server, `make gstreamer` installs it ({reason})")
        command = [_PYTHON, str(_SERVER), *self._arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    @property
    def url(self) -> str:
        """With the login that the camera wants."""
        return f"{self._scheme}://{self._login}127.0.0.1:{self.port}/stream1"

    @property
    def bare_url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}/stream1"
