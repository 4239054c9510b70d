"""The documentation as a site: built strictly, read without asking anybody else, fit for a phone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from scripts.docs_site import relinked
from tests.support.browser import chromium

ROOT = Path(__file__).parents[1]
SHOWN = (
    "index.html",
    "guide/wrong.html",
    "reference/generated/settings.html",
    "reference/generated/commands.html",
    "design/calibration.html",
    "model-card.html",
)
GRAVE = {"serious", "critical"}
_FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "object": "data"}
_KINDS_OF_LINK_FETCHED = {"stylesheet", "icon", "preload", "preconnect", "dns-prefetch", "prefetch"}
_ELSEWHERE = re.compile(r"^(https?:)?//")
_IN_A_STYLE = re.compile(r"url\(\s*[\"']?(?:https?:)?//|@import\s+[\"'](?:https?:)?//")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` does: a page without a place in it, or a link to nowhere, ends that."""
    folder = tmp_path_factory.mktemp("site")
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder))
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder


class Fetched(HTMLParser):
    """Collects the addresses that a browser fetches by itself when it shows a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and _KINDS_OF_LINK_FETCHED.intersection((given.get("rel") or "").split()):
            self.addresses.append(given.get("href") or "")
        elif tag in _FETCHED:
            self.addresses.append(given.get(_FETCHED[tag]) or "")


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) > 40
    for page in pages:
        fetched = Fetched()
        fetched.feed(page.read_text(encoding="utf-8"))
        assert fetched.addresses
        assert [one for one in fetched.addresses if _ELSEWHERE.match(one)] == [], page


def test_no_style_fetches_anything_from_elsewhere(site: Path) -> None:
    for style in site.rglob("*.css"):
        assert not _IN_A_STYLE.search(style.read_text(encoding="utf-8")), style


def test_what_documents_point_at_outside_their_folder_is_in_the_site(site: Path) -> None:
    for name in ("NOTICE", "deploy/camid.service"):
        assert (site / "repository" / f"{name}.txt").read_bytes() == (ROOT / name).read_bytes()
    assert (site / "repository/deploy/grafana.json").is_file()
    assert 'href="reference/schema.html"' in (site / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_in_a_browser_pages_ask_only_their_own_server_fit_and_serve_everybody(
    browser: Browser, address: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    with browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme) as context:
        page = context.new_page()
        asked: list[str] = []
        faults: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: faults.append(str(error)))
        for name in SHOWN:
            page.goto(address + name, wait_until="networkidle")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            violations = Axe().run(page).response["violations"]
            assert [one["id"] for one in violations if one["impact"] in GRAVE] == [], name
        assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
        assert faults == []


@pytest.mark.browser
def test_the_search_finds_a_setting(browser: Browser, address: str) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(address, wait_until="networkidle")
        page.locator("input.md-search__input").click()
        page.keyboard.type("stream_stall_s")
        found = page.locator("a.md-search-result__link[href*='generated/settings.html']")
        found.first.wait_for(timeout=60_000)


@pytest.mark.parametrize(
    ("source", "given", "made"),
    [
        ("README.md", "[a](docs/guide/archive.md#x)", "[a](guide/archive.md#x)"),
        ("README.md", "![a](docs/samples/front.jpg)", "![a](samples/front.jpg)"),
        ("docs/guide/operator.md", "[a](../../NOTICE)", "[a](../repository/NOTICE.txt)"),
        (
            "docs/guide/reporter.md",
            "[card](../../models/MODEL_CARD.md#names)",
            "[card](../model-card.md#names)",
        ),
        ("models/MODEL_CARD.md", "[a](../docs/design/osd.md)", "[a](design/osd.md)"),
        ("models/MODEL_CARD.md", "in [training/](training)", "in training/"),
        ("docs/guide/archive.md", "[a](cluster.md) [b](#c) [d](https://e.example/)", None),
        ("README.md", "```\n[a](docs/guide/archive.md)\n```", None),
    ],
)
def test_links_become_those_of_the_site(source: str, given: str, made: str | None) -> None:
    assert relinked(given, source) == (made or given)
