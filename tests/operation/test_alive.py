"""The health check of the image: the service answers or does not, without TLS and with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from edge.operation.alive import alive
from tests.service.test_access_tls import write_pair
from tests.support.service import StandIn, make_settings, running


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_service_that_answers_is_alive(tmp_path: Path, tls: bool, host: str) -> None:
    certificate, key = write_pair(tmp_path) if tls else (None, None)
    settings = make_settings(tmp_path / "data", tls_certificate=certificate, tls_key=key)
    with running(settings, load=StandIn().load) as service:
        port = urlsplit(service.url).port
        assert alive(settings.model_copy(update={"port": port, "host": host}))
        # TLS that only the command line asked for is found too.
        assert alive(settings.model_copy(update={"port": port, "tls_certificate": None}))
    assert not alive(settings.model_copy(update={"port": port}))


def test_the_command_says_it_by_its_exit_code(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data")) as service:
        port = urlsplit(service.url).port
        assert _command(port) == 0
    assert _command(port) == 1


def _command(port: int | None) -> int:
    environment = {**os.environ, "CAMID_PORT": str(port), "CAMID_CONFIG": "no-such-file.toml"}
    return subprocess.run(
        [sys.executable, "-m", "edge.operation.alive"], env=environment, check=False
    ).returncode
