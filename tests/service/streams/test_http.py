"""Streams over HTTP: added, changed, removed, kept over a restart, counted."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx

from edge.errors import StreamFault
from edge.service.engine import PhotoIdentifier
from edge.settings import Settings
from tests.support.monitor import candidates
from tests.support.service import Service, StandIn, make_settings, metric, photo, running, wait_for
from tests.support.streams_api import STREAMS, URL, add, problem


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
