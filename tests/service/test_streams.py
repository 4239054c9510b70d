"""Streams over HTTP: added, changed, removed, listened to, and no secret ever told."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from edge.errors import StreamFault
from edge.service.engine import PhotoIdentifier
from edge.service.json_body import MAX_JSON_BYTES
from edge.settings import Settings
from edge.streams.state import StreamState
from tests.support.monitor import candidates, listening
from tests.support.service import TOKEN, Service, StandIn, make_settings, metric, photo, running, wait_for

STREAMS = "/api/v1/streams"
SECRETS = ("viewer-name", "s3cret-word", "0ther-word", "t0ken-in-query")
URL = "rtsp://viewer-name:s3cret-word@192.168.1.10:8554/a?token=t0ken-in-query&channel=1"


@pytest.fixture(scope="module")
def shared_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = make_settings(tmp_path_factory.mktemp("streams") / "data", max_streams=6, max_event_clients=3)
    with running(settings) as started:
        yield started


@pytest.fixture
def service(shared_service: Service) -> Iterator[Service]:
    """The service of the module without streams."""
    yield shared_service
    with shared_service.client() as client:
        for stream in client.get(STREAMS).json()["streams"]:
            client.delete(f"{STREAMS}/{stream['id']}")


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with service.client() as made:
        yield made


def add(client: httpx.Client, url: str = URL, **fields: object) -> dict[str, object]:
    answer = client.post(STREAMS, json={"url": url, **fields})
    assert answer.status_code == 201, answer.text
    body: dict[str, object] = answer.json()
    return body


def problem(answer: httpx.Response, status: int = 422) -> str:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["message"]
    return str(error["code"])


def test_a_stream_is_added_read_listed_and_removed(service: Service, client: httpx.Client) -> None:
    stream = add(client, name="  Back door ", expect={"vendor": "dahua"})
    assert stream["name"] == "Back door"
    assert stream["url"] == "rtsp://192.168.1.10:8554/a?token=***&channel=1"
    assert (stream["has_credentials"], stream["enabled"], stream["state"]) == (True, True, "connecting")
    assert stream["expect"] == {"vendor": "dahua", "model": None, "firmware": None}
    assert stream["identification"] is stream["sentence"] is stream["fault"] is None
    address = f"{STREAMS}/{stream['id']}"
    assert client.get(address).json() == stream
    assert client.get(STREAMS).json() == {"streams": [stream]}
    spec = service.monitor.specs[str(stream["id"])]
    assert (spec.address.username, spec.address.password) == ("viewer-name", "s3cret-word")
    assert spec.address.path == "/a?token=t0ken-in-query&channel=1"
    removed = client.delete(address)
    assert (removed.status_code, removed.content) == (204, b"")
    assert problem(client.get(address), 404) == "not_found"
    assert problem(client.delete(address), 404) == "not_found"
    assert client.get(STREAMS).json() == {"streams": []}
    assert not service.monitor.specs


def test_without_a_name_a_stream_has_that_of_its_host(client: httpx.Client) -> None:
    assert add(client)["name"] == "192.168.1.10"


def test_credentials_may_stand_beside_the_url_and_count_then(service: Service, client: httpx.Client) -> None:
    stream = add(client, username="someone", password="p@ss: wörd/%")
    address = service.monitor.specs[str(stream["id"])].address
    assert (address.username, address.password) == ("someone", "p@ss: wörd/%")
    bare = add(client, "rtsp://10.0.0.1/a")
    assert bare["has_credentials"] is False


def test_what_is_known_is_told(service: Service, client: httpx.Client) -> None:
    stream = str(add(client)["id"])
    service.monitor.identify(stream)
    found = client.get(f"{STREAMS}/{stream}").json()
    assert (found["state"], found["settled"], found["looks"]) == ("asleep", True, 1)
    assert found["info"]["codec"] == "h264"
    assert found["identification"]["platform"] == "dahua"
    assert found["sentence"] == (
        "a camera built by Dahua, brand not shown, because it answered “Login to 5A01C7”"
    )
    assert found["osd"] == {"timestamp_text": "2026-03-14 12:00:00", "channel_text": "Camera 01"}
    assert found["last_look"] == "2026-03-14T12:00:00Z"
    service.monitor.look(stream, identification=candidates("dahua", "uniview"))
    assert (
        client.get(f"{STREAMS}/{stream}").json()["sentence"].startswith("candidates: Dahua (40 %), Uniview")
    )
    service.monitor.fail(stream, StreamFault.AUTH_FAILED)
    found = client.get(f"{STREAMS}/{stream}").json()
    assert (found["state"], found["fault"]) == ("failing", "auth_failed")
    assert found["message"].endswith("cameras lock out after some wrong tries.")


def test_a_stream_is_told_from_what_it_should_be(service: Service, client: httpx.Client) -> None:
    stream = str(add(client, expect={"vendor": "hikvision"})["id"])

    def checks() -> list[tuple[str, str]]:
        found = client.get(f"{STREAMS}/{stream}").json()["checks"]
        return [(one["id"], one["outcome"]) for one in found]

    assert checks() == []
    service.monitor.look(stream, identification=candidates("dahua"))
    assert checks() == []
    service.monitor.identify(stream)
    assert checks() == [("vendor", "failed")]
    client.patch(f"{STREAMS}/{stream}", json={"expect": {"vendor": "Dahua"}})
    assert checks() == [("vendor", "passed")]
    client.patch(f"{STREAMS}/{stream}", json={"expect": {}})
    assert checks() == []


def test_a_change_touches_what_is_given_alone(service: Service, client: httpx.Client) -> None:
    stream = add(client, name="Back door", expect={"vendor": "dahua", "model": "IPC"})
    address = f"{STREAMS}/{stream['id']}"

    def change(**fields: object) -> dict[str, object]:
        answer = client.patch(address, json=fields)
        assert answer.status_code == 200, answer.text
        assert answer.json() == client.get(address).json()
        body: dict[str, object] = answer.json()
        return body

    def login() -> tuple[str | None, str | None]:
        spec = service.monitor.specs[str(stream["id"])]
        return spec.address.username, spec.address.password

    assert change() == stream
    assert change(name="Front door") == {**stream, "name": "Front door"}
    assert change(expect={"firmware": "2.8"})["expect"] == {"vendor": None, "model": None, "firmware": "2.8"}
    assert change(enabled=False)["state"] == "stopped"
    assert login() == ("viewer-name", "s3cret-word")
    change(password="0ther-word")
    assert login() == ("viewer-name", "0ther-word")
    change(username="someone")
    assert login() == ("someone", "0ther-word")
    assert change(username=None, password=None)["has_credentials"] is False
    assert login() == (None, None)
    assert change(expect={})["expect"] == {"vendor": None, "model": None, "firmware": None}


def test_the_address_of_a_stream_cannot_change(client: httpx.Client) -> None:
    """Credentials that are stored would go to another host."""
    address = f"{STREAMS}/{add(client)['id']}"
    for fields in ({"url": "rtsp://192.168.1.66/"}, {"id": "0"}, {"pinned_ip": "192.168.1.66"}):
        assert problem(client.patch(address, json=fields)) == "bad_request"


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 201},
        {"name": "line\nbreak"},
        {"name": "bell\x07"},
        {"name": "right\u202eto left"},
        {"name": 5},
        {"enabled": "yes"},
        {"enabled": None},
        {"enabled": 1},
        {"username": "x" * 201},
        {"username": "line\r\nbreak"},
        {"password": "x" * 201},
        {"password": "line\r\nbreak"},
        {"expect": {"vendor": ""}},
        {"expect": {"vendor": "x" * 201}},
        {"expect": {"colour": "red"}},
        {"expect": None},
        {"unknown": 1},
    ],
)
def test_wrong_fields_are_refused(client: httpx.Client, fields: dict[str, object]) -> None:
    stream = add(client)
    assert problem(client.post(STREAMS, json={"url": URL, **fields})) == "bad_request"
    assert problem(client.patch(f"{STREAMS}/{stream['id']}", json=fields)) == "bad_request"
    assert client.get(STREAMS).json() == {"streams": [stream]}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x" * 3000,
        "http://192.168.1.10/",
        "file:///etc/passwd",
        "concat:rtsp://192.168.1.10/",
        "/etc/passwd",
        "rtsp://",
        "rtsp:///a",
        "rtsp://192.168.1.10:99999/",
        "rtsp://192.168.1.10/\r\nSETUP",
        "rtsp://a b/",
    ],
)
def test_what_is_no_address_of_a_stream_is_refused(client: httpx.Client, url: str) -> None:
    answer = client.post(STREAMS, json={"url": url})
    assert problem(answer) == "bad_request"
    assert "passwd" not in answer.text


@pytest.mark.parametrize("host", ["8.8.8.8", "169.254.169.254", "[fe80::1]", "[::ffff:8.8.8.8]", "0.0.0.0"])
def test_hosts_beyond_the_private_networks_are_refused(client: httpx.Client, host: str) -> None:
    assert problem(client.post(STREAMS, json={"url": f"rtsp://{host}/"}), 403) == "host_not_allowed"


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "no-such-host.invalid"])
def test_hosts_in_other_spellings_and_unknown_ones_are_refused(client: httpx.Client, host: str) -> None:
    assert problem(client.post(STREAMS, json={"url": f"rtsp://{host}/"})) == "bad_request"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"url": NaN}',
        b"[" * 5000,
        b'{"url": "\\ud800"}',
        b"0" * 5000,
    ],
)
def test_what_is_no_object_of_json_is_refused(client: httpx.Client, body: bytes) -> None:
    kind = {"Content-Type": "application/json"}
    assert problem(client.post(STREAMS, content=body, headers=kind)) == "bad_request"


def test_another_type_of_body_is_refused(client: httpx.Client) -> None:
    """So that no form of another page can be sent."""
    body = json.dumps({"url": URL}).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = client.post(STREAMS, content=body, headers={"Content-Type": kind})
        assert problem(answer) == "bad_request"


def test_a_body_is_bounded_whatever_it_announces(client: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"url": "'
        for _ in range(2 * MAX_JSON_BYTES // 1024):
            yield b"x" * 1024

    kind = {"Content-Type": "application/json"}
    assert problem(client.post(STREAMS, content=endless(), headers=kind)) == "bad_request"
    assert problem(client.post(STREAMS, content=b"x" * (MAX_JSON_BYTES + 1), headers=kind)) == "bad_request"


def test_a_body_that_does_not_arrive_is_given_up(tmp_path: Path) -> None:
    with running(make_settings(tmp_path, upload_idle_s=0.2)) as service:
        port = int(service.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as slow:
            head = f"POST {STREAMS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n"
            slow.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
            assert b"did not arrive within 0.2 seconds" in slow.recv(65536) + slow.recv(65536)


METHODS = [
    ("GET", ""), ("POST", ""), ("GET", "/events"), ("GET", "/an-id"), ("PATCH", "/an-id"),
    ("DELETE", "/an-id"), ("GET", "/an-id/snapshot.jpg"), ("GET", "/an-id/events"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), METHODS)
def test_everything_wants_the_token_before_it_reads_a_body(service: Service, method: str, path: str) -> None:
    with service.client(token="wrong") as client:
        answer = client.request(method, STREAMS + path, content=b"no json")
        assert problem(answer, 401) == "unauthorised"


@pytest.mark.parametrize("path", ["/%25", "/..%2f", "/' OR 1=1 --", "/" + "a" * 5000, "/%F0%9F%93%B7"])
def test_unknown_ids_are_not_found(client: httpx.Client, path: str) -> None:
    add(client)
    for rest in ("", "/snapshot.jpg", "/events"):
        assert problem(client.get(f"{STREAMS}{path}{rest}"), 404) == "not_found"
    assert problem(client.patch(STREAMS + path, json={"name": "x"}), 404) == "not_found"
    assert problem(client.delete(STREAMS + path), 404) == "not_found"


def test_there_is_a_limit_of_streams(client: httpx.Client) -> None:
    for _ in range(6):
        add(client)
    assert problem(client.post(STREAMS, json={"url": URL}), 409) == "too_many_streams"


def test_a_snapshot_is_there_after_the_first_look_and_gone_with_the_stream(
    service: Service, client: httpx.Client
) -> None:
    stream = str(add(client)["id"])
    address = f"{STREAMS}/{stream}/snapshot.jpg"
    assert problem(client.get(address), 404) == "not_found"
    picture = photo()
    service.monitor.identify(stream, picture)
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.content == picture
    client.delete(f"{STREAMS}/{stream}")
    assert problem(client.get(address), 404) == "not_found"


def test_events_tell_of_all_streams(service: Service, client: httpx.Client) -> None:
    one = add(client)
    with service.client() as other, listening(other, f"{STREAMS}/events") as events:
        assert next(events) == ("streams", {"streams": [one]})
        two = add(client, name="Yard")
        assert next(events) == ("stream", two)
        service.monitor.identify(str(two["id"]))
        kind, body = next(events)
        assert (kind, body["id"], body["state"]) == ("stream", two["id"], "asleep")
        assert body == client.get(f"{STREAMS}/{two['id']}").json()
        client.patch(f"{STREAMS}/{one['id']}", json={"name": "Gate"})
        kind, body = next(events)
        assert (kind, body["name"]) == ("stream", "Gate")
        client.delete(f"{STREAMS}/{one['id']}")
        assert next(events) == ("removed", {"id": one["id"]})


def test_events_of_one_stream_end_with_it(service: Service, client: httpx.Client) -> None:
    one, two = add(client), add(client)
    with service.client() as other, listening(other, f"{STREAMS}/{one['id']}/events") as events:
        assert next(events) == ("stream", one)
        service.monitor.identify(str(two["id"]))
        service.monitor.fail(str(one["id"]))
        kind, body = next(events)
        assert (kind, body["id"], body["fault"]) == ("stream", one["id"], "timeout")
        client.delete(f"{STREAMS}/{one['id']}")
        assert list(events) == [("removed", {"id": one["id"]})]


def test_a_client_that_does_not_read_gets_the_newest_and_holds_up_nobody(
    service: Service, client: httpx.Client
) -> None:
    stream = str(add(client)["id"])
    with service.client() as other, listening(other, f"{STREAMS}/events") as events:
        next(events)
        for _ in range(3000):
            service.monitor.fail(stream)
        service.monitor.identify(stream)
        heard = 0
        for kind, body in events:
            assert kind == "stream"
            heard += 1
            if body["state"] == StreamState.ASLEEP:
                break
        assert heard < 3000


def test_as_many_clients_may_listen_as_the_settings_say(service: Service, client: httpx.Client) -> None:
    wait_for(lambda: metric(service, "camid_event_clients") == 0)
    with (
        service.client() as other,
        listening(other, f"{STREAMS}/events") as one,
        listening(other, f"{STREAMS}/events") as two,
        listening(other, f"{STREAMS}/events") as three,
    ):
        for events in (one, two, three):
            next(events)
        assert metric(service, "camid_event_clients") == 3
        answer = client.get(f"{STREAMS}/events")
        assert problem(answer, 503) == "busy"
        assert int(answer.headers["retry-after"]) > 0
    wait_for(lambda: metric(service, "camid_event_clients") == 0)


def test_a_silent_connection_shows_signs_of_life(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, event_heartbeat_s=0.05)
    with (
        running(settings) as service,
        service.client() as client,
        listening(client, f"{STREAMS}/events") as events,
    ):
        assert next(events) == ("streams", {"streams": []})
        assert next(events) == ("", {})
        assert next(events) == ("", {})


def test_listening_clients_do_not_hold_up_the_end(tmp_path: Path) -> None:
    heard: list[list[tuple[str, dict[str, object]]]] = []
    begun = threading.Semaphore(0)

    def listen(service: Service, path: str) -> None:
        with service.client() as client, listening(client, path) as events:
            first = next(events)
            begun.release()
            heard.append([first, *events])

    with running(make_settings(tmp_path)) as service:
        with service.client() as client:
            stream = str(add(client)["id"])
        paths = (f"{STREAMS}/events", f"{STREAMS}/{stream}/events")
        threads = [threading.Thread(target=listen, args=(service, path)) for path in paths]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert begun.acquire(timeout=20)
        start = time.monotonic()
        service.server.should_exit = True
    for thread in threads:
        thread.join(20)
    assert time.monotonic() - start < 5
    assert sorted(len(events) for events in heard) == [1, 1]
    assert not service.monitor.running


def test_streams_survive_a_restart(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    with running(settings) as service, service.client() as client:
        kept = add(client, name="Back door", expect={"model": "IPC"})
        gone = add(client)
        client.patch(f"{STREAMS}/{kept['id']}", json={"enabled": False, "password": "0ther-word"})
        client.delete(f"{STREAMS}/{gone['id']}")
    with running(settings) as service, service.client() as client:
        (found,) = client.get(STREAMS).json()["streams"]
        same = ("id", "name", "url", "expect", "created_at", "has_credentials")
        assert {key: found[key] for key in same} == {key: kept[key] for key in same}
        assert (found["enabled"], found["state"]) == (False, "stopped")
        address = service.monitor.specs[str(kept["id"])].address
        assert (address.username, address.password) == ("viewer-name", "0ther-word")


def test_streams_can_be_added_while_the_models_load(tmp_path: Path) -> None:
    go = threading.Event()

    def slow(_settings: Settings) -> PhotoIdentifier:
        assert go.wait(30)
        return StandIn()

    with running(make_settings(tmp_path), load=slow) as service, service.client() as client:
        stream = add(client)
        assert client.get(STREAMS).json() == {"streams": [stream]}
        assert stream["state"] == "connecting"
        assert not service.monitor.specs
        go.set()
        wait_for(lambda: service.monitor.running)
        assert list(service.monitor.specs) == [stream["id"]]


BODIES_WITH_SECRETS: list[dict[str, object]] = [
    {"url": URL, "name": "\x00"},
    {"url": "rtsp://viewer-name:s3cret-word@a b/?token=t0ken-in-query"},
    {"url": "rtsp://viewer-name:s3cret-word@8.8.8.8/?token=t0ken-in-query"},
    {"url": "http://viewer-name:s3cret-word@192.168.1.10/?token=t0ken-in-query"},
    {"url": {"viewer-name": "s3cret-word"}},
    {"url": "rtsp://192.168.1.10/", "password": ["s3cret-word"]},
    {"url": "rtsp://192.168.1.10/", "username": "viewer-name\n"},
]


def test_no_secret_leaves_the_service(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    said: list[str] = []
    with (
        caplog.at_level(logging.DEBUG),
        running(make_settings(tmp_path)) as service,
        service.client() as client,
        service.client() as other,
        listening(other, f"{STREAMS}/events") as events,
    ):
        stream = add(client)
        address = f"{STREAMS}/{stream['id']}"
        said.append(client.patch(address, json={"password": "0ther-word"}).text)
        service.monitor.fail(str(stream["id"]))
        said += [str(next(events)), str(next(events)), client.get(address).text]
        for body in BODIES_WITH_SECRETS:
            answer = client.post(STREAMS, json=body)
            assert answer.is_client_error
            said.append(answer.text)
        said += [client.get(STREAMS).text, client.get("/metrics").text]
        files = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    told = "\n".join([*said, caplog.text])
    for secret in SECRETS:
        assert secret not in told
        assert secret.encode() not in files


def test_metrics_count_streams_and_looks(service: Service, client: httpx.Client) -> None:
    one, two = (str(add(client)["id"]) for _ in range(2))
    service.monitor.identify(one)
    service.monitor.fail(two)
    expected = {
        'camid_streams{state="asleep"}': 1,
        'camid_streams{state="failing"}': 1,
        'camid_streams{state="watching"}': 0,
        'camid_stream_verdicts{verdict="identified"}': 1,
        'camid_stream_verdicts{verdict="undetermined"}': 0,
        "camid_stream_looks_total": 7,
        "camid_stream_exchanges_total": 3,
        "camid_stream_readings_total": 2,
        'camid_stream_unread_total{cause="settled"}': 5,
        'camid_stream_failed_looks_total{fault="timeout"}': 1,
        "camid_stream_discarded_looks_total": 0,
        "camid_stream_late_seconds": 0.25,
    }
    assert {line: metric(service, line) for line in expected} == expected
    text = client.get("/metrics").text
    assert one not in text


def test_the_description_tells_of_bodies_and_answers(client: httpx.Client) -> None:
    description = client.get("/openapi.json").json()
    paths, schemas = description["paths"], description["components"]["schemas"]
    assert {STREAMS, f"{STREAMS}/{{stream_id}}", f"{STREAMS}/events"} <= paths.keys()
    body = paths[STREAMS]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["required"] == ["url"]
    for reference in _references(description):
        assert reference in schemas, reference
    assert {"401", "403", "409", "422", "503", "507"} <= paths[STREAMS]["post"]["responses"].keys()
    assert "password" not in json.dumps(schemas["WatchedStreamV1"])


def _references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].rpartition("/")[2]
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
