"""The catalogue page in Chromium: searched, filtered, linked to, by keyboard, on a phone, when it is old."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.vendors.catalogue import load_catalogue
from edge.vendors.own import OwnVendor, own_gallery, write_own
from edge.vendors.signed import seal
from edge.vendors.update import update
from tests.support.browser import INJECTION, chromium, watched_page
from tests.support.service import TOKEN, Service, make_settings, photo, running
from tests.support.signed import KEY, files, written

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(make_settings(tmp_path_factory.mktemp("catalogue") / "data")) as started:
        yield started


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    with watched_page(browser, service, "Camid: catalogue") as opened:
        enter(opened, service)
        yield opened


def enter(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/catalogue#token={TOKEN}")
    expect(page.locator("#summary")).to_contain_text("brands")


def shown(page: Page) -> set[str]:
    ids: list[str] = page.locator(".brand:visible").evaluate_all("all => all.map((one) => one.id)")
    return {one.removeprefix("maker-") for one in ids}


def test_every_brand_is_there_and_found_by_any_of_its_names(page: Page) -> None:
    brands = load_catalogue().brands
    assert shown(page) == set(brands)
    for words, brand in (("HIK vision", "hikvision"), ("海康", "hikvision"), ("two_m", "two_m_cctv")):
        page.fill("[name=words]", words)
        assert brand in shown(page)
        assert len(shown(page)) < len(brands) / 2
    expect(page.locator("#summary")).to_have_text(re.compile(rf"^\d+ of {len(brands)} brands$"))
    page.fill("[name=words]", "no such maker")
    expect(page.locator(".none")).to_be_visible()


def test_it_is_filtered_by_where_facts_are_from_and_by_what_camid_has(page: Page) -> None:
    catalogue = load_catalogue()
    wanted = {
        brand.id
        for brand in catalogue.brands.values()
        for one in catalogue.advisories_for(brand.id, brand.platform if brand.platform_known else None)
        if one.jurisdiction == "Taiwan"
    }
    page.select_option("[name=where]", "Taiwan")
    assert shown(page) == wanted
    page.select_option("[name=kind]", "CVE")
    assert shown(page) == set()
    page.select_option("[name=where]", "")
    page.select_option("[name=kind]", "")
    page.select_option("[name=told]", "answers")
    assert {"hikvision", "dahua"} <= shown(page)
    assert "ajax" not in shown(page)


def test_a_brand_has_an_address_of_its_own(page: Page, service: Service) -> None:
    page.fill("[name=words]", "hikvision")
    page.goto(f"{service.url}/catalogue#lorex")
    lorex = page.locator("#maker-lorex")
    expect(lorex.locator(".built")).to_have_text("The hardware is built by Dahua.")
    expect(lorex.locator("summary")).to_be_focused()
    assert lorex.locator(".link").get_attribute("href") == "/catalogue#lorex"
    page.goto(f"{service.url}/catalogue#dahua")
    page.click("#maker-dahua .sells a:text-is('Amcrest')")
    expect(page.locator("#maker-amcrest .built")).to_be_visible()
    assert page.url.endswith("#amcrest")


def test_what_camid_has_is_what_its_data_hold(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/catalogue#hikvision")
    told = page.locator("#maker-hikvision .tells dl")
    expect(told).to_contain_text("“HIKVISION”, “海康威视”")
    expect(told).to_contain_text("“11-28-2026 Sat 14:05:09”, “Camera 01”")
    expect(page.locator("#maker-hikvision .clock")).to_have_text("11-28-2026 Sat 14:05:09")
    expect(page.locator("#maker-hikvision .drawings .lettering").first).to_have_text("HIKVISION")
    page.goto(f"{service.url}/catalogue#ring")
    expect(page.locator("#maker-ring .limits")).to_contain_text("only an exact and certain reading counts")


def test_it_works_by_keyboard(page: Page) -> None:
    page.focus("[name=words]")
    page.keyboard.type("lorex")
    for _ in range(5):
        page.keyboard.press("Tab")
    expect(page.locator("#maker-lorex summary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#maker-lorex .body h3").first).to_be_visible()


def test_it_fits_a_phone_and_speaks_its_language(browser: Browser, service: Service) -> None:
    with browser.new_context(viewport={"width": 360, "height": 740}, locale="uk-UA") as context:
        page = context.new_page()
        page.goto(f"{service.url}/catalogue#token={TOKEN}")
        expect(page.locator("#summary")).to_have_text("243 марки з 243")
        for brand in ("hikvision", "lorex"):
            page.goto(f"{service.url}/catalogue#{brand}")
            expect(page.locator(f"#maker-{brand} .body h3").first).to_have_text("Хто її виробляє")
        page.click("#how summary")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_an_old_catalogue_says_so_at_every_fact_and_its_texts_stay_texts(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("old")
    settings = make_settings(folder / "data")
    old = files("2001-01-01")
    linked = re.sub(r"(?m)^kev = .*", 'kev = "https://example.org/kev"', old["advisories.toml"])
    file = written(folder / "old.camid", seal({**old, "advisories.toml": linked}, KEY))
    update(settings.data_dir, file, [KEY.public_key()], force_older=True)
    own_gallery(settings).mkdir(parents=True)
    write_own(own_gallery(settings), [OwnVendor("mine", INJECTION, (INJECTION,))])
    with running(settings) as service, watched_page(browser, service, "Camid: catalogue") as page:
        enter(page, service)
        expect(page.locator("#state")).to_contain_text("installed by whoever runs")
        expect(page.locator("#old")).to_contain_text("The catalogue of 2001-01-01 is 180 days old or older")
        page.goto(f"{service.url}/catalogue#hikvision")
        facts = page.locator("#maker-hikvision .facts-list li")
        expect(facts.locator(".aged")).to_have_count(facts.count())
        link = page.locator("#maker-hikvision .facts-list a").first
        assert link.get_attribute("href") == "https://example.org/kev"
        assert (link.get_attribute("rel"), link.get_attribute("target")) == ("noopener noreferrer", "_blank")
        page.goto(f"{service.url}/catalogue#mine")
        expect(page.locator("#maker-mine h2")).to_have_text(INJECTION)
        expect(page.locator("#maker-mine .badge")).to_have_text("enrolled here")


def test_a_photos_facts_say_of_when_they_are_and_that_they_are_old(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = make_settings(tmp_path_factory.mktemp("photo") / "data")
    with running(settings) as service, watched_page(browser, service, "Camid") as page:
        for year, old in (("2026", 0), ("2029", 1)):
            page.clock.set_fixed_time(f"{year}-12-01T12:00:00Z")
            page.goto(f"{service.url}/#token={TOKEN}")
            expect(page.locator("#work")).to_be_visible()
            page.set_input_files(
                "#files", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo(int(year))}
            )
            facts = page.locator(".photo").first.locator(".advisories li")
            expect(facts).to_contain_text(["catalogue of 2026-11-28"])
            expect(facts.locator(".aged")).to_have_count(old)
