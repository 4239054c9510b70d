"""A batch that is asked to end: what was begun is committed, and the next run goes on to the same rows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge.batch.control import Control
from edge.batch.engine import LocalEngine
from edge.batch.output import Output
from edge.batch.settle import Totals
from edge.domain import PhotoReport, Picture
from edge.media.archive import walk
from tests.batch.test_engine import KEY, StandIn, rows, settings
from tests.batch.test_engine import run as run_whole
from tests.support.clips import Clip, make_clip
from tests.support.service import photo

PHOTOS = 40


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    root = tmp_path / "archive"
    root.mkdir()
    for number in range(PHOTOS):
        (root / f"{number:02d}.jpg").write_bytes(photo(number))
    return root


class Stopping(StandIn):
    """Asks for the end at its nth picture."""

    def __init__(self, control: Control, at: int) -> None:
        super().__init__()
        self._control, self._at = control, at

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
        report = super().photo(picture, min_score)
        if len(self.asked) == self._at:
            self._control.stop()
        return report


def run(archive: Path, out: Path, model: StandIn, control: Control, **overrides: object) -> Totals:
    limits = settings(**overrides)
    with Output(out, KEY, {"detector": "cd" * 32}) as output:
        engine = LocalEngine(model, output, limits, workers=2, control=control)
        totals = engine.run(walk([str(archive)], limits))
        output.finish()
    return totals


@pytest.mark.parametrize("at", [1, 7, PHOTOS - 1])
def test_what_was_begun_is_committed_and_the_next_run_goes_on(archive: Path, tmp_path: Path, at: int) -> None:
    run_whole(archive, tmp_path / "whole", StandIn())
    control = Control()
    first = run(archive, tmp_path / "out", Stopping(control, at), control)
    assert at <= first.photos <= at + 8
    assert len(rows(tmp_path / "out", "photos")) == first.photos
    second = run(archive, tmp_path / "out", StandIn(), Control())
    assert second.kept == first.photos
    for name in ("photos", "cameras"):
        assert rows(tmp_path / "out", name) == rows(tmp_path / "whole", name)


def test_files_that_are_done_are_not_walked_to_the_end(archive: Path, tmp_path: Path) -> None:
    run(archive, tmp_path / "out", StandIn(), Control())
    control = Control()
    control.stop()
    assert run(archive, tmp_path / "out", StandIn(), control).kept == 0


def test_a_video_ends_between_two_frames_and_goes_on_there(tmp_path: Path) -> None:
    video = tmp_path / "archive" / "video.mp4"
    video.parent.mkdir()
    shutil.copy(make_clip(Clip(seconds=8, fps=10, gop=2)), video)
    run_whole(video.parent, tmp_path / "whole", StandIn(), video_gap_s=0.1)
    control = Control()
    first = run(video.parent, tmp_path / "out", Stopping(control, 2), control, video_gap_s=0.1)
    assert 2 <= first.frames <= 10
    assert first.videos == 0
    second = run(video.parent, tmp_path / "out", StandIn(), Control(), video_gap_s=0.1)
    assert second.videos == 1
    assert rows(tmp_path / "out", "photos") == rows(tmp_path / "whole", "photos")
