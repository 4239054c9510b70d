"""The rest of the service: vendors, health, metrics, pages, the description, start and end."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from edge.errors import CamidError, ErrorCode, ModelError
from edge.service.app import create_app
from edge.service.engine import PhotoIdentifier
from edge.service.server import serve
from edge.settings import Settings
from edge.vendors.catalogue import load_catalogue
from tests.support.service import (
    TOKEN,
    Service,
    StandIn,
    is_ready,
    make_settings,
    metric,
    photo,
    running,
    wait_for,
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with running(make_settings(tmp_path_factory.mktemp("service") / "data")) as started:
        yield started


@pytest.fixture(scope="module")
def client(service: Service) -> Iterator[httpx.Client]:
    with service.client() as made:
        yield made


def test_the_catalogue_is_told_with_sources(client: httpx.Client) -> None:
    answer = client.get("/api/v1/vendors").json()
    vendors = {one["id"]: one for one in answer["vendors"]}
    assert vendors.keys() == load_catalogue().brands.keys()
    assert list(vendors) == sorted(vendors)
    hikvision = vendors["hikvision"]
    assert hikvision["name"] == "Hikvision"
    assert hikvision["advisories"]
    for vendor in vendors.values():
        for fact in (*vendor["relations"], *vendor["advisories"]):
            assert fact["date"]
            assert fact["source"]


@pytest.mark.parametrize("path", ["reviews", "sightings"])
def test_an_offset_beyond_what_a_database_counts_is_refused(client: httpx.Client, path: str) -> None:
    assert client.get(f"/api/v1/{path}", params={"offset": 2**63}).status_code == 422


def test_health_needs_no_token(service: Service) -> None:
    with service.client(token=None) as client:
        for path in ("/healthz", "/readyz"):
            answer = client.get(path)
            assert answer.status_code == 200
            assert answer.json()["status"] == "ok"
        assert client.get("/readyz").json()["catalogue"] == "shipped"


def test_it_is_alive_but_not_ready_while_the_models_load(tmp_path: Path) -> None:
    go = threading.Event()

    def slow(_settings: Settings) -> PhotoIdentifier:
        assert go.wait(30)
        return StandIn()

    with running(make_settings(tmp_path), load=slow) as service, service.client() as client:
        assert client.get("/healthz").status_code == 200
        for answer in (client.get("/readyz"), service.send(("a.jpg", photo()))):
            assert answer.status_code == 503
            assert answer.json()["error"]["code"] == "busy"
            assert int(answer.headers["retry-after"]) > 0
        assert metric(service, "camid_ready") == 0
        go.set()
        wait_for(lambda: is_ready(service))
        assert metric(service, "camid_ready") == 1
        assert service.send(("a.jpg", photo())).status_code == 200


def test_models_that_cannot_be_loaded_end_the_service_with_their_error(tmp_path: Path) -> None:
    def broken(_settings: Settings) -> PhotoIdentifier:
        raise ModelError(ErrorCode.MODEL_MISSING, "models/detector.onnx is missing.")

    with running(make_settings(tmp_path), load=broken) as service:
        wait_for(lambda: service.server.failure is not None)
        assert service.server.failure is not None
        assert service.server.failure.code is ErrorCode.MODEL_MISSING


def test_a_shutdown_finishes_the_photo_in_hand_and_refuses_the_rest(tmp_path: Path) -> None:
    models = StandIn()
    answers: list[httpx.Response] = []
    with running(make_settings(tmp_path), models) as service:
        models.gate.clear()
        files = [(f"{n}.jpg", photo(n)) for n in range(3)]
        sender = threading.Thread(target=lambda: answers.append(service.send(*files)))
        sender.start()
        assert models.begun.acquire(timeout=20)
        service.server.should_exit = True
        time.sleep(0.3)  # the shutdown begins while the photo is in the models
        models.gate.set()
        sender.join(30)
    photos = answers[0].json()["photos"]
    assert "id" in photos[0]
    assert [one["error"]["code"] for one in photos[1:]] == ["busy", "busy"]
    assert len(service.stored()) == 1


def test_metrics_count_by_cause_and_do_not_grow_with_paths(service: Service, client: httpx.Client) -> None:
    line = 'camid_requests_total{method="GET",route="none",status="404"}'
    before = metric(service, line)
    for n in range(5):
        client.get(f"/nothing/{n}")
    client.request("BREW", "/healthz")
    assert metric(service, line) == before + 5
    text = client.get("/metrics").text
    assert "/nothing/" not in text
    assert "BREW" not in text
    assert metric(service, 'camid_refused_requests_total{code="not_found"}') >= 5


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/nothing", "not_found"),
        ("GET", "/static/nothing.js", "not_found"),
        ("GET", "/static/..%2f..%2fapp.py", "not_found"),
        ("DELETE", "/api/v1/photos", "method_not_allowed"),
        ("POST", "/healthz", "method_not_allowed"),
    ],
)
def test_the_frameworks_own_errors_have_our_form(
    client: httpx.Client, method: str, path: str, code: str
) -> None:
    answer = client.request(method, path)
    assert answer.json()["error"]["code"] == code
    if code == "method_not_allowed":
        assert answer.status_code == 405
        assert answer.headers["allow"]


def test_the_description_is_complete(client: httpx.Client) -> None:
    description = client.get("/openapi.json").json()
    assert {
        "/api/v1/photos", "/api/v1/photos/{photo_id}", "/api/v1/photos/{photo_id}/annotated.jpg",
        "/api/v1/vendors", "/healthz", "/readyz", "/metrics",
    } <= description["paths"].keys()  # fmt: skip
    schemas = description["components"]["schemas"]
    assert "HTTPValidationError" not in schemas
    assert schemas["PhotosAnswer"]["example"]["photos"][0]["schema"] == "camid/1"
    post = description["paths"]["/api/v1/photos"]["post"]
    assert "multipart/form-data" in post["requestBody"]["content"]
    assert post["security"]
    assert {"401", "413", "415", "422", "503", "507"} <= post["responses"].keys()
    assert "security" not in description["paths"]["/healthz"]["get"]


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_take_nothing_from_elsewhere(service: Service, path: str) -> None:
    with service.client(token=None) as client:
        answer = client.get(path)
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in answer.text
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    for outside in ('src="http', "src='http", 'href="http', "//cdn"):
        assert outside not in answer.text


def test_every_answer_forbids_sniffing_and_framing(client: httpx.Client) -> None:
    for path in ("/", "/static/camid.js", "/healthz", "/nothing", "/api/v1/vendors"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_the_log_holds_no_query_no_token_and_no_control_characters(
    client: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        client.get("/healthz?secret=in-the-query")
        client.get("/nothing%0Aforged%1b[31m")
        wait_for(lambda: "forged" in caplog.text)
    lines = [record.getMessage() for record in caplog.records if record.name == "edge.service.access"]
    assert any(line.startswith("GET /healthz 200 ") for line in lines)
    assert not any("secret" in line or TOKEN in line or "\n" in line or "\x1b" in line for line in lines)


def test_a_data_directory_that_is_of_no_use_is_said_before_anything_listens(tmp_path: Path) -> None:
    settings = make_settings(tmp_path)
    (tmp_path / "camid.sqlite").write_bytes(b"no database " * 100)
    with pytest.raises(CamidError) as caught:
        create_app(settings, StandIn().load)
    assert caught.value.code is ErrorCode.STORE_BROKEN
    with pytest.raises(CamidError) as caught:
        serve(settings, StandIn().load, Console(quiet=True))
    assert caught.value.code is ErrorCode.STORE_BROKEN
    (tmp_path / "camid.sqlite").unlink()
    with running(settings) as service:  # the failed start gave the directory back
        assert is_ready(service)
