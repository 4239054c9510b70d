"""Folders, lists and archives: everything is found in order, and nothing leads out or blows up."""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from pathlib import Path

import py7zr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import ErrorCode, PhotoError
from edge.media.archive import Entry, Found, Skipped, walk
from edge.media.containers import Container, members
from edge.settings import load_settings

SETTINGS = load_settings(max_photo_bytes=1000)


def found(*sources: Path | str) -> list[Found]:
    return list(walk([str(source) for source in sources], SETTINGS))


def contents(*sources: Path | str) -> dict[str, bytes]:
    return {Path(one.place).name: one.read() for one in found(*sources) if isinstance(one, Entry)}


def causes(*sources: Path | str) -> dict[str, ErrorCode]:
    return {Path(one.place).name: one.code for one in found(*sources) if isinstance(one, Skipped)}


def make_zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def make_tar(files: dict[str, bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def test_a_folder_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.jpg", "c/d.jpg", "B.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    names = [str(Path(one.place).relative_to(tmp_path)) for one in found(tmp_path)]
    assert names == ["B.jpg", "a.jpg", "b.jpg", "c/d.jpg"]
    assert contents(tmp_path)["d.jpg"] == b"c/d.jpg"


def test_links_and_pipes_are_named_and_not_followed(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    for folder in (outside, inside):
        folder.mkdir()
    (outside / "secret.jpg").write_bytes(b"photo")
    (inside / "loop").symlink_to(inside)
    (inside / "folder").symlink_to(outside)
    (inside / "out.jpg").symlink_to(outside / "secret.jpg")
    os.mkfifo(inside / "pipe.jpg")
    found = list(walk([str(inside)], SETTINGS))
    assert [Path(one.place).name for one in found] == ["folder", "loop", "out.jpg", "pipe.jpg"]
    assert all(isinstance(one, Skipped) and one.code is ErrorCode.NOT_READABLE for one in found)


def test_a_link_that_is_named_is_followed_if_wanted(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"photo")
    (folder / "again").symlink_to(folder)
    named, broken = tmp_path / "named", tmp_path / "broken"
    named.symlink_to(folder)
    broken.symlink_to(tmp_path / "gone")
    places = [one.place for one in walk([str(named)], SETTINGS, named_links=True)]
    assert places == [f"{named}/a.jpg", f"{named}/again"]
    (again,) = (one for one in walk([str(named)], SETTINGS, named_links=True) if isinstance(one, Skipped))
    assert again.place.endswith("again")
    for links in (False, True):
        (lost,) = walk([str(broken)], SETTINGS, named_links=links)
        assert isinstance(lost, Skipped)
    (refused,) = walk([str(named)], SETTINGS)
    assert isinstance(refused, Skipped)


def test_what_is_not_there_has_a_cause(tmp_path: Path) -> None:
    assert causes(tmp_path / "gone.jpg") == {"gone.jpg": ErrorCode.NOT_READABLE}


def test_globs_and_lists(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.png", "[odd].jpg"):
        (tmp_path / name).write_bytes(b"x")
    listed = tmp_path / "list.txt"
    listed.write_text(f"{tmp_path}/b.png\n\n{tmp_path}/[odd].jpg\r\n")
    assert list(contents(f"{tmp_path}/*.jpg")) == ["[odd].jpg", "a.jpg"]
    assert list(contents(f"@{listed}")) == ["b.png", "[odd].jpg"]
    with pytest.raises(PhotoError, match="list"):
        found(f"@{tmp_path}/none.txt")


@pytest.mark.parametrize(
    "name", [b"caf\xe9.jpg", "план.jpg".encode(), b"new\nline.jpg", "\u202egpj.jpg".encode()]
)
def test_names_in_any_encoding(tmp_path: Path, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"x")
    (one,) = found(tmp_path)
    assert isinstance(one, Entry)
    assert one.place.isprintable()
    assert one.place.encode("utf-8")
    assert one.read() == b"x"


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tars(tmp_path: Path, mode: str) -> None:
    (tmp_path / "t.bin").write_bytes(make_tar({"x/a.jpg": b"one", "../../b.jpg": b"two"}, mode))
    places = [one.place for one in found(tmp_path)]
    assert places == [f"{tmp_path}/t.bin!/x/a.jpg", f"{tmp_path}/t.bin!/../../b.jpg"]  # labels, no paths
    assert contents(tmp_path) == {"a.jpg": b"one", "b.jpg": b"two"}


def test_zips_in_zips_as_deep_as_the_limit(tmp_path: Path) -> None:
    data = make_zip({"deep.jpg": b"deepest"})
    for level in range(4):
        data = make_zip({f"{level}.zip": data, f"{level}.jpg": b"x"})
    (tmp_path / "top.zip").write_bytes(data)
    assert sorted(contents(tmp_path)) == ["1.jpg", "2.jpg", "3.jpg"]
    assert list(causes(tmp_path).values()) == [ErrorCode.UNSUPPORTED_FORMAT]


def test_seven_zips(tmp_path: Path) -> None:
    with py7zr.SevenZipFile(tmp_path / "s.7z", "w") as archive:
        archive.writestr(b"one", "x/a.jpg")
        archive.writestr(bytes(5_000_000), "bomb.jpg")
        archive.writestr(b"", "empty.jpg")
    held = contents(tmp_path)
    assert held["a.jpg"] == b"one"
    assert len(held["bomb.jpg"]) == SETTINGS.max_photo_bytes + 1
    assert held["empty.jpg"] == b""


@pytest.mark.parametrize("make", [make_zip, make_tar])
def test_a_bomb_is_unpacked_up_to_the_limit(tmp_path: Path, make: object) -> None:
    assert callable(make)
    (tmp_path / "bomb.bin").write_bytes(make({"a.jpg": bytes(20_000_000), "b.jpg": b"small"}))
    held = contents(tmp_path)
    assert len(held["a.jpg"]) == SETTINGS.max_photo_bytes + 1
    assert held["b.jpg"] == b"small"


def test_encrypted_members_and_links_in_archives(tmp_path: Path) -> None:
    data = bytearray(make_zip({"secret.jpg": b"x" * 50}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "e.zip").write_bytes(data)
    link = tarfile.TarInfo("link.jpg")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(tmp_path / "l.tar", "w") as archive:
        archive.addfile(link)
    assert causes(tmp_path) == dict.fromkeys(("secret.jpg", "link.jpg"), ErrorCode.NOT_READABLE)


def test_a_damaged_archive_gives_what_it_can_and_a_cause(tmp_path: Path) -> None:
    whole = make_tar({f"{n}.jpg": os.urandom(900) for n in range(40)}, "w")
    (tmp_path / "t.tar").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "z.zip").write_bytes(make_zip({"a.jpg": os.urandom(900)})[:-30])
    assert 10 < len(contents(tmp_path / "t.tar")) < 40
    assert causes(tmp_path)["z.zip"] is ErrorCode.CORRUPT


def test_a_damaged_member_costs_only_itself(tmp_path: Path) -> None:
    data = bytearray(make_zip({"a.jpg": b"a" * 900, "b.jpg": b"b"}))
    data[len("a.jpg") + 30 + 2] ^= 0xFF
    (tmp_path / "z.zip").write_bytes(data)
    first, second = (one for one in found(tmp_path) if isinstance(one, Entry))
    with pytest.raises(PhotoError) as caught:
        first.read()
    assert caught.value.code is ErrorCode.CORRUPT
    assert second.read() == b"b"


SAMPLES = {
    Container.ZIP: make_zip({"a.jpg": b"a" * 100, "b/c.jpg": b"b"}),
    Container.TAR: make_tar({"a.jpg": b"a" * 100, "b/c.jpg": b"b"}, "w"),
}


@given(
    st.sampled_from(sorted(SAMPLES)),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=12),
    st.integers(0, 400),
)
def test_any_damage_is_members_or_a_cause(kind: Container, changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(SAMPLES[kind])
    for place, value in changes:
        data[place % len(data)] = value
    try:
        for member in members(kind, bytes(data[: len(data) - cut]), 500):
            if member.read is not None:
                assert len(member.read()) <= 501
    except PhotoError as error:
        assert error.code in {ErrorCode.CORRUPT, ErrorCode.TOO_MANY_BYTES, ErrorCode.NOT_READABLE}  # noqa: PT017
