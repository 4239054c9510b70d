"""Decoders die, lie and hang: each costs the answer about one file, and nothing else."""

from __future__ import annotations

import errno
import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from edge.errors import Code, ErrorCode, PhotoError
from edge.media import decode_child, decode_server
from edge.media.photo import decode
from edge.media.replies import EndReply, ExitReply, PhotoReply, RefusalReply, read_reply
from edge.media.sandbox import sandbox
from edge.settings import Settings
from tests.support import pictures
from tests.support.decoders import HANG, children, heif_decoder, other_plugin, server
from tests.support.service import wait_for

HEIC = pictures.heic()
JPEG = pictures.jpeg()
SETTINGS = Settings()
TOLD = {
    "answer": "photo",
    "height": 48,
    "width": 64,
    "address": 4096,
    "taken_at": None,
    "gps": None,
    "make": None,
    "model": None,
    "software": None,
    "comments": [],
}


def begin() -> None:
    """There is a server, and no child."""
    decode(JPEG, "the first", SETTINGS)
    wait_for(lambda: children(server()) == [])


@pytest.fixture(autouse=True)
def _begun() -> None:
    begin()


def code_of(data: bytes, settings: Settings = SETTINGS) -> Code:
    with pytest.raises(PhotoError) as caught:
        decode(data, "photo", settings)
    return caught.value.code


def test_a_child_for_each_file_which_ends_with_it() -> None:
    assert decode(JPEG, "a", SETTINGS).width == 96
    assert code_of(JPEG[:-200]) is ErrorCode.CORRUPT
    wait_for(lambda: children(server()) == [])


def test_descriptors_stay() -> None:
    def opened(process: int | str) -> int:
        return len(list(Path(f"/proc/{process}/fd").iterdir()))

    def held() -> tuple[int, int]:
        return opened("self"), opened(server())

    before = held()
    for _ in range(20):
        decode(JPEG, "a", SETTINGS)
        code_of(JPEG[:100])
    wait_for(lambda: held() == before)


def test_pixels_are_the_same_where_memory_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pictures.jpeg(pictures.textured(1200, 900))
    copied = decode(data, "a", SETTINGS).pixels
    monkeypatch.setattr(decode_child, "copy_from", lambda *_: False)
    sent = decode(data, "a", SETTINGS).pixels
    assert np.array_equal(copied, sent)


def test_a_killed_child_is_an_error_and_the_next_photo_works(tmp_path: Path) -> None:
    with heif_decoder(tmp_path, HANG), ThreadPoolExecutor(1) as threads:
        begin()
        before = sandbox().deaths["killed"]
        waiting = threads.submit(code_of, HEIC)
        wait_for(lambda: children(server()))
        os.kill(children(server())[0], signal.SIGKILL)
        assert waiting.result(30) is ErrorCode.DECODER_DIED
        assert sandbox().deaths["killed"] == before + 1
        assert decode(JPEG, "the next", SETTINGS).width == 96


def test_a_killed_server_takes_its_children_with_it_and_is_begun_anew(tmp_path: Path) -> None:
    with heif_decoder(tmp_path, HANG), ThreadPoolExecutor(1) as threads:
        begin()
        waiting = threads.submit(code_of, HEIC)
        killed = server()
        wait_for(lambda: children(killed))
        child = children(killed)[0]
        os.kill(killed, signal.SIGKILL)
        assert waiting.result(30) is ErrorCode.DECODER_DIED
        assert decode(JPEG, "the next", SETTINGS).width == 96
        assert server() != killed
        wait_for(lambda: not Path(f"/proc/{child}").exists())


def test_a_decoder_that_nobody_waits_for_is_ended(tmp_path: Path) -> None:
    with heif_decoder(tmp_path, HANG):
        assert code_of(HEIC, Settings(max_decode_seconds=1)) is ErrorCode.DECODER_TOO_SLOW
        wait_for(lambda: children(server()) == [])


def test_a_hanging_decoder_holds_up_only_its_own(tmp_path: Path) -> None:
    with heif_decoder(tmp_path, HANG), ThreadPoolExecutor(2) as threads:
        begin()
        hanging = [threads.submit(code_of, HEIC) for _ in range(2)]
        wait_for(lambda: len(children(server())) == 2)
        hung = children(server())
        assert decode(JPEG, "beside", SETTINGS).width == 96
        assert not any(one.done() for one in hanging)
        for child in hung:
            os.kill(child, signal.SIGKILL)
        assert [one.result(30) for one in hanging] == [ErrorCode.DECODER_DIED] * 2


def test_no_more_at_once_than_the_setting_says(tmp_path: Path) -> None:
    limits, before = Settings(max_decoders=2, max_decode_seconds=2), sandbox().deaths["time"]
    counts: list[int] = []

    def one_has_died() -> bool:
        counts.append(len(children(server())))
        return sandbox().deaths["time"] > before

    with heif_decoder(tmp_path, HANG), ThreadPoolExecutor(4) as threads:
        begin()
        for _ in range(4):
            threads.submit(code_of, HEIC, limits)
        wait_for(one_has_died)
    assert max(counts[:-1]) == 2


def test_one_child_may_take_several_photos() -> None:
    def taken(data: bytes) -> list[int]:
        with suppress(PhotoError):
            assert decode(data, "photo", SETTINGS, together=4).width == 96
        return children(server())

    first = taken(JPEG)
    assert len(first) == 1
    assert taken(JPEG[:-200]) == first
    assert decode(JPEG, "alone", SETTINGS).width == 96
    assert first[0] in taken(JPEG)
    taken(JPEG)
    wait_for(lambda: first[0] not in children(server()))
    taken(JPEG)
    sandbox().rest()
    wait_for(lambda: children(server()) == [])


def test_a_child_that_died_while_it_waited_costs_nothing() -> None:
    assert decode(JPEG, "photo", SETTINGS, together=4).width == 96
    (waiting,) = children(server())
    os.kill(waiting, signal.SIGKILL)
    wait_for(lambda: b") Z " in Path(f"/proc/{waiting}/stat").read_bytes())
    assert decode(JPEG, "photo", SETTINGS, together=4).width == 96
    sandbox().rest()


def test_it_holds_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMID_TOKEN", "a-secret-token")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret")
    with heif_decoder(tmp_path, "pass"):
        begin()
        kept = Path(f"/proc/{server()}/environ").read_bytes()
    assert b"a-secret-token" not in kept
    assert b"another-secret" not in kept


def test_a_child_that_is_not_confined_decodes_nothing(tmp_path: Path) -> None:
    (tmp_path / "pillow_heif.py").write_text(
        "from edge.media import seccomp\n"
        "install = seccomp.install\n"
        "seccomp.install = lambda *, threads: not threads and install(threads=threads)\n"
    )
    with other_plugin(tmp_path):
        assert code_of(HEIC) is ErrorCode.INTERNAL
        assert decode(JPEG, "photo", SETTINGS).width == 96


def test_a_server_without_work_ends_and_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode_server, "IDLE_S", 0.1)
    sandbox().close()
    assert decode(JPEG, "photo", SETTINGS).width == 96
    ended = server()
    wait_for(lambda: b") Z " in Path(f"/proc/{ended}/stat").read_bytes())
    monkeypatch.undo()
    assert decode(JPEG, "photo", SETTINGS).width == 96
    assert server() != ended


def test_without_descriptors_or_processes_a_file_is_an_error_and_the_next_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.EMFILE, "too many")

    sandbox().close()
    for what in ("socket.socketpair", "subprocess.Popen"):
        with monkeypatch.context() as patch:
            patch.setattr(what, fails)
            assert code_of(JPEG) is ErrorCode.INTERNAL
    assert decode(JPEG, "the next", SETTINGS).width == 96


def test_it_is_small() -> None:
    pages = int(Path(f"/proc/{server()}/statm").read_text().split()[1])
    assert pages * os.sysconf("SC_PAGE_SIZE") < 80 * 1024**2


@pytest.fixture
def lying(tmp_path: Path) -> Iterator[Path]:
    """What stands in that file is what the decoder answers to a HEIC file, before it waits."""
    said = tmp_path / "said"
    said.write_bytes(b"")
    body = f"""import os, sys
    child = sys._getframe(1)
    while 'self' not in child.f_locals or not hasattr(child.f_locals['self'], '_reply'): child = child.f_back
    os.write(child.f_locals['self']._reply, SAID)
    {HANG}"""
    with heif_decoder(tmp_path, body):
        plugin = tmp_path / "pillow_heif.py"
        plugin.write_text(f"SAID = open({str(said)!r}, 'rb').read()\n" + plugin.read_text())
        yield said


@pytest.mark.parametrize(
    "said",
    [
        b"\n",
        b"no JSON\n",
        b'{"answer": "photo"}\n',
        b'{"answer": "frame", "height": 4, "width": 4, "address": 0, "at": 0.0}\n',
        b'{"answer": "exit", "code": -9}\n',
        b"\xff" * 300_000,
        json.dumps(TOLD | {"height": 30_000, "width": 30_000}).encode() + b"\n",
        json.dumps(TOLD | {"height": -1}).encode() + b"\n",
    ],
)
def test_a_decoder_that_lies_is_an_error(lying: Path, said: bytes) -> None:
    lying.write_bytes(said)
    assert code_of(HEIC) is ErrorCode.DECODER_DIED


def test_an_address_that_cannot_be_read_brings_no_pixels(lying: Path) -> None:
    lying.write_bytes(json.dumps(TOLD).encode() + b"\n")
    assert code_of(HEIC, Settings(max_decode_seconds=1)) is ErrorCode.DECODER_TOO_SLOW


def test_replies_have_bounds() -> None:
    def read(**other: object) -> object:
        return read_reply(json.dumps(TOLD | other).encode())

    assert isinstance(read(), PhotoReply)
    assert isinstance(read_reply(b'{"answer": "end"}\n'), EndReply)
    assert read_reply(b'{"answer": "exit", "code": -11}') == ExitReply(answer="exit", code=-11)
    for wrong in (
        {"make": "x" * 129},
        {"comments": ["x"] * 17},
        {"comments": ["x" * 2049]},
        {"gps": {"latitude": 91, "longitude": 0, "altitude": None, "bearing": None}},
        {"width": 1 << 30},
        {"address": -1},
        {"more": 1},
        {"taken_at": "yesterday"},
    ):
        assert read(**wrong) is None, wrong
    told = read(make="a\x1b[31mb\u202e")
    assert isinstance(told, PhotoReply)
    assert told.make == "a\ufffd[31mb\ufffd"
    refusal = read_reply(b'{"answer": "refusal", "code": "corrupt", "message": "a\\nb"}')
    assert isinstance(refusal, RefusalReply)
    assert refusal.message == "a\ufffdb"
    assert read_reply(b'{"answer": "refusal", "code": "store_full", "message": ""}') is None
