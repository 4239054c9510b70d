"""Where batches keep things: a folder each, with the archive that was sent and with what was found."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from edge.disk import sync_dir


class BatchFolders:
    """``batches/ID/archive`` and ``batches/ID/out`` in the data directory ``root``."""

    def __init__(self, root: Path) -> None:
        self._root = root / "batches"

    def out(self, batch: str) -> Path:
        """For the answers; made by the first run."""
        return self._root / batch / "out"

    def archive(self, batch: str) -> Path:
        return self._root / batch / "archive"

    def make(self, batch: str, archive: Path | None) -> None:
        """Its folder, with ``archive`` moved into it; on the disk when this returns."""
        place = self._root / batch
        place.mkdir(mode=0o700, parents=True)
        if archive is not None:
            archive.replace(self.archive(batch))
        for folder in (place, self._root, self._root.parent):
            sync_dir(folder)

    def drop_archive(self, batch: str) -> None:
        self.archive(batch).unlink(missing_ok=True)

    def delete(self, batch: str) -> None:
        """What cannot be deleted now is swept at the next start."""
        shutil.rmtree(self._root / batch, ignore_errors=True)

    def sweep(self, batches: Iterable[str]) -> None:
        """Deletes what a killed service left of any other than ``batches``."""
        known = set(batches)
        if not self._root.is_dir():
            return
        for place in self._root.iterdir():
            if place.name not in known:
                self.delete(place.name)
