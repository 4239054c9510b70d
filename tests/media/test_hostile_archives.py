"""What hostile and careless archives hold, of each kind: read or named with a cause, never followed."""

from __future__ import annotations

import io
import os
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from edge.errors import ErrorCode, PhotoError
from edge.media import containers
from edge.media.archive import Entry, Found, Skipped, walk
from edge.settings import load_settings
from tests.support.archives import KINDS, hollow_file, hollow_tar, packed, with_link

SETTINGS = load_settings(max_photo_bytes=1000)
TWO_GB = 2 << 30
NAMES = (
    "/etc/passwd.jpg",
    "../../up.jpg",
    "a/../../../up.jpg",
    "./dot.jpg",
    "C:/drive.jpg",
    "..\\..\\back.jpg",
    "//host/share.jpg",
    "план.jpg",
    "new\nline.jpg",
    "\u202egpj.exe",
    "n" * 300 + ".jpg",
    " ",
    "..",
)


def found(path: Path, **limits: int) -> list[Found]:
    return list(walk([str(path)], load_settings(**{"max_photo_bytes": 1000, **limits})))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_a_label_and_costs_nobody_anything(tmp_path: Path, kind: str, name: str) -> None:
    (tmp_path / "a").write_bytes(packed(kind, [(name, b"one"), ("good.jpg", b"two")]))
    before = sorted(tmp_path.rglob("*"))
    members = found(tmp_path / "a")
    assert [one.read() for one in members if isinstance(one, Entry)] == [b"one", b"two"]
    assert all(one.place.startswith(f"{tmp_path}/a!/") and one.place.isprintable() for one in members)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_zip_may_name_a_member_with_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(packed("zip", [("", b"one"), ("good.jpg", b"two")]))
    assert [one.read() for one in found(tmp_path / "a.zip") if isinstance(one, Entry)] == [b"one", b"two"]


def test_bytes_that_are_no_text_are_names_too(tmp_path: Path) -> None:
    data = packed("zip", [("caf_.jpg", b"x")]).replace(b"caf_", b"caf\xe9")
    (tmp_path / "z.zip").write_bytes(data)
    with tarfile.open(tmp_path / "t.tar", "w", encoding="latin-1", format=tarfile.GNU_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo("café.jpg"))
    members = [*found(tmp_path / "z.zip"), *found(tmp_path / "t.tar")]
    assert len(members) == 2
    assert all(isinstance(one, Entry) and one.place.isprintable() for one in members)


@pytest.mark.parametrize("kind", KINDS)
def test_members_of_one_name_are_all_read(tmp_path: Path, kind: str) -> None:
    if kind == "zip":
        with pytest.warns(UserWarning, match="Duplicate"):
            data = packed(kind, [("a.jpg", b"one"), ("a.jpg", b"two")])
    else:
        data = packed(kind, [("a.jpg", b"one"), ("a.jpg", b"two")])
    (tmp_path / "a").write_bytes(data)
    assert [one.read() for one in found(tmp_path / "a") if isinstance(one, Entry)] == [b"one", b"two"]


@pytest.mark.parametrize("kind", KINDS)
def test_empty_members_and_bombs(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a").write_bytes(packed(kind, [("0.jpg", b""), ("bomb.jpg", bytes(30_000_000)), ("b", b"x")]))
    tracemalloc.start()
    sizes = [len(one.read()) for one in found(tmp_path / "a") if isinstance(one, Entry)]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sizes == [0, SETTINGS.max_photo_bytes + 1, 1]
    assert peak < (15_000_000 if kind != "7z" else 100_000_000)  # py7zr unpacks 128 MB at a time


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("target", ["/etc/passwd", "../..", "good.jpg"])
def test_links_in_archives(tmp_path: Path, kind: str, target: str) -> None:
    (tmp_path / "a").write_bytes(with_link(kind, target, tmp_path))
    (one,) = found(tmp_path / "a")
    assert isinstance(one, Skipped)
    assert one.code is ErrorCode.NOT_READABLE


@pytest.mark.parametrize("outer", KINDS)
@pytest.mark.parametrize("inner", KINDS)
def test_each_kind_in_each(tmp_path: Path, outer: str, inner: str) -> None:
    name = f"in.{inner}"
    (tmp_path / "a").write_bytes(packed(outer, [(name, packed(inner, [("../deep.jpg", b"deep")]))]))
    (one,) = found(tmp_path / "a", max_photo_bytes=20_000)
    assert isinstance(one, Entry)
    assert (one.place, one.read()) == (f"{tmp_path}/a!/{name}!/../deep.jpg", b"deep")


@pytest.mark.parametrize("kind", ["w:gz", "w:bz2", "w:xz"])
def test_a_compressed_tar_of_gigabytes_is_given_up(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(containers, "_BOMB_FROM", 20_000_000)
    with tarfile.open(tmp_path / "bomb.tar", kind) as archive:  # type: ignore[call-overload]
        for name, size in (("good.jpg", 1), ("bomb.jpg", 100_000_000), ("late.jpg", 1)):
            info = tarfile.TarInfo(name)
            info.size = size
            archive.addfile(info, io.BytesIO(bytes(size)))
    tracemalloc.start()
    members = found(tmp_path / "bomb.tar")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [type(one) for one in members] == [Entry, Entry, Skipped]
    assert isinstance(members[-1], Skipped)
    assert members[-1].code is ErrorCode.TOO_MANY_BYTES
    assert peak < 20_000_000


def test_a_bomb_in_7z_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_BOMB_FROM", 20_000_000)
    (tmp_path / "a").write_bytes(packed("7z", [("bomb.jpg", bytes(30_000_000))]))
    (one,) = found(tmp_path / "a")
    assert isinstance(one, Skipped)
    assert one.code is ErrorCode.TOO_MANY_BYTES


@pytest.mark.parametrize("kind", KINDS)
def test_a_bomb_in_an_archive_in_an_archive(tmp_path: Path, kind: str) -> None:
    """What is nested is bounded as a photo is, so it cannot be unpacked into more than that."""
    inner = packed("zip", [("0.bin", os.urandom(3000))])
    (tmp_path / "a").write_bytes(packed(kind, [("in.zip", inner), ("good.jpg", b"x")]))
    first, second = found(tmp_path / "a")
    assert isinstance(first, Entry)
    assert isinstance(second, Entry)
    assert len(first.read()) == SETTINGS.max_photo_bytes + 1  # it is refused as a photo of too many bytes
    assert second.read() == b"x"


def test_a_file_of_two_gigabytes(tmp_path: Path) -> None:
    (one,) = found(hollow_file(tmp_path / "huge.jpg", TWO_GB, b"\xff\xd8\xff\xe0"))
    assert isinstance(one, Entry)
    assert one.size == TWO_GB
    assert len(one.read()) == SETTINGS.max_photo_bytes + 1


def test_a_member_of_two_gigabytes(tmp_path: Path) -> None:
    (one,) = found(hollow_tar(tmp_path / "huge.tar", "huge.jpg", TWO_GB))
    assert isinstance(one, Entry)
    assert (one.size, len(one.read())) == (TWO_GB, SETTINGS.max_photo_bytes + 1)


def test_a_tar_of_many_members_is_not_kept_in_memory(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(packed("tar", [(f"{number}.jpg", b"") for number in range(5000)]))
    tracemalloc.start()
    count = sum(1 for _ in walk([str(tmp_path / "a")], SETTINGS))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 5000
    assert peak < 1_000_000


def test_a_folder_of_many_files_takes_little_memory(tmp_path: Path) -> None:
    for number in range(3000):
        (tmp_path / f"{number}.jpg").touch()
    tracemalloc.start()
    count = sum(1 for _ in walk([str(tmp_path)], SETTINGS))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 3000
    assert peak < 3000 * 150


def test_a_size_that_is_only_claimed(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("small.jpg", b"x")
    data = bytearray(out.getvalue())
    directory = data.index(b"PK\x01\x02")
    data[directory + 20 : directory + 28] = (TWO_GB - 1).to_bytes(4, "little") * 2
    (tmp_path / "z.zip").write_bytes(data)
    (one,) = found(tmp_path / "z.zip")
    assert isinstance(one, Entry)
    with pytest.raises(PhotoError) as caught:
        one.read()
    assert caught.value.code is ErrorCode.CORRUPT


def test_loops_of_links_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "up").symlink_to(tmp_path)
    (tmp_path / "list.txt").write_text(f"@{tmp_path}/list.txt\n{tmp_path}/c\n")
    assert {Path(one.place).name for one in found(tmp_path) if isinstance(one, Skipped)} == {"a", "b", "up"}
    (listed,) = walk([f"@{tmp_path}/list.txt"], SETTINGS)
    assert isinstance(listed, Skipped)
