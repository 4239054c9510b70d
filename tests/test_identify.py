"""The whole path on our own drawings, with the real models."""

from __future__ import annotations

from contextvars import copy_context
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

import edge
from edge.domain import Camera, EvidenceKind, Picture, Reading, Source, Verdict
from edge.domain_streams import Answer, Exchange, Frame
from edge.errors import ErrorCode, ModelError, PhotoError
from edge.identify import Identifier
from edge.media.photo import read
from edge.settings import Settings
from edge.vision.detector import load_detector
from edge.vision.loop import StaleError
from tests.support.pictures import textured

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


def test_who_does_not_read_pays_for_the_search_alone(settings: Settings) -> None:
    nothing = {"max_read_crops": 0, "scene_text_side": 0, "osd_search_side": 0}
    blind = Identifier.load(settings.model_copy(update=nothing))
    before, picture = blind.loop.statistics().calls, sample("close", settings)
    blind.photo(picture)
    views = len(load_detector(settings, 0.3).plan(picture.width, picture.height).tiles)
    assert blind.loop.statistics().calls - before <= 2 * views + 1  # two detectors, and one second look


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


def display(text: str, mark: str) -> Picture:
    """A frame as a camera records it: a soft scene, a clock above, a mark in the corner below."""
    pixels = (textured(960, 540, 3) // 2 + 40).astype(np.uint8)
    for line, at in ((text, (20, 34)), (mark, (800, 522))):
        for colour, thickness in (((0, 0, 0), 5), ((255, 255, 255), 2)):
            cv2.putText(pixels, line, at, cv2.FONT_HERSHEY_SIMPLEX, 0.8, colour, thickness, cv2.LINE_AA)
    return Picture(pixels, Source("photo", "frame.png", "0" * 64, 960, 540))


def test_a_frame_tells_which_camera_recorded_it(identifier: Identifier) -> None:
    report = identifier.photo(display("2024-05-14 10:33:20", "Reolink"))
    assert report.osd is not None
    assert report.osd.timestamp_text == "2024-05-14 10:33:20"
    assert report.recorded_by is not None
    assert report.recorded_by.brand == "reolink"
    assert report.cameras == ()
    assert report.marks == ()


@pytest.mark.parametrize("name", ["corner", "shop", "street", "close"])
def test_a_photo_without_a_display_was_recorded_by_nobody(
    identifier: Identifier, settings: Settings, name: str
) -> None:
    report = identifier.photo(sample(name, settings))
    assert report.osd is None
    assert report.recorded_by is None


def frames(*clocks: str) -> list[Frame]:
    taken = datetime(2024, 5, 14, 8, 33, 21, tzinfo=UTC)
    pictures = [display(clock, "Reolink").pixels for clock in clocks]
    return [Frame(p, float(i), taken, None, True) for i, p in enumerate(pictures)]


def test_a_look_reads_the_display_and_its_clock(identifier: Identifier) -> None:
    look = identifier.look(frames("2024-05-14 10:33:20", "2024-05-14 10:33:22"), None, None)
    assert look.clock is not None
    assert look.clock.moment == datetime(2024, 5, 14, 10, 33, 22)
    assert identifier.weigh(look.evidence).brand == "reolink"
    assert look.cameras == ()


def test_a_look_does_only_what_is_asked(identifier: Identifier, settings: Settings) -> None:
    blind = identifier.look(frames("2024-05-14 10:33:20"), None, None, read_osd=False)
    assert (blind.evidence, blind.osd) == ((), None)
    assert identifier.look([], None, None).evidence == ()
    seen = sample("close", settings)
    newest = Frame(seen.pixels, 0.0, datetime(2024, 5, 14, tzinfo=UTC), None, True)
    look = identifier.look([newest], None, None, find_cameras=True)
    assert essence(look.cameras) == essence(identifier.photo(seen).cameras)


def test_a_later_look_at_a_stream_calls_the_earlier_one_off(identifier: Identifier) -> None:
    seen = frames("2024-05-14 10:33:20")
    before = identifier.loop.statistics().dropped["superseded"]
    with identifier.loop.turn("door", newest_wins=True):
        earlier = copy_context()
        assert identifier.look(seen, None, None, stream="door").osd is not None
        with pytest.raises(StaleError):
            earlier.run(identifier.look, seen, None, None)
    assert identifier.look(seen, None, None, stream="gate").osd is not None
    assert identifier.loop.statistics().dropped["superseded"] > before


def test_a_look_hears_what_the_camera_answers(identifier: Identifier) -> None:
    answer = Answer("DESCRIBE", 401, "Unauthorized", (("WWW-Authenticate", 'Digest realm="Login to X"'),))
    look = identifier.look([], Exchange((answer,)), None, read_osd=False)
    assert all(e.kind is EvidenceKind.PROTOCOL for e in look.evidence)
