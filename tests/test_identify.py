"""The whole path on our own drawings, with the real models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import edge
from edge.domain import Camera, Picture, Reading, Source, Verdict
from edge.errors import ErrorCode, ModelError, PhotoError
from edge.identify import Identifier
from edge.media.photo import read
from edge.settings import Settings

SAMPLES = Path(__file__).resolve().parents[1] / "docs" / "samples"


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(threads=1)


@pytest.fixture(scope="module")
def identifier(settings: Settings) -> Identifier:
    return Identifier.load(settings)


def sample(name: str, settings: Settings) -> Picture:
    return read(SAMPLES / f"{name}.jpg", settings)


def essence(cameras: tuple[Camera, ...]) -> list[object]:
    return [(c.box, c.score, c.identification.brand, c.identification.confidence, c.reading) for c in cameras]


def test_readable_marks_name_their_makers_and_say_why(identifier: Identifier, settings: Settings) -> None:
    report = identifier.photo(sample("corner", settings))
    named = {c.identification.brand: c.identification for c in report.cameras if c.identification.brand}
    assert set(named) == {"hikvision", "uniview"}
    hikvision = named["hikvision"]
    assert hikvision.platform == "hikvision"
    assert hikvision.confidence > 0.9
    assert any(e.value == "HIKVISION" and e.box is not None for e in hikvision.evidence)
    assert any(a.jurisdiction == "US" for a in hikvision.advisories)


def test_a_sign_is_a_mark_and_no_camera(identifier: Identifier, settings: Settings) -> None:
    report = identifier.photo(sample("shop", settings))
    assert report.cameras == ()
    assert [(mark.text, mark.vendor) for mark in report.marks] == [("DAHUA", "dahua")]


def test_a_street_without_cameras_has_none(identifier: Identifier, settings: Settings) -> None:
    report = identifier.photo(sample("street", settings))
    assert report.cameras == ()
    assert report.marks == ()


def test_the_same_photo_has_the_same_answer(identifier: Identifier, settings: Settings) -> None:
    first = identifier.photo(sample("close", settings))
    identifier.photo(sample("street", settings))
    again = identifier.photo(sample("close", settings))
    assert essence(first.cameras) == essence(again.cameras)
    other_threads = Identifier.load(Settings(threads=2)).photo(sample("close", settings))
    assert [c.identification.brand for c in other_threads.cameras] == [
        c.identification.brand for c in first.cameras
    ]


def test_what_the_budget_does_not_reach_is_said_and_not_named(settings: Settings) -> None:
    frugal = Identifier.load(settings.model_copy(update={"max_read_crops": 0}))
    report = frugal.photo(sample("close", settings))
    assert report.cameras
    assert {c.reading for c in report.cameras} == {Reading.OVER_BUDGET}
    assert {c.identification.verdict for c in report.cameras} == {Verdict.UNDETERMINED}


def test_a_lower_threshold_shows_more_and_a_higher_one_less(
    identifier: Identifier, settings: Settings
) -> None:
    picture = sample("corner", settings)
    usual = identifier.photo(picture).cameras
    assert len(identifier.photo(picture, min_score=0.05).cameras) >= len(usual)
    assert identifier.photo(picture, min_score=1.0).cameras == ()


def test_the_report_names_models_and_threshold(identifier: Identifier, settings: Settings) -> None:
    report = identifier.photo(sample("street", settings))
    assert {"detector", "housing", "text_detection", "text_recognition"} <= set(report.models)
    assert all(len(digest) == 64 for digest in report.models.values())
    assert 0 < report.thresholds["detect"] < 1
    assert report.timing.total >= report.timing.detect > 0


@pytest.mark.parametrize("shape", [(16, 16), (16, 3000), (3000, 16), (1, 40)])
def test_odd_shapes_are_answered(identifier: Identifier, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (*shape, 3)).astype(np.uint8)
    report = identifier.photo(Picture(noise, Source("photo", "noise", "0" * 64, shape[1], shape[0])))
    assert report.source.width == shape[1]


def test_three_lines_of_a_notebook() -> None:
    report = edge.identify_photo(SAMPLES / "close.jpg")
    assert [camera.identification.brand for camera in report.cameras] == ["hikvision"]


def test_a_file_that_is_not_there(settings: Settings) -> None:
    with pytest.raises(PhotoError) as caught:
        edge.identify_photo(SAMPLES / "absent.jpg", settings)
    assert caught.value.code is ErrorCode.NOT_READABLE


def test_a_model_folder_without_models(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(ModelError) as caught:
        Identifier.load(settings.model_copy(update={"models_dir": tmp_path}))
    assert caught.value.code is ErrorCode.MODEL_MISSING


def test_unknown_names_are_no_part_of_the_package() -> None:
    with pytest.raises(AttributeError):
        edge.nothing  # noqa: B018


def test_reports_of_equal_photos_differ_in_timing_only(identifier: Identifier, settings: Settings) -> None:
    picture = sample("close", settings)
    first, second = identifier.photo(picture), identifier.photo(picture)
    assert replace(first, timing=second.timing) == second
