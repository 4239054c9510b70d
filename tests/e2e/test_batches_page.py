"""The batches page in Chromium: started, followed, paused, asked and removed, with hostile names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.batches import (
    BATCHES,
    HELD,
    HoldingStandIn,
    make_folder,
    make_zip,
    send,
    start,
    until,
)
from tests.support.browser import INJECTION, chromium, watched_page
from tests.support.service import TOKEN, Service, make_settings, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("batches-page") / "archive"
    make_folder(made / "2024" / "may", photos=20)
    make_folder(made / "slow", photos=12, first=40, name=HELD + "{}.jpg")
    (made / "2024" / "notes.txt").write_text("no picture")
    return made


@pytest.fixture(scope="module")
def shared_service(root: Path) -> Iterator[Service]:
    models = HoldingStandIn(value="HIKVISION")
    settings = make_settings(
        root.parent / "data", batch_roots=(root,), batch_part_rows=2, event_heartbeat_s=0.5,
        batch_max_upload_bytes=1_000_000,
    )  # fmt: skip
    with running(settings, models) as started:
        yield started
        models.release.set()


@pytest.fixture
def service(shared_service: Service) -> Iterator[Service]:
    held(shared_service).release.clear()
    yield shared_service
    held(shared_service).release.set()
    with shared_service.client() as client:
        for batch in client.get(BATCHES).json()["batches"]:
            client.delete(f"{BATCHES}/{batch['id']}")


def held(service: Service) -> HoldingStandIn:
    assert isinstance(service.models, HoldingStandIn)
    return service.models


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with service.client() as made:
        yield made


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    with watched_page(browser, service, "Camid: batches") as opened:
        yield opened


def enter(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/batches#token={TOKEN}")
    page.locator("#open-new").wait_for()


def card(page: Page, name: str) -> Locator:
    return page.locator(".batch", has=page.locator("h2", has_text=name))


def test_a_folder_is_started_followed_and_asked(page: Page, service: Service) -> None:
    enter(page, service)
    expect(page.locator("#none")).to_be_visible()
    page.click("#open-new")
    expect(page.locator("#from-folder [name=folder]")).to_be_focused()
    page.keyboard.type("2024")
    page.fill("#from-folder [name=name]", "Last year")
    page.keyboard.press("Enter")
    one = card(page, "Last year")
    expect(one.locator(".state-badge")).to_have_text("done")
    expect(one.locator(".counts")).to_have_text("20 photos · 60 cameras · 20 named · 1 without an answer")
    assert one.locator("progress").evaluate("bar => bar.value / bar.max") == 1
    one.locator(".show").click()
    expect(one.locator(".found")).to_have_text("The first 50 cameras, by photo")
    one.locator(".more").click()
    expect(one.locator("tbody tr")).to_have_count(60)
    one.locator("[data-filter='verdict=identified']").click()
    expect(one.locator("tbody tr")).to_have_count(20)
    expect(one.locator("tbody .maker").first).to_contain_text("Hikvision")
    expect(one.locator("tbody .because").first).to_have_text("“HIKVISION” was read")
    expect(one.locator("tbody .place").first).to_have_text("may/000.jpg")
    picture = one.locator("tbody img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    one.locator("summary").click()
    expect(one.locator(".unreadable li")).to_contain_text("notes.txt")


def test_a_wrong_filter_is_explained_and_a_right_one_found_in_the_box(
    page: Page, service: Service, client: httpx.Client
) -> None:
    until(client, start(client, "2024"))
    enter(page, service)
    one = card(page, "2024")
    one.locator(".show").click()
    expect(one.locator("tbody tr")).to_have_count(50)
    one.locator("[name=filter]").fill("colour=red")
    one.locator("[name=filter]").press("Enter")
    expect(one.locator(".results .error")).to_contain_text("“colour” is no field")
    one.locator("[name=filter]").fill('place ~ "019" and camera=0')
    one.locator("[name=filter]").press("Enter")
    expect(one.locator("tbody tr")).to_have_count(1)
    expect(one.locator(".results .error")).to_have_text("")
    one.locator("[name=filter]").fill("vendor=nobody")
    one.locator("[name=filter]").press("Enter")
    expect(one.locator(".found")).to_have_text("No camera fits.")


@pytest.mark.parametrize("name", ["summary.html", "cameras.geojson", "cameras.csv", "cameras.jsonl"])
def test_everything_can_be_saved(page: Page, service: Service, client: httpx.Client, name: str) -> None:
    until(client, start(client, "2024"))
    enter(page, service)
    card(page, "2024").locator(".show").click()
    with page.expect_download() as saved:
        page.locator(f"[data-export='{name}']").click()
    assert saved.value.suggested_filename == name
    assert saved.value.path().stat().st_size > 40


def test_a_batch_is_paused_resumed_and_cancelled(page: Page, service: Service, client: httpx.Client) -> None:
    start(client, "slow")
    assert held(service).holding.acquire(timeout=20)
    enter(page, service)
    one = card(page, "slow")
    expect(one.locator(".state-badge")).to_have_text("running")
    one.locator(".pause").click()
    expect(one.locator(".state-badge")).to_have_text("about to pause")
    held(service).release.set()
    expect(one.locator(".state-badge")).to_have_text("paused")
    one.locator(".resume").click()
    expect(one.locator(".state-badge")).to_have_text("done")
    expect(one.locator(".pause")).to_be_hidden()
    expect(one.locator(".resume")).to_have_text("Look for new files")


def test_an_archive_is_sent(page: Page, service: Service, tmp_path: Path) -> None:
    archive = tmp_path / "May.zip"
    archive.write_bytes(make_zip())
    enter(page, service)
    page.click("#open-new")
    page.set_input_files("#from-archive [name=archive]", archive)
    page.click("#from-archive [type=submit]")
    one = card(page, "May.zip")
    expect(one.locator(".counts")).to_have_text("4 photos · 12 cameras · 4 named")
    expect(page.locator("#new")).to_be_hidden()


def test_what_is_no_archive_or_too_large_is_refused_in_the_form(
    page: Page, service: Service, tmp_path: Path
) -> None:
    text, large = tmp_path / "notes.zip", tmp_path / "large.zip"
    text.write_text("no archive")
    large.write_bytes(b"PK\x03\x04" + bytes(1_500_000))
    enter(page, service)
    page.click("#open-new")
    for path, message in (
        (text, "What was sent is no archive"),
        (large, "large.zip has 1.5 MB; at most 1.0 MB"),
    ):
        page.set_input_files("#from-archive [name=archive]", path)
        page.click("#from-archive [type=submit]")
        expect(page.locator("#from-archive .error")).to_contain_text(message)
    page.fill("#from-folder [name=folder]", "../elsewhere")
    page.click("#from-folder [type=submit]")
    expect(page.locator("#from-folder .error")).to_contain_text("outside the folders that may be read")


def test_a_batch_is_removed_after_a_question(page: Page, service: Service, client: httpx.Client) -> None:
    until(client, start(client, "2024"))
    enter(page, service)
    card(page, "2024").locator(".remove").click()
    expect(page.locator("#removal .what")).to_contain_text("Its photos are not touched")
    page.click("#removal .danger")
    expect(page.locator(".batch")).to_have_count(0)
    expect(page.locator("#none")).to_be_visible()


def test_hostile_names_stay_texts(page: Page, service: Service, client: httpx.Client, root: Path) -> None:
    hostile = root / "hostile"
    make_folder(hostile, photos=1, first=70, name="<img src=x onerror=document.title='owned'>{}.jpg")
    until(client, start(client, "hostile", name=INJECTION))
    until(client, send(client, make_zip(1), file=INJECTION, name=INJECTION).json()["id"])
    enter(page, service)
    expect(page.locator(".batch h2")).to_have_text([INJECTION, INJECTION])
    for one in page.locator(".batch").all():
        one.locator(".show").click()
        expect(one.locator("tbody tr")).to_have_count(3)
    expect(page.locator("tbody .place").last).to_contain_text("onerror")


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_is_cut_off_on_a_phone_or_a_desk(
    page: Page, service: Service, client: httpx.Client, width: int
) -> None:
    until(client, start(client, "2024", name="A-name-without-blanks-" * 6))
    page.set_viewport_size({"width": width, "height": 800})
    enter(page, service)
    page.click("#open-new")
    page.locator(".show").click()
    expect(page.locator("tbody tr")).to_have_count(50)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_roots_only_archives_are_offered(browser: Browser, tmp_path: Path) -> None:
    with (
        running(make_settings(tmp_path / "data")) as service,
        watched_page(browser, service, "Camid: batches") as page,
    ):
        enter(page, service)
        page.click("#open-new")
        expect(page.locator("#from-folder")).to_be_hidden()
        expect(page.locator("#no-folders")).to_contain_text("batch_roots")
        expect(page.locator("#from-archive")).to_be_visible()
