"""``camid purge``: what the running service does every hour, for a data directory that none uses."""

from __future__ import annotations

from contextlib import closing

from edge.errors import CamidError, ErrorCode
from edge.media.clock import SYSTEM_CLOCK, Clock
from edge.service.batch_folders import BatchFolders
from edge.service.data_dir import DataDir
from edge.service.retention import Purged, Retention
from edge.service.store import Store
from edge.settings import Settings


def purge(settings: Settings, clock: Clock = SYSTEM_CLOCK) -> Purged:
    """Deletes what is due by ``keep_photos_days`` and ``keep_photos_bytes``.

    Raises:
        CamidError: ``settings_invalid`` where neither is set, or a service uses the directory.
    """
    if not settings.keep_photos_days and not settings.keep_photos_bytes:
        raise CamidError(
            ErrorCode.SETTINGS_INVALID, "Neither keep_photos_days nor keep_photos_bytes says what to delete."
        )
    with DataDir(settings.data_dir) as data, closing(Store(data)) as store:
        folders = BatchFolders(data.root)

        def remove(batch: str) -> None:
            store.batches.remove(batch)
            folders.delete(batch)

        return Retention(store.kept, settings, store.batches.all, remove, clock).once()
