"""Five pictures of a made-up maker, enrolled and then named; nothing that was named before changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from edge.batch.key import answer_key
from edge.cli import app
from edge.domain import Box, PhotoReport, Pixels, TextLine
from edge.enrol import Enrolment, FoundMark, MarkSearch, OwnGallery, Source, lettered, load_search
from edge.errors import CamidError, ErrorCode
from edge.evidence.likelihoods import load_likelihoods, load_thresholds
from edge.identify import Identifier
from edge.makers import usable
from edge.media.photo import read
from edge.settings import Settings, load_settings
from edge.tell_apart import Apart, Examiner, Outcome, load_examiner
from edge.vendors.catalogue import load_catalogue
from edge.vision.embedding import Embedder, Vectors, unit
from edge.vision.gallery import Gallery
from tests.support import maker

SAMPLES = Path(__file__).resolve().parents[1] / "docs" / "samples"
SHOWN = ("corner", "shop")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("norvane")


@pytest.fixture(scope="module")
def photos(folder: Path) -> list[Path]:
    return maker.write_photos(folder, range(maker.COUNT))


@pytest.fixture(scope="module")
def settings(folder: Path) -> Settings:
    return load_settings(data_dir=folder / "data", threads=1)


@pytest.fixture(scope="module")
def identifier(settings: Settings) -> Identifier:
    return Identifier.load(settings)


@pytest.fixture(scope="module")
def search(settings: Settings) -> MarkSearch:
    return load_search(settings)


@pytest.fixture(scope="module")
def before(identifier: Identifier, photos: list[Path], settings: Settings) -> list[PhotoReport]:
    """Answers before anything is enrolled: the samples, and the sixth photo of the maker."""
    paths = [*(SAMPLES / f"{name}.jpg" for name in SHOWN), photos[5]]
    return [identifier.photo(read(path, settings)) for path in paths]


@pytest.fixture(scope="module")
def enrolled(
    before: list[PhotoReport], search: MarkSearch, photos: list[Path], settings: Settings
) -> Enrolment:
    found = search.find([Source(path) for path in photos[:5]], maker.NAME)
    return OwnGallery(settings).add(maker.NAME, found)


def test_the_mark_is_found_in_each_picture(enrolled: Enrolment) -> None:
    assert [mark.picture for mark in enrolled.marks] == [f"norvane-{number}.jpg" for number in range(5)]
    assert enrolled.new_vendor
    assert enrolled.wordmarks == (maker.LETTERING,)
    assert sum(mark.line.text == maker.LETTERING for mark in enrolled.marks) >= 3


def test_a_running_identifier_names_it_in_other_pictures(
    enrolled: Enrolment,
    identifier: Identifier,
    photos: list[Path],
    settings: Settings,
    before: list[PhotoReport],
) -> None:
    assert not any(camera.identification.brand for camera in before[-1].cameras)
    named = []
    for path in photos[5:]:
        report = identifier.photo(read(path, settings))
        named += [camera.identification for camera in report.cameras if camera.identification.brand]
        assert report.models["enrolled"] == identifier.models["enrolled"]
    assert {one.brand for one in named} == {"norvane"}
    assert {one.platform for one in named} == {None}
    assert len(named) == 2


def test_nothing_that_was_named_before_changes(
    enrolled: Enrolment, identifier: Identifier, settings: Settings, before: list[PhotoReport]
) -> None:
    for name, old in zip(SHOWN, before[:-1], strict=True):
        new = identifier.photo(read(SAMPLES / f"{name}.jpg", settings))
        assert [camera.identification for camera in new.cameras] == [c.identification for c in old.cameras]
        assert new.marks == old.marks
        assert "enrolled" not in old.models


def test_the_report_leaves_each_picture_out(enrolled: Enrolment, settings: Settings) -> None:
    (report,) = load_examiner(settings).examine(OwnGallery(settings))
    assert report.brand.id == "norvane"
    assert len(report.trials) == 5
    assert report.lettered >= 3
    assert report.count(Outcome.ALONE) == 0
    assert sum(trial.own is not None and trial.own > trial.other for trial in report.trials) >= 4


def test_the_answer_key_depends_on_what_is_enrolled(
    enrolled: Enrolment, settings: Settings, tmp_path: Path
) -> None:
    plain = answer_key(load_settings(data_dir=tmp_path, threads=1))
    assert answer_key(settings) != plain


def test_the_same_pictures_again_add_nothing(
    enrolled: Enrolment, search: MarkSearch, photos: list[Path], settings: Settings
) -> None:
    own = OwnGallery(settings)
    count = len(own.shelf.marks())
    again = own.add("norvane", search.find([Source(path) for path in photos[:5]], maker.NAME))
    assert (again.known, again.new_vendor, len(own.shelf.marks())) == (5, False, count)


def test_a_logo_that_was_cut_out_and_a_box(search: MarkSearch, tmp_path: Path, photos: list[Path]) -> None:
    logo = tmp_path / "logo.png"
    cv2.imwrite(str(logo), maker.logo())
    (whole,) = search.find([Source(logo)], maker.NAME)
    assert maker.LETTERING in whole.line.text
    boxed = search.find([Source(photos[0], Box(200, 100, 360, 180))], maker.NAME)
    assert any(mark.line.text == maker.LETTERING for mark in boxed)
    with pytest.raises(CamidError, match="outside"):
        search.find([Source(photos[0], Box(2000, 100, 2360, 180))], maker.NAME)


def _mark(text: str, shade: int = 0, score: float = 0.95) -> FoundMark:
    pixels = np.full((20, 60, 3), 200, np.uint8)
    pixels[4:16, 4:40] = shade
    return FoundMark("a.jpg", pixels, TextLine(text, score, Box(0, 0, 60, 20), 20.0), None)


def test_only_a_sure_and_long_reading_of_the_name_becomes_lettering() -> None:
    assert lettered("Norvane", [_mark("NORVANE"), _mark("NORVANE"), _mark("Norvane")]) == ("NORVANE",)
    assert lettered("Norvane", [_mark("NORVANE", score=0.5), _mark("NORVAN")]) == ()
    assert lettered("Nor", [_mark("NOR")]) == ()


def test_wordmarks_of_others_are_refused(tmp_path: Path) -> None:
    own = OwnGallery(load_settings(data_dir=tmp_path))
    for name, texts, fault in (
        ("Norvane", ["Hikvision"], "lettering of Hikvision"),
        ("Norvane", ["ab"], "too short"),
        ("Hikvision", ["HIKVISION"], "in the shipped catalogue"),
        ("諾凡", [], "makes no id"),
    ):
        with pytest.raises(CamidError, match=fault) as refused:
            own.add(name, [_mark("")], texts)
        assert refused.value.code is ErrorCode.BAD_REQUEST
    assert own.shelf.marks() == ()


def test_a_shipped_maker_gets_marks_and_no_entry(tmp_path: Path) -> None:
    own = OwnGallery(load_settings(data_dir=tmp_path))
    done = own.add("Hikvision", [_mark("HIKVISION")])
    assert (done.brand.id, done.wordmarks, done.new_vendor) == ("hikvision", (), False)
    assert own.catalogue is load_catalogue()
    assert [mark.vendor for mark in own.shelf.marks()] == ["hikvision"]


def test_marks_are_removed_one_by_one_and_the_maker_with_the_last(tmp_path: Path) -> None:
    own = OwnGallery(load_settings(data_dir=tmp_path))
    with pytest.raises(CamidError, match="Nothing was enrolled"):
        own.remove("norvane")
    own.add("Norvane", [_mark("", 0), _mark("", 90)])
    first, _ = own.shelf.marks()
    with pytest.raises(CamidError, match="No such mark"):
        own.remove("Norvane", ["ffff"])
    assert own.remove("Norvane", [first.id[:10]]) == 1
    assert "norvane" in own.catalogue.brands
    assert own.remove("norvane") == 1
    assert "norvane" not in own.catalogue.brands
    with pytest.raises(CamidError, match="no maker"):
        own.remove("norvane")


def test_a_damaged_own_gallery_is_refused_at_the_start_and_passed_over_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = load_settings(data_dir=tmp_path, threads=1)
    identifier, pinned = Identifier.load(settings), Identifier.load(settings, follow_gallery=False)
    own = OwnGallery(settings)
    own.add("Norvane", [_mark("NORVANE")])
    known = identifier.models["enrolled"]
    assert "enrolled" not in pinned.models
    (own.folder / "marks.json").write_text("{")
    assert identifier.models["enrolled"] == known
    assert "left as it was" in caplog.text
    with pytest.raises(CamidError) as refused:
        Identifier.load(settings)
    assert refused.value.code is ErrorCode.SETTINGS_INVALID


class ByShade:
    """In the place of the embedder: a mark of Hikvision's, two of Norvane's, and one in between."""

    def embed(self, crops: Sequence[Pixels]) -> Vectors:
        rows = {0: (1, 0, 0.1), 90: (0, 0.1, 1), 120: (0, 0, 1), 150: (0.7, 0, 0.6)}
        return unit(np.array([rows[int(crop.min())] for crop in crops], np.float32))


def test_a_mark_that_is_another_makers_is_said_and_not_used(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    own = OwnGallery(settings)
    shades = {0: "stolen", 90: "first", 120: "second", 150: "mixed"}
    own.add("Norvane", [replace(_mark("", shade), picture=name) for shade, name in shades.items()])
    models = settings.models_dir
    shipped = Gallery(np.eye(3, dtype=np.float32)[:2], ("hikvision", "dahua"))
    embedder = cast("Embedder", ByShade())
    thresholds, likelihoods = load_thresholds(models), load_likelihoods(models)
    (report,) = Examiner(shipped, embedder, "x", likelihoods, thresholds).examine(own)
    told = {trial.mark.picture: (trial.outcome, trial.unused, trial.rival) for trial in report.trials}
    assert told["stolen"] == (Outcome.ANOTHER, True, "hikvision")
    assert told["first"][:2] == told["second"][:2] == (Outcome.NAMED, False)
    assert told["mixed"][0] is Outcome.ANOTHER
    assert not report.told_apart
    assert [brand for brand, _ in report.near] == ["hikvision"]
    marks = list(own.shelf.marks())
    vectors = own.shelf.vectors(marks, embedder, "x")
    used = usable(marks, vectors, shipped, own.catalogue, likelihoods, thresholds)
    assert len(used.brands) == sum(not unused for _, unused, _ in told.values())


def test_enrolled_makers_take_their_prior_from_the_unknown_ones() -> None:
    prior = load_likelihoods(load_settings().models_dir).prior
    new = prior.with_enrolled(["norvane", "hikvision"])
    assert new.of("hikvision") == prior.of("hikvision")
    assert new.of("norvane") == min(prior.platforms.values())
    assert sum(new.platforms.values()) + new.other == pytest.approx(
        sum(prior.platforms.values()) + prior.other
    )
    many = prior.with_enrolled(f"maker_{number}" for number in range(1000))
    assert many.other == pytest.approx(prior.other / 2)
    assert replace(prior).with_enrolled([]) == prior


def test_the_commands(tmp_path: Path, photos: list[Path]) -> None:
    run = CliRunner().invoke
    data = ["--data-dir", str(tmp_path)]
    added = run(app, ["gallery", "add", "Norvane", str(photos[0]), str(photos[1]), *data, "--json"])
    assert added.exit_code == 0, added.output
    enrolment, report = map(json.loads, added.stdout.splitlines())
    assert (enrolment["vendor"], enrolment["new_vendor"]) == ("norvane", True)
    assert len(report["marks"]) == 2
    shown = run(app, ["gallery", "list", *data])
    assert "Norvane" in shown.stdout
    assert "norvane-0.jpg" in shown.stdout
    (row,) = map(json.loads, run(app, ["gallery", "list", *data, "--json"]).stdout.splitlines())
    assert row["wordmarks"] == ["NORVANE"]
    tested = run(app, ["gallery", "test", *data])
    assert "Norvane" in tested.stdout
    assert run(app, ["gallery", "test", "nobody", *data]).exit_code == 3
    assert run(app, ["gallery", "add", "Norvane", str(tmp_path / "none.jpg"), *data]).exit_code == 3
    for box in ("1,2,3", "5,5,1,1"):
        assert run(app, ["gallery", "add", "Norvane", str(photos[0]), "--box", box, *data]).exit_code == 2
    assert "2 marks removed" in run(app, ["gallery", "remove", "Norvane", *data]).stdout


def test_a_report_on_one_mark_asks_for_more(tmp_path: Path) -> None:
    own = OwnGallery(load_settings(data_dir=tmp_path, threads=1))
    own.add("Norvane", [_mark("")])
    (report,) = load_examiner(load_settings(data_dir=tmp_path, threads=1)).examine(own)
    assert isinstance(report, Apart)
    assert report.count(Outcome.ALONE) == 1
    assert not report.told_apart
