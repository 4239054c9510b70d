"""Videos in a batch: key frames with their times, continued at a frame, copies known, damage named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from edge.batch.settle import Totals
from edge.errors import ErrorCode, PhotoError
from edge.media.archive import Video, walk
from edge.media.formats import is_video
from edge.media.frames import frame_hash, hash_file, key_frames
from edge.settings import load_settings
from tests.batch.test_engine import PowerCutError, StandIn, rows, run
from tests.support.clips import Clip, make_clip


def batch(archive: Path, out: Path, model: StandIn | None = None) -> Totals:
    return run(archive, out, model or StandIn(), video_gap_s=0.1)


@pytest.fixture(scope="module")
def clip() -> Path:
    return make_clip(Clip(seconds=4, fps=10, gop=10))


@pytest.fixture
def archive(clip: Path, tmp_path: Path) -> Path:
    root = tmp_path / "videos"
    root.mkdir()
    shutil.copy(clip, root / "a.mp4")
    return root


def places(out: Path) -> list[str]:
    return [Path(str(row["place"])).name for row in rows(out, "photos")]


def test_a_video_has_a_row_for_each_key_frame_and_one_of_its_own(archive: Path, tmp_path: Path) -> None:
    totals = batch(archive, tmp_path / "out")
    assert (totals.videos, totals.frames, totals.photos, totals.failed) == (1, 4, 0, 0)
    assert places(tmp_path / "out") == [*(f"a.mp4#t={n}.000" for n in range(4)), "a.mp4"]
    photos = rows(tmp_path / "out", "photos")
    assert [row["frame_s"] for row in photos] == [0.0, 1.0, 2.0, 3.0, None]
    assert (photos[-1]["frames"], photos[-1]["cameras"]) == (4, None)
    assert photos[1]["sha256"] == frame_hash(hash_file(archive / "a.mp4"), 1.0)
    assert {row["frame_s"] for row in rows(tmp_path / "out", "cameras")} == {0.0, 1.0, 2.0, 3.0}


@pytest.mark.parametrize(
    ("limits", "times"),
    [
        ({"video_gap_s": 2}, [0.0, 2.0]),
        ({"video_gap_s": 0.1, "max_video_frames": 2}, [0.0, 2.0]),
        ({"video_gap_s": 60}, [0.0]),
    ],
)
def test_frames_are_spread_and_bounded(clip: Path, limits: dict[str, float], times: list[float]) -> None:
    moments = key_frames(clip, "ab" * 32, load_settings(**limits))
    assert [moment.frame_s for moment in moments] == times


@pytest.mark.parametrize("after", range(1, 4))
def test_a_video_goes_on_at_a_frame(archive: Path, tmp_path: Path, after: int) -> None:
    batch(archive, tmp_path / "whole")
    with pytest.raises(PowerCutError):
        batch(archive, tmp_path / "cut", StandIn(stop_after=after))
    model = StandIn()
    batch(archive, tmp_path / "cut", model)
    assert rows(tmp_path / "cut", "photos") == rows(tmp_path / "whole", "photos")
    assert rows(tmp_path / "cut", "cameras") == rows(tmp_path / "whole", "cameras")
    again = StandIn()
    assert batch(archive, tmp_path / "cut", again).kept == 1
    assert again.asked == []


def test_a_copy_of_a_video_is_not_looked_at(archive: Path, tmp_path: Path) -> None:
    shutil.copy(archive / "a.mp4", archive / "b.mp4")
    totals = batch(archive, tmp_path / "out")
    assert (totals.videos, totals.frames, totals.duplicates) == (1, 4, 1)
    assert str(rows(tmp_path / "out", "photos")[-1]["duplicate_of"]).endswith("a.mp4")


def test_a_damaged_video_has_a_cause(archive: Path, tmp_path: Path) -> None:
    (archive / "a.mp4").write_bytes((archive / "a.mp4").read_bytes()[:3000])
    (archive / "b.mkv").write_bytes(b"\x1aE\xdf\xa3" + bytes(600))
    totals = batch(archive, tmp_path / "out")
    assert (totals.videos, totals.failed) == (0, 2)
    errors = pq.read_table(tmp_path / "out" / "errors.parquet").to_pylist()
    assert {row["code"] for row in errors} == {ErrorCode.CORRUPT}


def test_videos_are_known_by_their_content(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "odd.jpg").write_bytes(clip.read_bytes())
    found = list(walk([str(tmp_path)], load_settings()))
    assert [type(one) for one in found] == [Video]
    assert not is_video(b"")
    assert not is_video(b"\xff\xd8\xff")
    assert not is_video(b"\0\0\0\x18ftypheic")


def test_a_video_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(PhotoError) as caught:
        list(key_frames(tmp_path / "gone.mp4", "ab" * 32, load_settings()))
    assert caught.value.code is ErrorCode.NOT_READABLE
