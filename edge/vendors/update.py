"""Takes a newer catalogue into the data directory, and takes it out again."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.disk import check_user, full_disk, write_private
from edge.errors import CamidError, ErrorCode
from edge.vendors.installed import (
    FOLDER,
    Entry,
    InstalledState,
    InUse,
    in_use,
    lacking,
    look,
    place_of,
    read_state,
    shipped,
    write_state,
)
from edge.vendors.signed import MAX_BYTES, unseal

_FULL = "The disk of the data directory is full: the catalogue was left as it was."


def update(
    data_dir: Path, file: Path, keys: Iterable[Ed25519PublicKey], *, force_older: bool = False
) -> InUse:
    """Puts the catalogue in ``file`` in the place of the one that is used, at once, and keeps that one.

    Raises:
        CamidError: ``not_readable``, ``not_a_catalogue``, ``catalogue_too_new``, ``catalogue_not_trusted``;
            ``catalogue_not_newer`` unless ``force_older``; ``store_full``, ``not_writable``, and
            ``settings_invalid`` if the data directory is another user's.
    """
    data = _read(file)
    facts = unseal(data, keys)
    if (missing := lacking(facts.catalogue)) is not None:
        raise CamidError(ErrorCode.NOT_A_CATALOGUE, missing)
    with _changing(data_dir):
        used = look(data_dir)
        if facts.catalogue.version <= used.facts.catalogue.version and not force_older:
            raise CamidError(
                ErrorCode.CATALOGUE_NOT_NEWER,
                f"The catalogue {facts.catalogue.label} is not newer than {used.facts.catalogue.label}.",
            )
        digest = hashlib.sha256(data).hexdigest()
        newer = facts.catalogue.version > shipped().catalogue.version
        write_private(place_of(data_dir, digest), data)
        entry = Entry(file=digest, over=None if newer else shipped().digest)
        before = _state(data_dir)
        previous = before.previous if before.current == entry else before.current
        _put(data_dir, InstalledState(current=entry, previous=previous))
    return look(data_dir)


def rollback(data_dir: Path) -> InUse:
    """Puts the catalogue before the installed one back: an earlier installed one, else the shipped one.

    Raises:
        CamidError: ``not_found`` where none is installed; otherwise as ``update``.
    """
    if not (data_dir / FOLDER).is_dir():
        raise _nothing_installed()
    with _changing(data_dir):
        state = _state(data_dir)
        if state.current is None and look(data_dir).fault == "":
            raise _nothing_installed()
        _put(data_dir, InstalledState(current=state.previous))
    return look(data_dir)


def _nothing_installed() -> CamidError:
    return CamidError(ErrorCode.NOT_FOUND, "No catalogue is installed; the shipped one is used.")


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise CamidError(ErrorCode.NOT_READABLE, f"{file} cannot be read ({error.strerror}).") from None


@contextmanager
def _changing(data_dir: Path) -> Iterator[None]:
    """One process changes the catalogue at a time; what processes that begin later see is the change."""
    try:
        with full_disk(_FULL), ExitStack() as stack:
            data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            check_user(data_dir)
            (data_dir / FOLDER).mkdir(mode=0o700, exist_ok=True)
            lock = os.open(data_dir / FOLDER / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            stack.callback(os.close, lock)
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise CamidError(
            ErrorCode.NOT_WRITABLE, f"{data_dir / FOLDER} cannot be written ({error.strerror})."
        ) from error
    finally:
        in_use.cache_clear()


def _state(data_dir: Path) -> InstalledState:
    """A damaged one counts as none: an update mends it."""
    try:
        return read_state(data_dir)
    except CamidError:
        return InstalledState()


def _put(data_dir: Path, state: InstalledState) -> None:
    write_state(data_dir, state)
    kept = {place_of(data_dir, one.file).name for one in (state.current, state.previous) if one is not None}
    for file in (data_dir / FOLDER).iterdir():
        # One that ends in .new was left by an update that was killed.
        if file.suffix in (".camid", ".new") and file.name not in kept:
            file.unlink()
