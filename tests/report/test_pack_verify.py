from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import CamidError, ErrorCode
from edge.report.pack_verify import MANIFEST, PackFileV1, PackManifestV1, PackPhotoV1, verify_pack
from edge.report.pack_zip import _END, Member, PackWriter

FILES = {
    "photo-001/annotated.jpg": b"\xff\xd8picture",
    "photo-001/answer.json": b"{}\n",
    "report.html": b"<p>",
}


def manifest(files: dict[str, bytes], photos: list[PackPhotoV1] | None = None) -> bytes:
    told = PackManifestV1(
        schema="camid-pack/1",
        camid="1",
        catalogue="2026-01-01",
        faces="blurred",
        position="left_out",
        photos=photos or [],
        files=[
            PackFileV1(name=name, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
            for name, data in files.items()
        ],
    )
    return told.model_dump_json(by_alias=True).encode()


def packed(*members: tuple[str, bytes]) -> bytes:
    file = io.BytesIO()
    writer = PackWriter(file)
    for name, data in members:
        writer.add(name, data)
    writer.close()
    return file.getvalue()


def faults(folder: Path, data: bytes) -> tuple[str, ...]:
    (folder / "pack.zip").write_bytes(data)
    return verify_pack(folder / "pack.zip").faults


SOUND = packed(*FILES.items(), (MANIFEST, manifest(FILES)))


def test_an_untouched_pack_has_no_fault_and_is_a_zip_file(tmp_path: Path) -> None:
    assert faults(tmp_path, SOUND) == ()
    with zipfile.ZipFile(io.BytesIO(SOUND)) as archive:
        assert archive.testzip() is None
        assert archive.read("report.html") == b"<p>"


def test_every_changed_byte_is_found(tmp_path: Path) -> None:
    for at in range(len(SOUND)):
        for flip in (0x01, 0x80):
            changed = bytearray(SOUND)
            changed[at] ^= flip
            assert faults(tmp_path, bytes(changed)), f"byte {at}"


def test_every_cut_and_every_added_byte_is_found(tmp_path: Path) -> None:
    for at in range(len(SOUND)):
        assert faults(tmp_path, SOUND[:at])
        assert faults(tmp_path, SOUND[:at] + b"\0" + SOUND[at:])
    assert faults(tmp_path, SOUND + b"\0")


def test_what_was_changed_is_named(tmp_path: Path) -> None:
    text = manifest(FILES)
    other = {**FILES, "report.html": b"<p>other"}
    assert faults(tmp_path, packed(*other.items(), (MANIFEST, text))) == ("report.html was changed",)
    fewer = {name: data for name, data in FILES.items() if name != "report.html"}
    assert faults(tmp_path, packed(*fewer.items(), (MANIFEST, text))) == ("report.html is missing",)
    more = {**FILES, "extra.txt": b"x"}
    assert faults(tmp_path, packed(*more.items(), (MANIFEST, text))) == ("extra.txt was added",)


def test_two_files_of_one_name_are_a_fault(tmp_path: Path) -> None:
    data = packed(*FILES.items(), ("report.html", b"<p>"), (MANIFEST, manifest(FILES)))
    assert faults(tmp_path, data) == ("report.html: it is there 2 times",)


def test_a_changed_byte_inside_a_file_names_that_file_alone(tmp_path: Path) -> None:
    assert faults(tmp_path, SOUND.replace(b"picture", b"pictura")) == ("photo-001/annotated.jpg was changed",)


def test_an_original_that_is_another_photo_is_a_fault(tmp_path: Path) -> None:
    files = {**FILES, "photo-001/original.jpeg": b"another"}
    photo = PackPhotoV1(
        name="a.jpg", bytes=7, sha256="0" * 64, folder="photo-001", original="photo-001/original.jpeg"
    )
    data = packed(*files.items(), (MANIFEST, manifest(files, [photo])))
    assert faults(tmp_path, data) == ("photo-001/original.jpeg is not the photo that the pack is about",)


def test_a_pack_packed_anew_by_another_program_is_told(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (*FILES.items(), (MANIFEST, manifest(FILES))):
            archive.writestr(name, data)
    assert faults(tmp_path, file.getvalue())


def test_a_pack_without_manifest_and_no_pack_at_all_are_told(tmp_path: Path) -> None:
    assert faults(tmp_path, packed(*FILES.items())) == (f"{MANIFEST} is missing",)
    assert faults(tmp_path, b"")
    assert faults(tmp_path, b"PK")
    assert faults(tmp_path, packed((MANIFEST, b"[" * 100_000)))
    assert faults(tmp_path, packed())


def test_members_larger_than_the_whole_file_are_told(tmp_path: Path) -> None:
    huge = [Member(name, 0, 2**32 - 1) for name in ("a.jpg", "b.jpg")]
    end = b"".join(one.entry(0) for one in huge)
    assert faults(tmp_path, end + _END.pack(b"PK\5\6", 0, 0, 2, 2, len(end), 0, 0))


def test_a_file_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CamidError) as caught:
        verify_pack(tmp_path / "none.zip")
    assert caught.value.code is ErrorCode.NOT_READABLE


@given(st.binary(max_size=200), st.integers(0, len(SOUND)), st.integers(0, len(SOUND)))
def test_nothing_raises_whatever_is_in_the_file(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, start: int, end: int
) -> None:
    folder = tmp_path_factory.getbasetemp()
    whole = SOUND[: min(start, end)] + data + SOUND[max(start, end) :]
    assert bool(faults(folder, whole)) is (whole != SOUND)
