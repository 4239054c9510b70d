"""Streams over HTTP with the real monitor, reader and validation, and a camera that answers."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from edge.domain import Evidence, EvidenceKind, Identification, Osd, Strength
from edge.domain_streams import StreamLook
from edge.service.streaming import REAL
from edge.settings import Settings
from tests.support.camera import Faults, TestCamera
from tests.support.clips import make_clip
from tests.support.monitor import identified, listening
from tests.support.service import Service, StandIn, make_settings, running, wait_for

STREAMS = "/api/v1/streams"
WORD = Evidence(EvidenceKind.OSD, "a word", None, Strength.STRONG, {"dahua": 7.0})


class LookingStandIn(StandIn):
    """Sees the same word in every picture, and takes it for Dahua's."""

    def load(self, _settings: Settings) -> LookingStandIn:
        return self

    def look(self, *_seen: object, read_osd: bool = True, **_options: object) -> StreamLook:
        return StreamLook((WORD,) if read_osd else (), Osd("2026-03-14 09:26:50", "Camera 01"))

    def weigh(self, evidence: Sequence[Evidence]) -> Identification:
        return identified(value=WORD.value) if evidence else Identification.undetermined()


@contextmanager
def serving(path: Path, **settings: object) -> Iterator[tuple[Service, httpx.Client]]:
    given = {"stream_backoff_first_s": 0.1, "stream_backoff_max_s": 0.2, "stream_look_min_s": 0.1, **settings}
    models = LookingStandIn()
    with (
        running(make_settings(path, **given), models, streaming=REAL) as service,
        service.client() as client,
    ):
        yield service, client


@pytest.fixture(scope="module")
def clip() -> Path:
    return make_clip(seconds=2.0, width=320, height=176)


def add(client: httpx.Client, url: str, **fields: object) -> str:
    answer = client.post(STREAMS, json={"url": url, **fields})
    assert answer.status_code == 201, answer.text
    return f"{STREAMS}/{answer.json()['id']}"


def reaches(client: httpx.Client, address: str, **wanted: object) -> dict[str, Any]:
    """The stream as soon as it has these values."""
    wait_for(lambda: wanted.items() <= client.get(address).json().items())
    found: dict[str, Any] = client.get(address).json()
    return found


def test_a_camera_is_seen_named_and_gone_with_its_stream(tmp_path: Path, clip: Path) -> None:
    with TestCamera(clip, auth="digest") as camera, serving(tmp_path) as (service, client):
        address = add(client, camera.bare_url, username=camera.spec.user, password=camera.spec.password)
        with service.client() as other, listening(other, f"{address}/events") as events:
            states = [body["state"] for _, body in zip(range(2), (body for _, body in events), strict=False)]
        assert states[0] in {"connecting", "watching"}
        found = reaches(client, address, state="asleep")
        assert (found["info"]["width"], found["info"]["codec"]) == (320, "h264")
        assert found["identification"]["platform"] == "dahua"
        picture = Image.open(io.BytesIO(client.get(f"{address}/snapshot.jpg").content))
        assert picture.size == (320, 176)
        client.delete(address)
        wait_for(lambda: camera.clients == 0)
        assert client.get(f"{address}/snapshot.jpg").status_code == 404


def test_faults_are_named_and_a_new_password_mends_one(tmp_path: Path, clip: Path) -> None:
    with TestCamera(clip, auth="digest") as camera, serving(tmp_path) as (_, client):
        address = add(client, camera.bare_url)
        reaches(client, address, state="failing", fault="auth_required")
        client.patch(address, json={"username": camera.spec.user, "password": "wrong"})
        reaches(client, address, fault="auth_failed")
        client.patch(address, json={"password": camera.spec.password})
        reaches(client, address, state="asleep", fault=None)


@pytest.mark.parametrize(
    "place",
    [
        "rtsp://169.254.169.254/latest/meta-data",
        "rtsp://2852039166/",
        "file:///etc/passwd",
        "http://127.0.0.1/",
    ],
)
def test_a_redirect_to_a_forbidden_place_is_not_followed(tmp_path: Path, clip: Path, place: str) -> None:
    faults = Faults(redirect=place)
    with TestCamera(clip, faults=faults) as camera, serving(tmp_path) as (_, client):
        found = reaches(client, add(client, camera.url), state="failing", fault="refused")
        assert "redirects" in found["message"]
        answer = client.post(f"{STREAMS}/validate", json={"url": camera.url, "seconds": 1})
        assert answer.json()["fault"]["code"] == "refused"


def test_a_redirect_to_an_allowed_host_is_followed_without_the_password(tmp_path: Path, clip: Path) -> None:
    with (
        TestCamera(clip) as other,
        TestCamera(clip, auth="basic") as camera,
        serving(tmp_path) as (_, client),
    ):
        camera.set_faults(redirect=other.url.replace("127.0.0.1", "localhost"))
        reaches(client, add(client, camera.url), state="asleep")
        assert other.connections > 0


def test_a_name_leads_to_the_address_it_had_when_it_was_added(tmp_path: Path, clip: Path) -> None:
    with TestCamera(clip) as camera, serving(tmp_path) as (service, client):
        address = add(client, camera.url.replace("127.0.0.1", "localhost"))
        reaches(client, address, state="asleep")
        spec = service.server.app.state.parts.streams.get(address.rpartition("/")[2]).spec
        assert spec.pinned_ip in {"127.0.0.1", "::1"}


def test_a_camera_is_validated(tmp_path: Path, clip: Path) -> None:
    with TestCamera(clip, auth="digest") as camera, serving(tmp_path) as (_, client):
        body = {"url": camera.url, "seconds": 2, "expect": {"vendor": "hikvision"}}
        answer = client.post(f"{STREAMS}/validate", json=body)
        assert answer.status_code == 200, answer.text
        outcomes = {one["id"]: one["outcome"] for one in answer.json()["checks"]}
        assert {key: outcomes[key] for key in ("reachable", "login", "stream", "vendor")} == {
            "reachable": "passed", "login": "passed", "stream": "passed", "vendor": "failed",
        }  # fmt: skip
        assert camera.spec.password not in answer.text
        wait_for(lambda: camera.clients == 0)


def test_cameras_that_hang_do_not_hold_up_the_end(tmp_path: Path, clip: Path) -> None:
    with TestCamera(clip, faults=Faults(silent=True)) as camera:
        with serving(tmp_path) as (_, client):
            for _ in range(3):
                add(client, camera.url)
            wait_for(lambda: camera.connections >= 3)
            start = time.monotonic()
        assert time.monotonic() - start < 8
