"""Batches over HTTP: started, followed, paused, resumed, cancelled, removed, asked, with the real engine."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.support.batches import (
    BATCHES,
    HELD,
    HoldingStandIn,
    make_folder,
    make_zip,
    out,
    places,
    read,
    send,
    start,
    state,
    until,
)
from tests.support.service import Service, make_settings, metric, photo, running, wait_for


@dataclass(frozen=True)
class Setting:
    """A service that may read ``root``, and a client of it."""

    service: Service
    client: httpx.Client
    models: HoldingStandIn
    root: Path


@contextmanager
def served(tmp_path: Path, models: HoldingStandIn, **overrides: object) -> Iterator[Setting]:
    root = tmp_path / "archive"
    root.mkdir(exist_ok=True)
    settings = make_settings(
        tmp_path / "data", batch_roots=(root,), batch_part_rows=2, event_heartbeat_s=0.5, **overrides
    )
    try:
        with running(settings, models) as service, service.client() as client:
            yield Setting(service, client, models, root)
    finally:
        models.release.set()


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[Setting]:
    models = HoldingStandIn(value="HIKVISION")
    with served(tmp_path, models) as made:
        yield made
        models.release.set()


def test_a_folder_is_classified_and_answers_questions(setting: Setting) -> None:
    make_folder(setting.root / "2024" / "may", photos=5)
    (setting.root / "2024" / "copy.jpg").write_bytes(photo(2))
    (setting.root / "2024" / "notes.txt").write_text("no picture")
    answer = setting.client.post(BATCHES, json={"folder": "2024", "name": "Last year"})
    assert answer.status_code == 201
    batch = answer.json()
    assert batch["name"] == "Last year"
    assert batch["source"] == {"kind": "folder", "name": "2024", "bytes": None}
    done = until(setting.client, batch["id"])
    progress = done["progress"]
    assert {name: progress[name] for name in ("files", "settled", "photos", "duplicates", "unreadable")} == {
        "files": 7, "settled": 7, "photos": 5, "duplicates": 1, "unreadable": 1,
    }  # fmt: skip
    assert (progress["cameras"], progress["identified"], done["error"]) == (15, 5, None)
    found = setting.client.get(f"{BATCHES}/{batch['id']}/cameras", params={"filter": "vendor=hikvision"})
    cameras = found.json()["cameras"]
    assert [one["place"] for one in cameras] == ["copy.jpg", *(f"may/{n:03d}.jpg" for n in (0, 1, 3, 4))]
    assert cameras[0]["evidence"][0]["value"] == "HIKVISION"
    assert cameras[0]["verdict"] == "identified"
    errors = setting.client.get(f"{BATCHES}/{batch['id']}/errors").json()
    assert [(one["place"], one["code"]) for one in errors["errors"]] == [("notes.txt", "not_a_picture")]
    assert metric(setting.service, 'camid_batches{state="done"}') == 1


def test_no_path_of_the_machine_stands_in_an_answer(setting: Setting) -> None:
    folder = make_folder(setting.root / "a", photos=2)
    (folder / "broken.zip").write_bytes(make_zip()[:-30])
    (folder / "link").symlink_to("/etc")
    batch = start(setting.client, "a")
    until(setting.client, batch)
    paths = ("", f"/{batch}", f"/{batch}/cameras", f"/{batch}/errors", f"/{batch}/exports/cameras.jsonl")
    for path in (*paths, f"/{batch}/exports/summary.html"):
        text = setting.client.get(BATCHES + path).text
        assert str(setting.root.parent) not in text
    assert {one["place"] for one in setting.client.get(f"{BATCHES}/{batch}/errors").json()["errors"]} == {
        "broken.zip",
        "link",
    }


def test_results_come_in_slices(setting: Setting) -> None:
    make_folder(setting.root / "a", photos=4)
    batch = start(setting.client, setting.root / "a")
    until(setting.client, batch)
    seen, offset, more = [], 0, True
    while more:
        parameters: dict[str, int] = {"limit": 5, "offset": offset}
        part = setting.client.get(f"{BATCHES}/{batch}/cameras", params=parameters).json()
        seen += [(one["place"], one["camera"]) for one in part["cameras"]]
        offset, more = offset + 5, part["more"]
    assert seen == [(f"{n:03d}.jpg", camera) for n in range(4) for camera in range(3)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("vendor=", "a value is missing"),
        ("colour=red", "is no field"),
        ("vendor=a); DROP TABLE cameras --", "is not expected there"),
        ("year>=soon", "is compared with a number"),
    ],
)
def test_a_wrong_filter_is_named_also_before_there_are_rows(
    setting: Setting, text: str, message: str
) -> None:
    make_folder(setting.root / "a", photos=1, name=HELD + "{}.jpg")
    batch = start(setting.client, "a")
    for ended in (False, True):
        answer = setting.client.get(f"{BATCHES}/{batch}/cameras", params={"filter": text})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_request")
        assert message in answer.json()["error"]["message"]
        if not ended:
            setting.models.release.set()
            until(setting.client, batch)


def test_exports_are_made_when_they_are_asked_for(setting: Setting) -> None:
    make_folder(setting.root / "a", photos=2)
    batch = start(setting.client, "a")
    until(setting.client, batch)

    def export(name: str) -> httpx.Response:
        answer = setting.client.get(f"{BATCHES}/{batch}/exports/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        return answer

    assert len(export("cameras.csv").text.splitlines()) == 7
    assert json.loads(export("cameras.jsonl").text.splitlines()[0])["place"] == "000.jpg"
    assert export("cameras.geojson").json() == {"type": "FeatureCollection", "features": []}
    summary = export("summary.html")
    assert "sandbox" in summary.headers["content-security-policy"]
    assert "data:image/jpeg" in summary.text
    make_folder(setting.root / "a", photos=1, first=9)
    setting.client.post(f"{BATCHES}/{batch}/resume")
    wait_for(lambda: read(setting.client, batch)["progress"]["photos"] == 3)
    until(setting.client, batch)
    assert len(export("cameras.csv").text.splitlines()) == 10


def test_a_camera_is_shown(setting: Setting) -> None:
    make_folder(setting.root / "a", photos=1)
    batch = start(setting.client, "a")
    until(setting.client, batch)
    (camera, *_) = setting.client.get(f"{BATCHES}/{batch}/cameras").json()["cameras"]
    crop = setting.client.get(f"{BATCHES}/{batch}/crops/{camera['sha256']}/0.jpg")
    assert (crop.status_code, crop.headers["content-type"]) == (200, "image/jpeg")
    assert crop.content.startswith(b"\xff\xd8")
    for wrong, status in ((f"{camera['sha256']}/9", 404), (f"{'0' * 64}/0", 404), ("..%2f..%2fx/0", 404)):
        assert setting.client.get(f"{BATCHES}/{batch}/crops/{wrong}.jpg").status_code == status
    assert setting.client.get(f"{BATCHES}/{batch}/crops/{'z' * 64}/0.jpg").status_code == 422


def test_an_archive_is_sent_classified_and_not_kept(setting: Setting) -> None:
    sent = send(setting.client, make_zip(), file="C:\\photos\\May.zip", name="May")
    assert sent.status_code == 201, sent.text
    batch = sent.json()
    assert (batch["name"], batch["source"]["kind"], batch["source"]["name"]) == ("May", "upload", "May.zip")
    assert batch["source"]["bytes"] == len(make_zip())
    until(setting.client, batch["id"])
    assert places(setting.client, batch["id"]) == [f"May.zip!/in/{n}.jpg" for n in range(4)]
    assert [path.name for path in out(setting.service, batch["id"]).parent.iterdir()] == ["out"]
    assert setting.service.received() == []
    again = setting.client.post(f"{BATCHES}/{batch['id']}/resume")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "wrong_state")


@pytest.mark.parametrize("kind", ["tar", "gztar", "xztar"])
def test_tars_are_taken_too(setting: Setting, tmp_path: Path, kind: str) -> None:
    folder = make_folder(tmp_path / "in", photos=2)
    archive = Path(shutil.make_archive(str(tmp_path / "sent"), kind, folder))
    batch = send(setting.client, archive.read_bytes(), file="x").json()["id"]
    assert until(setting.client, batch)["progress"]["photos"] == 2


def test_what_is_no_archive_is_refused_and_leaves_nothing(setting: Setting) -> None:
    for body in (b"", b"PK", photo(), b"x" * 3_000_000):
        answer = send(setting.client, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "not_an_archive")
    assert setting.service.received() == []
    assert setting.client.get(BATCHES).json()["batches"] == []


def test_a_huge_archive_is_refused_by_its_length_and_by_its_bytes(tmp_path: Path) -> None:
    with served(tmp_path, HoldingStandIn(), batch_max_upload_bytes=100_000) as setting:
        announced = send(setting.client, make_zip() + b"\0" * 200_000)
        assert (announced.status_code, announced.json()["error"]["code"]) == (413, "archive_too_large")

        def pieces() -> Iterator[bytes]:
            yield make_zip()
            for _ in range(100):
                yield b"\0" * 10_000

        headers = {"Content-Type": "application/zip"}
        streamed = setting.client.post(BATCHES, content=pieces(), headers=headers)
        assert (streamed.status_code, streamed.json()["error"]["code"]) == (413, "archive_too_large")
        assert setting.service.received() == []
        assert not (setting.service.data_dir / "batches").exists()


@pytest.mark.parametrize(
    "folder",
    ["/etc", "..", "../..", "a/../../data", "out", "out/x", "/", "../archive-2", "~", "a/../../../etc"],
)
def test_nothing_outside_the_roots_is_read_or_told_of(setting: Setting, tmp_path: Path, folder: str) -> None:
    make_folder(setting.root / "a", photos=1)
    make_folder(tmp_path / "archive-2", photos=1)
    (setting.root / "out").symlink_to(tmp_path)
    answer = setting.client.post(BATCHES, json={"folder": folder})
    code = "not_readable" if folder == "~" else "path_not_allowed"
    assert answer.json()["error"]["code"] == code
    assert str(tmp_path) not in answer.text
    assert setting.client.get(BATCHES).json()["batches"] == []


def test_without_roots_the_setting_is_named(tmp_path: Path) -> None:
    with running(make_settings(tmp_path / "data")) as service, service.client() as client:
        answer = client.post(BATCHES, json={"folder": "/tmp"})
        assert answer.status_code == 403
        assert "batch_roots is empty" in answer.json()["error"]["message"]
        assert client.get(BATCHES).json() == {"batches": [], "folders": False}


@pytest.mark.parametrize(
    "body",
    [{}, {"folder": ""}, {"folder": "a\0b"}, {"folder": "a\nb"}, {"folder": "x" * 5000}, {"folder": 3},
     {"folder": "a", "name": ""}, {"folder": "a", "min_score": 2}, {"folder": "a", "sql": "x"}],
)  # fmt: skip
def test_wrong_bodies_are_refused(setting: Setting, body: dict[str, object]) -> None:
    answer = setting.client.post(BATCHES, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_request")


def test_every_address_wants_the_token(setting: Setting) -> None:
    with setting.service.client(token=None) as stranger:
        for method, path in (
            ("POST", ""), ("GET", ""), ("GET", "/events"), ("GET", "/x"), ("DELETE", "/x"),
            ("POST", "/x/pause"), ("GET", "/x/cameras"), ("GET", "/x/errors"), ("GET", "/x/events"),
            ("GET", "/x/exports/cameras.csv"),
        ):  # fmt: skip
            assert stranger.request(method, BATCHES + path, content=b"x").status_code == 401


def test_an_unknown_batch_is_not_found(setting: Setting) -> None:
    for method, path in (
        ("GET", ""), ("DELETE", ""), ("POST", "/pause"), ("POST", "/resume"), ("POST", "/cancel"),
        ("GET", "/cameras"), ("GET", "/errors"), ("GET", "/events"), ("GET", "/exports/cameras.csv"),
    ):  # fmt: skip
        answer = setting.client.request(method, f"{BATCHES}/nobody{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_a_photo_is_answered_while_a_batch_runs_and_comes_first(setting: Setting) -> None:
    make_folder(setting.root / "a", photos=8, name=HELD + "{}.jpg")
    batch = start(setting.client, "a")
    assert setting.models.holding.acquire(timeout=20)
    answer = setting.service.send(("mine.jpg", photo(50)))
    assert answer.status_code == 200
    assert state(setting.client, batch) == "running"
    setting.models.release.set()
    assert until(setting.client, batch)["progress"]["photos"] == 8


def test_a_batch_is_paused_resumed_and_cancelled(setting: Setting) -> None:
    make_folder(setting.root / "a", photos=30, name=HELD + "{}.jpg")
    batch = start(setting.client, "a")
    assert setting.models.holding.acquire(timeout=20)
    assert setting.client.post(f"{BATCHES}/{batch}/pause").json()["state"] == "pausing"
    setting.models.release.set()
    paused = until(setting.client, batch, "paused")
    assert 0 < paused["progress"]["photos"] < 30
    assert paused["progress"]["rate"] == 0
    assert setting.client.post(f"{BATCHES}/{batch}/resume").json()["state"] in {"queued", "running"}
    assert until(setting.client, batch)["progress"]["photos"] == 30
    refused = setting.client.post(f"{BATCHES}/{batch}/cancel")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "wrong_state")


def test_a_removed_batch_leaves_nothing_and_its_folder_is_untouched(setting: Setting) -> None:
    make_folder(setting.root / "a", photos=20, name=HELD + "{}.jpg")
    batch = start(setting.client, "a")
    assert setting.models.holding.acquire(timeout=20)
    assert setting.client.delete(f"{BATCHES}/{batch}").status_code == 204
    assert setting.client.get(f"{BATCHES}/{batch}").status_code == 404
    setting.models.release.set()
    wait_for(lambda: list((setting.service.data_dir / "batches").iterdir()) == [])
    assert len(list((setting.root / "a").iterdir())) == 20


def test_events_tell_from_the_queue_to_the_end(setting: Setting) -> None:
    make_folder(setting.root / "a", photos=3)
    with setting.client.stream("GET", f"{BATCHES}/events") as told:
        lines = told.iter_lines()
        assert next(line for line in lines if line.startswith("event: ")) == "event: batches"
        batch = start(setting.client, "a")
        seen = []
        for line in lines:
            if line.startswith("data: ") and '"state"' in line:
                body = json.loads(line[6:])
                if "state" in body:
                    assert body["id"] == batch
                    seen.append(body["state"])
            if seen[-1:] == ["done"]:
                break
    order = ["queued", "running", "done"]
    assert sorted(set(seen), key=order.index) == [one for one in order if one in seen]
    assert seen == sorted(seen, key=order.index)
    with setting.client.stream("GET", f"{BATCHES}/{batch}/events") as told:
        lines = told.iter_lines()
        assert next(line for line in lines if line.startswith("event: ")) == "event: batch"
        setting.client.delete(f"{BATCHES}/{batch}")
        assert "event: removed" in list(lines)


def test_too_many_batches_are_refused_before_an_archive_is_received(tmp_path: Path) -> None:
    with served(tmp_path, HoldingStandIn(), batch_max_kept=1) as setting:
        make_folder(setting.root / "a", photos=1)
        start(setting.client, "a")
        for answer in (send(setting.client, make_zip()), setting.client.post(BATCHES, json={"folder": "a"})):
            assert (answer.status_code, answer.json()["error"]["code"]) == (409, "too_many_batches")


def test_the_description_shows_all_of_it(setting: Setting) -> None:
    described = setting.client.get("/openapi.json").json()
    paths = {path for path in described["paths"] if path.startswith(BATCHES)}
    assert len(paths) == 11
    assert all(
        re.fullmatch(r"[A-Z].*", one["summary"])
        for path in paths
        for one in described["paths"][path].values()
    )
    assert "application/zip" in described["paths"][BATCHES]["post"]["requestBody"]["content"]
