"""``run_batch`` as a whole, with a stand-in for the models."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from edge.batch.command import BatchOptions, run_batch
from edge.batch.query import Query, ask
from edge.identify import Identifier
from edge.settings import load_settings
from edge.vision.loop import InferenceLoop
from tests.batch.test_engine import StandIn
from tests.support.service import photo


class Models(StandIn):
    models = {"detector": "cd" * 32}  # noqa: RUF012  (never changed)
    loop = InferenceLoop(1)


@pytest.fixture(autouse=True)
def _no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Identifier, "load", lambda _settings, **_: Models())


def answered(out: Path) -> dict[str, bool]:
    rows = ask(out, Query("SELECT place, duplicate_of IS NULL FROM photos ORDER BY place")).rows
    return {Path(str(place)).name: bool(own) for place, own in rows}


def test_one_run_gives_every_copy_of_a_changed_original_its_answer(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    archive.mkdir()
    (archive / "5.jpg").write_bytes(photo(5))
    options = BatchOptions((str(archive),), tmp_path / "out")
    console = Console(quiet=True)
    run_batch(options, load_settings(), console)
    for name in ("1.jpg", "6.jpg"):
        (archive / name).write_bytes(photo(5))
    run_batch(options, load_settings(), console)
    assert answered(tmp_path / "out") == {"1.jpg": False, "5.jpg": True, "6.jpg": False}
    (archive / "5.jpg").write_bytes(photo(77, 128, 64))
    end = run_batch(options, load_settings(), console)
    assert end.totals.photos == 2
    assert answered(tmp_path / "out") == {"1.jpg": True, "5.jpg": True, "6.jpg": False}
