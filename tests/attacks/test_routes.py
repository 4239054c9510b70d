"""Every route, driven by the description of the service, so that a new one cannot be forgotten: a foreign
token's ids, paths in the place of ids, what may be kept by browsers and proxies, who may frame it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Route

from tests.support.pictures import exif_block, jpeg, position
from tests.support.service import Service, make_settings, photo, running, street

NOWHERE = "0" * 32
KEY = "a-key-that-only-anna-knows-000001"
OWNED = {"photo_id", "sighting_id", "key"}
"""Parameters of paths that name things of one token."""
OF_THE_HOUSE = {"stream_id", "batch_id"}
"""Things of the installation: a scope, not an owner, lets one see them."""
PARTS = {"camera": "0", "evidence": "0", "mark": "0", "sha256": "a" * 64, "export": "cameras.csv"}
PLACES = {"z": "0", "x": "0", "y": "0"}
"""Neither names anything of anybody by itself."""
Operation = tuple[str, str, dict[str, Any]]


@dataclass(frozen=True)
class House:
    service: Service
    anna: httpx.Client
    ben: httpx.Client
    admin: httpx.Client
    hers: dict[str, str]
    """What ``OWNED`` parameters are for what Anna sent."""
    house: dict[str, str]
    marks: tuple[str, ...]
    """Texts that nobody but Anna should be told."""
    operations: tuple[Operation, ...]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("routes")
    (folder / "archive").mkdir()
    (folder / "archive" / "a.jpg").write_bytes(photo())
    given = {"batch_roots": (folder / "archive",), "rate_per_token": 0, "rate_per_address": 0}
    with ExitStack() as stack:
        service = stack.enter_context(running(make_settings(folder / "data", **given)))
        scopes = ("upload", "read", "streams")
        anna, ben = (
            stack.enter_context(service.client(service.token(name, *scopes))) for name in ("anna", "ben")
        )
        admin = stack.enter_context(service.client())
        yield _furnished(service, anna, ben, admin)


def _furnished(service: Service, anna: httpx.Client, ben: httpx.Client, admin: httpx.Client) -> House:
    picture = jpeg(street(960, 600), exif=exif_block(gps=position(44.4, 26.1)))
    files = {"photo": ("hers-alone.jpg", picture)}
    sent = anna.post("/api/v1/photos", files=files, headers={"Idempotency-Key": KEY}).json()["photos"][0]
    sighting = anna.get("/api/v1/sightings").json()["sightings"][0]["id"]
    stream = admin.post("/api/v1/streams", json={"url": "rtsp://192.168.1.10/a"}).json()["id"]
    batch = admin.post("/api/v1/batches", json={"folder": "."}).json()["id"]
    paths = admin.get("/openapi.json").json()["paths"]
    return House(
        service,
        anna,
        ben,
        admin,
        {"photo_id": sent["id"], "sighting_id": sighting, "key": KEY},
        {"stream_id": stream, "batch_id": batch},
        (sent["id"], sighting, "hers-alone", sent["source"]["sha256"]),
        tuple((method, path, one) for path, methods in paths.items() for method, one in methods.items()),
    )


def parameters(path: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", path))


def filled(path: str, **values: str) -> str:
    return path.format(**{**PARTS, **PLACES, **values})


def nowhere(path: str) -> str:
    return filled(path, **dict.fromkeys(OWNED | OF_THE_HOUSE, NOWHERE))


def body_for(house: House, method: str, path: str) -> dict[str, object] | None:
    """One that would do, so that what is wrong is the id; a new route with a body needs a line here."""
    bodies: dict[tuple[str, str], dict[str, object]] = {
        ("post", "/api/v1/photos/{photo_id}/reviews"): {"by": "Ben", "complete": False, "cameras": []},
        ("post", "/api/v1/sightings/{sighting_id}/split"): {"photo": house.hers["photo_id"]},
        ("put", "/api/v1/sightings/{sighting_id}/place"): {"latitude": 1, "longitude": 2, "by": "Ben"},
        ("post", "/api/v1/sightings/{sighting_id}/words"): {"by": "Ben", "rejected": True},
    }
    return bodies.get((method, path))


def test_every_parameter_is_known(house: House) -> None:
    """Else nobody has said whose the things are that it names."""
    known = OWNED | OF_THE_HOUSE | PARTS.keys() | PLACES.keys()
    assert {name for _, path, _ in house.operations for name in parameters(path)} <= known


def test_what_is_anothers_is_like_nothing_on_every_route(house: House) -> None:
    whole = [house.anna.get(f"/api/v1/{noun}").json() for noun in ("sightings", "reviews")]
    asked = 0
    for method, path, one in house.operations:
        if not parameters(path) & OWNED:
            continue
        answers = [
            house.ben.request(method, place, json=body_for(house, method, path))
            for place in (filled(path, **house.hers), nowhere(path))
        ]
        assert [answer.status_code for answer in answers] == [404, 404], (method, path)
        assert answers[0].json() == answers[1].json(), (method, path)
        assert "404" in one["responses"], (method, path)
        asked += 1
    assert asked >= 15
    assert [house.anna.get(f"/api/v1/{noun}").json() for noun in ("sightings", "reviews")] == whole
    assert house.anna.get(f"/api/v1/photos/{house.hers['photo_id']}").status_code == 200


def test_the_owner_is_answered_there(house: House) -> None:
    """That the test above asks for what is there."""
    for method, path, _ in house.operations:
        if method == "get" and parameters(path) & OWNED:
            answer = house.anna.get(filled(path, **house.hers))
            assert answer.status_code == 200, path


def test_bodies_reach_nothing_of_anothers(house: House) -> None:
    house.ben.post("/api/v1/photos", files={"photo": ("his.jpg", photo(7))})
    his = house.ben.get("/api/v1/sightings").json()["sightings"][0]["id"]
    hers = house.hers["sighting_id"]
    for both in ([his, hers], [hers, his]):
        assert house.ben.post("/api/v1/sightings/join", json={"sightings": both}).status_code == 404
    split = house.ben.post(f"/api/v1/sightings/{his}/split", json={"photo": house.hers["photo_id"]})
    assert split.status_code == 404
    assert not any(mark in split.text for mark in house.marks)
    # The same key from another token names another sending.
    files = {"photo": ("his.jpg", photo(8))}
    again = house.ben.post("/api/v1/photos", files=files, headers={"Idempotency-Key": KEY})
    assert again.status_code == 200
    assert not any(mark in again.text for mark in house.marks)


def is_endless(one: dict[str, Any]) -> bool:
    return "text/event-stream" in one["responses"].get("200", {}).get("content", {})


def test_no_list_and_no_export_tells_of_what_is_anothers(house: House) -> None:
    for method, path, one in house.operations:
        if method != "get" or parameters(path) & OWNED or is_endless(one):
            continue
        answer = house.ben.get(filled(path, **house.house))
        told = [mark for mark in house.marks if mark in answer.text or mark.encode() in answer.content]
        assert not told, path


@pytest.mark.parametrize(
    "text", ["..%2f..%2fcamid.sqlite", "%2e%2e", "..\\..\\secrets.key", "%00", "a%0d%0ab"]
)
def test_no_id_is_a_path(house: House, text: str) -> None:
    for method, path, one in house.operations:
        if method == "get" and parameters(path) and not is_endless(one):
            values = dict.fromkeys(parameters(path), "{}")
            answer = house.admin.get(path.format(**values).replace("{}", text))
            assert answer.status_code in (404, 405, 422), (path, answer.status_code)


def test_what_is_private_is_kept_by_no_proxy_and_no_page_frames_it(house: House) -> None:
    for method, path, one in house.operations:
        if method != "get":
            continue
        place = filled(path, **house.hers, **house.house)
        client = house.anna if parameters(path) & OWNED else house.admin
        with client.stream("GET", place) as answer:
            check_headers(answer, path)
            kept = answer.headers["cache-control"]
        assert kept == "no-store" or kept.startswith("private"), (path, kept)
        if not is_endless(one):
            check_headers(client.get(nowhere(path)), path)


def check_headers(answer: httpx.Response, path: str) -> None:
    headers = answer.headers
    assert headers["x-content-type-options"] == "nosniff", path
    assert headers["x-frame-options"] == "DENY", path
    assert headers["referrer-policy"] == "no-referrer", path
    assert headers["cross-origin-resource-policy"] == "same-origin", path
    policy = headers["content-security-policy"]
    for part in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in policy, (path, part)
    assert "unsafe" not in policy, path
    assert not any(name.startswith("access-control-") for name in headers), path


def beside_the_interface(app: FastAPI) -> Iterator[str]:
    """The paths that the description does not tell of: pages, and what belongs to them."""
    for route in app.routes:
        for one in getattr(getattr(route, "original_router", None), "routes", [route]):
            if isinstance(one, Route) and not one.include_in_schema:
                yield one.path


def test_pages_and_what_they_are_made_of_have_the_same_headers(house: House) -> None:
    pages = [path for path in beside_the_interface(house.service.server.app) if "{" not in path]
    assert {"/", "/streams", "/worker.js"} <= set(pages)
    for path in [*pages, "/static/shared.js", "/nothing-here", "/openapi.json"]:
        answer = house.admin.get(path)
        check_headers(answer, path)
        assert answer.headers["cache-control"] in ("no-store", "no-cache"), path


def test_the_worker_keeps_the_shell_alone(house: House) -> None:
    """It has no wider scope than its place gives, and no address of the interface among what it keeps."""
    answer = house.admin.get("/worker.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "service-worker-allowed" not in answer.headers
    kept = re.findall(r'"(/[^"]*)"', answer.text)
    assert "/" in kept
    assert all(path == "/" or path.startswith("/static/") for path in kept), kept


def test_nothing_that_somebody_sent_comes_back_as_it_was(house: House) -> None:
    """What is a picture and a script at once comes back as a new JPEG."""
    script = b"alert(document.domain)//"
    sent = house.anna.post(
        "/api/v1/photos", files={"photo": ("a.html", photo(9) + script, "text/html")}
    ).json()["photos"][0]
    for tail in ("picture.jpg", "annotated.jpg"):
        answer = house.anna.get(f"/api/v1/photos/{sent['id']}/{tail}")
        assert answer.headers["content-type"] == "image/jpeg"
        assert script not in answer.content
