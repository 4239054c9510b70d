"""The processes that decode, seen from outside, and a decoder that does what a test wants."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.media.sandbox import sandbox

HANG = "import threading; lock = threading.Lock(); lock.acquire(); lock.acquire()"


@contextmanager
def heif_decoder(folder: Path, body: str) -> Iterator[None]:
    """Has ``body`` run in the place of libheif with every HEIC file, until the block ends."""
    (folder / "pillow_heif.py").write_text(f"def open_heif(*_, **__):\n    {body}\n")
    with other_plugin(folder):
        yield


@contextmanager
def other_plugin(folder: Path) -> Iterator[None]:
    """Decoders load ``pillow_heif.py`` from ``folder``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder), prepend=os.pathsep)
        sandbox().close()
        try:
            yield
        finally:
            sandbox().close()


def server() -> int:
    """The process id of the server of this process, which must have begun."""
    assert sandbox().process
    return sandbox().process


def children(process: int) -> list[int]:
    """Those that are not reaped."""
    numbers = [int(one.name) for one in Path("/proc").iterdir() if one.name.isdecimal()]
    return [one for one in numbers if _parent(one) == process]


def _parent(process: int) -> int | None:
    fields = _read(process, "stat").rpartition(b")")[2].split()
    return int(fields[1]) if fields else None


def _read(process: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{process}/{name}").read_bytes()
    except OSError:
        return b""
