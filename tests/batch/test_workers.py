"""What a cluster's engine is made of, without a cluster: the cut, the ledger, the worker."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from edge.batch.assign import Assignment, Cut, assignments
from edge.batch.index_view import IndexView
from edge.batch.ledger import MOST_TRIES, Claim, Ledger
from edge.batch.output import Output
from edge.batch.plan import Plan
from edge.batch.rows import Piece, Rows
from edge.batch.worker import Report, Worker, WorkerSpec, here
from edge.domain import PhotoReport, Picture
from edge.errors import CamidError, ErrorCode, ModelError
from edge.media.archive import walk
from edge.settings import Settings, load_settings
from tests.support.batch_answers import KEY, StandIn, mixed_archive, run_locally, small_parts


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mixed_archive(tmp_path_factory.mktemp("workers") / "archive", photos=6)


@pytest.fixture
def plan(archive: Path) -> Plan:
    return Plan((str(archive),), small_parts())


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A batch in which nothing is done."""
    with Output(tmp_path / "out", KEY, {}):
        pass
    return tmp_path / "out"


def cut(plan: Plan, out: Path, how: Cut) -> list[Assignment]:
    with IndexView(out / "index.sqlite") as done:
        return [pickle.loads(pickle.dumps(one)) for one in assignments(plan, done, how)]


def load(settings: Settings) -> StandIn:
    del settings
    return StandIn()


def test_a_plan_is_cut_in_order_and_none_is_left_out(plan: Plan, out: Path) -> None:
    given = cut(plan, out, Cut(4))
    files = [file for one in given for file in one.files]
    found = list(plan)
    assert [file.position for file in files] == list(range(len(found)))
    assert [file.piece.place for file in files] == [one.place for one in found]
    assert max(len(one.files) for one in given) == 4


def test_what_is_done_is_counted_and_changes_no_other_cut(plan: Plan, out: Path) -> None:
    before = cut(plan, out, Cut(4))
    run_locally(plan, out.parent / "done")
    after = cut(plan, out.parent / "done", Cut(4))
    assert [len(one.files) for one in before] == [len(one.files) + one.kept for one in after]
    left = {Path(file.piece.place).name for one in after for file in one.files}
    assert left == {"damaged.jpg", "damaged-too.jpg", "text.jpg", "loop"}


def test_contents_travel_where_they_must(plan: Plan, out: Path) -> None:
    def sizes(how: Cut) -> dict[str, int]:
        files = [file for one in cut(plan, out, how) for file in one.files]
        return {Path(file.piece.place).name: len(file.found) for file in files}

    referred, sent = sizes(Cut(4)), sizes(Cut(4, with_content=True))
    assert referred["000.jpg"] < 700
    assert sent["000.jpg"] > referred["000.jpg"]
    assert referred["0.jpg"] < sent["0.jpg"]  # of a zip
    assert sent["deep.jpg"] - referred["deep.jpg"] < 100  # of a zip in a zip: both times
    opened = [file.open() for one in cut(plan, out, Cut(4)) for file in one.files]
    assert [one.place for one in opened] == [one.place for one in plan]


def test_content_belongs_to_its_first_place(out: Path) -> None:
    ledger = Ledger(out / "index.sqlite")
    assert ledger.claim(5, "aa") is Claim.NEW
    assert ledger.claim(5, "aa") is Claim.NEW  # the worker died and another asks
    assert ledger.claim(9, "aa") is Claim.COPY
    assert ledger.claim(2, "aa") is Claim.NEW  # earlier in the plan, though later in time
    assert ledger.claim(5, "aa") is Claim.COPY
    ledger.forget(2)
    assert ledger.claim(9, "aa") is Claim.NEW


def test_known_content_is_a_copy(plan: Plan, out: Path) -> None:
    run_locally(plan, out.parent / "done")
    ledger = Ledger(out.parent / "done" / "index.sqlite")
    with Output(out.parent / "done", KEY, {}) as output:
        assert output.place_of("0" * 64) is None
    with IndexView(out.parent / "done" / "index.sqlite") as view:
        (sha256,) = view._db.execute("SELECT sha256 FROM contents LIMIT 1").fetchone()
    assert ledger.claim(0, sha256) is Claim.COPY


def test_a_file_that_kills_is_left_alone_and_its_neighbours_are_not(out: Path) -> None:
    ledger = Ledger(out / "index.sqlite")
    for _ in range(MOST_TRIES):
        assert ledger.claim(1, "aa") is Claim.NEW
        assert ledger.claim(2, "bb", finished=1) is Claim.NEW
    assert ledger.claim(1, "aa") is Claim.NEW
    assert ledger.claim(2, "bb", finished=1) is Claim.DEADLY
    assert ledger.claim(3, "cc", finished=2) is Claim.NEW


def judge(plan: Plan, out: Path, spec: WorkerSpec) -> list[Report]:
    ledger = Ledger(out / "index.sqlite")
    worker = Worker(spec, ledger.claim)
    return [pickle.loads(pickle.dumps(worker(one))) for one in cut(plan, out, Cut(4))]


def test_a_worker_says_what_became_of_each_file(plan: Plan, out: Path) -> None:
    judged = [one for report in judge(plan, out, WorkerSpec(plan.settings, load)) for one in report.judged]
    assert [one.piece.place for one in judged] == [one.place for one in plan]
    by_name = {Path(one.piece.place).name: one for one in judged}
    assert isinstance(by_name["000.jpg"].parts[0].outcome, Rows)
    assert by_name["999.jpg"].parts == ()  # a copy
    failed = by_name["text.jpg"].parts[0].outcome
    assert isinstance(failed, CamidError)
    assert failed.code is ErrorCode.NOT_A_PICTURE
    assert len(by_name["video-copy.mp4"].parts) == 4  # it comes first in the plan: three frames and itself
    assert by_name["video.mp4"].parts == ()


class Broken:
    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport:
        del picture, min_score
        raise ModelError(ErrorCode.MODEL_BROKEN, "The model failed.")


def test_broken_models_are_fatal(plan: Plan, out: Path) -> None:
    reports = judge(plan, out, WorkerSpec(plan.settings, lambda _: Broken()))
    assert reports[0].fatal is not None
    assert reports[0].fatal.code is ErrorCode.MODEL_BROKEN
    assert reports[0].fatal.outcome.exit_code == 4


def test_models_are_those_of_the_workers_machine(tmp_path: Path) -> None:
    elsewhere = load_settings().model_copy()
    assert here(elsewhere) == elsewhere
    named = load_settings(models_dir=tmp_path)
    assert here(named).models_dir == tmp_path


def test_an_archive_that_changed_under_the_workers_has_a_cause(archive: Path, tmp_path: Path) -> None:
    copy = tmp_path / "more.zip"
    copy.write_bytes((archive / "more.zip").read_bytes())
    (first, *_) = walk([str(copy)], load_settings())
    sent = pickle.dumps(first)
    copy.write_bytes(b"PK\x05\x06" + bytes(18))
    with pytest.raises(CamidError, match="has changed"):
        pickle.loads(sent).read()


def test_since_keeps_files_of_which_no_time_is_known(plan: Plan) -> None:
    assert list(replace(plan, since_ns=10**30)) == [one for one in plan if type(one).__name__ == "Skipped"]
    assert Piece("a", 1, 0).modified_ns == 0
