"""Files behind URLs: walked in order, tried again, and no login in anything that is written."""

from __future__ import annotations

import io
import pickle
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fsspec")

import fsspec
from fsspec.implementations.memory import MemoryFileSystem

from edge.batch.rows import Piece
from edge.errors import CamidError, ErrorCode, PhotoError
from edge.media import remote
from edge.media.archive import Entry, Found, Skipped, Video, walk
from edge.media.remote import RemoteFile, check_url, is_url, shown
from edge.settings import Settings, load_settings
from tests.batch.test_engine import StandIn, rows, run_plan
from tests.support.clips import Clip, make_clip
from tests.support.service import photo


def settings(**overrides: object) -> Settings:
    return load_settings(**{"batch_fetch_wait_s": 0.001, "batch_part_rows": 2, **overrides})


def names(found: list[Found]) -> list[str]:
    return [one.place for one in found]


@pytest.fixture
def bucket() -> Iterator[MemoryFileSystem]:
    storage = fsspec.filesystem("memory")
    storage.store.clear()
    storage.pseudo_dirs[:] = [""]
    storage.pipe_file("/bucket/b.jpg", photo(1))
    storage.pipe_file("/bucket/B.jpg", photo(2))
    storage.pipe_file("/bucket/b.jpg.xmp", b"<xmp/>")
    storage.pipe_file("/bucket/deep/er/c.jpg", photo(3))
    yield storage
    storage.store.clear()


@pytest.mark.parametrize(
    ("source", "url"),
    [("s3://a/b", True), ("memory://x", True), ("C:/x", False), ("a/b.jpg", False), ("@list", False)],
)
def test_what_is_a_url(source: str, url: bool) -> None:
    assert is_url(source) is url


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("sftp://me:se@cret@host/a", "sftp://cret@host/a"),
        ("HTTPS://user:pw@host/a?id=3&token=abc", "https://host/a?id=3&token=***"),
        ("https://host/a.jpg?X-Amz-Credential=AK&X-Amz-Signature=ff&X-Amz-Date=1", None),
        ("s3://bucket/a?versionId=" + "x" * 40, "s3://bucket/a?versionId=***"),
    ],
)
def test_no_secret_is_shown(url: str, place: str | None) -> None:
    told = shown(url)
    assert "pw" not in told
    assert "abc" not in told
    assert "=AK" not in told
    assert "=ff" not in told
    assert "se@" not in told
    if place and "@" not in place:
        assert told == place


def test_folders_are_walked_by_their_names_with_sidecars(bucket: MemoryFileSystem) -> None:
    found = list(walk(["memory://bucket"], settings()))
    assert names(found) == [f"memory://bucket/{name}" for name in ("B.jpg", "b.jpg", "deep/er/c.jpg")]
    first, second, _ = found
    assert isinstance(first, Entry)
    assert isinstance(second, Entry)
    assert (first.read(), first.sidecar()) == (photo(2), b"")
    assert (second.size, second.sidecar()) == (len(photo(1)), b"<xmp/>")
    assert first.modified_ns > 10**18
    assert names(list(walk(["memory://bucket/*.jpg"], settings()))) == names(found[:2])
    assert names(list(walk(["memory://bucket/b.jpg"], settings()))) == [names(found)[1]]


def test_archives_and_videos_are_fetched_and_bounded(bucket: MemoryFileSystem) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("in.jpg", photo(9))
    bucket.pipe_file("/bucket/z.zip", packed.getvalue())
    bucket.pipe_file("/bucket/z.mp4", make_clip(Clip(seconds=1)).read_bytes())
    bucket.pipe_file("/bucket/zz.tar", b"no archive")
    *_, video, member, none = walk(["memory://bucket"], settings())
    assert isinstance(video, Video)
    with video.open() as path:
        assert path.read_bytes() == bucket.cat_file("/bucket/z.mp4")
    assert not path.exists()
    assert isinstance(member, Entry)
    assert (member.place, member.read()) == ("memory://bucket/z.zip!/in.jpg", photo(9))
    assert pickle.loads(pickle.dumps(member)).read() == photo(9)
    assert isinstance(none, Skipped)
    assert none.code == ErrorCode.UNSUPPORTED_FORMAT
    small = list(walk(["memory://bucket/z.zip"], settings(batch_fetch_bytes=100)))
    assert [one.code for one in small if isinstance(one, Skipped)] == [ErrorCode.TOO_MANY_BYTES]


class Shaky(MemoryFileSystem):  # type: ignore[misc]  # fsspec's classes are Any
    """Loses the first ``faults`` calls."""

    protocol = ("shaky",)
    cachable = False
    faults = 0

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.replace("shaky://", "memory://")))

    def _open(self, *args: Any, **kwargs: Any) -> Any:
        self._lose()
        return super()._open(*args, **kwargs)

    def ls(self, *args: Any, **kwargs: Any) -> Any:
        self._lose()
        return super().ls(*args, **kwargs)

    def _lose(self) -> None:
        if Shaky.faults > 0:
            Shaky.faults -= 1
            raise ConnectionResetError("lost user:password@host")


@pytest.fixture
def shaky(bucket: MemoryFileSystem) -> Iterator[type[Shaky]]:
    fsspec.register_implementation("shaky", Shaky, clobber=True)
    yield Shaky
    Shaky.faults = 0


def test_a_lost_network_is_tried_again(shaky: type[Shaky]) -> None:
    shaky.faults = 3
    found = list(walk(["shaky://bucket/deep/er"], settings()))
    assert [type(one) for one in found] == [Entry]
    shaky.faults = 3
    assert isinstance(found[0], Entry)
    assert found[0].read() == photo(3)


def test_what_stays_lost_is_an_error_of_its_own_and_tried_at_the_next_run(
    shaky: type[Shaky], tmp_path: Path
) -> None:
    plan = ["shaky://bucket"]
    found = list(walk(plan, settings(batch_fetch_tries=1)))
    shaky.faults = 1
    totals = run_plan(found, tmp_path / "out", StandIn(), batch_part_rows=1)
    assert (totals.photos, totals.failed) == (2, 1)
    errors = (tmp_path / "out" / "errors.parquet").read_bytes()
    assert b"ConnectionResetError" in errors
    assert b"password" not in errors
    totals = run_plan(walk(plan, settings()), tmp_path / "out", StandIn(), batch_part_rows=1)
    assert (totals.photos, totals.kept, totals.failed) == (1, 2, 0)
    assert len(rows(tmp_path / "out", "photos")) == 3


def test_a_folder_that_cannot_be_listed_has_a_cause(shaky: type[Shaky]) -> None:
    shaky.faults = 1000
    (found,) = walk(["shaky://bucket"], settings())
    assert isinstance(found, Skipped)
    assert found.place == "shaky://bucket"
    shaky.faults = 0
    (gone,) = walk(["memory://nothing"], settings())
    assert isinstance(gone, Skipped)
    assert "FileNotFoundError" in gone.message


def test_storages_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("nosuch://x/y", "zip://a::memory://b.zip"):
        with pytest.raises(CamidError) as caught:
            check_url(url)
        assert caught.value.code is ErrorCode.BAD_REQUEST

    def lacking(*_: object, **__: object) -> None:
        raise ImportError

    monkeypatch.setattr("fsspec.core.url_to_fs", lacking)
    for url, extra in (("s3://a", "s3"), ("gs://a", "gcs"), ("sftp://h/a", "sftp")):
        with pytest.raises(CamidError, match=rf"camid\[{extra}\]") as caught:
            check_url(url)
        assert caught.value.code is ErrorCode.EXTRA_MISSING


def test_a_login_does_not_travel() -> None:
    open_ = RemoteFile("memory://bucket", "/bucket/b.jpg", "memory://bucket/b.jpg", 1, 2)
    assert pickle.loads(pickle.dumps(open_)) == open_
    secret = RemoteFile("sftp://me:word@host/", "/b.jpg", "sftp://host/b.jpg", 1, 2)
    assert "word" not in repr(secret)
    with pytest.raises(PhotoError, match="not sent"):
        pickle.dumps(secret)


class _Site(SimpleHTTPRequestHandler):
    unwell = 0

    def do_GET(self) -> None:
        if "Photo" in self.path and _Site.unwell > 0:
            _Site.unwell -= 1
            self.send_error(503)
            return
        super().do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    root = tmp_path / "site"
    (root / "below").mkdir(parents=True)
    (root / "Photo 1.jpg").write_bytes(photo(1))
    (root / "below" / "Photo 2.jpg").write_bytes(photo(2))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Site, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_web_server_is_walked_and_asked_again(site: str, tmp_path: Path) -> None:
    found = list(walk([site], settings()))
    assert [one.place.removeprefix(site) for one in found] == ["Photo%201.jpg", "below/Photo%202.jpg"]
    _Site.unwell = 2
    totals = run_plan(found, tmp_path / "out", StandIn(), batch_part_rows=1)
    assert (totals.photos, totals.failed) == (2, 0)
    (gone,) = walk([f"{site}gone.jpg"], settings())
    assert isinstance(gone, Skipped)
    assert Piece(gone.place, gone.size, gone.modified_ns) == Piece(f"{site}gone.jpg", 0, 0)


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("/a/b.jpg", True),
        ("/a/below/b.jpg", True),
        ("/a", False),
        ("/ab/c.jpg", False),
        ("/a/../etc/passwd", False),
        ("/a/below/../../b.jpg", False),
        ("/a/b.jpg?x", False),
        ("/a/b\0.jpg", False),
    ],
)
def test_a_storage_is_not_believed_that_something_lies_in_a_folder(name: str, inside: bool) -> None:
    assert remote._is_inside(name, "/a") is inside
