"""Every page under axe-core, at phone and desk width: nothing serious, nothing critical."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from edge.service.page import PAGES
from tests.support.browser import chromium
from tests.support.pictures import jpeg
from tests.support.service import TOKEN, Service, StandIn, make_settings, running, street

pytestmark = pytest.mark.browser

NAVIGATION = (PAGES / "templates" / "nav.html").read_text("utf-8")
ADDRESSES = re.findall(r'\("(/[a-z]*)", "nav\.', NAVIGATION)
SCREENS = [(360, 740, "light"), (1280, 800, "dark")]
LET_IN = "() => !document.querySelector('#work')?.hidden"
"""The page takes the token, or wants none."""
GRAVE = {"serious", "critical"}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = make_settings(tmp_path_factory.mktemp("axe") / "data")
    with running(settings, StandIn(value="HIKVISION")) as started:
        started.send(("street.jpg", jpeg(street(800, 500))))
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@contextmanager
def screen(browser: Browser, width: int, height: int, scheme: str, locale: str = "en-GB") -> Iterator[Page]:
    size = {"width": width, "height": height}
    colours: Literal["dark", "light"] = "dark" if scheme == "dark" else "light"
    with browser.new_context(
        viewport=size, color_scheme=colours, reduced_motion="reduce", locale=locale
    ) as context:
        yield context.new_page()


@pytest.mark.parametrize(("width", "height", "scheme"), SCREENS)
def test_no_page_has_a_serious_violation(
    browser: Browser, service: Service, width: int, height: int, scheme: str
) -> None:
    assert "/" in ADDRESSES
    found: list[str] = []
    with screen(browser, width, height, scheme) as page:
        for address in ADDRESSES:
            page.goto(f"{service.url}{address}#token={TOKEN}")
            page.wait_for_function(LET_IN)
            found += [f"{address}: {one}" for one in _grave(page)]
            if _width(page) > width:
                found.append(f"{address} is wider than the screen")
    assert found == []


@pytest.mark.parametrize(("width", "height", "scheme"), SCREENS)
def test_a_result_and_what_it_opens_have_none(
    browser: Browser, service: Service, width: int, height: int, scheme: str, tmp_path: Path
) -> None:
    photo, text = tmp_path / "street.jpg", tmp_path / "text.jpg"
    photo.write_bytes(jpeg(street(800, 500)))
    text.write_text("no picture")
    with screen(browser, width, height, scheme, locale="uk-UA") as page:
        page.goto(f"{service.url}/#token={TOKEN}")
        page.locator("#drop").wait_for()
        page.set_input_files("#files", [photo, text])
        expect(page.locator("article[data-state=answered]")).to_have_count(1, timeout=30_000)
        page.locator(".advisories:visible summary").click()
        assert _grave(page) == []
        assert _width(page) <= width
        page.locator(".delete:visible").click()
        assert _grave(page) == []


def test_the_question_for_the_token_has_none(browser: Browser, service: Service) -> None:
    with screen(browser, *SCREENS[0]) as page:
        page.goto(service.url)
        page.locator("#token-form").wait_for()
        assert _grave(page) == []


def _width(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


def _grave(page: Page) -> list[str]:
    """The rule and the places of each violation that is serious or worse."""
    response = Axe().run(page).response
    return [
        f"{one['id']} {[node['target'] for node in one['nodes']]}"
        for one in response["violations"]
        if one["impact"] in GRAVE
    ]
