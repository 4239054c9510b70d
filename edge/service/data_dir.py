"""The data directory of the service: its layout, its permissions, and the lock that gives it one owner."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.errors import CamidError, ErrorCode


class DataDir:
    """An exclusively held data directory; made where it is missing, readable by its owner only.

    ``photos/`` holds original bytes, ``batches/`` what batches found, ``incoming/`` uploads that are not yet
    answered, ``camid.sqlite`` results, streams, batches and the hashes of named tokens, ``audit.jsonl`` who
    did what, ``token.sha256`` the hash of the made token, ``clock`` by its time when a service last ran,
    ``secrets.key`` the key under which passwords of cameras are stored, ``lan/`` the authority of the local
    network with its key and the server certificate. A second process is refused, for at its start it would
    sweep away what the first is still receiving.

    Raises:
        CamidError: ``settings_invalid`` where the directory cannot be used or is in use.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.photos = self.root / "photos"
        self.incoming = self.root / "incoming"
        self.database = self.root / "camid.sqlite"
        self.token_hash = self.root / "token.sha256"
        self.secrets_key = self.root / "secrets.key"
        self.clock_mark = self.root / "clock"
        try:
            for folder in (self.root, self.photos, self.incoming):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CamidError(
                ErrorCode.SETTINGS_INVALID,
                f"data_dir: the directory {self.root} cannot be used ({error.strerror}).",
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise CamidError(
                ErrorCode.SETTINGS_INVALID,
                f"data_dir: another Camid service uses the directory {self.root}.",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the lock back, once; the kernel does so too when the process dies."""
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)
