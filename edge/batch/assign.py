"""The plan cut into pieces of work that can be sent to another process.

References travel: a path, a member's number, a URL. Contents travel only where there is no other way (members
of TAR and 7z archives and of archives in archives), or where the workers do not see the files.

How the plan is cut depends on the plan alone and not on what is done already: should a piece be lost and cut
once more, it holds the same files.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial

from edge.batch.index_view import IndexView
from edge.batch.plan import Plan
from edge.batch.rows import Piece
from edge.errors import ErrorCode, PhotoError
from edge.media.archive import Entry, Found, Skipped, Video

_MOST_BYTES = 32 * 1024 * 1024
"""Of the files of one assignment together, if it holds more than one."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """One file of the plan. ``position`` counts the files of the plan from 0; ``found`` is pickled; of a
    video, ``done`` are the places of those frames that have rows."""

    position: int
    piece: Piece
    found: bytes
    done: frozenset[str] = frozenset()

    def open(self) -> Found:
        found = pickle.loads(self.found)
        assert isinstance(found, Entry | Video | Skipped)
        return found


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a worker is given at a time; ``kept`` more files have their rows already."""

    files: tuple[Assigned, ...]
    kept: int = 0


@dataclass(frozen=True, slots=True)
class Cut:
    """How the plan is cut: at most ``most_files`` an assignment; ``with_content``: workers do not see the
    files."""

    most_files: int
    with_content: bool = False


def assignments(plan: Plan, done: IndexView, cut: Cut) -> Iterator[Assignment]:
    """All of ``plan``, in its order."""
    for part in _parts(plan, cut.most_files):
        files = tuple(file for at, one in part if (file := _assigned(at, one, done, cut)) is not None)
        yield Assignment(files, len(part) - len(files))


def piece_of(found: Found) -> Piece:
    return Piece(found.place, found.size, found.modified_ns)


def _parts(plan: Plan, most_files: int) -> Iterator[list[tuple[int, Found]]]:
    part: list[tuple[int, Found]] = []
    held = 0
    for numbered in enumerate(plan):
        found = numbered[1]
        size = found.size if isinstance(found, Entry) else 0
        if part and (len(part) >= most_files or held + size > _MOST_BYTES):
            yield part
            part, held = [], 0
        part.append(numbered)
        held += size
    if part:
        yield part


def _assigned(position: int, found: Found, done: IndexView, cut: Cut) -> Assigned | None:
    """None where the file has its rows."""
    piece = piece_of(found)
    if isinstance(found, Skipped):
        return Assigned(position, piece, pickle.dumps(found))
    if done.is_done(piece):
        return None
    frames = done.frames_done(piece) if isinstance(found, Video) else frozenset()
    return Assigned(position, piece, _pickled(found, cut.with_content), frames)


def _pickled(found: Entry | Video, with_content: bool) -> bytes:
    """A reader that cannot read elsewhere brings its bytes along, and may find then that it cannot."""
    try:
        return pickle.dumps(_with_content(found) if with_content else found)
    except PhotoError as error:
        return pickle.dumps(
            Skipped(found.place, found.size, found.modified_ns, ErrorCode(error.code), error.message)
        )


def _with_content(found: Entry | Video) -> Entry | Video:
    if isinstance(found, Video) and found.fetched is not None:
        return found
    if isinstance(found, Video):
        raise PhotoError(
            ErrorCode.NOT_READABLE, "Videos need a folder that the workers see, or the local engine."
        )
    return replace(found, read=partial(bytes, found.read()), sidecar=partial(bytes, found.sidecar()))
