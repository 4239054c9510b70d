"""One batch with the real engine: considerate to photos, counted over all runs, stopped and gone on with."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

import numpy as np
import pytest

from edge.batch.control import Control
from edge.domain import PhotoReport, Picture
from edge.errors import CamidError, ErrorCode
from edge.media.photo import decode
from edge.service.batch_results import counts_of
from edge.service.batch_runner import ConsiderateIdentifier, Job, Means, run_job
from edge.service.batch_state import Progress
from edge.service.courtesy import Courtesy
from edge.settings import load_settings
from edge.vision.loop import InferenceLoop
from tests.support.batches import make_folder, make_zip
from tests.support.service import StandIn, photo, report_on, wait_for

SETTINGS = load_settings(batch_part_rows=2)
CALLS = 40


def run(
    job: Job, model: StandIn | None = None, control: Control | None = None
) -> tuple[Progress, list[Progress]]:
    told: list[Progress] = []
    means = Means(model or StandIn(), SETTINGS, Courtesy())
    return run_job(job, means, control or Control(), told.append), told


def test_a_folder_is_counted_over_all_runs(tmp_path: Path) -> None:
    job = Job(make_folder(tmp_path / "a", photos=3), "a", tmp_path / "out")
    (tmp_path / "a" / "copy.jpg").write_bytes(photo(1))
    (tmp_path / "a" / "x.txt").write_text("no picture")
    first, told = run(job)
    assert first == Progress(5, 5, photos=3, duplicates=1, unreadable=1, cameras=9, identified=3)
    assert told[0].settled == 1
    make_folder(tmp_path / "a", photos=2, first=50)
    second, told = run(job)
    assert second == Progress(7, 7, photos=5, duplicates=1, unreadable=1, cameras=15, identified=5)
    assert told[0].photos >= 3
    assert counts_of(tmp_path / "out").photos == 5


def test_an_archive_is_counted(tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(make_zip(3))
    done, _ = run(Job(tmp_path / "archive", "May.zip", tmp_path / "out"))
    assert (done.files, done.photos) == (3, 3)


def test_a_copy_of_content_that_changed_is_not_left_behind(tmp_path: Path) -> None:
    job = Job(make_folder(tmp_path / "a", photos=2), "a", tmp_path / "out")
    (tmp_path / "a" / "000-copy.jpg").write_bytes(photo(1))
    run(job)
    (tmp_path / "a" / "000-copy.jpg").write_bytes(photo(9, 128, 64))
    done, _ = run(job)
    assert (done.photos, done.duplicates) == (3, 0)


def test_a_stopped_run_says_where_it_stands_and_the_next_goes_on(tmp_path: Path) -> None:
    control = Control()

    class Stopping(StandIn):
        def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
            control.stop()
            return super().photo(picture, min_score)

    job = Job(make_folder(tmp_path / "a", photos=60), "a", tmp_path / "out")
    stopped, _ = run(job, Stopping(), control)
    assert 0 < stopped.photos < 60
    assert stopped.settled == stopped.photos
    assert run(job)[0].photos == 60


def test_the_score_is_asked_for_and_its_answers_do_not_mix_with_others(tmp_path: Path) -> None:
    scores = []

    class Asked(StandIn):
        def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
            scores.append(min_score)
            return super().photo(picture, min_score)

    folder = make_folder(tmp_path / "a", photos=1)
    run(Job(folder, "a", tmp_path / "out", 0.25), Asked())
    assert scores == [0.25]
    with pytest.raises(CamidError) as caught:
        run(Job(folder, "a", tmp_path / "out", 0.5))
    assert caught.value.code is ErrorCode.NOT_WRITABLE


class Calling(StandIn):
    """Each picture takes `CALLS` calls of a model; counts those of the batch."""

    def __init__(self) -> None:
        self.seconds = 0.0
        super().__init__(loop=InferenceLoop(1, seconds=lambda: self.seconds))
        self.calls = 0
        self.going_on = True

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
        del min_score
        while picture.source.name == "batch" and self.going_on:
            self.ask(self.count)
        if picture.source.name != "batch":
            # Several at a time, as of the tiles of a photo: a thread that is slow to ask again costs no turn.
            with self.loop.account(), ThreadPoolExecutor(4) as lanes:
                for _ in range(CALLS):
                    lanes.submit(copy_context().run, self.ask, lambda: None)
        return report_on(picture)

    def count(self) -> None:
        self.calls += 1

    def ask(self, noted: object) -> None:
        def call(inputs: Mapping[str, np.ndarray]) -> list[np.ndarray]:
            assert callable(noted)
            noted()
            threading.Event().wait(0.001)
            self.seconds += 1.0  # every call costs the same, however busy the machine is
            return [inputs["x"]]

        self.loop.run("model", call, {"x": np.zeros((1, 1), np.float32)})


def test_a_photo_gets_as_much_of_the_machine_as_the_whole_batch() -> None:
    model = Calling()
    considerate = ConsiderateIdentifier(model, Courtesy())
    of_batch = decode(photo(), "batch", SETTINGS)
    threads = [threading.Thread(target=considerate.photo, args=(of_batch,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    wait_for(lambda: model.calls > 8)
    before = model.calls
    model.photo(decode(photo(), "mine", SETTINGS))
    meanwhile = model.calls - before
    model.going_on = False
    for thread in threads:
        thread.join()
    assert meanwhile <= 2 * CALLS, "four pictures of a batch count as one source, not as four"


def test_no_picture_of_a_batch_begins_while_somebody_waits_for_a_photo() -> None:
    model, courtesy = StandIn(), Courtesy(longest_s=60)
    considerate = ConsiderateIdentifier(model, courtesy)
    picture = decode(photo(), "batch", SETTINGS)
    with courtesy.asked_for():
        thread = threading.Thread(target=considerate.photo, args=(picture,))
        thread.start()
        assert not model.begun.acquire(timeout=0.05)
    assert model.begun.acquire(timeout=20)
    thread.join()
