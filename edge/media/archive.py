"""What lies in an archive: every file of a source in a fixed order, and what is passed over, with its cause.

Sources are folders, files, globs, lists of paths (``@list.txt``), URLs of storages, videos, and ZIP, TAR and
7z archives, also one inside another. Nothing is extracted to a disk, no link is followed, and a member's name
is a label and never a path: no name can lead out of a source. A member's bytes are bounded as those of a file
are.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePath, PurePosixPath

from edge.errors import ErrorCode, PhotoError
from edge.media import containers, remote
from edge.media.formats import is_video
from edge.settings import Settings

_NESTED = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".7z")
"""Members are looked into by their names: each would have to be unpacked to know."""
_PHOTOS = (".jpg", ".jpeg", ".JPG", ".JPEG", ".heic", ".HEIC", ".png", ".webp", ".tif", ".dng")
_VIDEOS = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".flv")
_MAX_SIDECAR_BYTES = 1 << 20
_HEAD = 512
"""Bytes by which an archive is known: a TAR's mark stands at 257."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that may hold a picture. ``place`` names it, a member as ``archive.zip!/name``; ``read`` gives
    its bytes, at most one more than ``max_photo_bytes``, and raises ``PhotoError``; ``sidecar`` those of the
    file beside it that tells more, if there is one."""

    place: str
    size: int
    modified_ns: int
    read: Callable[[], bytes]
    sidecar: Callable[[], bytes] = bytes


@dataclass(frozen=True, slots=True)
class Skipped:
    """What cannot be looked into, and why."""

    place: str
    size: int
    modified_ns: int
    code: ErrorCode
    message: str


@dataclass(frozen=True, slots=True)
class Video:
    """A recording; on a disk it is read in place, from a storage it is fetched while it is ``open``, and it
    is never held in memory. ``path`` is where it lies, there or in the storage."""

    place: str
    size: int
    modified_ns: int
    path: Path
    sidecar: Callable[[], bytes] = bytes
    fetched: Callable[[], AbstractContextManager[Path]] | None = None

    def open(self) -> AbstractContextManager[Path]:
        """Raises: PhotoError: as ``RemoteFile.fetched``."""
        return self.fetched() if self.fetched is not None else nullcontext(self.path)


Found = Entry | Video | Skipped


def walk(sources: Iterable[str], settings: Settings, *, named_links: bool = False) -> Iterator[Found]:
    """Every file of ``sources``, each source in the order of its names (by their bytes). With ``named_links``
    a source that is a link itself is followed: whoever named it means what it leads to. Others never are."""
    for source in sources:
        if source.startswith("@"):
            yield from walk(_listed(Path(source[1:])), settings)
        elif remote.is_url(source):
            yield from _storage(source, settings)
        elif glob.has_magic(source) and not Path(source).exists():
            matches = glob.glob(source, recursive=True)  # noqa: PTH207  (the pattern may be absolute)
            for match in sorted(matches, key=os.fsencode):
                yield from _path(Path(match), settings)
        else:
            yield from _path(Path(source), settings, follow=named_links)


def _listed(path: Path) -> Iterator[str]:
    """One path a line; it is read as it is needed, for it may be as long as an archive."""
    try:
        with path.open(encoding="utf-8", errors="surrogateescape") as lines:
            yield from (line.rstrip("\r\n") for line in lines if line.strip() and not line.startswith("@"))
    except OSError as error:
        raise PhotoError(
            ErrorCode.NOT_READABLE, f"The list {path} cannot be read ({_reason(error)})."
        ) from None


def _path(path: Path, settings: Settings, *, follow: bool = False) -> Iterator[Found]:
    place = _text(os.fsencode(path))
    try:
        status = path.stat(follow_symlinks=follow)
        if stat.S_ISDIR(status.st_mode):
            for name in sorted(os.listdir(os.fsencode(path))):  # noqa: PTH208  (names take a fifth of paths)
                yield from _path(path / os.fsdecode(name), settings)
        elif stat.S_ISREG(status.st_mode):
            yield from _file(path, place, status, settings)
        else:
            message = "Links and devices are not followed."
            yield Skipped(place, 0, status.st_mtime_ns, ErrorCode.NOT_READABLE, message)
    except OSError as error:
        yield Skipped(place, 0, 0, ErrorCode.NOT_READABLE, f"This cannot be read ({_reason(error)}).")


def _storage(url: str, settings: Settings) -> Iterator[Found]:
    for found in remote.files(url, remote.Fetching.of(settings)):
        if isinstance(found, remote.Unlisted):
            yield Skipped(_text(found.place), 0, 0, ErrorCode.NOT_READABLE, found.message)
        else:
            yield from _remote(*found, settings)


def _remote(file: remote.RemoteFile, beside: frozenset[str], settings: Settings) -> Iterator[Found]:
    """What a file is, is told by its name here: to look into each would ask the storage twice."""
    name, place, how = file.path.lower(), _text(file.place), remote.Fetching.of(settings)
    size, when = file.size or 0, file.modified_ns
    path = PurePosixPath(file.path)
    if name.endswith(_NESTED):
        yield from _fetched_members(file, place, settings)
    elif name.endswith(_VIDEOS):
        fetched = partial(file.fetched, how)
        yield Video(place, size, when, Path(path), _remote_sidecar(file, beside, how), fetched)
    elif not _is_sidecar(path, lambda one: str(one) in beside):
        read = partial(file.read, settings.max_photo_bytes, how)
        yield Entry(place, size, when, read, _remote_sidecar(file, beside, how))


def _fetched_members(file: remote.RemoteFile, place: str, settings: Settings) -> Iterator[Found]:
    try:
        with file.fetched(remote.Fetching.of(settings)) as path:
            with path.open("rb") as content:
                kind = containers.container_of(content.read(_HEAD))
            if kind is None:
                message = "This is no archive, although its name says so."
                yield Skipped(place, file.size or 0, file.modified_ns, ErrorCode.UNSUPPORTED_FORMAT, message)
            else:
                yield from _members(kind, path, place, file.modified_ns, 0, settings, stays=False)
    except PhotoError as error:
        yield Skipped(place, file.size or 0, file.modified_ns, ErrorCode(error.code), error.message)


def _remote_sidecar(
    file: remote.RemoteFile, beside: frozenset[str], how: remote.Fetching
) -> Callable[[], bytes]:
    names = (str(candidate) for candidate in _sidecars(PurePosixPath(file.path)))
    found = next((name for name in names if name in beside and name != file.path), None)
    return bytes if found is None else partial(_told_beside, replace(file, path=found), how)


def _told_beside(sidecar: remote.RemoteFile, how: remote.Fetching) -> bytes:
    """A sidecar that cannot be had is none: the photo has its answer all the same."""
    try:
        return sidecar.read(_MAX_SIDECAR_BYTES, how)[:_MAX_SIDECAR_BYTES]
    except PhotoError:
        return b""


def _file(path: Path, place: str, status: os.stat_result, settings: Settings) -> Iterator[Found]:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    kind = containers.container_of(head)
    if is_video(head):
        yield Video(place, status.st_size, status.st_mtime_ns, path, partial(_sidecar, path))
    elif kind is None:
        if not _is_sidecar(path, lambda one: Path(one).is_file()):
            read = partial(_bytes, path, settings.max_photo_bytes)
            yield Entry(place, status.st_size, status.st_mtime_ns, read, partial(_sidecar, path))
    else:
        yield from _members(kind, path, place, status.st_mtime_ns, 0, settings)


def _members(
    kind: containers.Container,
    source: Path | bytes,
    place: str,
    when: int,
    depth: int,
    settings: Settings,
    stays: bool = True,
) -> Iterator[Found]:
    try:
        for member in containers.members(kind, source, settings.max_photo_bytes, stays):
            yield from _member(member, f"{place}!/{_text(member.name)}", depth, settings)
    except PhotoError as error:
        # What was found before the damage stands; the archive itself has the cause.
        yield Skipped(place, 0, when, ErrorCode(error.code), error.message)


def _member(member: containers.Member, place: str, depth: int, settings: Settings) -> Iterator[Found]:
    if member.read is None:
        yield Skipped(place, member.size, member.modified_ns, ErrorCode.NOT_READABLE, member.refused)
        return
    if not member.name.lower().endswith(_NESTED):
        yield Entry(place, member.size, member.modified_ns, member.read)
        return
    if depth >= settings.max_archive_depth:
        message = "The archive lies too deep in other archives."
        yield Skipped(place, member.size, member.modified_ns, ErrorCode.UNSUPPORTED_FORMAT, message)
        return
    try:
        data = member.read()
    except PhotoError as error:
        yield Skipped(place, member.size, member.modified_ns, ErrorCode(error.code), error.message)
        return
    kind = containers.container_of(data[:_HEAD])
    if kind is None or len(data) > settings.max_photo_bytes:
        yield Entry(place, member.size, member.modified_ns, partial(bytes, data))
    else:
        yield from _members(kind, data, place, member.modified_ns, depth + 1, settings)


def _bytes(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most + 1)
    except OSError as error:
        raise PhotoError(ErrorCode.NOT_READABLE, f"The file cannot be read ({_reason(error)}).") from None


def _sidecar(path: Path) -> bytes:
    for candidate in _sidecars(path):
        if candidate == path:
            continue
        try:
            with Path(candidate).open("rb") as file:
                return file.read(_MAX_SIDECAR_BYTES)
        except (OSError, ValueError):
            continue
    return b""


def _sidecars(path: PurePath) -> tuple[PurePath, ...]:
    """Where a sidecar of this file may lie."""
    return path.with_name(f"{path.name}.xmp"), path.with_suffix(".xmp"), path.with_name(f"{path.name}.json")


def _is_sidecar(path: PurePath, is_file: Callable[[PurePath], bool]) -> bool:
    """Whether a file only tells about the photo beside it; alone it is a file like any other."""
    match path.suffix.lower():
        case ".json":
            return is_file(path.with_suffix(""))
        case ".xmp":
            return is_file(path.with_suffix("")) or any(is_file(path.with_suffix(end)) for end in _PHOTOS)
        case _:
            return False


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__


def _text(name: str | bytes) -> str:
    """A name as text that can be written anywhere: bytes that are no UTF-8 are shown as escapes, as are
    control characters."""
    data = name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")
    text = data.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
