"""The upload page in Chromium: by mouse, by keyboard, on a narrow screen, with hostile texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import INJECTION, chromium, watched_page
from tests.support.pictures import jpeg
from tests.support.service import TOKEN, Service, StandIn, make_settings, running, street

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    models = StandIn(value=INJECTION)
    with running(make_settings(tmp_path_factory.mktemp("page") / "data"), models) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / f"{INJECTION}.jpg"
    path.write_bytes(jpeg(street(800, 500)))
    return path


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    with watched_page(browser, service, "Camid") as opened:
        yield opened


def enter(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/#token={TOKEN}")
    page.locator("#drop").wait_for()


def test_a_photo_shows_its_cameras_boxes_reasons_and_marks(page: Page, service: Service, photo: Path) -> None:
    enter(page, service)
    assert TOKEN not in page.url
    page.set_input_files("#files", photo)
    card = page.locator("article[aria-busy=false]")
    card.wait_for()
    expect(card.locator("h2")).to_have_text(photo.name)
    expect(card.locator(".camera .badge")).to_have_text(["identified", "candidates", "undetermined"])
    expect(card.locator(".camera .name")).to_have_text(
        ["Hikvision", "Dahua or Uniview?", "Maker not determined"]
    )
    expect(card.locator(".sentence").first).to_contain_text(INJECTION)
    expect(card.locator(".marks li")).to_have_count(1)
    expect(card.locator(".overlay .box")).to_have_count(4)
    card.locator(".advisories:visible summary").click()
    expect(card.locator(".advisories:visible li")).to_contain_text("2022-11-25")
    expect(card.locator(".advisories:visible a")).to_have_attribute("rel", "noopener noreferrer")
    for image in card.locator("img").all():
        assert image.evaluate("image => image.complete && image.naturalWidth > 0")
    assert page.locator("img[src='x']").count() == 0


def test_boxes_lie_on_the_cameras(page: Page, service: Service, photo: Path) -> None:
    enter(page, service)
    page.set_input_files("#files", photo)
    page.locator("article[aria-busy=false]").wait_for()
    picture = page.locator(".picture").bounding_box()
    box = page.locator(".box.identified .line").bounding_box()
    assert picture is not None
    assert box is not None
    for start, size, low, high in (("x", "width", 0.10, 0.25), ("y", "height", 0.15, 0.27)):
        assert box[start] == pytest.approx(picture[start] + low * picture[size], abs=4)
        assert box[size] == pytest.approx((high - low) * picture[size], abs=8)


def test_results_are_there_again_after_a_reload(page: Page, service: Service, photo: Path) -> None:
    enter(page, service)
    page.set_input_files("#files", photo)
    page.locator("article[aria-busy=false]").wait_for()
    page.reload()
    expect(page.locator(".camera")).to_have_count(3)


def test_a_wrong_token_is_said_and_the_right_one_taken_by_keyboard(page: Page, service: Service) -> None:
    page.goto(service.url)
    expect(page.locator("#token")).to_be_focused()
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#token-error")).to_contain_text("not the token")
    page.keyboard.type(TOKEN)
    page.keyboard.press("Enter")
    expect(page.locator("#drop")).to_be_visible()
    expect(page.locator("#token-form")).to_be_hidden()


def test_everything_can_be_reached_by_keyboard(page: Page, service: Service, photo: Path) -> None:
    enter(page, service)
    pages = page.locator("nav a").all_text_contents()
    assert {"Photos", "Streams", "Batches", "Review", "HTTP interface"} <= {*pages}
    for place in ("Camid", *pages):
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name=place, exact=True)).to_be_focused()
    for place in ("#language", "#files"):
        page.keyboard.press("Tab")
        expect(page.locator(place)).to_be_focused()
    page.set_input_files("#files", photo)
    page.locator("article[aria-busy=false]").wait_for()
    reached: list[str] = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
            )
        )
    text = " ".join(reached)
    for wanted in ("Camera 1: Hikvision", "Camera 3", "published fact", "Save with boxes", "Save as JSON"):
        assert wanted in text
    page.locator(".box a").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".camera").first).to_be_focused()


def test_errors_can_be_read_and_the_next_photo_goes_on(
    page: Page, service: Service, photo: Path, tmp_path: Path
) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    enter(page, service)
    page.set_input_files("#files", [text, photo])
    expect(page.locator("article h2")).to_have_text([photo.name, "text.jpg"])
    expect(page.locator("article .error:visible")).to_contain_text("no picture: send a JPEG")
    expect(page.locator(".camera")).to_have_count(3)


def test_it_fits_a_narrow_screen(browser: Browser, service: Service, photo: Path) -> None:
    with browser.new_context(viewport={"width": 360, "height": 740}) as context:
        page = context.new_page()
        enter(page, service)
        page.set_input_files("#files", photo)
        page.locator("article[aria-busy=false]").wait_for(timeout=60_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_photos_can_be_dropped(page: Page, service: Service, photo: Path) -> None:
    enter(page, service)
    page.evaluate(
        """bytes => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "dropped.jpg"));
            document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
        }""",
        list(photo.read_bytes()),
    )
    expect(page.locator("article h2")).to_have_text("dropped.jpg")
    page.locator("article[aria-busy=false]").wait_for()


def test_the_picture_with_boxes_can_be_saved(page: Page, service: Service, photo: Path) -> None:
    enter(page, service)
    page.set_input_files("#files", photo)
    page.locator("article[aria-busy=false]").wait_for()
    for button, ending, start in (
        (".save-picture", ".jpg", b"\xff\xd8"),
        (".save-json", ".json", b"{"),
        (".save-report", ".zip", b"PK"),
    ):
        with page.expect_download() as download:
            page.locator(button).click()
        assert download.value.suggested_filename.endswith(f"-camid{ending}")
        assert Path(download.value.path()).read_bytes().startswith(start)


def test_the_reference_page_lists_the_interface(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/docs")
    expect(page.locator("body")).to_contain_text("/api/v1/photos/{photo_id}/annotated.jpg")
    page.goto(service.url)
