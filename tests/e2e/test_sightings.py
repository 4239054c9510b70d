"""The page of sightings in Chromium: map, list, place, joining, words, exports; mouse, finger, keyboard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from edge.settings import Settings
from tests.support.browser import INJECTION, Faults, chromium, watched_page
from tests.support.map_tiles import tile_server, write_tiles
from tests.support.pictures import exif_block, jpeg, position
from tests.support.service import TOKEN, Service, StandIn, make_settings, running, street

pytestmark = pytest.mark.browser

BUCHAREST = (44.43, 26.10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@contextmanager
def serving(settings: Settings) -> Iterator[Service]:
    with running(settings, StandIn(value=INJECTION)) as started:
        yield started


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serving(make_settings(tmp_path / "data")) as started:
        yield started


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with service.client() as made:
        yield made


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    with watched_page(browser, service, "Camid: sightings") as opened:
        yield opened


def send(service: Service, name: str, width: int, place: tuple[float, float] | None = BUCHAREST) -> str:
    """Three sightings: of a named camera, of one with candidates, of one that is undetermined."""
    block = exif_block(taken="2026:05:01 12:00:00", gps=position(*place) if place else None)
    sent = service.send((name, jpeg(street(width, 600), exif=block)))
    return str(sent.json()["photos"][0]["id"])


def enter(page: Page, service: Service, sightings: int = 3) -> None:
    page.goto(f"{service.url}/sightings#token={TOKEN}")
    expect(page.locator(".sighting")).to_have_count(sightings)


def open_named(page: Page) -> None:
    page.locator(".sighting.identified .open").first.click()
    expect(page.locator("#detail h2")).to_be_focused()


def kept(client: httpx.Client, verdict: str = "identified") -> dict[str, Any]:
    found = client.get("/api/v1/sightings", params={"verdict": verdict, "rejected": "true"}).json()[
        "sightings"
    ]
    first: dict[str, Any] = found[0]
    return first


def test_the_plain_grid_asks_nobody(page: Page, service: Service) -> None:
    send(service, f"{INJECTION}.jpg", 960)
    enter(page, service)
    expect(page.locator("#summary")).to_have_text("3 sightings · 3 on the map")
    expect(page.locator("#map .graticule").first).to_be_attached()
    expect(page.locator("#map .degree", has_text="44.430° N").first).to_be_attached()
    expect(page.locator("#map img")).to_have_count(0)
    expect(page.locator("#map .dot")).to_have_count(1)
    expect(page.locator("#map .count")).to_have_text("3")
    page.locator("#map .dot").click()
    page.locator(".choice button", has_text="Hikvision").click()
    expect(page.locator("#detail h2")).to_have_text("Hikvision")
    expect(page.locator("#map .dot.lit")).to_have_count(1)


def test_the_first_load_is_small(page: Page, service: Service) -> None:
    send(service, "a.jpg", 960)
    enter(page, service)
    expect(page.locator("#map .dot")).to_have_count(1)
    got = page.evaluate("performance.getEntries().reduce((sum, one) => sum + (one.encodedBodySize ?? 0), 0)")
    assert 50_000 < got < 300_000


def test_a_place_by_typing_and_by_the_middle_of_the_map(
    page: Page, service: Service, client: httpx.Client
) -> None:
    send(service, "a.jpg", 960, None)
    enter(page, service)
    expect(page.locator("#map .dot")).to_have_count(0)
    page.keyboard.press("Tab")
    page.locator(".sighting.identified .open").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2")).to_be_focused()
    page.fill("[name=latitude]", "50,45")
    page.fill("[name=longitude]", "30.52")
    page.keyboard.press("Enter")
    expect(page.locator(".place .error")).to_contain_text("Give your name")
    expect(page.locator("[name=by]")).to_be_focused()
    page.keyboard.type("A. Reporter")
    page.locator("[name=longitude]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".place .facts")).to_contain_text("50.45000, 30.52000, set by A. Reporter")
    assert kept(client)["place"]["origin"] == "hand"
    expect(page.locator("#map .dot.identified")).to_have_count(1)

    page.locator(".pick").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#map")).to_be_focused()
    expect(page.locator("#map-hint")).to_contain_text("By keyboard")
    page.keyboard.press("Enter")
    expect(page.locator(".place [type=submit]")).to_be_focused()
    middle = page.locator("[name=latitude]").input_value()
    assert middle != "50.450000"
    page.keyboard.press("Enter")
    expect(page.locator(".place .facts")).to_contain_text(middle[:5])
    assert kept(client)["place"]["latitude"] == pytest.approx(float(middle), abs=1e-6)
    page.fill("[name=latitude]", "95")
    page.click(".place [type=submit]")
    expect(page.locator(".place .error")).to_contain_text("Give degrees")
    page.click(".unplace")
    expect(page.locator(".place .facts")).to_have_text("no place")
    expect(page.locator("#map .dot")).to_have_count(0)


def test_a_place_is_set_by_a_tap_on_a_phone(browser: Browser, service: Service, client: httpx.Client) -> None:
    send(service, "a.jpg", 960)
    with browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True) as context:
        page = context.new_page()
        faults = Faults(page, service)
        enter(page, service)
        open_named(page)
        page.fill("[name=by]", "A")
        page.click(".pick")
        page.locator("#map").tap(position={"x": 100, "y": 60})
        expect(page.locator(".pick")).to_have_attribute("aria-pressed", "false")
        page.click(".place [type=submit]")
        expect(page.locator(".place .facts")).to_contain_text("set by A")
        place = kept(client)["place"]
        assert place["longitude"] < BUCHAREST[1]
        assert place["latitude"] > BUCHAREST[0]
        assert kept(client)["views"][0]["gps"]["latitude"] == pytest.approx(BUCHAREST[0], abs=1e-4)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert faults.seen == []


def test_photos_are_joined_as_suggested_and_split_again(
    page: Page, service: Service, client: httpx.Client
) -> None:
    first, second = send(service, "a.jpg", 960), send(service, "b.jpg", 976)
    enter(page, service, 6)
    open_named(page)
    suggestion = page.locator(".suggestions li", has_text="Hikvision")
    expect(suggestion).to_contain_text("0 m apart · 0 seconds apart")
    suggestion.get_by_role("button").click()
    expect(page.locator(".views li")).to_have_count(2)
    assert {view["photo"] for view in kept(client)["views"]} == {first, second}
    expect(page.locator("#summary")).to_have_text("5 sightings · 5 on the map")
    page.locator(".views li", has_text="b.jpg").get_by_role("button").click()
    expect(page.locator(".views li")).to_have_count(1)
    expect(page.locator("#summary")).to_have_text("6 sightings · 6 on the map")
    assert len(kept(client)["views"]) == 1


def test_sightings_are_chosen_and_joined_in_the_list(page: Page, service: Service) -> None:
    send(service, "a.jpg", 960)
    send(service, "b.jpg", 976)
    enter(page, service, 6)
    expect(page.locator(".joining")).to_be_hidden()
    boxes = page.locator(".sighting.identified").get_by_role("checkbox")
    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(page.locator(".joining p")).to_have_text("2 chosen")
    page.click("#join-chosen")
    expect(page.locator(".views li")).to_have_count(2)
    page.click(".back")
    expect(page.locator(".sighting")).to_have_count(5)
    page.locator(".sighting.candidates").get_by_role("checkbox").nth(0).check()
    page.locator(".sighting.identified").get_by_role("checkbox").check()
    page.click("#join-chosen")
    expect(page.locator("#error")).to_contain_text("two cameras")


def test_a_correction_stands_beside_the_machines_answer(
    page: Page, service: Service, client: httpx.Client
) -> None:
    send(service, "a.jpg", 960)
    enter(page, service)
    open_named(page)
    expect(page.locator(".word [name=vendor]")).to_have_value("hikvision")
    page.fill("[name=by]", INJECTION)
    page.select_option(".word [name=vendor]", "axis")
    page.click(".word [type=submit]")
    expect(page.locator(".person")).to_contain_text(f"Axis Communications, bullet, says {INJECTION}")
    expect(page.locator(".machine")).to_contain_text("Hikvision identified with probability 98 %")
    expect(page.locator("#detail h2")).to_have_text("Axis Communications")
    said = kept(client)
    assert (said["said"]["decision"], said["said"]["vendor"]) == ("corrected", "axis")
    assert said["machine"]["brand"] == "hikvision"
    page.click(".reject")
    expect(page.locator("#detail h2")).to_have_text("no camera")
    page.click(".back")
    page.select_option("#filter [name=verdict]", "identified")
    expect(page.locator(".sighting")).to_have_count(0)
    expect(page.locator("#none")).to_be_visible()
    page.check("#filter [name=rejected]")
    expect(page.locator(".sighting.rejected")).to_have_count(1)


def test_filters_and_exports_go_together(page: Page, service: Service) -> None:
    send(service, "gate.jpg", 960)
    send(service, "roof.jpg", 976, (50.45, 30.52))
    enter(page, service, 6)
    page.fill("#filter [name=q]", "ROOF")
    page.keyboard.press("Enter")
    expect(page.locator(".sighting")).to_have_count(3)
    page.select_option("#filter [name=vendor]", "hikvision")
    expect(page.locator(".sighting")).to_have_count(1)
    with page.expect_download() as download:
        page.click("[data-export=geojson]")
    assert download.value.suggested_filename == "camid-sightings.geojson"
    features = json.loads(download.value.path().read_text("utf-8"))["features"]
    assert [one["properties"]["manufacturer"] for one in features] == ["hikvision"]
    assert features[0]["geometry"]["coordinates"] == pytest.approx([30.52, 50.45], abs=1e-4)
    with page.expect_download() as download:
        page.click("[data-export=csv]")
    assert len(download.value.path().read_text("utf-8").splitlines()) == 2
    page.fill("#filter [name=since]", "2026-05-02")
    expect(page.locator("#none")).to_be_visible()


def test_a_sighting_is_deleted_when_asked_twice(page: Page, service: Service, client: httpx.Client) -> None:
    send(service, "a.jpg", 960)
    enter(page, service)
    open_named(page)
    page.click(".remove")
    page.click("#removal .close")
    page.click(".remove")
    page.click("#removal [type=submit]")
    expect(page.locator(".sighting")).to_have_count(2)
    assert client.get("/api/v1/sightings").json()["total"] == 2


def test_tiles_of_a_file_come_from_this_service(browser: Browser, tmp_path: Path) -> None:
    write_tiles(tmp_path / "map.pmtiles", max_zoom=3)
    settings = make_settings(
        tmp_path / "data", map_tiles_file=tmp_path / "map.pmtiles", map_attribution=INJECTION
    )
    with serving(settings) as service, watched_page(browser, service, "Camid: sightings") as page:
        send(service, "a.jpg", 960)
        enter(page, service)
        expect(page.locator("#map img.leaflet-tile-loaded").first).to_be_attached()
        page.wait_for_function(
            "[...document.querySelectorAll('#map img')].some((tile) => tile.naturalWidth === 256)"
        )
        expect(page.locator(".leaflet-control-attribution")).to_contain_text(INJECTION)
        expect(page.locator("#map .graticule")).to_have_count(0)


def test_tiles_of_a_server_are_asked_without_saying_from_where(browser: Browser, tmp_path: Path) -> None:
    with tile_server() as tiles:
        settings = make_settings(tmp_path / "data", map_tiles_url=f"{tiles.url}/{{z}}/{{x}}/{{y}}.png")
        with serving(settings) as service, browser.new_context() as context:
            page = context.new_page()
            refused: list[str] = []
            page.on("console", lambda one: refused.append(one.text) if one.type == "error" else None)
            send(service, "a.jpg", 960)
            enter(page, service)
            page.wait_for_function(
                "[...document.querySelectorAll('#map img')].some((tile) => tile.naturalWidth === 256)"
            )
            expect(page.locator(".leaflet-control-attribution")).to_contain_text(
                "© OpenStreetMap contributors"
            )
            assert refused == []
    assert any(path.startswith("/17/") for path in tiles.asked)
    assert tiles.referrers == {None}


def test_what_belongs_to_another_is_looked_at_only(
    page: Page, service: Service, client: httpx.Client
) -> None:
    photo = send(service, "a.jpg", 960)
    client.put(f"/api/v1/photos/{photo}/shared")
    page.goto(f"{service.url}/sightings#token={service.token('anna', 'read', 'upload')}")
    expect(page.locator(".sighting")).to_have_count(3)
    expect(page.locator(".sighting [type=checkbox]").first).to_be_disabled()
    open_named(page)
    expect(page.locator(".locked")).to_be_visible()
    expect(page.locator(".place")).to_be_hidden()
    expect(page.locator(".remove")).to_be_hidden()
