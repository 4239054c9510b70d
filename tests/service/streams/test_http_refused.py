"""What streams over HTTP refuse; and no secret is ever told."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from edge.service.json_body import MAX_JSON_BYTES
from tests.support.monitor import listening
from tests.support.service import TOKEN, Service, make_settings, running
from tests.support.streams_api import STREAMS, URL, add, problem

SECRETS = ("viewer-name", "s3cret-word", "0ther-word", "t0ken-in-query")


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
