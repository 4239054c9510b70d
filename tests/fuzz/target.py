"""What a fuzz target is: a parser of outside bytes, and what must hold for whatever it is given."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from edge.errors import CamidError, Code

CORPUS = Path(__file__).parent / "corpus"
"""One folder a target: its seeds, what the fuzzer found new ways with, and each input that once broke it."""


@dataclass(frozen=True, slots=True)
class Target:
    """``run`` raises for a fault of the parser and for nothing else. ``longest`` is the most bytes that are
    tried; ``slow`` targets start a process for each input."""

    name: str
    run: Callable[[bytes], None]
    longest: int = 16 * 1024
    slow: bool = False

    @property
    def corpus(self) -> Path:
        return CORPUS / self.name


@contextmanager
def refusing(*codes: Code) -> Iterator[None]:
    """Lets the declared errors pass: a ``CamidError`` with one of ``codes``, its text fit for an answer."""
    try:
        yield
    except CamidError as error:
        if error.code not in codes:
            raise
        str(error).encode("utf-8")


@cache
def scratch() -> Path:
    """A folder for this process, in memory where there is such a place; it goes when the process ends."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(prefix="camid-fuzz-", dir=memory if memory.is_dir() else None))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def written(name: str, data: bytes) -> Path:
    """``data`` as a file of that name in the scratch folder."""
    path = scratch() / name
    path.write_bytes(data)
    return path
