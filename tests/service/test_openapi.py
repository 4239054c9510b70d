"""Every address, asked as its description says and as it forbids: no defect, no undocumented answer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from edge.service.access_tokens import TokenFile
from tests.support.service import TOKEN, Service, make_settings, photo, running

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
CASES = 3
"""For each address, each token and each of right and wrong requests."""
MANY_CASES = int(os.environ.get("CAMID_TEST_CASES", "100"))
Operation = Any
"""An address with a method, as schemathesis describes it."""


@dataclass(frozen=True)
class Described:
    service: Service
    operations: dict[str, Operation]
    tokens: dict[str, str | None]
    known: dict[str, str]
    """What stands in the service for parameters of addresses."""


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Described]:
    folder = tmp_path_factory.mktemp("openapi")
    (folder / "batch").mkdir()
    (folder / "batch" / "a.jpg").write_bytes(photo())
    given = {"batch_roots": (folder / "batch",), "rate_per_token": 0, "rate_per_address": 0}
    with running(make_settings(folder / "data", **given)) as service:
        with service.client(token=None) as client:
            schema = schemathesis.openapi.from_dict(client.get("/openapi.json").json())
        operations = {one.ok().label: one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)}
        with TokenFile(make_settings(service.data_dir)) as tokens:
            reading = tokens.create("reader", ["read"], None).text
        yield Described(service, operations, {"admin": TOKEN, "read": reading, "none": None}, _fill(service))


def _fill(service: Service) -> dict[str, str]:
    """Puts something of each kind into the service; returns the ids."""
    sent = service.send(("a.jpg", photo()))
    stream = {"url": "rtsp://192.168.1.10/a"}
    with service.client() as client:
        watched = client.post("/api/v1/streams", json=stream).json()["id"]
        batch = client.post("/api/v1/batches", json={"folder": "."})
        sightings = client.get("/api/v1/sightings").json()["sightings"]
    return {
        "photo_id": sent.json()["photos"][0]["id"],
        "stream_id": watched,
        "batch_id": batch.json()["id"],
        "sighting_id": sightings[0]["id"],
        "camera": "0",
        "evidence": "0",
        "mark": "0",
    }


@pytest.mark.parametrize("token", ["admin", "read", "none"])
def test_what_is_described_is_what_is_answered(described: Described, token: str) -> None:
    _ask_all(described, token, CASES if token != "none" else 1)


@pytest.mark.long
@pytest.mark.parametrize("token", ["admin", "read"])
def test_what_is_described_is_what_is_answered_to_many(described: Described, token: str) -> None:
    _ask_all(described, token, MANY_CASES)


def _ask_all(described: Described, token: str, cases: int) -> None:
    faults = []
    with described.service.client(described.tokens[token]) as client:
        for label, operation in described.operations.items():
            try:
                _ask(described, operation, client, cases)
            except FailureGroup as group:
                faults += [f"{label}: {one}" for one in group.exceptions]
    assert not faults, "\n\n".join(faults)


def _ask(described: Described, operation: Operation, client: httpx.Client, cases: int) -> None:
    """Right requests and wrong ones, at ids that are known and at made ones."""
    strategies = [operation.as_strategy(generation_mode=mode) for mode in _modes(operation)]

    @given(case=st.one_of(strategies), known=st.booleans())
    @settings(
        max_examples=cases * len(strategies),
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
    )
    def ask(case: Case[Any], known: bool) -> None:
        if known and case.method != "DELETE":
            names = set(case.path_parameters or {}) & set(described.known)
            case.path_parameters = {
                **(case.path_parameters or {}),
                **{name: described.known[name] for name in names},
            }
        case.validate_response(_sent(client, case), checks=CHECKS)

    ask()


def _modes(operation: Operation) -> list[GenerationMode]:
    takes_nothing = not (operation.body or operation.query or operation.path_parameters)
    return [GenerationMode.POSITIVE] if takes_nothing else list(GenerationMode)


def _sent(client: httpx.Client, case: Case[Any]) -> httpx.Response:
    """The answer; of events without end the head."""
    request = requests.Request(**_for_requests(case, str(client.base_url))).prepare()
    request.headers.pop("Authorization", None)  # made up, for the description says that one is wanted
    headers = {**client.headers, **request.headers}
    with client.stream(
        request.method or "", request.url or "", headers=headers, content=request.body
    ) as answer:
        if answer.headers.get("content-type", "").startswith("text/event-stream"):
            answer._content = b""
        else:
            answer.read()
        return answer


def _for_requests(case: Case[Any], url: str) -> dict[str, Any]:
    known = {"method", "url", "headers", "files", "data", "params", "json", "cookies"}
    return {key: value for key, value in case.as_transport_kwargs(base_url=url).items() if key in known}
