"""Files in object stores and on servers, by their URLs (``s3://``, ``gs://``, ``sftp://``, ``https://`` …),
through fsspec: walked as a folder is, read as they are needed, nothing kept.

A login in a URL, and what looks like a secret in its query, is used and never shown: places, messages and
logs have neither. What the network loses is tried again, and then is an error of that file alone.
"""

from __future__ import annotations

import hashlib
import random
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from glob import has_magic
from pathlib import Path
from typing import IO, Any, Self, TypeVar

from edge.errors import CamidError, ErrorCode, PhotoError
from edge.settings import Settings

T = TypeVar("T")
MAX_DEPTH = 64
"""Folders in one another; a server can list itself for ever."""
_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]+)://(?:(?P<login>[^/?#]*)@)?(?P<rest>.*)", re.I | re.S)
_SECRET = re.compile(
    r"user|login|acc|pass|pwd|psw|auth|token|key|secret|sig|cred|session|sid|code|hash|policy", re.I
)
_LONGEST_SHOWN = 32
_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "sftp": "sftp", "ssh": "sftp"}
_WEB = ("http", "https")
_CHUNK = 1 << 20
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")
_MARKS = ("ETag", "etag", "md5Hash", "generation", "content_md5")
_GONE = (FileNotFoundError, PermissionError, NotADirectoryError, IsADirectoryError, ImportError, ValueError)
"""What another try does not mend."""


@dataclass(frozen=True, slots=True)
class Fetching:
    """How hard to try: ``tries``, ``wait_s`` before the second, twice as long before each further one, and at
    most ``most_bytes`` of what is fetched to the disk."""

    tries: int
    wait_s: float
    most_bytes: int

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(settings.batch_fetch_tries, settings.batch_fetch_wait_s, settings.batch_fetch_bytes)


def is_url(source: str) -> bool:
    """Whether a source names a storage; ``file://`` is one like any other and leads to this disk."""
    return _URL.match(source) is not None


def shown(url: str) -> str:
    """A URL as it may stand in rows and logs: no login, and no value in the query that could be a secret."""
    found = _URL.match(url)
    if found is None:
        return url
    path, mark, query = found["rest"].partition("?")
    pairs = (pair.partition("=") for pair in query.split("&"))
    safe = "&".join(f"{name}{equals}{_value(name, value)}" for name, equals, value in pairs)
    return f"{found['scheme'].lower()}://{path}{mark}{safe if mark else ''}"


def _value(name: str, value: str) -> str:
    return "***" if value and (_SECRET.search(name) or len(value) > _LONGEST_SHOWN) else value


def check_url(url: str) -> None:
    """Raises: CamidError: ``extra_missing`` naming the extra; ``bad_request`` for a storage nobody knows."""
    _storage(url)


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of the storage at ``url``, which has its ``path`` there. It can be pickled unless ``url`` holds
    a secret: other machines have logins of their own."""

    url: str = field(repr=False)
    path: str = field(repr=False)
    place: str
    size: int | None
    modified_ns: int

    def read(self, most: int, how: Fetching) -> bytes:
        """At most ``most`` + 1 bytes.

        Raises:
            PhotoError: ``not_readable``.
        """

        def once() -> bytes:
            with _opened(self.url, self.path) as file:
                return bytes(file.read(most + 1))

        return _tried(once, how, "The file cannot be fetched")

    @contextmanager
    def fetched(self, how: Fetching) -> Iterator[Path]:
        """The whole file on this disk, while the context lasts.

        Raises:
            PhotoError: ``not_readable``; ``too_many_bytes`` above ``batch_fetch_bytes``.
        """
        with tempfile.NamedTemporaryFile(prefix="camid-", suffix=Path(self.path).suffix) as copy:
            _tried(lambda: self._copy(copy, how.most_bytes), how, "The file cannot be fetched")
            yield Path(copy.name)

    def _copy(self, copy: IO[bytes], most_bytes: int) -> None:
        copy.seek(0)
        copy.truncate()
        with _opened(self.url, self.path) as file:
            while chunk := file.read(_CHUNK):
                if copy.tell() + len(chunk) > most_bytes:
                    raise PhotoError(
                        ErrorCode.TOO_MANY_BYTES,
                        f"The file has more than {most_bytes:,} bytes (batch_fetch_bytes).",
                    )
                copy.write(chunk)
        copy.flush()

    def __reduce__(self) -> tuple[Callable[..., RemoteFile], tuple[object, ...]]:
        if shown(self.url) != self.url or shown(self.path) != self.path:
            raise PhotoError(
                ErrorCode.NOT_READABLE,
                "A login in a URL is not sent to other processes: give it to the workers' environment.",
            )
        return RemoteFile, (self.url, self.path, self.place, self.size, self.modified_ns)


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A folder, link or device that cannot be looked into, and why."""

    place: str
    message: str


def files(url: str, how: Fetching) -> Iterator[tuple[RemoteFile, frozenset[str]] | Unlisted]:
    """Every file at or below ``url``, by name, each with the paths of the files beside it.

    Raises:
        CamidError: as ``check_url``.
    """
    storage, root = _storage(url)
    if _scheme(url) in _WEB:
        walk = _Walk(storage, url, root, how)
        yield from walk.folder(root, 0) if root.endswith("/") else walk.one(root)
    elif has_magic(root):
        yield from _matches(storage, url, root, how)
    else:
        yield from _Walk(storage, url, root, how).one(root)


def _matches(
    storage: Any, url: str, pattern: str, how: Fetching
) -> Iterator[tuple[RemoteFile, frozenset[str]] | Unlisted]:
    try:
        paths = _tried(lambda: sorted(storage.glob(pattern)), how, "This cannot be listed")
    except PhotoError as error:
        yield Unlisted(shown(url), error.message)
        return
    walk = _Walk(storage, _above(url), _above(pattern), how)
    for path in paths:
        yield from walk.one(str(path))


def _above(pattern: str) -> str:
    """The folder in which a pattern's first part with a wildcard is looked for."""
    return re.split(r"[*?\[]", pattern, maxsplit=1)[0].rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class _Walk:
    storage: Any
    url: str
    root: str
    how: Fetching

    def one(self, path: str) -> Iterator[tuple[RemoteFile, frozenset[str]] | Unlisted]:
        try:
            info = _tried(lambda: self.storage.info(path), self.how, "This cannot be found")
        except PhotoError as error:
            yield Unlisted(self._place(path), error.message)
            return
        if info.get("type") == "directory":
            yield from self.folder(path, 0)
        else:
            yield self._file(path, info), frozenset()

    def folder(self, path: str, depth: int) -> Iterator[tuple[RemoteFile, frozenset[str]] | Unlisted]:
        """What lies in it; a storage's word for what does is not believed beyond the folder itself."""
        if depth > MAX_DEPTH:
            yield Unlisted(self._place(path), "The folder lies too deep.")
            return
        try:
            listed = _tried(
                lambda: self.storage.ls(path, detail=True), self.how, "The folder cannot be listed"
            )
        except PhotoError as error:
            yield Unlisted(self._place(path), error.message)
            return
        inside = {name: info for info in listed if _is_inside(name := str(info["name"]), path)}
        beside = frozenset(inside)
        for name in sorted(inside, key=lambda one: one.encode("utf-8", "surrogateescape")):
            match inside[name].get("type"):
                case "directory":
                    yield from self.folder(name, depth + 1)
                case "file":
                    yield from self._listed(name, inside[name], beside)
                case _:
                    yield Unlisted(self._place(name), "Links and devices are not followed.")

    def _listed(
        self, path: str, info: dict[str, Any], beside: frozenset[str]
    ) -> Iterator[tuple[RemoteFile, frozenset[str]] | Unlisted]:
        if info.get("size") is not None:
            yield self._file(path, info), beside
            return
        for found in self.one(path):  # a web server's list tells no sizes
            yield found if isinstance(found, Unlisted) else (found[0], beside)

    def _file(self, path: str, info: dict[str, Any]) -> RemoteFile:
        return RemoteFile(self.url, path, self._place(path), info.get("size"), _modified_ns(info))

    def _place(self, path: str) -> str:
        base, root = shown(self.url).rstrip("/"), self.root.rstrip("/")
        if path == self.root or path.rstrip("/") == root:
            return shown(self.url)
        if path.startswith(root + "/"):
            return base + path[len(root) :]
        return shown(str(self.storage.unstrip_protocol(path)))


def _is_inside(name: str, folder: str) -> bool:
    start = folder.rstrip("/") + "/" if folder.strip("/") else folder
    rest = name[len(start) :].strip("/")
    parts = rest.split("/")
    return name.startswith(start) and bool(rest) and ".." not in parts and not set(rest) & set("?#\0")


def _modified_ns(info: dict[str, Any]) -> int:
    """When the file was changed; where the storage does not say, a negative number that changes with the
    mark by which it tells versions apart; 0 where it has none."""
    for name in _TIMES:
        when = info.get(name)
        if isinstance(when, int | float):
            return round(when * 1000) * 10**6
        if isinstance(when, str):
            when = _parsed(when)
        if isinstance(when, datetime):
            whole = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
            return round(whole * 1000) * 10**6
    mark = next((str(info[name]) for name in _MARKS if info.get(name)), None)
    return -int.from_bytes(hashlib.sha256(mark.encode()).digest()[:6], "big") if mark else 0


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _scheme(url: str) -> str:
    found = _URL.match(url)
    return found["scheme"].lower() if found else ""


def _storage(url: str) -> tuple[Any, str]:
    """fsspec keeps one connection a thread; lists are not kept, for they would grow with the archive."""
    scheme = _scheme(url)
    try:
        from fsspec import get_filesystem_class  # noqa: PLC0415  (part of the extra `batch`)
        from fsspec.core import url_to_fs  # noqa: PLC0415

        if "::" in url:  # one storage inside another: what is in an archive is walked anyway
            raise CamidError(ErrorCode.BAD_REQUEST, "A URL names one storage.")
        get_filesystem_class(scheme)
        storage, path = url_to_fs(url, use_listings_cache=False, **_client(url))
    except ImportError:
        extra = _EXTRAS.get(scheme, "batch")
        raise CamidError(
            ErrorCode.EXTRA_MISSING, f"Files at {scheme}:// need more: pip install 'camid[{extra}]'."
        ) from None
    except CamidError:
        raise
    except Exception as error:
        raise CamidError(
            ErrorCode.BAD_REQUEST, f"The storage {scheme}:// cannot be used ({type(error).__name__})."
        ) from None
    return storage, str(path)


def _client(url: str) -> dict[str, object]:
    if _scheme(url) not in _WEB:
        return {}
    from edge.media.web import client_options  # noqa: PLC0415  (part of the extra `batch`)

    return client_options(url)


def _opened(url: str, path: str) -> Any:
    return _storage(url)[0].open(path, "rb", cache_type="none")


def _tried(once: Callable[[], T], how: Fetching, what: str) -> T:
    """Raises: PhotoError: ``not_readable``, naming the kind of error alone: its text may hold a URL."""
    wait = how.wait_s
    for left in reversed(range(how.tries)):
        try:
            return once()
        except CamidError as error:
            raise PhotoError(error.code, error.message) from None
        except Exception as error:
            if not left or _is_final(error):
                reason = type(error).__name__
                raise PhotoError(ErrorCode.NOT_READABLE, f"{what} ({reason}).") from None
        time.sleep(wait * (1 - 0.3 * random.random()))  # so that workers do not call in step
        wait *= 2
    raise AssertionError


def _is_final(error: Exception) -> bool:
    """fsspec calls all that goes wrong with a web address "not found"; the reason tells."""
    cause = error.__cause__ if isinstance(error, FileNotFoundError) and error.__cause__ else error
    status = getattr(cause, "status", None)
    if isinstance(status, int):
        return 400 <= status < 500 and status not in (408, 429)
    return isinstance(cause, _GONE)
