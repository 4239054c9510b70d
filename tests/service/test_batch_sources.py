"""Which folders may be read, and what their files are called: nothing leads out or shows the machine."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import CamidError, ErrorCode
from edge.media.archive import Skipped
from edge.service.batch_sources import plan, resolve_source
from edge.settings import Settings, load_settings
from tests.support.service import photo


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "roots" / "one"
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "1.jpg").write_bytes(photo(1))
    (folder / "a" / "b" / "2.jpg").write_bytes(photo(2))
    return folder


def settings(*roots: Path) -> Settings:
    return load_settings(batch_roots=roots)


def code(given_path: str, *roots: Path, own: Path = Path("/nowhere")) -> ErrorCode:
    with pytest.raises(CamidError) as caught:
        resolve_source(given_path, settings(*roots), own)
    assert isinstance(caught.value.code, ErrorCode)
    return caught.value.code


def test_roots_are_read_from_a_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMID_BATCH_ROOTS", "/srv/a, /srv/b c")
    assert load_settings().batch_roots == (Path("/srv/a"), Path("/srv/b c"))


@pytest.mark.parametrize("text", ["a", "./a", "a/b/..", "/a/"])
def test_a_path_inside_a_root_is_found_wherever_it_begins(root: Path, text: str) -> None:
    given_path = f"{root}{text}" if text.startswith("/") else text
    assert resolve_source(given_path, settings(root.parent / "none", root), Path("/nowhere")) == root / "a"


def test_the_second_root_has_its_turn(root: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    assert resolve_source("a", settings(tmp_path / "other", root), Path("/nowhere")) == root / "a"


def test_links_are_followed_inside_and_not_out(root: Path, tmp_path: Path) -> None:
    (root / "in").symlink_to(root / "a")
    (root / "out").symlink_to(tmp_path)
    (root / "loop").symlink_to(root / "loop")
    (root / "chain").symlink_to("out")
    assert resolve_source("in", settings(root), Path("/nowhere")) == root / "a"
    for text in ("out", "out/roots", "chain", "in/../out"):
        assert code(text, root) is ErrorCode.PATH_NOT_ALLOWED
    assert code("loop", root) in {ErrorCode.PATH_NOT_ALLOWED, ErrorCode.NOT_READABLE}


def test_a_neighbour_whose_name_begins_alike_is_outside(root: Path) -> None:
    (root.parent / "one-more").mkdir()
    assert code(f"{root}-more", root) is ErrorCode.PATH_NOT_ALLOWED


def test_outside_it_is_not_told_whether_anything_is_there(root: Path, tmp_path: Path) -> None:
    messages = set()
    for text in (str(tmp_path), str(tmp_path / "nothing-there")):
        with pytest.raises(CamidError) as caught:
            resolve_source(text, settings(root), Path("/nowhere"))
        messages.add(str(caught.value).replace(text, "PATH"))
    assert len(messages) == 1


def test_what_is_no_folder_and_no_file_is_refused(root: Path) -> None:
    assert code("nothing", root) is ErrorCode.NOT_READABLE
    assert code("x" * 300, root) is ErrorCode.NOT_READABLE
    (root / "odd\nname").mkdir()
    (root / "link").symlink_to(root / "odd\nname")
    assert code("link", root) is ErrorCode.NOT_READABLE


def test_the_service_reads_none_of_its_own_data(root: Path) -> None:
    for text, own in (("a", root / "a"), ("a", root / "a" / "b"), ("a/b", root / "a")):
        assert code(text, root, own=own) is ErrorCode.PATH_NOT_ALLOWED


@given(st.text(st.sampled_from("abt./~ \\*[]"), max_size=24))
def test_no_text_leads_out(text: str) -> None:
    root = Path(__file__).resolve().parent
    try:
        found = resolve_source(text, settings(root), Path("/nowhere"))
    except CamidError:
        return
    assert found.is_relative_to(root)


def places(path: Path, label: str) -> list[str]:
    return [one.place for one in plan(path, label, load_settings())]


def test_files_are_called_by_their_place_in_the_source(root: Path) -> None:
    assert places(root / "a", "a") == ["1.jpg", "b/2.jpg"]
    assert places(root / "a" / "1.jpg", "1.jpg") == ["1.jpg"]


def test_members_of_an_archive_bear_its_label(root: Path) -> None:
    with zipfile.ZipFile(root / "a" / "archive", "w") as archive:
        archive.writestr("x/y.jpg", photo(3))
        archive.writestr("../../up.jpg", photo(4))
    assert places(root / "a" / "archive", "May.zip") == ["May.zip!/x/y.jpg", "May.zip!/../../up.jpg"]
    assert "archive!/x/y.jpg" in places(root / "a", "a")


def test_what_is_passed_over_names_no_folder_either(root: Path) -> None:
    (root / "a" / "link").symlink_to("/etc")
    skipped = [one for one in plan(root / "a", "a", load_settings()) if isinstance(one, Skipped)]
    assert [one.place for one in skipped] == ["link"]
    (gone,) = plan(root / "gone", "gone", load_settings())
    assert isinstance(gone, Skipped)
    assert gone.place == "gone"
    assert str(root) not in gone.message
