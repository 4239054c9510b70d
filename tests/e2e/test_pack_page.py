"""The page of an evidence pack in Chromium, opened from the disk: it asks for nothing and fits."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from edge.media.photo import decode
from edge.report.contract import photo_contract
from edge.report.pack import PackMaker
from edge.report.pack_parts import PackOptions, PackPhoto
from edge.settings import load_settings
from edge.vendors.age import Ageing
from edge.vendors.catalogue import load_catalogue
from tests.support.browser import INJECTION, chromium
from tests.support.pictures import jpeg
from tests.support.service import report_on, street

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pack")
    data = jpeg(street(800, 500))
    picture = decode(data, f"{INJECTION}.jpg", load_settings())
    found = report_on(picture, INJECTION)
    answer = photo_contract(replace(found, models={"detector": "3c" * 32, "housing": "4d" * 32}))
    maker = PackMaker(load_catalogue(), None, PackOptions(), "1", Ageing(date(2026, 12, 1), 180))
    maker.write([PackPhoto(data, picture, answer), PackPhoto(data, picture, answer)], folder / "pack.zip")
    with zipfile.ZipFile(folder / "pack.zip") as archive:
        return Path(archive.extract("report.html", folder))


@pytest.mark.parametrize("width", [360, 1280])
def test_it_asks_for_nothing_and_is_no_wider_than_the_screen(
    browser: Browser, report: Path, width: int
) -> None:
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        asked: list[str] = []
        faults: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: faults.append(message.text))
        page.goto(report.as_uri())
        assert [one for one in asked if not one.startswith("data:")] == [report.as_uri()]
        assert faults == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        shown = page.locator("img").evaluate_all(
            "all => all.map(one => one.complete && one.naturalWidth > 0)"
        )
        assert shown
        assert all(shown)
        assert page.title() == "Evidence on cameras in 2 photos"
        assert page.locator(".camera").count() == 6
