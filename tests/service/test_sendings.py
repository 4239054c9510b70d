"""A photo that is sent again with its key arrives once, and a photo that is deleted is gone."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from edge.service import store as store_module
from edge.service.access_tokens import TokenFile
from edge.service.sendings import create_sendings
from tests.support.service import Service, StandIn, make_settings, photo, running

PHOTOS = "/api/v1/photos"
KEY = "a-key-of-the-sender"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(make_settings(tmp_path / "data")) as started:
        yield started


def send(client: httpx.Client, key: str = KEY, data: bytes | None = None, count: int = 1) -> httpx.Response:
    files = [("photo", ("a.jpg", data or photo()))] * count
    return client.post(PHOTOS, files=files, headers={"Idempotency-Key": key})


def rows(service: Service) -> int:
    with sqlite3.connect(service.data_dir / "camid.sqlite") as connection:
        count: int = connection.execute("SELECT count(*) FROM photos").fetchone()[0]
    connection.close()
    return count


def test_sent_ten_times_it_arrives_once(service: Service) -> None:
    with service.client() as client:
        answers = [send(client).json() for _ in range(10)]
        assert all(answer == answers[0] for answer in answers)
        assert client.get(f"{PHOTOS}/sent/{KEY}").json() == answers[0]["photos"][0]
        send(client, key="another-key-of-the-sender")
    assert rows(service) == 2
    assert service.received() == []


def test_while_the_first_is_worked_on_others_wait_for_its_answer(tmp_path: Path) -> None:
    models = StandIn()
    with running(make_settings(tmp_path / "data"), models) as service, service.client() as client:
        models.gate.clear()
        with ThreadPoolExecutor(3) as pool:
            sent = [pool.submit(send, client) for _ in range(2)]
            assert models.begun.acquire(timeout=20)
            asked = pool.submit(client.get, f"{PHOTOS}/sent/{KEY}")
            assert not asked.done()
            models.gate.set()
            results = [one.result().json()["photos"][0] for one in sent]
        assert results == [asked.result().json()] * 2
        assert not models.begun.acquire(blocking=False)
        assert rows(service) == 1


def test_who_goes_away_before_the_answer_finds_it_by_the_key(tmp_path: Path) -> None:
    models = StandIn()
    with running(make_settings(tmp_path / "data"), models) as service:
        models.gate.clear()
        with closing(sent_alone(service)):
            assert models.begun.acquire(timeout=20)
        opener = threading.Timer(0.2, models.gate.set)
        opener.start()
        with service.client() as client:
            assert client.get(f"{PHOTOS}/sent/{KEY}").status_code == 200
        opener.join()
        assert rows(service) == 1


def sent_alone(service: Service) -> socket.socket:
    """A connection on which a photo was sent; whoever closes it goes away without the answer."""
    with service.client() as client:
        headers = {"Idempotency-Key": KEY}
        request = client.build_request("POST", PHOTOS, files={"photo": ("a.jpg", photo())}, headers=headers)
    head = b"".join(b"%b: %b\r\n" % header for header in request.headers.raw)
    connection = socket.create_connection((request.url.host, request.url.port or 80), timeout=20)
    connection.sendall(b"POST %b HTTP/1.1\r\n%b\r\n" % (request.url.raw_path, head) + request.read())
    return connection


def test_a_key_is_of_its_owner_and_of_one_photo(service: Service) -> None:
    with TokenFile(make_settings(service.data_dir)) as tokens:
        anna = tokens.create("anna", ("upload",), None).text
    with service.client() as client, service.client(anna) as other_client:
        assert client.get(f"{PHOTOS}/sent/{KEY}").status_code == 404
        send(client)
        assert other_client.get(f"{PHOTOS}/sent/{KEY}").status_code == 404
        assert send(other_client).json() != send(client).json()
        other = send(client, data=photo(7))
        assert (other.status_code, other.json()["error"]["code"]) == (422, "bad_request")
        assert send(client, key="for-two-photos-at-once", count=2).status_code == 422
        assert send(client, key="short").status_code == 422
        assert client.get(f"{PHOTOS}/sent/short").status_code == 422
    assert rows(service) == 2


def test_what_could_not_be_read_is_refused_each_time_and_not_kept(service: Service) -> None:
    with service.client() as client:
        for _ in range(2):
            assert send(client, data=b"no picture").status_code == 415
        assert client.get(f"{PHOTOS}/sent/{KEY}").status_code == 404
    assert rows(service) == 0


def test_a_database_from_before_gets_the_column(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data")) as service:
        service.send(("a.jpg", photo()))
    before = store_module._MIGRATIONS.index(create_sendings)
    with sqlite3.connect(tmp_path / "data" / "camid.sqlite") as connection:
        connection.executescript(
            "DROP INDEX photos_sending; ALTER TABLE photos DROP COLUMN sending;"
            f"PRAGMA user_version = {before}"
        )
    connection.close()
    with running(make_settings(tmp_path / "data")) as service, service.client() as client:
        assert send(client).json() == send(client).json()
        assert rows(service) == 2


def test_a_deleted_photo_is_gone_with_all_that_came_of_it(service: Service) -> None:
    with service.client() as client:
        kept, gone = (
            send(client, f"key-of-photo-number-{n}", photo(n, 960, 640)).json()["photos"][0] for n in range(2)
        )
        base = f"{PHOTOS}/{gone['id']}"
        seen = [{"machine": n, "box": camera["box"]} for n, camera in enumerate(gone["cameras"])]
        said = client.post(f"{base}/reviews", json={"by": "Somebody-Unmistakable", "cameras": seen})
        assert said.status_code == 201, said.text
        assert client.get(f"{base}/picture.jpg").headers["Cache-Control"] == "no-store"
        assert client.delete(base).status_code == 204
        for path in ("", "/picture.jpg", "/annotated.jpg", "/cameras/0.jpg", "/report.zip", "/reviews"):
            assert client.get(base + path).status_code == 404, path
        assert client.delete(base).status_code == 404
        assert client.get(f"{PHOTOS}/sent/key-of-photo-number-1").status_code == 404
        assert client.get(f"{PHOTOS}/{kept['id']}/picture.jpg").status_code == 200
        queued = client.get("/api/v1/reviews").json()
    assert gone["id"] not in str(queued)
    assert service.stored() == {kept["source"]["sha256"]}
    traces = (gone["id"], gone["source"]["sha256"], "Somebody-Unmistakable")
    files = [file for file in service.data_dir.rglob("*") if file.is_file() and "audit" not in str(file)]
    for file in files:
        assert not any(trace.encode() in file.read_bytes() for trace in traces), file
    audit = "".join(file.read_text() for file in service.data_dir.rglob("audit*") if file.is_file())
    assert f"DELETE {base}" in audit


def test_bytes_that_another_result_shares_stay(service: Service) -> None:
    with service.client() as client:
        one, two = (
            client.post(PHOTOS, files={"photo": ("a.jpg", photo())}).json()["photos"][0] for _ in "ab"
        )
        client.delete(f"{PHOTOS}/{one['id']}")
        assert client.get(f"{PHOTOS}/{two['id']}/picture.jpg").status_code == 200
        client.delete(f"{PHOTOS}/{two['id']}")
    assert service.stored() == set()
