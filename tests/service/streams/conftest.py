from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.support.service import Service, make_settings, running
from tests.support.streams_api import STREAMS


@pytest.fixture(scope="package")
def shared_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = make_settings(tmp_path_factory.mktemp("streams") / "data", max_streams=6, max_event_clients=3)
    with running(settings) as started:
        yield started


@pytest.fixture
def service(shared_service: Service) -> Iterator[Service]:
    """The service of the package without streams."""
    yield shared_service
    with shared_service.client() as client:
        for stream in client.get(STREAMS).json()["streams"]:
            client.delete(f"{STREAMS}/{stream['id']}")


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with service.client() as made:
        yield made
