"""The folder that a batch writes into, and what survives a kill at any instruction.

A part is a pair of files with one number: ``cameras/part-000001.parquet``, then
``photos/part-000001.parquet``. Each is written beside its place, synced and renamed; the photos' name is the
commit, so cameras without photos are what a killed run left, and are swept. Where rows of a part take the
place of older ones, because files changed, ``replaced/part-000001.parquet`` names those, and is written
before the photos too: whoever reads the parts leaves them out. ``index.sqlite`` remembers which files are
done and which contents are known; what it lacks of the committed parts is read from them again at the start,
so it may be deleted. Files that could not be read stand in it alone: without it they are tried again.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from edge.batch.index import Index
from edge.batch.index_view import Failure
from edge.batch.rows import CAMERAS, ERRORS, PHOTOS, REPLACED, Piece, Row, Rows, table
from edge.disk import commit_file, full_disk
from edge.errors import CamidError, ErrorCode

_PART = re.compile(r"part-(\d{6,})\.parquet")
_FULL = "The disk of the output is full; what was written stands, and the same command goes on from there."
_COLUMNS = ["place", "bytes", "modified_ns", "sha256", "duplicate_of", "frames"]
_FOLDERS = ("photos", "cameras", "replaced")


class Output:
    """One batch's folder, held by one process. ``key`` is that of the answers (``answer_key``).

    Raises:
        CamidError: ``not_writable`` where the folder cannot be used, is used by another process, or holds
            answers of another key; ``store_full``.
    """

    def __init__(self, root: Path, key: str, models: Mapping[str, str]) -> None:
        self.root = root
        self._key = key
        self._meta = {
            b"camid.key": key.encode(),
            b"camid.models": json.dumps(models, sort_keys=True).encode(),
        }
        self._rows: dict[str, Rows] = {}
        self._contents: dict[str, str] = {}
        self._forgotten: set[str] = set()
        self._failures: list[Failure] = []
        self._kept: list[Piece] = []
        with full_disk(_FULL):
            self._lock = _locked(root)
            try:
                self._check_key()
                self._index = Index(root / "index.sqlite")
                self._recover()
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pending(self) -> int:
        """Answers that are not yet on the disk."""
        return len(self._rows) + len(self._failures) + len(self._kept)

    def is_done(self, piece: Piece) -> bool:
        """Whether this file, unchanged, has its row already."""
        return self._index.is_done(piece)

    def place_of(self, sha256: str) -> str | None:
        """Where content of this hash was classified first, rows that are not yet on the disk included."""
        known = self._contents.get(sha256)
        return known or (None if sha256 in self._forgotten else self._index.place_of(sha256))

    def add(self, rows: Rows) -> None:
        """An older row of the same place counts no more, nor does the answer that it gave to its copies."""
        place = str(rows.photo["place"])
        self._forget(place)
        self._rows[place] = rows
        if rows.photo["duplicate_of"] is None:
            self._contents[str(rows.photo["sha256"])] = place

    def keep(self, piece: Piece) -> None:
        """The row of this file stands, although its time of change is another."""
        self._kept.append(piece)

    def fail(self, piece: Piece, code: str, message: str) -> None:
        self._failures.append(Failure(piece, code, message))

    def flush(self) -> None:
        """Commits what was added.

        Raises:
            CamidError: ``store_full``. What of it is in a part stands: the next start finds it there.
        """
        if not self.pending:
            return
        with full_disk(_FULL):
            number = self._write_part() if self._rows else None
            photos, failures, kept = self._photos(), self._failures, self._kept
            self._rows, self._failures, self._kept, self._contents = {}, [], [], {}
            self._forgotten = set()
            self._index.commit(number, photos, failures, kept)

    def finish(self) -> int:
        """Commits, and lists the files that could not be read in ``errors.parquet``. Returns their number."""
        self.flush()
        failures = self._index.failures()
        rows = [
            {"place": f.piece.place, "bytes": f.piece.size, "code": f.code, "message": f.message}
            for f in failures
        ]
        with full_disk(_FULL):
            self._write(self.root / "errors.parquet", rows, ERRORS)
        return len(rows)

    def undone(self) -> set[str]:
        """Places of files, done before, whose answer stood at a place that has changed since: they need one
        of their own. Of committed parts alone."""
        return self._index.undone()

    def parts(self) -> list[int]:
        return sorted(_numbers(self.root / "photos"))

    def close(self) -> None:
        if hasattr(self, "_index"):
            self._index.close()
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)

    def _write_part(self) -> int:
        number = max(self.parts(), default=0) + 1
        photos = self._photos()
        cameras = [row for one in self._rows.values() for row in one.cameras]
        self._write_replaced(number, photos)
        self._write(_part(self.root / "cameras", number), cameras, CAMERAS)
        self._write(_part(self.root / "photos", number), photos, PHOTOS)
        return number

    def _write_replaced(self, number: int, photos: Sequence[Row]) -> None:
        rows = [{"place": old.place, "part": old.part} for old in self._index.replaced_by(photos)]
        if rows:
            self._write(_part(self.root / "replaced", number), rows, REPLACED)

    def _photos(self) -> list[Row]:
        return [one.photo for one in self._rows.values()]

    def _forget(self, place: str) -> None:
        pending = self._rows.pop(place, None)
        if pending is not None:
            self._contents.pop(str(pending.photo["sha256"]), None)
        old = self._index.row_at(place)
        if old is not None and self._index.place_of(old.sha256) == place:
            self._forgotten.add(old.sha256)

    def _write(self, place: Path, rows: Sequence[Row], schema: pa.Schema) -> None:
        temporary = place.with_suffix(".tmp")
        try:
            filled = table(rows, schema).replace_schema_metadata(self._meta)
            pq.write_table(filled, temporary, compression="zstd")
            commit_file(temporary, place)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _check_key(self) -> None:
        head = self.root / "batch.json"
        if not head.exists():
            temporary = head.with_suffix(".tmp")
            temporary.write_text(json.dumps({"schema": "camid-batch/1", "key": self._key}), "utf-8")
            commit_file(temporary, head)
            return
        try:
            kept = json.loads(head.read_text("utf-8"))["key"]
        except (OSError, ValueError, KeyError, TypeError):
            raise _unusable(self.root, "its batch.json cannot be read") from None
        if kept != self._key:
            raise _unusable(
                self.root,
                "it holds answers of other models (CAMID_DETECTOR may settle them), another catalogue or "
                "other limits: choose another",
            )

    def _recover(self) -> None:
        for folder in (self.root, *(self.root / name for name in _FOLDERS)):
            for left in folder.glob("*.tmp"):
                left.unlink()
        committed = set(self.parts())
        for folder in (self.root / "cameras", self.root / "replaced"):
            for number in _numbers(folder) - committed:
                _part(folder, number).unlink()
        if self._index.parts() - committed:
            raise _unusable(
                self.root, "parts that were committed are gone: restore them, or delete index.sqlite"
            )
        for number in sorted(committed - self._index.parts()):
            rows = pq.read_table(_part(self.root / "photos", number), columns=_COLUMNS).to_pylist()
            self._write_replaced(number, rows)  # it is there, but for a batch of an older Camid
            self._index.commit(number, rows, [])


def _locked(root: Path) -> int:
    try:
        for folder in (root, *(root / name for name in _FOLDERS)):
            folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(root, error.strerror or type(error).__name__) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise _unusable(root, "another batch writes there") from error
    return lock


def _unusable(root: Path, why: str) -> CamidError:
    return CamidError(ErrorCode.NOT_WRITABLE, f"The output folder {root} cannot be used ({why}).")


def _part(folder: Path, number: int) -> Path:
    return folder / f"part-{number:06d}.parquet"


def _numbers(folder: Path) -> set[int]:
    found = (_PART.fullmatch(path.name) for path in folder.iterdir())
    return {int(match[1]) for match in found if match}
