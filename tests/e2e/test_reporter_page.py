"""The reporter's page as an app on a phone: bad networks, restarts, new versions, three languages."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.support.browser import ARGUMENTS, CHROMIUM, chromium
from tests.support.cutting import UNANSWERED, bad_network
from tests.support.pictures import jpeg
from tests.support.service import TOKEN, Service, StandIn, make_settings, photo, running, street

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True}
IMPATIENT = "setInterval(() => dispatchEvent(new Event('online')), 50)"
"""The network is back again and again: nothing waits for the next try."""
MOST_BYTES = 300_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(make_settings(tmp_path / "data"), StandIn(value="HIKVISION")) as started:
        yield started


@pytest.fixture
def street_photo(tmp_path: Path) -> Path:
    path = tmp_path / "street.jpg"
    path.write_bytes(jpeg(street(800, 500)))
    return path


@pytest.fixture
def no_picture(tmp_path: Path) -> Path:
    path = tmp_path / "text.jpg"
    path.write_text("no picture")
    return path


@contextmanager
def phone(browser: Browser, **options: Any) -> Iterator[Page]:
    with browser.new_context(**{**PHONE, **options}) as context:
        yield opened(context)


def opened(context: BrowserContext) -> Page:
    context.set_default_timeout(30_000)
    return context.new_page()


def enter(page: Page, url: str) -> None:
    page.goto(f"{url}/#token={TOKEN}")
    page.locator("#drop").wait_for()


def answered(page: Page, count: int = 1) -> None:
    expect(page.locator("article[data-state=answered]")).to_have_count(count, timeout=30_000)


def hash_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def rows(service: Service) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(service.data_dir / "camid.sqlite")) as connection:
        return connection.execute("SELECT name, sha256 FROM photos ORDER BY name").fetchall()


def shell_ready(page: Page) -> None:
    page.evaluate("navigator.serviceWorker.ready")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")


def test_an_upload_that_breaks_ten_times_arrives_once(
    browser: Browser, service: Service, tmp_path: Path
) -> None:
    large = tmp_path / "large.jpg"
    large.write_bytes(photo(1, 1600, 1000))
    size = large.stat().st_size
    assert size > 100_000
    sends = (0, 300, 2000, size // 3, size // 2, size - 10, UNANSWERED)
    plan = (*sends, 0, 50, UNANSWERED)  # the last three break the question what became of it
    watched = (b"POST /api/v1/photos", b"GET /api/v1/photos/sent/")
    with bad_network(service.url, watched) as network, phone(browser) as page:
        enter(page, network.url)
        page.evaluate(IMPATIENT)
        # Each send but the first is preceded by the question whether an earlier one arrived, which passes.
        network.plan.extend(plan)
        page.set_input_files("#files", large)
        answered(page)
        assert network.plan == []
        assert network.cuts == 10
    assert rows(service) == [("large.jpg", hash_of(large))]


def test_the_queue_survives_a_restart_of_the_browser(
    browser: Browser, service: Service, street_photo: Path, tmp_path: Path
) -> None:
    def started() -> BrowserContext:
        return browser.browser_type.launch_persistent_context(
            tmp_path / "profile", executable_path=CHROMIUM, args=ARGUMENTS, **PHONE
        )

    other = tmp_path / "other.jpg"
    other.write_bytes(photo(3))
    with started() as context:
        page = opened(context)
        enter(page, service.url)
        context.set_offline(True)
        page.set_input_files("#files", [street_photo, other])
        expect(page.locator("#state")).to_contain_text("2 photos are kept on this device")
    assert rows(service) == []
    sent = [(file.name, hash_of(file)) for file in (other, street_photo)]
    with started() as context:
        page = opened(context)
        page.goto(service.url)
        expect(page.locator("#state")).to_contain_text("2 photos wait on this device")
        page.locator("#token").fill(TOKEN)
        page.keyboard.press("Enter")
        answered(page, 2)
        assert rows(service) == sent
        page.reload()
        answered(page, 2)
    assert rows(service) == sent


def test_without_a_network_it_starts_and_takes_photos(
    browser: Browser, service: Service, street_photo: Path
) -> None:
    with phone(browser) as page:
        enter(page, service.url)
        shell_ready(page)
        page.context.set_offline(True)
        page.reload()
        page.locator("#drop").wait_for()
        page.set_input_files("#files", street_photo)
        expect(page.locator("#state")).to_contain_text("No connection to the service: 1 photo is kept")
        expect(page.locator("article .doing")).to_have_text("Waiting to be sent")
        page.context.set_offline(False)
        answered(page)
        expect(page.locator(".camera .name").first).to_have_text("Hikvision")
        kept = page.evaluate(
            """async () => {
              const all = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
              const requests = (await Promise.all(all.map((cache) => cache.keys()))).flat();
              return requests.map(({ url }) => new URL(url).pathname);
            }"""
        )
        assert "/static/camid.js" in kept
        assert all(path == "/" or path.startswith("/static/") for path in kept)


def test_a_new_version_is_offered_and_takes_over_whole(browser: Browser, tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "data", max_photo_bytes=11_000_000)
    with phone(browser) as page:
        with running(settings) as before:
            enter(page, before.url)
            shell_ready(page)
            expect(page.locator("#drop")).to_contain_text("11 MB")
        port = int(before.url.rpartition(":")[2])
        with running(make_settings(tmp_path / "data", max_photo_bytes=22_000_000, port=port)):
            page.reload()
            expect(page.locator("#drop")).to_contain_text("11 MB")
            page.get_by_role("button", name="Load it").click()
            expect(page.locator("#drop")).to_contain_text("22 MB")
            expect(page.locator("#update")).to_be_hidden()
            assert len(page.evaluate("caches.keys()")) == 1


def test_the_first_load_is_small(browser: Browser, service: Service) -> None:
    with bad_network(service.url) as network, phone(browser) as page:
        enter(page, network.url)
        shell_ready(page)
        page.wait_for_load_state("networkidle")
        assert 10_000 < network.received <= MOST_BYTES


def test_a_full_storage_is_said_and_the_photo_sent_all_the_same(
    browser: Browser, service: Service, street_photo: Path
) -> None:
    with phone(browser) as page:
        enter(page, service.url)
        shell_ready(page)
        quota = {"origin": service.url, "quotaSize": 1}
        page.context.new_cdp_session(page).send("Storage.overrideQuotaForOrigin", quota)
        page.context.set_offline(True)
        page.set_input_files("#files", street_photo)
        expect(page.locator("article .warning")).to_contain_text("The storage of this device is full")
        page.context.set_offline(False)
        answered(page)
        expect(page.locator("article .warning")).to_be_hidden()
    assert len(rows(service)) == 1


def test_two_tabs_send_a_photo_once_and_both_show_what_became_of_theirs(
    browser: Browser, service: Service, street_photo: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.jpg"
    other.write_bytes(photo(3))
    with phone(browser) as first:
        second = first.context.new_page()
        for tab in (first, second):
            enter(tab, service.url)
        first.context.set_offline(True)
        for tab, file in ((first, street_photo), (second, other)):
            tab.set_input_files("#files", file)
            expect(tab.locator("article .doing")).to_have_text("Waiting to be sent")
        expect(first.locator("#state")).to_contain_text("No connection")
        first.context.set_offline(False)
        answered(first, 2)
        answered(second)
    assert [name for name, _ in rows(service)] == ["other.jpg", "street.jpg"]


def test_what_the_browser_clears_is_sent_from_memory_or_said_to_be_lost(
    browser: Browser, service: Service, street_photo: Path
) -> None:
    with phone(browser) as page:
        enter(page, service.url)
        shell_ready(page)
        page.context.set_offline(True)
        page.set_input_files("#files", street_photo)
        expect(page.locator("article .doing")).to_have_text("Waiting to be sent")
        clear_storage(page, service)
        page.context.set_offline(False)
        answered(page)
        assert len(rows(service)) == 1
        page.context.set_offline(True)
        page.reload()
        page.locator("#drop").wait_for()
        page.set_input_files("#files", street_photo)
        expect(page.locator("article .doing")).to_have_text("Waiting to be sent")
        page.reload()
        expect(page.locator("article .doing")).to_have_text("Waiting to be sent")
        clear_storage(page, service)
        page.context.set_offline(False)
        expect(page.locator("article .error:visible")).to_contain_text("not on this device any more")
    assert len(rows(service)) == 1


def clear_storage(page: Page, service: Service) -> None:
    which = {"origin": service.url, "storageTypes": "indexeddb"}
    page.context.new_cdp_session(page).send("Storage.clearDataForOrigin", which)


def test_a_photo_that_never_gets_through_holds_up_no_other(
    browser: Browser, service: Service, street_photo: Path, tmp_path: Path
) -> None:
    stuck = tmp_path / "stuck.jpg"
    stuck.write_bytes(photo(3))

    def cut(route: Route) -> None:
        if b"stuck.jpg" in (route.request.post_data_buffer or b""):
            route.abort()
        else:
            route.continue_()

    with phone(browser) as page:
        page.route("**/api/v1/photos", cut)
        enter(page, service.url)
        page.evaluate(IMPATIENT)
        page.set_input_files("#files", [stuck, street_photo])
        answered(page)
        assert [name for name, _ in rows(service)] == ["street.jpg"]
        page.unroute("**/api/v1/photos")
        answered(page, 2)
    assert len(rows(service)) == 2


def test_a_file_that_is_gone_is_said_to_be(browser: Browser, service: Service, street_photo: Path) -> None:
    with phone(browser) as page:
        enter(page, service.url)
        shell_ready(page)
        quota = {"origin": service.url, "quotaSize": 1}
        page.context.new_cdp_session(page).send("Storage.overrideQuotaForOrigin", quota)
        page.context.set_offline(True)
        page.set_input_files("#files", street_photo)
        expect(page.locator("article .warning")).to_be_visible()
        street_photo.unlink()
        page.context.set_offline(False)
        expect(page.locator("article .error:visible")).to_contain_text("can no longer be read")


def test_the_browsers_language_is_taken_and_another_one_kept(
    browser: Browser, service: Service, street_photo: Path, no_picture: Path
) -> None:
    with phone(browser, locale="ro-RO") as page:
        enter(page, service.url)
        expect(page.locator("html")).to_have_attribute("lang", "ro")
        expect(page.locator("#drop strong")).to_have_text("Alege fotografii")
        page.set_input_files("#files", [street_photo, no_picture])
        answered(page)
        expect(page.locator(".camera .sentence").first).to_contain_text("aici se poate citi „HIKVISION”")
        expect(page.locator("article .error:visible")).to_contain_text("Aceasta nu este o imagine")
        page.locator("#language").select_option("uk")
        expect(page.locator("#drop strong")).to_have_text("Вибрати фото")
        answered(page)
        expect(page.locator(".camera .sentence").first).to_contain_text("тут можна прочитати «HIKVISION»")
        expect(page.locator("article .error:visible")).to_contain_text("Це не зображення")
        expect(page.locator("article[data-state=answered] header .facts")).to_contain_text("3 камери")
        page.goto(f"{service.url}/streams")
        expect(page.locator("html")).to_have_attribute("lang", "en")


def test_a_language_that_there_is_not_gives_english(browser: Browser, service: Service) -> None:
    with phone(browser, locale="fi-FI") as page:
        enter(page, service.url)
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.locator("#drop strong")).to_have_text("Choose photos")


def test_what_was_refused_is_sent_again_or_taken_away(
    browser: Browser, service: Service, no_picture: Path
) -> None:
    with phone(browser) as page:
        enter(page, service.url)
        page.set_input_files("#files", no_picture)
        error = page.locator("article .error:visible")
        expect(error).to_contain_text("no picture")
        page.reload()
        expect(error).to_contain_text("no picture")
        with page.expect_response("**/api/v1/photos"):
            page.get_by_role("button", name="Send again").click()
        expect(error).to_contain_text("no picture")
        page.get_by_role("button", name="Remove from this device").click()
        expect(page.locator("article")).to_have_count(0)
        page.reload()
        page.locator("#drop").wait_for()
        expect(page.locator("article")).to_have_count(0)


def test_by_keyboard_alone_a_photo_is_sent_read_and_deleted(
    browser: Browser, service: Service, street_photo: Path
) -> None:
    with phone(browser, has_touch=False, is_mobile=False) as page:
        page.on("filechooser", lambda chooser: chooser.set_files(street_photo))
        page.goto(service.url)
        expect(page.locator("#token")).to_be_focused()
        page.keyboard.type(TOKEN)
        page.keyboard.press("Enter")
        page.locator("#drop").wait_for()
        tab_to(page, "#files")
        page.keyboard.press("Enter")
        answered(page)
        expect(page.locator("#heard")).to_have_text("street.jpg: 3 cameras")
        tab_to(page, "summary")
        page.keyboard.press("Enter")
        expect(page.locator(".advisories li").first).to_be_visible()
        tab_to(page, ".delete")
        page.keyboard.press("Enter")
        expect(page.locator("#removal .what")).to_contain_text("street.jpg")
        page.keyboard.press("Escape")
        expect(page.locator(".delete")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#removal .danger")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("article")).to_have_count(0)
        expect(page.locator("#heard")).to_have_text("“street.jpg” was deleted.")
        expect(page.locator("#files")).to_be_focused()
        assert rows(service) == []
        assert service.stored() == set()
        page.reload()
        page.locator("#drop").wait_for()
        expect(page.locator("article")).to_have_count(0)


def tab_to(page: Page, place: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("place => document.activeElement.matches(place)", place):
            return
    raise AssertionError(f"{place} cannot be reached")


def test_advice_is_shown_in_words_where_there_are_any(
    browser: Browser, service: Service, street_photo: Path
) -> None:
    def with_advice(route: Route) -> None:
        body = route.fetch().json()
        known = {"code": "lettering_small", "values": {"height": 9, "times": 3}, "promised": False}
        unknown = {"code": "not_known_here", "values": {}, "promised": False}
        body["photos"][0]["cameras"][2]["advice"] = [known, unknown]
        route.fulfill(json=body)

    with phone(browser) as page:
        page.route("**/api/v1/photos", with_advice)
        enter(page, service.url)
        page.set_input_files("#files", street_photo)
        answered(page)
        advice = "The lettering is 9 px high: step closer or zoom 3×."
        expect(page.locator(".camera").nth(2).locator(".advice li")).to_have_text([advice])
