"""Where every engine brings what became of a file: written, counted, told. One thread, in plan order."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from edge.batch.output import Output
from edge.batch.rows import Piece, Rows, duplicate_row
from edge.errors import CamidError
from edge.settings import Settings


@dataclass(slots=True)
class Totals:
    """What became of the files so far; ``done`` of an earlier run are ``kept``."""

    photos: int = 0
    cameras: int = 0
    identified: int = 0
    duplicates: int = 0
    failed: int = 0
    kept: int = 0
    videos: int = 0
    frames: int = 0
    started: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Photos and frames a second, duplicates included."""
        seconds = time.monotonic() - self.started
        return (self.photos + self.frames + self.duplicates) / seconds if seconds > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A file whose time of change is another and whose content is that of its row."""


Outcome = Rows | Unchanged | CamidError


def known(piece: Piece, sha256: str, place: str) -> Rows | Unchanged:
    """The outcome for content that has its answer at ``place``."""
    return Unchanged() if place == piece.place else duplicate_row(piece, sha256, place)


class Settler:
    """Brings outcomes into ``output`` and commits them part by part. ``progress`` hears of every file that
    came to its end."""

    def __init__(
        self, output: Output, settings: Settings, progress: Callable[[Totals], None] | None = None
    ) -> None:
        self._output = output
        self._part_rows = settings.batch_part_rows
        self._progress = progress
        self.totals = Totals()

    def settle(self, piece: Piece, outcome: Outcome) -> None:
        """Raises: CamidError: ``store_full``."""
        if isinstance(outcome, CamidError):
            self._output.fail(piece, str(outcome.code), str(outcome))
            self.totals.failed += 1
        elif isinstance(outcome, Unchanged):
            self._output.keep(piece)
            self.totals.kept += 1
        else:
            self._output.add(outcome)
            self._count(outcome)
        if self._output.pending >= self._part_rows:
            self._output.flush()
        self._tell()

    def kept(self, files: int = 1) -> None:
        """So many files have their rows from an earlier run."""
        self.totals.kept += files
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None:
            self._progress(self.totals)

    def _count(self, rows: Rows) -> None:
        if rows.photo["duplicate_of"] is not None:
            self.totals.duplicates += 1
            return
        if rows.photo.get("frames") is not None:
            self.totals.videos += 1
            return
        if rows.photo["frame_s"] is None:
            self.totals.photos += 1
        else:
            self.totals.frames += 1
        self.totals.cameras += int(rows.photo["cameras"])
        self.totals.identified += int(rows.photo["identified"])
