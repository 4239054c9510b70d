"""What a batch remembers of its own rows, on the disk, so that memory does not grow with the archive."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.batch.index_view import Failure, IndexReader, IndexView, frames_between
from edge.batch.rows import Piece, Row

_VERSION = 2
_NAMES = ("parts", "done", "contents", "copies", "errors")
_TABLES = """
CREATE TABLE IF NOT EXISTS parts (number INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS done (
    place TEXT PRIMARY KEY, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
    part INTEGER NOT NULL, sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contents (sha256 TEXT PRIMARY KEY, place TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS copies (
    sha256 TEXT, place TEXT, PRIMARY KEY (sha256, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS errors (
    place TEXT PRIMARY KEY, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
    code TEXT NOT NULL, message TEXT NOT NULL
) WITHOUT ROWID;
"""
_UNDONE = -1
"""The size of a file whose row is there and tells nothing: its original has changed since."""


@dataclass(frozen=True, slots=True)
class RowAt:
    """The row of a file: the part that holds it, and of what content it speaks."""

    place: str
    part: int
    sha256: str


class Index(IndexReader):
    """One owner, one thread. Whatever it lacks is in the parts (see ``edge.batch.output``)."""

    def __init__(self, path: Path) -> None:
        super().__init__(sqlite3.connect(path, isolation_level=None))
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.executescript(
            f"BEGIN; {self._outdated()} {_TABLES} PRAGMA user_version = {_VERSION}; COMMIT;"
        )

    def _outdated(self) -> str:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        return "" if version == _VERSION else " ".join(f"DROP TABLE IF EXISTS {name};" for name in _NAMES)

    def parts(self) -> set[int]:
        return {number for (number,) in self._db.execute("SELECT number FROM parts")}

    def row_at(self, place: str) -> RowAt | None:
        row = self._db.execute("SELECT place, part, sha256 FROM done WHERE place = ?", (place,)).fetchone()
        return RowAt(*row) if row else None

    def replaced_by(self, photos: Iterable[Row]) -> list[RowAt]:
        """The committed rows that these take the place of, and frames of what a video held before."""
        replaced: dict[str, RowAt] = {}
        for row in photos:
            old = self.row_at(row["place"])
            if old is not None:
                replaced[old.place] = old
            if old is not None or row.get("frames") is not None:
                replaced.update((frame.place, frame) for frame in self._other_frames(row))
        return list(replaced.values())

    def undone(self) -> set[str]:
        """Places of copies whose original has changed: their content has no answer any more."""
        rows = self._db.execute("SELECT place FROM copies JOIN done USING (place) WHERE size = ?", (_UNDONE,))
        return {place for (place,) in rows}

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
            if part is not None:
                self._note(part, photos)
            self._db.executemany(
                "UPDATE done SET size = ?, modified_ns = ? WHERE place = ?",
                [(one.size, one.modified_ns, one.place) for one in kept],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO errors VALUES (?, ?, ?, ?, ?)",
                [(f.piece.place, f.piece.size, f.piece.modified_ns, f.code, f.message) for f in failures],
            )
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:  # a full disk has rolled it back already
                self._db.execute("ROLLBACK")
            raise

    def _other_frames(self, row: Row) -> list[RowAt]:
        """Rows of frames at this place that are of another file than ``row`` is."""
        rows = self._db.execute(
            "SELECT place, part, sha256 FROM done WHERE place >= ? AND place < ?"
            " AND (size, modified_ns) <> (?, ?)",
            (*frames_between(row["place"]), row["bytes"], row["modified_ns"]),
        )
        return [RowAt(*one) for one in rows]

    def _note(self, part: int, photos: Sequence[Row]) -> None:
        for old in self.replaced_by(photos):
            self._forget(old)
        self._db.execute("INSERT OR IGNORE INTO parts VALUES (?)", (part,))
        self._db.executemany(
            "INSERT OR REPLACE INTO done VALUES (?, ?, ?, ?, ?)",
            [(row["place"], row["bytes"], row["modified_ns"], part, row["sha256"]) for row in photos],
        )
        self._db.executemany("DELETE FROM errors WHERE place = ?", [(row["place"],) for row in photos])
        copies = [(row["sha256"], row["place"]) for row in photos if row["duplicate_of"] is not None]
        self._db.executemany(
            "INSERT OR IGNORE INTO contents VALUES (?, ?)",
            [(row["sha256"], row["place"]) for row in photos if row["duplicate_of"] is None],
        )
        self._db.executemany("INSERT OR IGNORE INTO copies VALUES (?, ?)", copies)
        self._undo([place for sha256, place in copies if self.place_of(sha256) is None])

    def _forget(self, old: RowAt) -> None:
        self._db.execute("DELETE FROM done WHERE place = ?", (old.place,))
        self._db.execute("DELETE FROM copies WHERE sha256 = ? AND place = ?", (old.sha256, old.place))
        if self.place_of(old.sha256) != old.place:
            return
        self._db.execute("DELETE FROM contents WHERE sha256 = ?", (old.sha256,))
        copies = self._db.execute("SELECT place FROM copies WHERE sha256 = ?", (old.sha256,)).fetchall()
        self._undo([place for (place,) in copies])

    def _undo(self, places: Sequence[str]) -> None:
        self._db.executemany("UPDATE done SET size = ? WHERE place = ?", [(_UNDONE, one) for one in places])


def failures_in(path: Path, limit: int, offset: int) -> list[Failure]:
    """Some of the files without an answer, by place, while another process or thread may own the index."""
    if not path.is_file():
        return []
    with IndexView(path) as index:
        return index.failures(limit, offset)
