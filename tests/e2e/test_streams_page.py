"""The streams page in Chromium: live tiles, added, changed, checked and removed, with hostile texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from edge.domain import Osd
from edge.errors import StreamFault
from edge.streams.state import PictureFault, StreamState
from tests.support.browser import INJECTION, chromium, watched_page
from tests.support.monitor import INFO, NOON, identified
from tests.support.service import TOKEN, Service, make_settings, photo, running, wait_for

pytestmark = pytest.mark.browser

STREAMS = "/api/v1/streams"
URL = "rtsp://viewer-name:s3cret-word@192.168.1.10/a"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def shared_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    data_dir = tmp_path_factory.mktemp("streams-page") / "data"
    with running(make_settings(data_dir, event_heartbeat_s=0.5)) as started:
        yield started


@pytest.fixture
def service(shared_service: Service) -> Iterator[Service]:
    yield shared_service
    with shared_service.client() as client:
        for stream in client.get(STREAMS).json()["streams"]:
            client.delete(f"{STREAMS}/{stream['id']}")


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with service.client() as made:
        yield made


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    with watched_page(browser, service, "Camid: streams") as opened:
        yield opened


def enter(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/streams#token={TOKEN}")
    page.locator("#open-new").wait_for()


def add(client: httpx.Client, name: str = "Back door", **fields: object) -> str:
    return str(client.post(STREAMS, json={"url": URL, "name": name, **fields}).json()["id"])


def tile(page: Page, name: str) -> Locator:
    return page.locator(".stream", has=page.locator("h2", has_text=name))


def test_eight_streams_live_in_their_tiles(page: Page, service: Service, client: httpx.Client) -> None:
    streams = [add(client, f"Camera {number}") for number in range(8)]
    enter(page, service)
    expect(page.locator(".stream h2")).to_have_text([f"Camera {number}" for number in range(8)])
    expect(page.locator(".state-badge")).to_have_text(["connecting"] * 8)
    for number, stream in enumerate(streams):
        service.monitor.identify(stream, photo(number, 320, 176))
    expect(page.locator(".state-badge")).to_have_text(["asleep"] * 8)
    expect(page.locator(".maker")).to_have_text(["Dahua"] * 8)
    expect(page.locator("#summary")).to_have_text("8 streams · 8 named")
    for shown in page.locator(".stream").all():
        shown.scroll_into_view_if_needed()
        expect(shown.locator("img")).to_be_visible()
        assert shown.locator("img").evaluate("image => image.naturalWidth") == 320
    service.monitor.fail(streams[3], StreamFault.AUTH_FAILED)
    failing = tile(page, "Camera 3")
    expect(failing.locator(".state-badge")).to_have_text("failing")
    expect(failing.locator(".faults")).to_contain_text("Check user name and password")
    expect(page.locator("#summary")).to_have_text("8 streams · 8 named · 1 with faults")
    page.select_option("#filter", "troubled")
    expect(page.locator(".stream:visible h2")).to_have_text(["Camera 3"])


def test_a_newer_picture_takes_the_place_of_the_old(
    page: Page, service: Service, client: httpx.Client
) -> None:
    stream = add(client)
    enter(page, service)
    service.monitor.identify(stream, photo(1, 320, 176))
    image = page.locator(".stream img")
    expect(image).to_be_visible()
    first = image.get_attribute("src")
    service.monitor.look(stream, photo(2, 160, 88), last_look=NOON.replace(minute=1))
    wait_for(lambda: image.evaluate("image => image.naturalWidth") == 160)
    assert image.get_attribute("src") != first


def test_a_stream_is_added_in_the_form_and_no_password_stays_on_the_page(
    page: Page, service: Service
) -> None:
    enter(page, service)
    expect(page.locator("#none")).to_be_visible()
    page.click("#open-new")
    expect(page.locator("#new [name=url]")).to_be_focused()
    page.keyboard.type("rtsp://192.168.1.10/a")
    page.fill("#new [name=name]", "Yard")
    page.fill("#new [name=username]", "viewer-name")
    page.fill("#new [name=password]", "s3cret-word")
    page.select_option("#new [name=vendor]", "dahua")
    page.keyboard.press("Enter")
    expect(page.locator(".stream h2")).to_have_text(["Yard"])
    expect(page.locator("#new")).to_be_hidden()
    expect(page.locator("#none")).to_be_hidden()
    (spec,) = service.monitor.specs.values()
    assert (spec.address.username, spec.address.password) == ("viewer-name", "s3cret-word")
    assert spec.expect.vendor == "dahua"
    assert "s3cret-word" not in page.content()
    assert page.input_value("#new [name=password]") == ""


def test_what_is_refused_is_said_beside_the_form(page: Page, service: Service) -> None:
    enter(page, service)
    page.click("#open-new")
    page.fill("#new [name=url]", "rtsp://8.8.8.8/a")
    page.locator("#new button[type=submit]").click()
    expect(page.locator("#new .error")).to_contain_text("outside the private networks")
    expect(page.locator("#new")).to_be_visible()
    expect(page.locator("#new [name=url]")).to_have_value("rtsp://8.8.8.8/a")


def test_a_camera_is_checked_before_it_is_added_and_after(
    page: Page, service: Service, client: httpx.Client
) -> None:
    enter(page, service)
    page.click("#open-new")
    page.fill("#new [name=url]", URL)
    page.click("#check-new")
    expect(page.locator("#new .report")).to_contain_text("1 check failed. A camera built by Dahua")
    expect(page.locator("#new .checks .failed")).to_have_text(["failedKey frames: one every 16.0 s"])
    assert client.get(STREAMS).json() == {"streams": []}
    add(client)
    page.locator(".stream .check").click()
    report = page.locator(".stream .report")
    expect(report.locator(".checks .passed").first).to_be_visible()
    report.locator("button").click()
    expect(report).to_be_hidden()


def test_name_expectation_and_password_can_be_changed(
    page: Page, service: Service, client: httpx.Client
) -> None:
    stream = add(client, expect={"model": "IPC"})
    service.monitor.identify(stream)
    enter(page, service)
    page.locator(".stream .change").click()
    expect(page.locator("#change [name=name]")).to_have_value("Back door")
    page.fill("#change [name=name]", "Front door")
    page.fill("#change [name=password]", "0ther-word")
    page.select_option("#change [name=vendor]", "hikvision")
    page.locator("#change button[type=submit]").click()
    expect(page.locator("#change")).to_be_hidden()
    expect(page.locator(".stream h2")).to_have_text(["Front door"])
    expect(page.locator(".stream .faults")).to_have_text("Maker: Dahua; expected Hikvision")
    spec = service.monitor.specs[stream]
    assert (spec.address.username, spec.address.password) == ("viewer-name", "0ther-word")
    assert (spec.expect.vendor, spec.expect.model) == ("hikvision", "IPC")
    page.locator(".stream .change").click()
    expect(page.locator("#change [name=password]")).to_have_value("")
    page.locator("#change [name=forget]").check()
    page.locator("#change button[type=submit]").click()
    expect(page.locator("#change")).to_be_hidden()
    assert not service.monitor.specs[stream].address.has_credentials


def test_a_stream_is_paused_resumed_and_removed(page: Page, service: Service, client: httpx.Client) -> None:
    add(client)
    enter(page, service)
    page.locator(".stream .pause").click()
    expect(page.locator(".state-badge")).to_have_text("off")
    expect(page.locator(".stream .pause")).to_have_text("Resume")
    page.locator(".stream .pause").click()
    expect(page.locator(".stream .pause")).to_have_text("Pause")
    page.locator(".stream .remove").click()
    expect(page.locator("#removal .what")).to_contain_text("“Back door”")
    page.keyboard.press("Escape")
    expect(page.locator(".stream")).to_have_count(1)
    page.locator(".stream .remove").click()
    page.locator("#removal button[type=submit]").click()
    expect(page.locator(".stream")).to_have_count(0)
    assert client.get(STREAMS).json() == {"streams": []}


def test_hostile_texts_stay_texts(page: Page, service: Service, client: httpx.Client) -> None:
    stream = add(client, INJECTION)
    service.monitor.look(
        stream,
        state=StreamState.FAILING,
        message=INJECTION,
        fault=StreamFault.CORRUPT,
        identification=identified(value=INJECTION),
        osd=Osd(INJECTION, INJECTION),
        overlay_by=INJECTION,
        intermediary=INJECTION,
        picture_faults=(PictureFault.BLACK,),
        info=INFO,
    )
    enter(page, service)
    shown = page.locator(".stream")
    expect(shown.locator("h2")).to_have_text(INJECTION)
    for place in (".sentence", ".faults", ".facts >> nth=0"):
        expect(shown.locator(place)).to_contain_text(INJECTION)
    shown.locator(".change").click()
    page.locator("#change .close").click()
    shown.locator(".remove").click()
    expect(page.locator("#removal .what")).to_contain_text(INJECTION)
    assert page.locator("img[src='x']").count() == 0


def test_a_lost_connection_is_said_and_found_again(browser: Browser, tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "data")
    with browser.new_context() as context:
        page = context.new_page()
        with running(settings) as service, service.client() as client:
            add(client)
            enter(page, service)
            expect(page.locator(".stream")).to_have_count(1)
            port = int(service.url.rpartition(":")[2])
        expect(page.locator("#state")).to_contain_text("What is shown may be old")
        expect(page.locator("#tiles")).to_have_class("stale")
        expect(page.locator(".stream")).to_have_count(1)
        with running(make_settings(tmp_path / "data", port=port)) as service, service.client() as client:
            add(client, "Yard")
            expect(page.locator(".stream")).to_have_count(2, timeout=20_000)
            expect(page.locator("#state")).to_have_text("")
            expect(page.locator("#tiles")).not_to_have_class("stale")


def test_silence_is_taken_for_a_lost_connection(browser: Browser, tmp_path: Path) -> None:
    """As after the sleep of a machine: no error comes, only the signs of life are missing."""
    asked: list[str] = []
    with (
        running(make_settings(tmp_path, event_heartbeat_s=600)) as service,
        browser.new_context() as context,
    ):
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.route("**/streams", _impatient)
        enter(page, service)
        wait_for(lambda: page.wait_for_timeout(50) or sum(url.endswith("/events") for url in asked) > 1)


def _impatient(route: Route) -> None:
    answer = route.fetch()
    body = re.sub('data-silence="[^"]*"', 'data-silence="0.2"', answer.text())
    route.fulfill(response=answer, body=body)


def test_it_fits_a_narrow_screen(browser: Browser, service: Service, client: httpx.Client) -> None:
    stream = add(client, "A long name of a camera, " * 4 + "x" * 60)
    service.monitor.identify(stream, photo(1, 320, 176))
    with browser.new_context(viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        enter(page, service)
        page.locator(".stream").wait_for()
        page.click("#open-new")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_one_navigation_leads_from_page_to_page(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/#token={TOKEN}")
    page.locator("#drop").wait_for()
    page.get_by_role("link", name="Streams").click()
    page.locator("#open-new").wait_for()
    expect(page.get_by_role("link", name="Streams")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Photos").click()
    page.locator("#drop").wait_for()
    page.go_back()
    page.locator("#open-new").wait_for()


def test_a_wrong_token_is_said(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/streams")
    expect(page.locator("#token")).to_be_focused()
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#token-error")).to_contain_text("not the token")
    page.keyboard.type(TOKEN)
    page.keyboard.press("Enter")
    expect(page.locator("#none")).to_be_visible()
