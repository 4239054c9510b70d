"""Phones: a code becomes a cookie once, and the cookie opens what it must, from Camid's own pages only."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest

from edge.errors import CamidError, ErrorCode
from edge.service.access import Kind, Scope
from edge.service.access_cookie import COOKIE
from edge.service.access_store import TokenStore
from edge.service.access_tokens import TokenFile
from edge.service.data_dir import DataDir
from edge.service.pairing_store import MOST_CODES, Browser, PairingStore, Wish
from edge.service.store import Store
from tests.support.clock import FakeClock
from tests.support.lan import LanService, on_the_lan
from tests.support.service import TOKEN, make_settings, photo

PHOTOS = "/api/v1/photos"
PAIRING = "/api/v1/pairing"
PHONE = Wish(frozenset({Scope.UPLOAD, Scope.READ}), days=90)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanService]:
    settings = make_settings(
        tmp_path_factory.mktemp("phones") / "data", lan=True, host="127.0.0.1", lan_trust_port=0
    )
    with on_the_lan(settings) as started:
        yield started


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["error"]["code"])


def send(client: httpx.Client, seed: int = 0, **headers: str) -> httpx.Response:
    return client.post(PHOTOS, files={"photo": ("a.jpg", photo(seed))}, headers=headers)


def test_a_code_becomes_a_cookie_that_no_script_and_no_other_site_gets(service: LanService) -> None:
    with service.client() as client:
        answer = client.post(PAIRING, json={"code": service.code("Anas")})
    assert answer.json()["name"] == "Anas"
    assert answer.json()["scopes"] == ["read", "upload"]
    said = SimpleCookie(answer.headers["set-cookie"])[COOKIE]
    assert said["httponly"]
    assert said["secure"]
    assert said["samesite"] == "strict"
    assert (said["path"], said["domain"]) == ("/", "")
    assert said.value not in answer.text
    kept = b"".join(file.read_bytes() for file in service.data_dir.glob("camid.sqlite*"))
    assert said.value.encode() not in kept


def test_a_phone_sends_and_reads_its_own_and_nothing_else(service: LanService) -> None:
    with service.paired() as ana, service.paired() as ben:
        sent = send(ana, 1).json()["photos"][0]["id"]
        assert ana.get(f"{PHOTOS}/{sent}").status_code == 200
        assert ana.get(f"{PHOTOS}/{sent}/picture.jpg").status_code == 200
        assert code_of(ben.get(f"{PHOTOS}/{sent}")) == (404, "not_found")
        for path in ("/api/v1/streams", "/api/v1/batches", "/api/v1/reviews/export.zip"):
            assert code_of(ana.get(path)) == (403, "forbidden")


def test_the_scopes_are_those_of_the_code(service: LanService) -> None:
    with service.paired(scopes=("streams",)) as phone:
        assert phone.get("/api/v1/streams").status_code == 200
        assert code_of(send(phone)) == (403, "forbidden")


def test_a_code_is_for_one_phone(service: LanService) -> None:
    code = service.code()
    with service.client() as first, service.client() as second:
        assert first.post(PAIRING, json={"code": code}).status_code == 200
        assert code_of(second.post(PAIRING, json={"code": code})) == (403, "code_used")
        assert COOKIE not in second.cookies


def test_of_many_at_once_one_gets_in(service: LanService) -> None:
    code = service.code()

    def bring(_: int) -> int:
        with service.client() as client:
            return client.post(PAIRING, json={"code": code}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(bring, range(8))) == [200] + [403] * 7


def test_a_wrong_code_is_told_from_a_used_one(service: LanService) -> None:
    with service.client() as client:
        assert code_of(client.post(PAIRING, json={"code": "x" * 22})) == (403, "code_wrong")
        for body in ({}, {"code": ""}, {"code": "x" * 101}, {"code": 1}, {"code": "a", "more": 1}):
            assert code_of(client.post(PAIRING, json=body)) == (422, "bad_request")


def test_a_phone_that_is_revoked_is_out_at_once(service: LanService) -> None:
    with service.paired("lost") as phone:
        assert phone.get("/api/v1/vendors").status_code == 200
        with TokenFile(service.settings) as tokens:
            tokens.revoke("lost", Kind.PHONE)
        answer = phone.get("/api/v1/vendors")
        assert code_of(answer) == (401, "unpaired")
        assert "www-authenticate" in answer.headers


def test_a_token_is_no_phone_and_a_phone_is_no_token(service: LanService) -> None:
    with service.paired("both ways") as phone:
        text = phone.cookies[COOKIE]
    with service.client() as client:
        assert client.get("/api/v1/vendors", headers={"Authorization": f"Bearer {text}"}).status_code == 401
        client.cookies.set(COOKIE, TOKEN)
        assert code_of(client.get("/api/v1/vendors")) == (401, "unpaired")
    with TokenFile(service.settings) as tokens:
        tokens.create("a token", ["read"], None)
        assert refused(lambda: tokens.revoke("a token", Kind.PHONE)) is ErrorCode.NOT_FOUND


FOREIGN: tuple[dict[str, str], ...] = (
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site", "Origin": "https://127.0.0.1:1"},  # another port of the same box
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "null"},  # browsers that say nothing but this, or nothing at all
    {"Origin": "https://evil.example"},
    {},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_no_other_page_sends_or_changes_in_a_phones_name(
    service: LanService, headers: dict[str, str]
) -> None:
    with service.paired() as phone:
        mine = send(phone, 2).json()["photos"][0]["id"]
        del phone.headers["sec-fetch-site"]
        assert code_of(send(phone, 3, **headers)) == (403, "foreign_origin")
        for method in ("PUT", "DELETE"):
            answer = phone.request(method, f"{PHOTOS}/{mine}/shared", headers=headers)
            assert code_of(answer) == (403, "foreign_origin")
        assert code_of(phone.post(PAIRING, json={"code": service.code()}, headers=headers)) == (
            403,
            "foreign_origin",
        )


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_other_page_loads_what_is_a_phones(service: LanService, site: str) -> None:
    with service.paired() as phone:
        assert code_of(phone.get("/api/v1/vendors", headers={"Sec-Fetch-Site": site})) == (
            403,
            "foreign_origin",
        )


def test_a_browser_that_says_only_its_origin_is_taken_at_that(service: LanService) -> None:
    with service.paired() as phone:
        del phone.headers["sec-fetch-site"]
        assert send(phone, 4, Origin=service.url).status_code == 200
        assert phone.get("/api/v1/vendors").status_code == 200
        plain = service.url.replace("https:", "http:")
        assert code_of(send(phone, 4, Origin=plain)) == (403, "foreign_origin")


def test_a_token_in_the_header_needs_no_origin(service: LanService) -> None:
    with service.client(**{"Sec-Fetch-Site": "cross-site"}) as client:
        assert send(client, 5, Authorization=f"Bearer {TOKEN}").status_code == 200


def test_paired_again_a_phone_keeps_its_photos_and_the_old_cookie_ends(service: LanService) -> None:
    with service.paired("twice") as phone:
        sent, old = send(phone, 6).json()["photos"][0]["id"], phone.cookies[COOKIE]
        again = phone.post(PAIRING, json={"code": service.code()})
        assert again.json()["name"] == "twice"
        assert phone.cookies[COOKIE] != old
        assert phone.get(f"{PHOTOS}/{sent}").status_code == 200
    with service.client() as thief:
        thief.cookies.set(COOKIE, old)
        assert thief.get("/api/v1/vendors").status_code == 401


def test_the_audit_log_tells_pairing_and_revocation_and_no_secret(service: LanService) -> None:
    code = service.code("audited")
    with service.client() as client:
        client.post(PAIRING, json={"code": code})
        client.post(PAIRING, json={"code": code})
        text = client.cookies[COOKIE]
    with TokenFile(service.settings) as tokens:
        tokens.revoke("audited", Kind.PHONE)
    whole = (service.data_dir / "audit.jsonl").read_text()
    lines = [json.loads(line) for line in whole.splitlines()][-4:]
    assert [(one["name"], one["outcome"]) for one in lines] == [
        ("command line", "done"),
        ("audited", "200"),
        (None, "403"),
        ("command line", "done"),
    ]
    assert lines[0]["what"].startswith("lan pair audited: read upload until ")
    assert lines[3]["what"].startswith("phone revoke ")
    assert code not in whole
    assert text not in whole


def test_guessing_is_limited(tmp_path: Path) -> None:
    settings = make_settings(
        tmp_path / "data", lan=True, host="127.0.0.1", lan_trust_port=0, rate_wrong_tokens=5
    )
    with on_the_lan(settings) as service, service.client() as client:
        for number in range(5):
            assert client.post(PAIRING, json={"code": f"guess {number}"}).status_code == 403
        answer = client.post(PAIRING, json={"code": service.code()})
        assert code_of(answer) == (429, "too_many_requests")
        assert int(answer.headers["retry-after"]) > 0


# --- the store, with a clock that is told to run


class Codes:
    def __init__(self, store: Store, clock: FakeClock) -> None:
        engine, writing = store._engine, threading.Lock()
        self.clock = clock
        self.store = PairingStore(engine, writing, clock.now)
        self.tokens = TokenStore(engine, writing, clock.now)

    def use(self, digest: str, number: int = 1, before: str | None = None, device: str = "Android") -> str:
        return self.store.use(digest, Browser(f"phone {number}", device, before)).caller.name


@pytest.fixture
def codes(tmp_path: Path) -> Iterator[Codes]:
    data = DataDir(tmp_path / "data")
    with data, closing(Store(data)) as store:
        yield Codes(store, FakeClock())


def refused(act: Callable[[], object]) -> ErrorCode:
    with pytest.raises(CamidError) as caught:
        act()
    assert isinstance(caught.value.code, ErrorCode)
    return caught.value.code


def test_a_code_expires(codes: Codes) -> None:
    codes.store.make("soon", PHONE, 600)
    codes.clock.advance(600)
    assert refused(lambda: codes.use("soon")) is ErrorCode.CODE_EXPIRED
    codes.store.make("in time", PHONE, 600)
    codes.clock.advance(599)
    assert codes.use("in time") == "Android"


def test_a_used_code_is_remembered_for_a_week(codes: Codes) -> None:
    codes.store.make("used", PHONE, 600)
    codes.use("used")
    codes.clock.advance(6 * 86_400)
    assert refused(lambda: codes.use("used", 2)) is ErrorCode.CODE_USED
    codes.clock.advance(2 * 86_400)
    assert refused(lambda: codes.use("used", 2)) is ErrorCode.CODE_WRONG


def test_a_phone_expires_and_is_the_same_when_paired_again(codes: Codes) -> None:
    codes.store.make("first", Wish(PHONE.scopes, days=30), 600)
    codes.use("first")
    first = codes.tokens.find("phone 1", Kind.PHONE)
    codes.clock.advance(30 * 86_400)
    assert codes.tokens.find("phone 1", Kind.PHONE) is None
    codes.store.make("second", Wish(frozenset({Scope.READ}), days=30), 600)
    codes.use("second", 2, before="phone 1")
    again = codes.tokens.find("phone 2", Kind.PHONE)
    assert first is not None
    assert again is not None
    assert (again.id, again.name, again.scopes) == (first.id, first.name, frozenset({Scope.READ}))


def test_a_revoked_phone_is_another_when_paired_again(codes: Codes) -> None:
    codes.store.make("first", PHONE, 600)
    codes.use("first")
    codes.tokens.revoke("Android")
    codes.store.make("second", PHONE, 600)
    codes.use("second", 2, before="phone 1")
    assert len(codes.tokens.all()) == 2


def test_phones_are_named_after_their_system_or_as_the_code_says(codes: Codes) -> None:
    for number in range(3):
        codes.store.make(f"code {number}", PHONE, 600)
    assert [codes.use(f"code {number}", number) for number in range(3)] == [
        "Android",
        "Android 2",
        "Android 3",
    ]
    named = Wish(PHONE.scopes, 90, "Ana")
    codes.store.make("named", named, 600)
    assert refused(lambda: codes.store.make("again", named, 600)) is ErrorCode.BAD_REQUEST
    assert codes.use("named", 4) == "Ana"
    assert refused(lambda: codes.store.make("taken", named, 600)) is ErrorCode.BAD_REQUEST


def test_codes_that_wait_are_bounded(codes: Codes) -> None:
    for number in range(MOST_CODES):
        codes.store.make(f"code {number}", PHONE, 600)
    assert refused(lambda: codes.store.make("more", PHONE, 600)) is ErrorCode.BAD_REQUEST
    codes.clock.advance(601)
    codes.store.make("more", PHONE, 600)
