"""The review page in Chromium: by mouse, by finger, by keyboard, on a narrow screen, with hostile texts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import INJECTION, Faults, chromium, watched_page
from tests.support.pictures import jpeg
from tests.support.service import TOKEN, Service, StandIn, make_settings, running, street

pytestmark = pytest.mark.browser

SIZE = (1600, 1000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = make_settings(tmp_path_factory.mktemp("review") / "data")
    with running(settings, StandIn(value=INJECTION)) as started:
        yield started


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with service.client() as made:
        yield made


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    with watched_page(browser, service, "Camid: review") as opened:
        yield opened


def send(service: Service, name: str = "street.jpg", width: int = SIZE[0]) -> str:
    return str(service.send((name, jpeg(street(width, SIZE[1])))).json()["photos"][0]["id"])


def enter(page: Page, service: Service) -> None:
    page.goto(f"{service.url}/review#token={TOKEN}")
    expect(page.locator("#cameras li")).to_have_count(3)


def words(page: Page, *said: str) -> None:
    expect(page.locator("#cameras .word")).to_have_text(list(said))


def last(client: httpx.Client, photo: str) -> dict[str, Any]:
    review: dict[str, Any] = client.get(f"/api/v1/photos/{photo}/reviews").json()["reviews"][0]
    return review


def centre(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, start: tuple[float, float], by: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + by[0] / 2, start[1] + by[1] / 2)
    page.mouse.move(start[0] + by[0], start[1] + by[1])
    page.mouse.up()


def test_a_photo_is_reviewed_with_the_mouse(page: Page, service: Service, client: httpx.Client) -> None:
    photo = send(service, f"{INJECTION}.jpg")
    enter(page, service)
    expect(page.locator("#summary")).to_have_text("1 to review · 0 reviewed")
    expect(page.locator("#word h3")).to_have_text("Camera 1")
    page.click("#confirm")
    words(page, "right", "no word yet", "no word yet")
    page.select_option("#word [name=vendor]", "dahua")
    page.select_option("#word [name=form_factor]", "dome")
    words(page, "right", "corrected", "no word yet")
    page.click("#save")
    expect(page.locator("#save-error")).to_contain_text("camera 3")
    page.click("#reject")
    words(page, "right", "corrected", "no camera")
    page.click("#save")
    expect(page.locator("#save-error")).to_contain_text("Give your name")
    page.fill("#by", "A. Reporter")
    page.click("#save")
    expect(page.locator("#none")).to_be_visible()
    expect(page.locator("#summary")).to_have_text("0 to review · 1 reviewed")
    review = last(client, photo)
    assert [one["decision"] for one in review["cameras"]] == ["confirmed", "corrected", "rejected"]
    assert (review["cameras"][1]["vendor"], review["cameras"][1]["form_factor"]) == ("dahua", "dome")
    assert review["by"] == "A. Reporter"
    page.select_option("#state", "done")
    words(page, "right", "corrected", "no camera")


def test_a_missed_camera_is_drawn_a_box_moved_and_pulled(
    page: Page, service: Service, client: httpx.Client
) -> None:
    photo = send(service)
    enter(page, service)
    machine = client.get(f"/api/v1/photos/{photo}").json()["cameras"][0]["box"]
    scale = SIZE[0] / page.locator("#stage .overlay").evaluate("overlay => overlay.clientWidth")
    drag(page, centre(page, ".item.chosen .line"), (40, 20))
    words(page, "corrected", "no word yet", "no word yet")
    drag(page, centre(page, ".item.chosen .handle.reach.se"), (30, 10))
    page.click("#draw")
    expect(page.locator("#hint")).to_contain_text("Draw a box")
    x, y = centre(page, "#stage .overlay")
    drag(page, (x, y), (60, 50))
    words(page, "corrected", "no word yet", "no word yet", "added")
    page.fill("#word [name=mark_text]", "NORVANE")
    page.select_option("#word [name=vendor]", "other")
    page.click("#blur")
    drag(page, (x - 60, y), (-50, 40))
    expect(page.locator("#cameras li.blur")).to_have_count(1)
    page.fill("#by", "B")
    page.click("#all")
    page.click("#save")
    expect(page.locator("#none")).to_be_visible()
    review = last(client, photo)
    moved, drawn = review["cameras"][0], review["cameras"][3]
    wanted = [
        machine[0] + 40 * scale,
        machine[1] + 20 * scale,
        machine[2] + 70 * scale,
        machine[3] + 30 * scale,
    ]
    assert moved["box"] == pytest.approx(wanted, abs=3 * scale)
    assert (moved["decision"], drawn["decision"], drawn["machine"]) == ("corrected", "drawn", None)
    assert (drawn["mark_text"], drawn["vendor"]) == ("NORVANE", "other")
    assert drawn["box"][2] - drawn["box"][0] == pytest.approx(60 * scale, abs=2 * scale)
    assert len(review["blur"]) == 1


def test_all_of_it_by_keyboard(page: Page, service: Service, client: httpx.Client) -> None:
    photo = send(service)
    enter(page, service)
    machine = client.get(f"/api/v1/photos/{photo}").json()["cameras"]
    page.keyboard.press("c")
    words(page, "right", "no word yet", "no word yet")
    page.keyboard.press("x")
    page.locator(".item.chosen").focus()
    for key in ("ArrowRight", "ArrowRight", "Shift+ArrowDown", "Alt+ArrowRight"):
        page.keyboard.press(key)
    words(page, "right", "no camera", "corrected")
    page.keyboard.press("p")
    expect(page.locator("#word h3")).to_have_text("Camera 2")
    page.keyboard.press("n")
    page.keyboard.press("d")
    words(page, "right", "no camera", "corrected", "added")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("b")
    expect(page.locator("#cameras li.blur")).to_have_count(1)
    page.keyboard.press("Delete")
    expect(page.locator("#cameras li.blur")).to_have_count(0)
    page.keyboard.press("z")
    expect(page.locator("#zoom")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("z")
    page.locator("#by").focus()
    page.keyboard.type("scan")  # keys in a field are text
    page.locator("#save").focus()
    page.keyboard.press("s")
    expect(page.locator("#none")).to_be_visible()
    review = last(client, photo)
    assert [one["decision"] for one in review["cameras"]] == ["confirmed", "rejected", "corrected", "drawn"]
    assert review["by"] == "scan"
    assert review["cameras"][2]["box"][0] > machine[2]["box"][0]
    assert review["cameras"][2]["box"][1] > machine[2]["box"][1] + 5


def test_zoom_brings_a_far_camera_near(page: Page, service: Service) -> None:
    send(service)
    enter(page, service)
    page.locator("#cameras button").nth(2).click()
    before = page.locator(".item.chosen .line").bounding_box()
    page.click("#zoom")
    after = page.locator(".item.chosen .line").bounding_box()
    stage = page.locator("#stage").bounding_box()
    assert before is not None
    assert after is not None
    assert stage is not None
    assert after["width"] > 4 * before["width"]
    assert stage["x"] <= after["x"] <= stage["x"] + stage["width"]
    assert stage["y"] <= after["y"] <= stage["y"] + stage["height"]


def test_skipped_photos_stay_away_and_the_next_comes(page: Page, service: Service) -> None:
    send(service, "one.jpg")
    send(service, "two.jpg", 1616)
    enter(page, service)
    first = page.locator("#desk h2").inner_text()
    page.click("#skip")
    expect(page.locator("#desk h2")).to_have_text({"one.jpg": "two.jpg", "two.jpg": "one.jpg"}[first])
    page.click("#skip")
    expect(page.locator("#none")).to_be_visible()


def test_a_finger_on_a_narrow_screen(browser: Browser, service: Service, client: httpx.Client) -> None:
    photo = send(service)
    with browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True) as context:
        page = context.new_page()
        faults = Faults(page, service)
        enter(page, service)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.locator("#draw").tap()
        box = page.locator("#stage .overlay").bounding_box()
        assert box is not None
        touch = context.new_cdp_session(page)
        points = [(box["x"] + 30 + 10 * step, box["y"] + 60 + 8 * step) for step in range(6)]
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [_at(points[0])]})
        for point in points[1:]:
            touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [_at(point)]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        words(page, "no word yet", "no word yet", "no word yet", "added")
        page.locator("#all").click()  # a tap so soon would be half a double tap
        words(page, "right", "right", "right", "added")
        page.locator("#by").fill("C")
        page.locator("#save").click()
        expect(page.locator("#none")).to_be_visible()
        assert faults.seen == []
    drawn = last(client, photo)["cameras"][3]["box"]
    assert drawn[2] - drawn[0] == pytest.approx(50 * SIZE[0] / box["width"], rel=0.1)


def _at(point: tuple[float, float]) -> dict[str, float]:
    return {"x": point[0], "y": point[1]}


def test_the_reviewed_photos_are_exported(page: Page, service: Service) -> None:
    send(service)
    enter(page, service)
    expect(page.locator("#export")).to_be_disabled()
    page.click("#all")
    page.fill("#by", "A")
    page.click("#save")
    expect(page.locator("#none")).to_be_visible()
    page.click("#export")
    page.uncheck("#exporting [name=faces]")
    with page.expect_download() as download:
        page.locator("#exporting button[type=submit]").click()
    archive = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes()))
    assert "annotations.json" in archive.namelist()
    expect(page.locator("#exporting")).to_be_hidden()
