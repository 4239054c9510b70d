"""Cameras validated over HTTP: bounded, pinned, with credentials that are kept or given, and none told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from edge.service.engine import PhotoIdentifier
from edge.settings import Settings
from tests.support.service import Service, StandIn, make_settings, metric, running, wait_for

STREAMS = "/api/v1/streams"
VALIDATE = f"{STREAMS}/validate"
URL = "rtsp://viewer-name:s3cret-word@192.168.1.10/a"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = make_settings(tmp_path_factory.mktemp("validation") / "data", max_validations=2)
    with running(settings) as started:
        yield started


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[httpx.Client]:
    with service.client() as made:
        yield made


def problem(answer: httpx.Response, status: int = 422) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"]["code"])


def outcomes(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {one["id"]: one["outcome"] for one in answer.json()["checks"]}


def test_a_camera_is_judged_and_not_kept(service: Service, client: httpx.Client) -> None:
    body = {"url": URL, "name": "Back door", "expect": {"vendor": "dahua"}, "seconds": 7}
    answer = client.post(VALIDATE, json=body)
    found = answer.json()
    assert found["schema"] == "camid-stream/1"
    assert found["source"] == {
        "kind": "stream", "name": "Back door", "address": "rtsp://192.168.1.10/a",
    }  # fmt: skip
    assert outcomes(answer)["key_frames"] == "failed"
    assert outcomes(answer)["vendor"] == "passed"
    assert found["passed"] is False
    assert found["sentence"].startswith("a camera built by Dahua")
    assert "s3cret-word" not in answer.text
    target, seconds = service.monitor.targets[-1]
    assert (seconds, target.pinned_ip) == (7, "192.168.1.10")
    assert getattr(target.address, "password", None) == "s3cret-word"
    assert client.get(STREAMS).json() == {"streams": []}
    assert metric(service, 'camid_validations_total{outcome="failed"}') >= 1


def test_a_stream_that_is_kept_is_judged_with_what_is_kept(service: Service, client: httpx.Client) -> None:
    stream = client.post(STREAMS, json={"url": URL, "name": "Gate", "expect": {"vendor": "hikvision"}}).json()
    address = f"{STREAMS}/{stream['id']}"
    assert outcomes(client.post(f"{address}/validate", json={}))["vendor"] == "failed"
    target, seconds = service.monitor.targets[-1]
    assert (target.name, seconds, target.pinned_ip) == ("Gate", 10, "192.168.1.10")
    assert getattr(target.address, "password", None) == "s3cret-word"
    client.delete(address)
    assert problem(client.post(f"{address}/validate", json={}), 404) == "not_found"


def test_it_watches_no_longer_than_the_settings_allow(service: Service, client: httpx.Client) -> None:
    assert client.post(VALIDATE, json={"url": URL, "seconds": 3600}).status_code == 200
    assert service.monitor.targets[-1][1] == 60


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"url": "rtsp://8.8.8.8/"}, 403, "host_not_allowed"),
        ({"url": "rtsp://169.254.169.254/latest/meta-data"}, 403, "host_not_allowed"),
        ({"url": "rtsp://0x7f000001/"}, 422, "bad_request"),
        ({"url": "file:///etc/passwd"}, 422, "bad_request"),
        ({"url": "/etc/passwd"}, 422, "bad_request"),
        ({"seconds": 0}, 422, "bad_request"),
        ({"seconds": 1e9}, 422, "bad_request"),
        ({"expect": {"vendor": "no such maker"}}, 422, "bad_request"),
        ({"enabled": True}, 422, "bad_request"),
    ],
)
def test_what_is_refused_is_not_connected_to(
    service: Service, client: httpx.Client, fields: dict[str, object], status: int, code: str
) -> None:
    before = len(service.monitor.targets)
    assert problem(client.post(VALIDATE, json={"url": URL, **fields}), status) == code
    assert len(service.monitor.targets) == before


def test_an_unknown_maker_is_not_expected_of_a_stream_either(client: httpx.Client) -> None:
    body = {"url": URL, "expect": {"vendor": "no such maker"}}
    assert problem(client.post(STREAMS, json=body)) == "bad_request"
    stream = client.post(STREAMS, json={"url": URL}).json()
    address = f"{STREAMS}/{stream['id']}"
    assert problem(client.patch(address, json={"expect": body["expect"]})) == "bad_request"
    client.delete(address)


def test_a_few_at_a_time(service: Service, client: httpx.Client) -> None:
    service.monitor.gate.clear()
    begun = len(service.monitor.targets)
    with ThreadPoolExecutor(2) as others:

        def validate() -> httpx.Response:
            with service.client() as own:
                return own.post(VALIDATE, json={"url": URL})

        answers = [others.submit(validate) for _ in range(2)]
        try:
            wait_for(lambda: len(service.monitor.targets) == begun + 2)
            refused = client.post(VALIDATE, json={"url": URL})
            assert problem(refused, 503) == "busy"
            assert int(refused.headers["retry-after"]) > 0
        finally:
            service.monitor.gate.set()
        assert {answer.result(20).status_code for answer in answers} == {200}
    assert client.post(VALIDATE, json={"url": URL}).status_code == 200


def test_the_end_of_the_service_ends_validations(tmp_path: Path) -> None:
    answers: list[httpx.Response] = []

    def validate(service: Service) -> None:
        with service.client() as client:
            answers.append(client.post(VALIDATE, json={"url": URL}))

    with running(make_settings(tmp_path)) as service:
        service.monitor.gate.clear()
        thread = threading.Thread(target=validate, args=(service,))
        thread.start()
        wait_for(lambda: bool(service.monitor.targets))
        service.server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
    assert problem(answers[0], 503) == "busy"


def test_nothing_is_validated_while_the_models_load(tmp_path: Path) -> None:
    go = threading.Event()

    def slow(_settings: Settings) -> PhotoIdentifier:
        assert go.wait(30)
        return StandIn()

    with running(make_settings(tmp_path), load=slow) as service, service.client() as client:
        try:
            assert problem(client.post(VALIDATE, json={"url": URL}), 503) == "busy"
        finally:
            go.set()
