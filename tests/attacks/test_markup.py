"""Texts of strangers on the pages in Chromium: they stay texts, and a script that got in all the same would
not run, be framed or be fetched from elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from PIL import Image
from PIL.ExifTags import Base
from playwright.sync_api import Browser, Page, expect

from edge.domain import Osd
from edge.vendors.own import OwnVendor, own_gallery, write_own
from tests.support.browser import chromium
from tests.support.monitor import INFO, identified
from tests.support.pictures import jpeg
from tests.support.service import TOKEN, Service, StandIn, make_settings, running, street

pytestmark = pytest.mark.browser

MARKER = "owned"
HOSTILE = (
    f"\"'><img data-{MARKER} src=x onerror=\"document.title='{MARKER}'\"><svg data-{MARKER} "
    f"onload=document.title='{MARKER}'>{{{{7*7}}}}${{7*7}}"
)
SCRIPT = f"<script data-{MARKER}>document.title='{MARKER}'</script>"
NAME = f"{HOSTILE}.jpg"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """With a photo, a review, a sighting, a maker and a stream whose every text is hostile."""
    settings = make_settings(tmp_path_factory.mktemp("markup") / "data")
    own_gallery(settings).mkdir(parents=True)
    write_own(own_gallery(settings), [OwnVendor("mine", HOSTILE[:90], (HOSTILE[:90],))])
    with running(settings, StandIn(value=HOSTILE)) as started, started.client() as client:
        _fill(started, client)
        yield started


def _fill(service: Service, client: httpx.Client) -> None:
    exif = Image.Exif()
    for tag in (Base.Make, Base.Model, Base.Software, Base.ImageDescription, Base.Artist, Base.Copyright):
        exif[tag] = SCRIPT
    files = {"photo": (NAME, jpeg(street(800, 500), exif=exif.tobytes()))}
    photo = client.post("/api/v1/photos", files=files).json()["photos"][0]["id"]
    said = {"index": 0, "decision": "confirmed", "vendor": "mine", "mark_text": SCRIPT}
    review = {"by": SCRIPT, "complete": False, "cameras": [said]}
    client.post(f"/api/v1/photos/{photo}/reviews", json=review)
    for one in client.get("/api/v1/sightings").json()["sightings"]:
        place = {"latitude": 44.4, "longitude": 26.1, "by": SCRIPT}
        assert client.put(f"/api/v1/sightings/{one['id']}/place", json=place).status_code == 200
        word = {"by": SCRIPT, "vendor": "mine"}
        assert client.post(f"/api/v1/sightings/{one['id']}/words", json=word).status_code == 201
    stream = {"url": "rtsp://192.168.1.10/a", "name": HOSTILE}
    watched = client.post("/api/v1/streams", json=stream).json()["id"]
    service.monitor.look(
        watched,
        identification=identified(value=HOSTILE),
        osd=Osd(SCRIPT, HOSTILE),
        overlay_by=SCRIPT,
        intermediary=HOSTILE,
        message=SCRIPT,
        info=INFO,
    )


@contextmanager
def page_of(browser: Browser, service: Service, path: str) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1100, "height": 800}) as context:
        page = context.new_page()
        page.goto(f"{service.url}{path}#token={TOKEN}")
        yield page


def check_unharmed(page: Page) -> None:
    assert page.locator(f"[data-{MARKER}]").count() == 0
    assert page.title() != MARKER


@pytest.mark.parametrize(
    ("path", "shown", "acts"),
    [
        ("/sightings", ".sighting", [".sighting .open >> nth=0"]),
        ("/review", "#cameras li", ["#cameras li button >> nth=0"]),
        ("/streams", ".stream", [".stream .change >> nth=0"]),
        ("/catalogue", "#maker-mine", []),
    ],
)
def test_hostile_texts_stay_texts(
    browser: Browser, service: Service, path: str, shown: str, acts: list[str]
) -> None:
    with page_of(browser, service, path) as page:
        expect(page.locator(shown).first).to_be_attached()
        for act in acts:
            page.locator(act).click()
        expect(page.locator("body")).to_contain_text("onerror=")
        check_unharmed(page)


def test_a_hostile_photo_stays_a_photo(browser: Browser, service: Service) -> None:
    exif = Image.Exif()
    exif[Base.Make] = exif[Base.Model] = SCRIPT
    picture = jpeg(street(801, 500), exif=exif.tobytes())
    with page_of(browser, service, "/") as page:
        page.locator("#drop").wait_for()
        page.set_input_files("#files", {"name": NAME, "mimeType": "text/html", "buffer": picture})
        card = page.locator("article[aria-busy=false]")
        expect(card.locator("h2")).to_contain_text("onerror=")
        expect(card.locator(".sentence").first).to_contain_text("onerror=")
        check_unharmed(page)


INTRUDE = f"""() => new Promise((done) => {{
  const refused = [];
  document.addEventListener("securitypolicyviolation", ({{ effectiveDirective }}) => {{
    refused.push(effectiveDirective);
    if (refused.length === 2) done(refused);
  }});
  setTimeout(() => done(refused), 5000);
  document.body.insertAdjacentHTML("beforeend", `<img src="/x" onerror="document.title='{MARKER}'">`);
  const script = document.createElement("script");
  script.textContent = "document.title='{MARKER}'";
  document.body.append(script);
}})"""


def test_markup_that_got_in_runs_no_script(browser: Browser, service: Service) -> None:
    """The second lock: were there a hole in a page, its policy would still let no script of it run."""
    with page_of(browser, service, "/") as page:
        page.locator("#drop").wait_for()
        assert sorted(page.evaluate(INTRUDE)) == ["script-src-attr", "script-src-elem"]
        assert page.title() != MARKER


class Elsewhere(BaseHTTPRequestHandler):
    """Another origin: a page at another port of this machine, from where Chromium lets frames reach it."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_no_page_of_another_frames_ours(browser: Browser, service: Service, elsewhere: str) -> None:
    """Clickjacking: else a person would press a button of Camid's believing it to be another's."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(elsewhere)
        page.evaluate(
            "src => new Promise(done => { const f = document.createElement('iframe'); f.src = src; "
            "f.onload = done; document.body.append(f); })",
            f"{service.url}/",
        )
        frame = page.frames[1]
        assert not frame.url.startswith(service.url)
        assert frame.locator("#token-form").count() == 0
