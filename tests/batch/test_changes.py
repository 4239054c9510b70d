"""Files that change between two runs: the newest row of a place counts, and no other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from edge.batch.output import Output
from edge.batch.query import Query, ask
from tests.batch.test_engine import KEY, StandIn, run
from tests.support.clips import Clip, make_clip
from tests.support.service import photo


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    root = tmp_path / "archive"
    root.mkdir()
    for number in range(4):
        (root / f"{number}.jpg").write_bytes(photo(number))
    (root / "9.jpg").write_bytes(photo(0))
    return root


def seen(out: Path) -> dict[str, tuple[str, bool, int]]:
    """By name: the hash of the content, whether the answer stands elsewhere, and how many cameras it has."""
    photos = ask(out, Query("SELECT place, sha256, duplicate_of IS NOT NULL FROM photos ORDER BY place")).rows
    cameras = ask(out, Query("SELECT place, count(*) FROM cameras GROUP BY place")).rows
    counts = {place: count for place, count in cameras}  # noqa: C416  (of objects, for the types)
    assert len({row[0] for row in photos}) == len(photos)
    return {
        Path(str(place)).name: (str(sha256)[:8], bool(copy), int(str(counts.get(place, 0))))
        for place, sha256, copy in photos
    }


def without_index(out: Path) -> None:
    for file in out.glob("index.sqlite*"):
        file.unlink()


def test_the_row_of_a_changed_file_takes_the_place_of_the_old_one(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(archive, out, StandIn())
    before = seen(out)
    (archive / "1.jpg").write_bytes(photo(77, 128, 64))
    run(archive, out, StandIn())
    after = seen(out)
    assert after.pop("1.jpg") != before.pop("1.jpg")
    assert after == before
    (replaced,) = [pq.read_table(part).to_pylist() for part in (out / "replaced").iterdir()]
    assert replaced == [{"place": f"{archive}/1.jpg", "part": 1}]


def test_changed_again_and_back(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(archive, out, StandIn())
    before = seen(out)
    for content in (photo(77, 128, 64), photo(78, 64, 128), photo(1)):
        (archive / "1.jpg").write_bytes(content)
        run(archive, out, StandIn())
    assert seen(out) == before


def test_a_copy_gets_the_answer_when_its_original_changes(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(archive, out, StandIn())
    content = seen(out)["0.jpg"][0]
    assert seen(out)["9.jpg"] == (content, True, 0)
    (archive / "0.jpg").write_bytes(photo(77, 128, 64))
    run(archive, out, StandIn())
    with Output(out, KEY, {}) as output:
        left = output.undone()
    if left:  # it was passed before the change was known: the next run sees to it
        assert left == {f"{archive}/9.jpg"}
        run(archive, out, StandIn())
    assert seen(out)["9.jpg"] == (content, False, 3)
    assert seen(out)["0.jpg"][1:] == (False, 3)


def test_new_copies_of_what_was_replaced_get_an_answer(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(archive, out, StandIn())
    content = seen(out)["1.jpg"][0]
    (archive / "1.jpg").write_bytes(photo(77, 128, 64))
    for name in ("2a.jpg", "8.jpg"):
        (archive / name).write_bytes(photo(1))
    run(archive, out, StandIn())
    run(archive, out, StandIn())
    found = [seen(out)[name] for name in ("2a.jpg", "8.jpg")]
    assert sorted(found) == [(content, False, 3), (content, True, 0)]


def test_a_batch_without_its_index_knows_the_same(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(archive, out, StandIn())
    (archive / "0.jpg").write_bytes(photo(77, 128, 64))
    (archive / "1.jpg").write_bytes(photo(78, 128, 64))
    run(archive, out, StandIn())
    run(archive, out, StandIn())
    before = seen(out)
    without_index(out)
    model = StandIn()
    run(archive, out, model)
    assert model.asked == []
    assert seen(out) == before


def test_an_older_batch_learns_what_was_replaced(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(archive, out, StandIn())
    (archive / "1.jpg").write_bytes(photo(77, 128, 64))
    run(archive, out, StandIn())
    before = seen(out)
    without_index(out)
    shutil.rmtree(out / "replaced")
    run(archive, out, StandIn())
    assert seen(out) == before


def test_frames_of_a_changed_video_go_with_it(tmp_path: Path) -> None:
    archive, out = tmp_path / "archive", tmp_path / "out"
    archive.mkdir()
    shutil.copy(make_clip(Clip(seconds=4, fps=10, gop=5)), archive / "video.mp4")
    run(archive, out, StandIn(), video_gap_s=0.1)
    frames = len(seen(out)) - 1
    shutil.copy(make_clip(Clip(seconds=2, fps=10, gop=10)), archive / "video.mp4")
    totals = run(archive, out, StandIn(), video_gap_s=0.1)
    assert totals.frames < frames
    assert len(seen(out)) == totals.frames + 1


def test_uncommitted_cameras_are_not_seen(archive: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(archive, out, StandIn())
    sorted((out / "photos").iterdir())[-1].unlink()
    cameras = ask(out, Query("SELECT DISTINCT place FROM cameras")).rows
    photos = ask(out, Query("SELECT place FROM photos WHERE duplicate_of IS NULL")).rows
    assert set(cameras) == set(photos)
