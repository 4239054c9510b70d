"""Runs what the steps of the Dockerfile made as a container would, and asks it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from scripts.images.image import Image
from scripts.images.root import Mounts

TOKEN = "a-token-for-the-proof"
_READY_WITHIN_S = 180.0
_STOPPED_WITHIN_S = 60.0
_COMPILERS = ("cc", "gcc", "g++", "clang", "ld", "as", "make", "rustc", "cargo", "go", "nasm")


@dataclass(frozen=True, slots=True)
class Container:
    """A container of ``image``: its root read-only, its volumes in ``folder``, its user the image's."""

    image: Image
    folder: Path
    port: int
    patience: float = 1.0
    """By how much longer than a machine of its own kind an emulated one may take."""

    @property
    def environment(self) -> dict[str, str]:
        # It shares the network of this machine, so it listens on the loopback alone.
        own = {"CAMID_HOST": "127.0.0.1", "CAMID_PORT": str(self.port), "CAMID_TOKEN": TOKEN}
        return self.image.environment | own

    def mounts(self) -> Mounts:
        return Mounts(read_only=True, volumes={path: self._volume(path) for path in self.image.volumes})

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """``words`` inside, as its user."""
        image = self.image
        return image.root.run(
            words, self.environment, user=image.ids(), folder=image.folder, mounts=self.mounts()
        )

    @contextmanager
    def service(self) -> Iterator[subprocess.Popen[bytes]]:
        """``ENTRYPOINT`` with ``CMD`` while the block runs; what it says is in ``service.log``."""
        image = self.image
        words = (*image.entrypoint, *image.command)
        command = image.root.command(
            words, self.environment, user=image.ids(), folder=image.folder, mounts=self.mounts()
        )
        with (self.folder / "service.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
            try:
                yield process
            finally:
                process.kill()
                process.wait()

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        """Ends the service as ``docker stop`` does; its exit code."""
        process.send_signal(signal.SIGTERM)
        return process.wait(_STOPPED_WITHIN_S * self.patience)

    def put(self, file: Path) -> str:
        """A copy of ``file`` in its first volume; its path inside."""
        volume = self.image.volumes[0]
        shutil.copy(file, self._volume(volume) / file.name)
        return f"{volume}/{file.name}"

    def last_words(self) -> str:
        """The last line of its log."""
        return (self.folder / "service.log").read_text().strip().rpartition("\n")[2]

    def healthy(self) -> bool:
        """What its ``HEALTHCHECK`` says."""
        return self.run(*self.image.health).returncode == 0

    def compilers(self) -> list[str]:
        """Which compilers and the like are inside."""
        folders = self.image.environment["PATH"].split(":")
        return sorted(
            name
            for name in _COMPILERS
            if any(os.path.lexists(self.image.root.path / f.lstrip("/") / name) for f in folders)
        )

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=120 * self.patience,
            trust_env=False,
        )

    def wait_ready(self, process: subprocess.Popen[bytes]) -> Mapping[str, object]:
        """What ``/readyz`` says once it is ready. Raises: RuntimeError: it ended, or never was."""
        latest = time.monotonic() + _READY_WITHIN_S * self.patience
        with self.client() as client:
            while time.monotonic() < latest and process.poll() is None:
                try:
                    if (answer := client.get("/readyz")).status_code == 200:
                        return dict(answer.json())
                except httpx.TransportError:
                    pass
                time.sleep(0.1)
        raise RuntimeError((self.folder / "service.log").read_text()[-3000:])

    def _volume(self, path: str) -> Path:
        """A new volume belongs to whom the image gave its folder."""
        folder = self.folder / "volumes" / path.strip("/").replace("/", "-")
        if not folder.exists():
            folder.mkdir(parents=True)
            made = (self.image.root.path / path.lstrip("/")).stat()
            os.chown(folder, made.st_uid, made.st_gid)
            folder.chmod(made.st_mode & 0o7777)
        return folder


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
