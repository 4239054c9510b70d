"""A second look at a batch's index, read-only, from another process of the same machine."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Self
from urllib.parse import quote

from edge.batch.rows import Piece


class IndexView:
    """Sees what the batch has committed so far. One thread."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
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
            (f"{piece.place}#t=", f"{piece.place}#t>", piece.size, piece.modified_ns),
        )
        return frozenset(place for (place,) in rows)

    def place_of(self, sha256: str) -> str | None:
        """Where content of this hash was classified first."""
        row = self._db.execute("SELECT place FROM contents WHERE sha256 = ?", (sha256,)).fetchone()
        return str(row[0]) if row else None
