"""Scopes, owners, limits and the audit log, over a real service with named tokens."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from edge.service.access import Scope
from edge.service.access_tokens import TokenFile
from tests.support.service import TOKEN, Service, make_settings, photo, running

PHOTOS = "/api/v1/photos"
OPEN = {"/healthz", "/readyz", "/api/v1/pairing"}
"""They say yes or no, or give who comes a first cookie, and need no token."""
SENTINEL = "0" * 32


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(make_settings(tmp_path_factory.mktemp("access") / "data")) as started:
        yield started


def make(service: Service, name: str, *scopes: str) -> str:
    with TokenFile(make_settings(service.data_dir)) as tokens:
        return tokens.create(name, scopes, None).text


@pytest.fixture(scope="module")
def anna(service: Service) -> Iterator[httpx.Client]:
    with service.client(make(service, "anna", "upload", "read")) as client:
        yield client


@pytest.fixture(scope="module")
def ben(service: Service) -> Iterator[httpx.Client]:
    with service.client(make(service, "ben", "upload", "read")) as client:
        yield client


def send(client: httpx.Client, seed: int, **query: str) -> str:
    answer = client.post(PHOTOS, files={"photo": (f"{seed}.jpg", photo(seed))}, params=query)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["photos"][0]["id"])


def operations(service: Service) -> list[tuple[str, str, dict[str, Any]]]:
    with service.client(token=None) as client:
        paths = client.get("/openapi.json").json()["paths"]
    return [(method, path, one) for path, methods in paths.items() for method, one in methods.items()]


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


def test_every_address_has_a_scope(service: Service) -> None:
    known = set(Scope)
    for method, path, one in operations(service):
        if path in OPEN:
            assert "security" not in one
            continue
        scopes = {scope for entry in one.get("security", []) for scope in entry["HTTPBearer"]}
        assert scopes, f"{method} {path} names no scope"
        assert scopes <= known
        assert {"401", "403", "429"} <= one["responses"].keys(), f"{method} {path}"


def test_every_address_refuses_who_has_no_token_and_who_has_another_scope(service: Service) -> None:
    texts = {scope: make(service, f"only {scope}", scope) for scope in Scope if scope is not Scope.ADMIN}
    with service.client(token=None) as client:
        for method, path, one in operations(service):
            if path in OPEN:
                continue
            place = path.replace("{sha256}", "a" * 64).replace("{export}", "cameras.csv")
            place = place.replace("{camera}", "0").replace("{evidence}", "0").replace("{mark}", "0")
            for name in ("{photo_id}", "{stream_id}", "{batch_id}", "{id}"):
                place = place.replace(name, SENTINEL)
            assert client.request(method, place).status_code == 401, (method, path)
            allowed = {scope for entry in one["security"] for scope in entry["HTTPBearer"]}
            for scope, text in texts.items():
                if scope not in allowed:
                    answer = client.request(method, place, headers={"Authorization": f"Bearer {text}"})
                    assert (answer.status_code, code(answer)) == (403, "forbidden"), (method, path, scope)


def test_the_token_of_the_service_may_do_everything(service: Service) -> None:
    with service.client() as client:
        for path in ("/api/v1/streams", "/api/v1/batches", "/api/v1/reviews", "/api/v1/vendors", "/metrics"):
            assert client.get(path).status_code == 200


def test_the_photos_of_one_token_are_not_there_for_another(
    service: Service, anna: httpx.Client, ben: httpx.Client
) -> None:
    sent = send(anna, 1)
    for tail in ("", "/picture.jpg", "/annotated.jpg", "/cameras/0.jpg", "/marks/0.jpg", "/reviews"):
        assert anna.get(f"{PHOTOS}/{sent}{tail}").status_code == 200
        answer = ben.get(f"{PHOTOS}/{sent}{tail}")
        assert answer.status_code == 404
        assert answer.json() == ben.get(f"{PHOTOS}/{SENTINEL}{tail}").json()
    word = {"by": "Ben", "complete": False, "cameras": []}
    assert ben.post(f"{PHOTOS}/{sent}/reviews", json=word).status_code == 404
    assert ben.put(f"{PHOTOS}/{sent}/shared").status_code == 404
    with service.client() as admin:
        assert admin.get(f"{PHOTOS}/{sent}").status_code == 200


def test_the_same_bytes_sent_by_two_have_two_owners(anna: httpx.Client, ben: httpx.Client) -> None:
    hers, his = send(anna, 2), send(ben, 2)
    assert anna.get(f"{PHOTOS}/{hers}").status_code == 200
    assert anna.get(f"{PHOTOS}/{his}").status_code == 404
    assert ben.get(f"{PHOTOS}/{his}").status_code == 200


def test_what_is_shared_is_seen_until_it_is_not_and_changed_by_its_owner_only(
    anna: httpx.Client, ben: httpx.Client
) -> None:
    sent = send(anna, 3, shared="true")
    assert ben.get(f"{PHOTOS}/{sent}").status_code == 200
    assert code(ben.delete(f"{PHOTOS}/{sent}/shared")) == "forbidden"
    assert anna.delete(f"{PHOTOS}/{sent}/shared").status_code == 204
    assert ben.get(f"{PHOTOS}/{sent}").status_code == 404
    assert anna.put(f"{PHOTOS}/{sent}/shared").status_code == 204
    assert ben.get(f"{PHOTOS}/{sent}/picture.jpg").status_code == 200


def test_the_order_of_review_holds_what_one_may_see(
    service: Service, anna: httpx.Client, ben: httpx.Client
) -> None:
    own, shared, others = send(anna, 4), send(ben, 5, shared="true"), send(ben, 6)
    queue = anna.get("/api/v1/reviews", params={"limit": 500, "state": "all"}).json()
    ids = {one["id"] for one in queue["photos"]}
    assert {own, shared} <= ids
    assert others not in ids
    assert queue["open"] == len(ids)
    with service.client() as admin:
        everything = admin.get("/api/v1/reviews", params={"limit": 500, "state": "all"}).json()["photos"]
    assert {own, shared, others} <= {one["id"] for one in everything}


def test_sending_alone_gives_no_reading(service: Service) -> None:
    with service.client(make(service, "drop box", "upload")) as client:
        sent = send(client, 7)
        assert code(client.get(f"{PHOTOS}/{sent}")) == "forbidden"


def test_a_revoked_token_is_worth_nothing_at_once(service: Service) -> None:
    with service.client(make(service, "leaver", "read")) as client:
        assert client.get("/api/v1/vendors").status_code == 200
        with TokenFile(make_settings(service.data_dir)) as tokens:
            tokens.revoke("leaver")
        assert code(client.get("/api/v1/vendors")) == "unauthorised"


def lines(service: Service) -> list[dict[str, Any]]:
    text = (service.data_dir / "audit.jsonl").read_text("ascii")
    return [json.loads(line) for line in text.splitlines()]


def test_the_audit_log_says_who_did_what_and_holds_no_secret(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data")) as service:
        text = make(service, "audited", "upload")
        with service.client(text) as client:
            send(client, 8)
            client.get("/api/v1/batches?secret=in-the-query")
            guess = {"Authorization": "Bearer guess-of-somebody"}
            client.get(f"{PHOTOS}/forged%0A%7B%22at%22", headers=guess)
        with service.client() as admin:
            admin.get("/api/v1/vendors")
            admin.get(f"/api/v1/batches/{SENTINEL}/exports/cameras.csv")
    found = [(line["name"], line["what"], line["outcome"]) for line in lines(service)]
    assert found[1:] == [
        ("audited", f"POST {PHOTOS}", "200"),
        ("audited", "GET /api/v1/batches", "403"),
        (None, f'GET {PHOTOS}/forged\\n{{"at"', "401"),
        ("admin", f"GET /api/v1/batches/{SENTINEL}/exports/cameras.csv", "404"),
    ]
    whole = (service.data_dir / "audit.jsonl").read_text("ascii")
    for secret in (text, TOKEN, "guess-of-somebody", "in-the-query"):
        assert secret not in whole
    assert {line["address"] for line in lines(service)[1:]} == {"127.0.0.1"}


def test_a_browser_elsewhere_can_do_nothing(service: Service) -> None:
    """No cookie is set and none is taken, so that a foreign page has nothing to ride on; none may read."""
    with service.client(token=None) as client:
        page = client.get("/")
        foreign = {"Origin": "https://elsewhere.example", "Cookie": f"token={TOKEN}; Authorization={TOKEN}"}
        form = client.post(PHOTOS, files={"photo": ("a.jpg", photo())}, headers=foreign)
        query = client.get(f"/api/v1/vendors?token={TOKEN}&access_token={TOKEN}", headers=foreign)
        asked = client.options(PHOTOS, headers={**foreign, "Access-Control-Request-Method": "POST"})
    assert "set-cookie" not in page.headers
    assert (form.status_code, query.status_code) == (401, 401)
    for answer in (page, form, query, asked):
        assert not any(name.startswith("access-control-") for name in answer.headers)


@pytest.mark.parametrize("path", ["/", "/streams", "/batches", "/review", "/docs"])
def test_pages_hold_no_script_of_their_own(service: Service, path: str) -> None:
    with service.client(token=None) as client:
        page = client.get(path)
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert page.headers["x-frame-options"] == "DENY"
    assert page.headers["cross-origin-opener-policy"] == "same-origin"
    for script in re.findall(r"<script\b[^>]*>", page.text):
        assert " src=" in script
    assert not re.search(r"<[^>]+\s(on[a-z]+|style)\s*=", page.text)
    assert "javascript:" not in page.text


def test_a_named_admin_sees_what_others_sent(service: Service, anna: httpx.Client) -> None:
    sent = send(anna, 9)
    with service.client(make(service, "chief", "admin")) as client:
        assert client.get(f"{PHOTOS}/{sent}").status_code == 200
        assert client.delete(f"{PHOTOS}/{sent}/shared").status_code == 204
        assert client.get("/api/v1/batches").status_code == 200


def test_an_address_that_asks_too_often_waits_with_or_without_a_token(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data", rate_per_address=4)) as service:
        with service.client(token=None) as client:
            statuses = [client.get("/api/v1/vendors").status_code for _ in range(6)]
            assert client.get("/healthz").status_code == 200
        assert statuses == [401] * 4 + [429] * 2
        with service.client() as client:
            assert client.get("/api/v1/vendors").status_code == 429


def test_who_asks_too_often_waits(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data", rate_per_token=5)) as service:
        first, second = (make(service, name, "read") for name in ("first", "second"))
        with service.client(first) as client:
            answers = [client.get("/api/v1/vendors") for _ in range(8)]
        assert [answer.status_code for answer in answers[:5]] == [200] * 5
        assert code(answers[-1]) == "too_many_requests"
        assert 1 <= int(answers[-1].headers["Retry-After"]) <= 13
        with service.client(second) as client:
            assert client.get("/api/v1/vendors").status_code == 200


def test_an_address_that_guesses_is_not_answered_and_locks_nobody_out(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data", rate_wrong_tokens=3)) as service:
        known, fresh = (make(service, name, "read") for name in ("known", "fresh"))
        with service.client(known) as client:
            assert client.get("/api/v1/vendors").status_code == 200
            for n in range(3):
                wrong = client.get("/api/v1/vendors", headers={"Authorization": f"Bearer wrong-{n}"})
                assert wrong.status_code == 401
            assert client.get("/api/v1/vendors").status_code == 200
        with service.client(fresh) as client:  # right, but it could be the next guess
            assert client.get("/api/v1/vendors").status_code == 429
