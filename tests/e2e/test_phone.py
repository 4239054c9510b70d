"""A phone in Chromium: it scans the code of the terminal, pairs, sends a photo, and is shut out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from typer.testing import CliRunner

from edge.cli import app
from edge.lan.certificate import known_authority
from edge.service.access import Kind
from edge.service.access_cookie import COOKIE
from edge.service.access_tokens import TokenFile
from tests.support.browser import chromium
from tests.support.lan import LanService, on_the_lan
from tests.support.pictures import jpeg
from tests.support.qr import decoded
from tests.support.service import make_settings, street

pytestmark = pytest.mark.browser

PIXEL = "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140 Mobile"
WIDTHS = (360, 1280)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanService]:
    settings = make_settings(
        tmp_path_factory.mktemp("phone") / "data", lan=True, host="127.0.0.1", lan_trust_port=0
    )
    with on_the_lan(settings) as started:
        yield started


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """It passes the warning, for its store of authorities is not the test's to fill; what a device that
    trusts the authority accepts is tested by handshakes."""
    with browser.new_context(
        viewport={"width": 360, "height": 740}, user_agent=PIXEL, locale="en", ignore_https_errors=True
    ) as context:
        context.set_default_timeout(60_000)
        yield context


@pytest.fixture
def page(phone: BrowserContext) -> Page:
    return phone.new_page()


def scanned(service: LanService, *options: str) -> str:
    """OpenCV's detector misses a code now and then: as a person would, it asks for another one."""
    for _ in range(5):
        shown = CliRunner().invoke(app, ["lan", "pair", "--data-dir", str(service.data_dir), *options])
        assert shown.exit_code == 0, shown.output
        address = decoded(shown.output)
        if address:
            return address
    raise AssertionError("No code could be read.")


def pair(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Pair").click()


def test_it_pairs_by_the_printed_code_and_sends_a_photo(
    service: LanService, phone: BrowserContext, page: Page, tmp_path: Path
) -> None:
    photo = tmp_path / "street.jpg"
    photo.write_bytes(jpeg(street(800, 500)))
    address = scanned(service)
    pair(page, address)
    expect(page.locator("#paired h2")).to_have_text("Paired as Android")
    expect(page.locator("#paired h2")).to_be_focused()
    assert "#" not in page.url
    assert page.evaluate("document.cookie") == ""
    (cookie,) = phone.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["secure"]) == (COOKIE, True, True)
    assert cookie["sameSite"] == "Strict"

    page.get_by_role("link", name="Go to the photos").click()
    page.locator("#work").wait_for()
    page.set_input_files("#files", photo)
    page.locator("article[aria-busy=false]").wait_for()
    expect(page.locator("article .camera")).to_have_count(3)

    with TokenFile(service.settings) as tokens:
        tokens.revoke("Android", Kind.PHONE)
    page.reload()
    page.locator("#token-form").wait_for()
    expect(page.locator("#token-error")).to_contain_text("The pairing of this phone has ended")

    page.goto("about:blank")
    pair(page, address)
    expect(page.get_by_role("alert")).to_contain_text("used already")


def test_opening_the_address_alone_uses_nothing_up(service: LanService, browser: Browser, page: Page) -> None:
    """Scanners open what they read in a browser of their own."""
    address = scanned(service, "--name", "after a scanner")
    with browser.new_context(ignore_https_errors=True) as scanner:
        opened = scanner.new_page()
        opened.goto(address)
        expect(opened.get_by_role("button", name="Pair")).to_be_enabled()
    pair(page, address)
    expect(page.locator("#paired h2")).to_have_text("Paired as after a scanner")


def test_another_page_cannot_send_in_its_name(service: LanService, page: Page) -> None:
    """The port without TLS is another origin of the same host."""
    pair(page, scanned(service, "--name", "attacked"))
    expect(page.locator("#paired")).to_be_visible()
    before = len(list((service.data_dir / "photos").glob("??/*")))
    page.goto(f"{service.trust_url}/")
    outcome = page.evaluate(
        """async url => {
            const form = new FormData();
            form.append("photo", new Blob(["x"]), "x.jpg");
            const request = {method: "POST", body: form, mode: "no-cors", credentials: "include"};
            try { return (await fetch(url, request)).type; } catch (error) { return "refused"; }
        }""",
        f"{service.url}/api/v1/photos",
    )
    assert outcome in ("opaque", "refused")
    assert len(list((service.data_dir / "photos").glob("??/*"))) == before


def test_a_code_that_is_no_code_is_said(service: LanService, page: Page) -> None:
    pair(page, f"{service.url}/pair")
    expect(page.get_by_role("alert")).to_have_text("This address holds no code. Scan the QR code again.")
    page.goto("about:blank")
    pair(page, f"{service.url}/pair#made-up")
    expect(page.get_by_role("alert")).to_contain_text("There is no such code")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", ["/", "/trust", "/pair"])
def test_the_pages_fit_their_screen(service: LanService, page: Page, path: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{service.trust_url if path == '/' else service.url}{path}")
    for summary in page.locator("summary").all():
        if summary.locator("xpath=..").get_attribute("open") is None:
            summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_before_trust_is_complete_without_scripts_and_in_three_languages(
    service: LanService, browser: Browser, page: Page
) -> None:
    fingerprint = known_authority(service.data_dir).fingerprint.replace(":", "")
    with browser.new_context(java_script_enabled=False) as context:
        plain = context.new_page()
        plain.goto(f"{service.trust_url}/")
        expect(plain.locator(".fingerprint")).to_have_text(fingerprint)
        expect(plain.get_by_text("without encryption")).to_be_visible()
    page.goto(f"{service.trust_url}/")
    expect(page.locator("details").first).to_have_attribute("open", "")
    for tag, title in (("ro", "Acordați încredere"), ("uk", "Довіртеся")):
        page.select_option("#language", tag)
        expect(page.locator("h2").first).to_contain_text(title)
    with page.expect_download() as download:
        page.locator("a.button").click()
    assert Path(download.value.path()).read_bytes() == known_authority(service.data_dir).der
