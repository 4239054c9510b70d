"""What a batch remembers of its own rows, on the disk, so that memory does not grow with the archive."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.batch.rows import Piece, Row

_TABLES = """
CREATE TABLE IF NOT EXISTS parts (number INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS done (
    place TEXT PRIMARY KEY, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contents (sha256 TEXT PRIMARY KEY, place TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS errors (
    place TEXT PRIMARY KEY, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
    code TEXT NOT NULL, message TEXT NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Failure:
    """A file without an answer, and why."""

    piece: Piece
    code: str
    message: str


class Index:
    """One owner, one thread. Whatever it lacks is in the parts (see ``edge.batch.output``)."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(_TABLES)

    def is_done(self, piece: Piece) -> bool:
        row = self._db.execute(
            "SELECT size, modified_ns FROM done WHERE place = ?", (piece.place,)
        ).fetchone()
        return bool(row == (piece.size, piece.modified_ns))

    def place_of(self, sha256: str) -> str | None:
        row = self._db.execute("SELECT place FROM contents WHERE sha256 = ?", (sha256,)).fetchone()
        return str(row[0]) if row else None

    def parts(self) -> set[int]:
        return {number for (number,) in self._db.execute("SELECT number FROM parts")}

    def failures(self) -> list[Failure]:
        rows = self._db.execute("SELECT place, size, modified_ns, code, message FROM errors ORDER BY place")
        return [Failure(Piece(place, size, when), code, message) for place, size, when, code, message in rows]

    def commit(
        self,
        part: int | None,
        photos: Sequence[Row],
        failures: Sequence[Failure],
        kept: Sequence[Piece] = (),
    ) -> None:
        """Notes a part that is on the disk, the files that have no answer, and those whose row stands."""
        self._db.execute("BEGIN")
        try:
            self._note(part, photos, failures)
            self._note_done([(one.place, one.size, one.modified_ns) for one in kept])
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # a full disk has rolled it back already
                self._db.execute("ROLLBACK")
            raise

    def close(self) -> None:
        self._db.close()

    def _note(self, part: int | None, photos: Sequence[Row], failures: Sequence[Failure]) -> None:
        if part is not None:
            self._db.execute("INSERT OR IGNORE INTO parts VALUES (?)", (part,))
        self._note_done([(row["place"], row["bytes"], row["modified_ns"]) for row in photos])
        self._db.executemany(
            "INSERT OR IGNORE INTO contents VALUES (?, ?)",
            [(row["sha256"], row["place"]) for row in photos if row["duplicate_of"] is None],
        )
        self._db.executemany("DELETE FROM errors WHERE place = ?", [(row["place"],) for row in photos])
        self._db.executemany(
            "INSERT OR REPLACE INTO errors VALUES (?, ?, ?, ?, ?)",
            [(f.piece.place, f.piece.size, f.piece.modified_ns, f.code, f.message) for f in failures],
        )

    def _note_done(self, files: Sequence[tuple[str, int, int]]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO done VALUES (?, ?, ?)", files)
