"""A decoder dies under a real upload: its sender is told, the next photo is answered, and it is counted."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support import pictures
from tests.support.decoders import HANG, children, heif_decoder, server
from tests.support.service import make_settings, metric, photo, running, wait_for


def test_an_upload_survives_the_death_of_its_decoder(tmp_path: Path) -> None:
    with (
        heif_decoder(tmp_path, HANG),
        running(make_settings(tmp_path / "data")) as service,
        ThreadPoolExecutor(1) as threads,
    ):
        with service.client() as client:
            assert client.get("/readyz").json()["decoders"]
        deaths = metric(service, 'camid_decoder_deaths_total{cause="killed"}')
        waiting = threads.submit(service.send, ("a.heic", pictures.heic()))
        wait_for(lambda: children(server()))
        os.kill(children(server())[0], signal.SIGKILL)
        answer = waiting.result(30)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "decoder_died")
        assert service.send(("b.jpg", photo())).status_code == 200
        assert metric(service, 'camid_decoder_deaths_total{cause="killed"}') == deaths + 1
        assert metric(service, 'camid_refused_requests_total{code="decoder_died"}') == 1


def test_one_of_several_costs_the_others_nothing(tmp_path: Path) -> None:
    with (
        heif_decoder(tmp_path, "import os; os.abort()"),
        running(make_settings(tmp_path / "data")) as service,
    ):
        files = [("a.jpg", photo(1)), ("b.heic", pictures.heic()), ("c.jpg", photo(2))]
        answers = service.send(*files).json()["photos"]
    assert [one.get("error", {}).get("code") for one in answers] == [None, "decoder_died", None]


def test_an_upload_survives_the_death_of_the_server(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data")) as service:
        os.kill(server(), signal.SIGKILL)
        assert service.send(("a.jpg", photo())).status_code == 200
