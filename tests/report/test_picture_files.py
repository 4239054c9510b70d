from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.domain import Pixels
from edge.errors import CamidError, ErrorCode
from edge.report.picture_files import annotated_paths, write_picture

A, B = Path("one/a.jpg"), Path("two/b.heic")


def _grey(width: int, height: int) -> Pixels:
    return np.full((height, width, 3), 128, np.uint8)


def test_one_photo_goes_into_the_file_named() -> None:
    assert annotated_paths("out.png", [A]) == [Path("out.png")]


def test_several_go_into_a_folder(tmp_path: Path) -> None:
    expected = [tmp_path / "a.jpg", tmp_path / "b.jpg"]
    assert annotated_paths(str(tmp_path), [A, B]) == expected
    assert annotated_paths(f"{tmp_path}/", [A, B]) == expected
    assert annotated_paths(f"{tmp_path}/{{name}}.webp", [A, B]) == [tmp_path / "a.webp", tmp_path / "b.webp"]


@pytest.mark.parametrize(
    ("out", "files", "reason"),
    [
        ("out.jpg", [A, B], "cannot hold 2 photos"),
        ("out.txt", [A], "must end in"),
        ("out", [A], "must end in"),
        ("{name}-seen.jpg", [Path("one/a.jpg"), Path("two/a.jpg")], "same name"),
        ("no/such/folder/out.jpg", [A], "no folder"),
        ("a.jpg", [Path("a.jpg")], "would be overwritten"),
        ("./x/../{name}.jpg", [Path("a.jpg")], "would be overwritten"),
    ],
)
def test_what_would_lose_something_is_refused(out: str, files: list[Path], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        annotated_paths(out, files)


def test_a_photo_is_not_overwritten_through_a_link(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    photo.touch()
    link = tmp_path / "link.jpg"
    link.symlink_to(photo)
    with pytest.raises(ValueError, match="would be overwritten"):
        annotated_paths(str(link), [photo])


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".png", ".webp"])
def test_the_ending_chooses_the_format(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "new" / f"out{suffix}"
    write_picture(_grey(40, 30), path)
    read = cv2.imread(str(path))
    assert read is not None
    assert read.shape == (30, 40, 3)
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_an_older_picture_is_replaced_and_others_may_read_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "out.png"
    path.write_bytes(b"older")
    write_picture(_grey(40, 30), path)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_mode & 0o400


@pytest.mark.parametrize(("name", "pixels"), [("out.webp", _grey(17000, 2)), ("folder.png", _grey(4, 4))])
def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path: Path, name: str, pixels: Pixels) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(CamidError) as caught:
        write_picture(pixels, tmp_path / name)
    assert caught.value.code is ErrorCode.NOT_WRITABLE
    assert [one.name for one in tmp_path.iterdir()] == ["folder.png"]
