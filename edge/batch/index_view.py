"""What is asked of a batch's index: by its owner or, read-only, by another process of the same machine."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from edge.batch.rows import Piece


@dataclass(frozen=True, slots=True)
class Failure:
    """A file without an answer, and why."""

    piece: Piece
    code: str
    message: str


class IndexReader:
    """One thread."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def is_done(self, piece: Piece) -> bool:
        """Whether this file, unchanged, has its row already."""
        row = self._db.execute(
            "SELECT size, modified_ns FROM done WHERE place = ?", (piece.place,)
        ).fetchone()
        return bool(row == (piece.size, piece.modified_ns))

    def frames_done(self, piece: Piece) -> frozenset[str]:
        """Places of the frames of this video, unchanged, that have their rows already."""
        rows = self._db.execute(
            "SELECT place FROM done WHERE place >= ? AND place < ? AND size = ? AND modified_ns = ?",
            (*frames_between(piece.place), piece.size, piece.modified_ns),
        )
        return frozenset(place for (place,) in rows)

    def place_of(self, sha256: str) -> str | None:
        """Where content of this hash was classified first."""
        row = self._db.execute("SELECT place FROM contents WHERE sha256 = ?", (sha256,)).fetchone()
        return str(row[0]) if row else None

    def failures(self, limit: int = -1, offset: int = 0) -> list[Failure]:
        """The files without an answer, or some of them, by place."""
        rows = self._db.execute(
            "SELECT place, size, modified_ns, code, message FROM errors ORDER BY place LIMIT ? OFFSET ?",
            (limit, offset),
        )
        return [Failure(Piece(place, size, when), code, message) for place, size, when, code, message in rows]


class IndexView(IndexReader):
    """Sees what the batch has committed so far."""

    def __init__(self, path: Path) -> None:
        super().__init__(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10))


def frames_between(place: str) -> tuple[str, str]:
    """The places of the frames of the video at ``place`` are those from the first of these on, up to the
    second."""
    return f"{place}#t=", f"{place}#t>"
