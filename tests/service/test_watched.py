"""Streams between database and monitor: pinned, sealed, and told of."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest

from edge.errors import CamidError, ErrorCode
from edge.media.address import StreamAddress
from edge.media.hosts import host_policy
from edge.service.data_dir import DataDir
from edge.service.secrets_box import SecretsBox
from edge.service.store import Store
from edge.service.stream_store import StreamStore
from edge.service.watched import WatchedStreams
from edge.streams.state import Expectation, StreamSpec, StreamState
from tests.support.monitor import StandInMonitor
from tests.support.service import make_settings

SECRETS = ("viewer-name", "s3cret-word", "t0ken-in-query")


def spec(host: str = "192.168.1.10", **changes: object) -> StreamSpec:
    address = StreamAddress.parse(f"rtsp://viewer-name:s3cret-word@{host}/a?token=t0ken-in-query")
    return replace(StreamSpec("", "Back door", address), **changes)  # type: ignore[arg-type]


@dataclass
class Names:
    """A name server; every question is counted."""

    answers: dict[str, str]
    asked: int = 0

    def __call__(self, host: str) -> list[str]:
        self.asked += 1
        return [self.answers[host]]


@contextmanager
def opened(
    path: Path,
    names: Names | None = None,
    changed: Callable[[str], None] = lambda _: None,
    **settings: object,
) -> Iterator[WatchedStreams]:
    made = make_settings(path, **settings)
    with DataDir(path) as data, closing(Store(data)) as store:
        policy = host_policy(made, names or Names({}))
        streams = WatchedStreams(store.streams, SecretsBox(data), made, changed, policy)
        yield streams
        streams.stop()


def code(work: Callable[[], object]) -> ErrorCode:
    with pytest.raises(CamidError) as caught:
        work()
    assert isinstance(caught.value.code, ErrorCode)
    return caught.value.code


def test_streams_survive_a_restart_with_their_credentials(tmp_path: Path) -> None:
    with opened(tmp_path) as streams:
        added = streams.add(spec(expect=Expectation("dahua", "IPC", None)))
    monitor = StandInMonitor()
    with opened(tmp_path) as streams:
        assert streams.get(added.spec.id) == added
        streams.start(monitor)
        watched = monitor.specs[added.spec.id]
    assert watched == added.spec
    assert watched.address.full == spec().address.full
    assert watched.pinned_ip == "192.168.1.10"


def test_no_secret_is_readable_in_any_file(tmp_path: Path) -> None:
    with opened(tmp_path) as streams:
        added = streams.add(spec())
        streams.change(added.spec.id, lambda was: replace(was, name="Front door"))
        files = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
        assert b"Front door" in files
        for secret in SECRETS:
            assert secret.encode() not in files
            assert secret not in repr(added)


def test_without_the_key_a_stream_is_shown_not_watched_and_not_overwritten(tmp_path: Path) -> None:
    with opened(tmp_path) as streams:
        added = streams.add(spec())
    key = (tmp_path / "secrets.key").read_bytes()
    (tmp_path / "secrets.key").unlink()
    monitor = StandInMonitor()
    with opened(tmp_path) as streams:
        streams.start(monitor)
        (found,) = streams.all()
        assert (found.spec.id, found.status.state) == (added.spec.id, StreamState.STOPPED)
        assert "secrets.key" in (found.status.message or "")
        assert not monitor.specs
        assert code(lambda: streams.change(added.spec.id, lambda was: was)) is ErrorCode.BAD_REQUEST
    (tmp_path / "secrets.key").write_bytes(key)
    with opened(tmp_path) as streams:
        assert streams.get(added.spec.id).spec == added.spec
        streams.remove(added.spec.id)
        assert streams.all() == ()


def test_a_name_is_resolved_when_it_is_added_and_when_it_is_switched_on(tmp_path: Path) -> None:
    names = Names({"camera.local": "192.168.1.10"})
    with opened(tmp_path, names) as streams:
        added = streams.add(spec("camera.local")).spec
        names.answers["camera.local"] = "192.168.1.11"
        renamed = streams.change(added.id, lambda was: replace(was, name="Yard")).spec
        off = streams.change(added.id, lambda was: replace(was, enabled=False)).spec
        assert [one.pinned_ip for one in (added, renamed, off)] == ["192.168.1.10"] * 3
        assert names.asked == 1
        on = streams.change(added.id, lambda was: replace(was, enabled=True)).spec
        assert on.pinned_ip == "192.168.1.11"
        streams.change(added.id, lambda was: replace(was, enabled=False))
        names.answers["camera.local"] = "169.254.169.254"
        refused = code(lambda: streams.change(added.id, lambda was: replace(was, enabled=True)))
        assert refused is ErrorCode.HOST_NOT_ALLOWED
        assert not streams.get(added.id).spec.enabled
    with opened(tmp_path, names) as streams:
        assert streams.get(added.id).spec.pinned_ip == "192.168.1.11"
    assert names.asked == 3


def test_what_the_settings_no_longer_allow_is_not_watched_until_they_do(tmp_path: Path) -> None:
    names = Names({"cam.example.org": "203.0.113.7"})
    with opened(tmp_path, names, stream_allowed_hosts=["cam.example.org"]) as streams:
        stream = streams.add(spec("cam.example.org")).spec.id
    monitor = StandInMonitor()
    with opened(tmp_path, names) as streams:
        streams.start(monitor)
        assert not monitor.specs
        status = streams.get(stream).status
        assert status.state is StreamState.STOPPED
        assert "outside the private networks" in (status.message or "")
        streams.change(stream, lambda was: replace(was, enabled=False))
        assert code(lambda: streams.change(stream, lambda was: replace(was, enabled=True)))
        assert not monitor.specs
    with opened(tmp_path, names, stream_allowed_hosts=["cam.example.org"]) as streams:
        streams.start(monitor)
        streams.change(stream, lambda was: replace(was, enabled=True))
        assert monitor.specs[stream].enabled


def test_the_monitor_hears_of_every_change(tmp_path: Path) -> None:
    monitor = StandInMonitor()
    with opened(tmp_path) as streams:
        before = streams.add(spec()).spec.id
        streams.start(monitor)
        after = streams.add(spec()).spec.id
        assert list(monitor.specs) == [before, after]
        streams.change(after, lambda was: replace(was, name="Yard"))
        assert monitor.specs[after].name == "Yard"
        streams.remove(before)
        assert list(monitor.specs) == [after]
        assert monitor.running
    assert not monitor.running


def test_it_tells_of_what_was_added_changed_looked_at_and_removed(tmp_path: Path) -> None:
    heard: list[str] = []
    monitor = StandInMonitor()
    with opened(tmp_path, changed=heard.append) as streams:
        streams.start(monitor)
        stream = streams.add(spec()).spec.id
        streams.change(stream, lambda was: replace(was, name="Yard"))
        monitor.identify(stream)
        streams.remove(stream)
        assert heard == [stream] * 4


def test_there_is_a_limit(tmp_path: Path) -> None:
    with opened(tmp_path, max_streams=2) as streams:
        first = streams.add(spec()).spec.id
        streams.add(spec())
        assert code(lambda: streams.add(spec())) is ErrorCode.TOO_MANY_STREAMS
        streams.remove(first)
        streams.add(spec())


def test_what_is_refused_leaves_nothing(tmp_path: Path) -> None:
    with opened(tmp_path, Names({"outer.example": "203.0.113.7"})) as streams:
        for host in ("203.0.113.7", "outer.example", "169.254.169.254", "[::ffff:8.8.8.8]"):
            assert code(partial(streams.add, spec(host))) is ErrorCode.HOST_NOT_ALLOWED
        assert code(lambda: streams.add(spec("2130706433"))) is ErrorCode.BAD_REQUEST
        assert streams.all() == ()


@pytest.mark.parametrize("method", ["add", "replace", "remove"])
def test_a_full_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monitor = StandInMonitor()
    with opened(tmp_path) as streams:
        streams.start(monitor)
        kept = streams.add(spec())
        stream = kept.spec.id

        def fail(*args: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        works: dict[str, Callable[[], object]] = {
            "add": lambda: streams.add(spec()),
            "replace": lambda: streams.change(stream, lambda was: replace(was, name="Yard")),
            "remove": lambda: streams.remove(stream),
        }
        with monkeypatch.context() as patch:
            patch.setattr(StreamStore, method, fail)
            assert code(works[method]) is ErrorCode.STORE_FULL
        assert [one.spec for one in streams.all()] == [kept.spec]
        assert list(monitor.specs.values()) == [kept.spec]


def test_unknown_ids_are_not_found(tmp_path: Path) -> None:
    with opened(tmp_path) as streams:
        streams.add(spec())
        works: tuple[Callable[[], object], ...] = (
            lambda: streams.get("%"),
            lambda: streams.snapshot("%"),
            lambda: streams.remove("%"),
            lambda: streams.change("%", lambda was: was),
        )
        assert {code(work) for work in works} == {ErrorCode.NOT_FOUND}
