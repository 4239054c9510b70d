"""The local engine on real files: order, copies, damage, resumption, and the same rows after any kill."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from edge.batch.engine import LocalEngine
from edge.batch.output import Output
from edge.batch.rows import Piece
from edge.batch.settle import Totals
from edge.domain import PhotoReport, Picture
from edge.errors import CamidError, ErrorCode, ModelError
from edge.media.archive import Found, walk
from edge.settings import Settings, load_settings
from tests.support.service import SMALL_PHOTO, photo, report_on

KEY = "ab" * 32


class StandIn:
    """Says the same of every photo; counts, and can stop like a machine that loses its power."""

    def __init__(self, stop_after: int | None = None, error: Exception | None = None) -> None:
        self.asked: list[str] = []
        self.stop_after = stop_after
        self.error = error
        self._lock = threading.Lock()

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
        assert min_score is None
        with self._lock:
            self.asked.append(picture.source.name)
            if self.stop_after is not None and len(self.asked) > self.stop_after:
                raise PowerCutError
        if self.error is not None:
            raise self.error
        return report_on(picture)


class PowerCutError(BaseException):
    """Nothing may catch it."""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    root = tmp_path / "archive"
    (root / "b").mkdir(parents=True)
    for number in range(6):
        (root / f"{number}.jpg").write_bytes(photo(number))
    (root / "b" / "copy.jpg").write_bytes(photo(2))
    (root / "b" / "text.jpg").write_text("no picture")
    (root / "b" / "empty.jpg").touch()
    (root / "loop").symlink_to(root)
    return root


def settings(**overrides: object) -> Settings:
    return load_settings(**{"batch_part_rows": 2, **overrides})


def run(archive: Path, out: Path, model: StandIn, workers: int = 2, **overrides: object) -> Totals:
    plan = walk([str(archive)], settings(**overrides))
    return run_plan(plan, out, model, workers, **overrides)


def run_plan(
    plan: Iterable[Found], out: Path, model: StandIn, workers: int = 2, **overrides: object
) -> Totals:
    with Output(out, KEY, {"detector": "cd" * 32}) as output:
        totals = LocalEngine(model, output, settings(**overrides), workers=workers).run(plan)
        output.finish()
    return totals


def rows(out: Path, name: str) -> list[dict[str, object]]:
    parts = sorted((out / name).glob("*.parquet"))
    table = pa.concat_tables([pq.read_table(part) for part in parts])
    return [dict(row) for row in table.to_pylist()]


def test_every_file_gets_a_row_or_a_cause(archive: Path, tmp_path: Path) -> None:
    totals = run(archive, tmp_path / "out", StandIn())
    assert (totals.photos, totals.duplicates, totals.failed, totals.cameras) == (6, 1, 3, 18)
    photos = rows(tmp_path / "out", "photos")
    assert [Path(str(row["place"])).name for row in photos] == [*(f"{n}.jpg" for n in range(6)), "copy.jpg"]
    assert photos[-1]["duplicate_of"] == photos[2]["place"]
    assert photos[-1]["cameras"] is None
    errors = pq.read_table(tmp_path / "out" / "errors.parquet").to_pylist()
    assert {Path(row["place"]).name: row["code"] for row in errors} == {
        "text.jpg": ErrorCode.NOT_A_PICTURE,
        "empty.jpg": ErrorCode.EMPTY,
        "loop": ErrorCode.NOT_READABLE,
    }


def test_rows_of_cameras_carry_what_the_photo_knows(archive: Path, tmp_path: Path) -> None:
    run(archive, tmp_path / "out", StandIn())
    cameras = rows(tmp_path / "out", "cameras")
    first = cameras[0]
    assert (first["vendor"], first["verdict"], first["camera"]) == ("hikvision", "identified", 0)
    assert '"kind":"wordmark"' in str(first["evidence"])
    assert {str(row["sha256"]) for row in cameras} == {
        str(row["sha256"]) for row in rows(tmp_path / "out", "photos")
    }


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_number_of_workers_changes_no_row(archive: Path, tmp_path: Path, workers: int) -> None:
    run(archive, tmp_path / "one", StandIn(), workers=1)
    run(archive, tmp_path / "many", StandIn(), workers=workers)
    for name in ("photos", "cameras"):
        assert rows(tmp_path / "many", name) == rows(tmp_path / "one", name)


@pytest.mark.parametrize("after", range(6))
def test_a_run_that_was_cut_off_goes_on_to_the_same_rows(archive: Path, tmp_path: Path, after: int) -> None:
    run(archive, tmp_path / "whole", StandIn())
    with pytest.raises(PowerCutError):
        run(archive, tmp_path / "cut", StandIn(stop_after=after))
    model = StandIn()
    run(archive, tmp_path / "cut", model)
    for name in ("photos", "cameras"):
        assert rows(tmp_path / "cut", name) == rows(tmp_path / "whole", name)
    assert len(model.asked) <= 6 - (after // 2) * 2 + 4  # at most a part and what ran ahead is done again


def test_nothing_is_classified_twice(archive: Path, tmp_path: Path) -> None:
    run(archive, tmp_path / "out", StandIn())
    again = StandIn()
    totals = run(archive, tmp_path / "out", again)
    assert again.asked == []
    assert (totals.kept, totals.photos, totals.failed) == (7, 0, 3)  # what failed is tried again
    assert len(rows(tmp_path / "out", "photos")) == 7


def test_without_its_index_a_batch_reads_its_own_parts(archive: Path, tmp_path: Path) -> None:
    run(archive, tmp_path / "out", StandIn())
    for file in (tmp_path / "out").glob("index.sqlite*"):
        file.unlink()
    again = StandIn()
    assert run(archive, tmp_path / "out", again).kept == 7
    assert again.asked == []


def test_cameras_without_photos_are_swept(archive: Path, tmp_path: Path) -> None:
    run(archive, tmp_path / "out", StandIn())
    parts = sorted((tmp_path / "out" / "photos").glob("*.parquet"))
    whole = rows(tmp_path / "out", "photos")
    parts[-1].unlink()  # as if the power had gone between the two files
    for file in (tmp_path / "out").glob("index.sqlite*"):
        file.unlink()
    run(archive, tmp_path / "out", StandIn())
    assert rows(tmp_path / "out", "photos") == whole


def test_committed_parts_that_are_gone_are_missed(archive: Path, tmp_path: Path) -> None:
    run(archive, tmp_path / "out", StandIn())
    sorted((tmp_path / "out" / "photos").glob("*.parquet"))[0].unlink()
    with pytest.raises(CamidError, match="are gone") as caught:
        run(archive, tmp_path / "out", StandIn())
    assert caught.value.code is ErrorCode.NOT_WRITABLE


def test_answers_of_other_models_do_not_mix(archive: Path, tmp_path: Path) -> None:
    run(archive, tmp_path / "out", StandIn())
    with pytest.raises(CamidError, match="other models") as caught:
        Output(tmp_path / "out", "ff" * 32, {})
    assert caught.value.code is ErrorCode.NOT_WRITABLE


def test_one_folder_has_one_batch_at_a_time(tmp_path: Path) -> None:
    with Output(tmp_path / "out", KEY, {}), pytest.raises(CamidError, match="another batch"):
        Output(tmp_path / "out", KEY, {})


def test_broken_models_end_the_run_and_a_defect_does_not(archive: Path, tmp_path: Path) -> None:
    broken = ModelError(ErrorCode.MODEL_BROKEN, "The model failed.")
    with pytest.raises(ModelError):
        run(archive, tmp_path / "broken", StandIn(error=broken))
    totals = run(archive, tmp_path / "defect", StandIn(error=RuntimeError("no")))
    assert (totals.photos, totals.failed) == (0, 10)  # the copy fails as its original does


def test_a_file_that_changed_is_classified_again(archive: Path, tmp_path: Path) -> None:
    run(archive, tmp_path / "out", StandIn())
    (archive / "0.jpg").write_bytes(photo(77, 128, 64))
    model = StandIn()
    assert run(archive, tmp_path / "out", model).photos == 1
    assert model.asked == ["0.jpg"]


def test_a_file_that_was_only_touched_keeps_its_row(archive: Path, tmp_path: Path) -> None:
    run(archive, tmp_path / "out", StandIn())
    os.utime(archive / "0.jpg", ns=(1, 1))
    again = StandIn()
    assert run(archive, tmp_path / "out", again).kept == 7
    assert again.asked == []
    assert len(rows(tmp_path / "out", "photos")) == 7
    with Output(tmp_path / "out", KEY, {}) as output:  # and it is not read again
        assert output.is_done(Piece(f"{archive}/0.jpg", len(photo(0)), 1))


class AtOnce(StandIn):
    """Knows how many pictures it was asked about at a time; waits for ``together`` of them."""

    def __init__(self, together: int) -> None:
        super().__init__()
        self._together = threading.Barrier(together)
        self._now = self.most = 0

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
        assert min_score is None
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self._together.wait(10)
        with self._lock:
            self._now -= 1
        return report_on(picture)


@pytest.fixture
def eight(tmp_path: Path) -> Path:
    folder = tmp_path / "eight"
    folder.mkdir()
    for number in range(8):
        (folder / f"{number}.jpg").write_bytes(photo(number))
    return folder


@pytest.mark.parametrize(("less", "at_once"), [(0, 2), (1, 1)])
def test_large_pictures_are_worked_on_by_fewer(
    eight: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, less: int, at_once: int
) -> None:
    monkeypatch.setattr("edge.batch.engine._LARGE_PHOTO", SMALL_PHOTO[0] * SMALL_PHOTO[1] - less)
    model = AtOnce(at_once)
    run(eight, tmp_path / "out", model, workers=4)
    assert model.most == at_once


def test_small_pictures_are_worked_on_by_all_workers(eight: Path, tmp_path: Path) -> None:
    model = AtOnce(4)
    run(eight, tmp_path / "out", model, workers=4)
    assert model.most == 4


@pytest.mark.parametrize(("every_s", "rests"), [(0.0, 8), (3600.0, 0)])
def test_models_rest_now_and_then(
    eight: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every_s: float, rests: int
) -> None:
    monkeypatch.setattr("edge.batch.engine._REST_EVERY_S", every_s)
    rested: list[bool] = []
    with Output(tmp_path / "out", KEY, {}) as output:
        engine = LocalEngine(StandIn(), output, settings(), workers=2, rest=lambda: rested.append(True))
        engine.run(walk([str(eight)], settings()))
    assert len(rested) == rests
