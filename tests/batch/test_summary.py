"""What a batch keeps for people: drawn copies, contact sheets, and a page that needs nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from PIL import Image

from edge.batch.charts import nice_top, years_chart
from edge.batch.contact import write_contact_sheets
from edge.batch.copies import CROP_SIDE, Copies, annotated_path, crop_of, crop_path
from edge.batch.engine import LocalEngine
from edge.batch.map import map_of
from edge.batch.numbers import Spot, YearCount, numbers_of
from edge.batch.output import Output
from edge.batch.summary import write_summary
from edge.domain import Box
from edge.media.archive import walk
from edge.report.catalogue import in_force
from edge.settings import load_settings
from tests.batch.test_engine import KEY, StandIn
from tests.support.pictures import exif_block, jpeg, position, textured
from tests.support.service import photo

NAMES = {"hikvision": "Hikvision"}
MADE = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
CATALOGUE = in_force(load_settings(), date(2026, 12, 1))


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("summary")
    archive, out, settings = root / "archive", root / "out", load_settings()
    archive.mkdir()
    block = exif_block(taken="2021:05:04 10:20:30", gps=position(44.4, 26.1))
    (archive / "a <b>.jpg").write_bytes(jpeg(textured(800, 600), exif=block))
    (archive / "b.jpg").write_bytes(photo(1))
    (archive / "c.jpg").write_bytes(photo(1))
    (archive / "<script>.jpg").write_text("no picture")
    with Output(out, KEY, {"detector": "cd" * 32}) as output:
        keep = Copies(out, annotated=True, crops=True)
        engine = LocalEngine(StandIn(), output, settings, workers=1, keep=keep, country=lambda _: "RO")
        engine.run(walk([str(archive)], settings))
        output.finish()
    return out


def test_copies_and_crops_are_named_by_content(batch: Path) -> None:
    finds = numbers_of(batch).finds
    assert [find.vendor for find in finds] == ["hikvision", "hikvision"]
    for find in finds:
        assert annotated_path(batch, find.sha256).is_file()
        with Image.open(crop_path(batch, find.sha256, find.camera)) as crop:
            assert max(crop.size) <= CROP_SIDE
    assert not list(batch.rglob("*.tmp"))


def test_numbers(batch: Path) -> None:
    counts = numbers_of(batch).counts
    assert (counts.pictures, counts.copies, counts.unreadable, counts.cameras) == (2, 1, 1, 6)
    assert (counts.identified, counts.timed, counts.placed, counts.first_day) == (2, 1, 1, "2021-05-04")


def test_the_page_stands_alone_and_escapes_what_files_say(batch: Path) -> None:
    write_summary(batch, NAMES, MADE, "1.0", CATALOGUE)
    page = (batch / "summary.html").read_text()
    assert "6 surveillance cameras in 2 pictures" in page
    assert "a &lt;b&gt;.jpg" in page
    for never in ("<script", "http://", "https://", "<link", 'src="/'):
        assert never not in page
    assert page.count("data:image/jpeg;base64,") == 2
    assert 'class="land"' in page
    assert "cd" * 32 in page
    assert "100.0 %" not in page


def test_the_page_says_of_when_the_catalogue_is_and_that_it_is_old(batch: Path) -> None:
    for day, old in ((date(2026, 12, 1), False), (date(2028, 1, 1), True)):
        catalogue = in_force(load_settings(), day)
        write_summary(batch, NAMES, MADE, "1.0", catalogue)
        page = (batch / "summary.html").read_text()
        assert f"makers, of {catalogue.date}." in page
        assert ("180 days old or older" in page) is old


def test_contact_sheets_show_each_maker_and_those_without_a_name(batch: Path) -> None:
    sheets = write_contact_sheets(batch, NAMES)
    names = sorted(path.name for path in (batch / "contact-sheets").iterdir())
    assert names == ["hikvision-001.jpg", "not-named-001.jpg"]
    assert (sheets.pages, sheets.missing) == (2, 0)


def test_an_empty_batch_has_a_page(tmp_path: Path) -> None:
    with Output(tmp_path / "out", KEY, {}) as output:
        output.finish()
    write_summary(tmp_path / "out", NAMES, MADE, "1.0", CATALOGUE)
    assert "0 surveillance cameras in 0 pictures" in (tmp_path / "out" / "summary.html").read_text()


def test_a_crop_outside_the_picture_is_none() -> None:
    assert crop_of(textured(64, 64), Box(500, 500, 600, 600)) is None


@pytest.mark.parametrize(("value", "top"), [(1, 4), (4, 4), (5, 8), (9, 20), (21, 40), (201, 400)])
def test_axes_end_at_round_numbers(value: int, top: int) -> None:
    assert nice_top(value) == top


def test_charts_of_nothing_and_of_many_makers() -> None:
    assert years_chart([], {}) == ""
    assert map_of([]) == ""
    chart = years_chart([YearCount(2020, f"<{n}>", n + 1) for n in range(9)], {})
    assert "3 others" in chart
    assert "<8>" not in chart


@pytest.mark.parametrize(("latitude", "longitude"), [(89.9, 179.9), (-89.9, -179.9), (0.0, 0.0)])
def test_maps_at_the_ends_of_the_world(latitude: float, longitude: float) -> None:
    spots = [Spot(latitude, longitude, 1, 0), Spot(10.0, 10.0, 5, 5)]
    assert map_of(spots).count("<circle") == 2
