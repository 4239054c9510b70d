"""Sightings over HTTP: joined and split, placed by hand, found, exported, removed for good."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sql

from edge.service import store as store_module
from edge.service.data_dir import DataDir
from edge.service.sighting_store import create_sightings, forget_sightings
from edge.service.store import Store
from tests.support.pictures import exif_block, jpeg, position
from tests.support.service import Service, StandIn, make_settings, running, street

SIZE = (960, 600)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(make_settings(tmp_path / "data"), StandIn(value="=HIKVISION")) as started:
        yield started


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with service.client() as made:
        yield made


def send(service: Service, name: str, width: int, place: tuple[float, float] | None = None) -> dict[str, Any]:
    gps = position(*place) if place else None
    block = exif_block(taken="2026:05:01 12:00:00", gps=gps)
    sent = service.send((name, jpeg(street(width, SIZE[1]), exif=block)))
    found: dict[str, Any] = sent.json()["photos"][0]
    return found


def listed(client: httpx.Client, **asked: object) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/sightings", params={k: str(v) for k, v in asked.items()})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["sightings"]
    assert answer.json()["total"] == len(found)
    return found


def of(client: httpx.Client, photo: dict[str, Any], index: int = 0) -> str:
    return next(
        str(one["id"])
        for one in listed(client)
        if any((v["photo"], v["index"]) == (photo["id"], index) for v in one["views"])
    )


def join(client: httpx.Client, *ids: str) -> httpx.Response:
    return client.post("/api/v1/sightings/join", json={"sightings": list(ids)})


def test_photos_of_one_camera_are_joined_and_split_again(service: Service, client: httpx.Client) -> None:
    first, second = send(service, "a.jpg", 960, (44.4, 26.1)), send(service, "b.jpg", 976)
    assert len(listed(client)) == 6
    one, other = of(client, first), of(client, second)
    near = client.get(f"/api/v1/sightings/{one}/suggestions").json()["suggestions"]
    assert other in [found["sighting"]["id"] for found in near]
    both = join(client, one, other).json()
    assert [view["name"] for view in both["views"]] == ["a.jpg", "b.jpg"]
    assert both["machine"]["verdict"] == "identified"
    assert len(listed(client)) == 5
    left = client.post(f"/api/v1/sightings/{one}/split", json={"photo": second["id"]}).json()
    assert [len(left[part]["views"]) for part in ("left", "split")] == [1, 1]
    assert left["left"]["machine"] == first["cameras"][0]["identification"]
    refused = client.post(f"/api/v1/sightings/{one}/split", json={"photo": first["id"]})
    assert refused.status_code == 422
    assert client.post(f"/api/v1/sightings/{one}/split", json={"photo": "x"}).status_code == 404


def test_two_cameras_of_one_photo_are_two(service: Service, client: httpx.Client) -> None:
    photo = send(service, "a.jpg", 960)
    refused = join(client, of(client, photo, 0), of(client, photo, 1))
    assert refused.status_code == 422
    assert "two cameras" in refused.json()["error"]["message"]
    assert join(client, of(client, photo), of(client, photo)).status_code == 422
    assert join(client, of(client, photo), "none").status_code == 404


def test_a_place_set_by_hand_stands_beside_that_of_the_photo(service: Service, client: httpx.Client) -> None:
    one = of(client, send(service, "a.jpg", 960, (44.4, 26.1)))
    path = f"/api/v1/sightings/{one}/place"
    assert client.get(path[:-6]).json()["place"]["origin"] == "exif"
    assert client.get(path[:-6]).json()["country"] == "RO"
    moved = client.put(path, json={"latitude": 50.45, "longitude": 30.52, "by": "A"}).json()
    assert (moved["place"]["origin"], moved["place"]["by"], moved["country"]) == ("hand", "A", "UA")
    assert moved["views"][0]["gps"]["latitude"] == pytest.approx(44.4, abs=1e-4)
    assert [s["id"] for s in listed(client, country="UA")] == [one]
    back = client.delete(path).json()
    assert (back["place"]["origin"], back["country"]) == ("exif", "RO")
    wrong = client.put(path, json={"latitude": 91, "longitude": 0, "by": "A"})
    assert wrong.status_code == 422


def test_filters_hold_together(service: Service, client: httpx.Client) -> None:
    photo = send(service, "Straße 7.jpg", 960, (44.4, 26.1))
    send(service, "b.jpg", 976)
    first = of(client, photo)
    assert [s["id"] for s in listed(client, vendor="hikvision", bbox="26,44,27,45")] == [first]
    assert [s["id"] for s in listed(client, form="dome", q="STRASSE")] == []
    assert [s["id"] for s in listed(client, form="bullet", q="STRASSE")] == [first]
    assert len(listed(client, q="%")) == 0
    assert len(listed(client, since="2026-05-01", until="2026-05-01")) == 6
    assert listed(client, since="2026-05-02") == []
    assert len(listed(client, bbox="170,40,30,50")) == 3  # across the line of the date
    for wrong in ("1,2,3", "0,10,1,5", "a,b,c,d", "nan,0,1,1"):
        assert client.get("/api/v1/sightings", params={"bbox": wrong}).status_code == 422


def test_a_persons_word_stands_beside_the_machines(service: Service, client: httpx.Client) -> None:
    photo = send(service, "a.jpg", 960, (44.4, 26.1))
    first, second = of(client, photo), of(client, photo, 1)
    boxes = [one["box"] for one in photo["cameras"]]
    cameras = [
        {"machine": 0, "box": boxes[0], "vendor": "axis", "form_factor": "dome"},
        {"machine": 1, "box": boxes[1], "rejected": True},
    ]
    body = {"by": "R", "complete": False, "cameras": cameras}
    assert client.post(f"/api/v1/photos/{photo['id']}/reviews", json=body).status_code == 201
    one = client.get(f"/api/v1/sightings/{first}").json()
    assert (one["vendor"], one["machine"]["brand"], one["said"]["by"]) == ("axis", "hikvision", "R")
    assert [s["id"] for s in listed(client, vendor="axis")] == [first]
    assert second not in [s["id"] for s in listed(client)]
    assert second in [s["id"] for s in listed(client, rejected=True)]
    features = client.get("/api/v1/sightings/export.geojson").json()["features"]
    tags = next(f["properties"] for f in features if f["properties"]["camid:sighting"] == first)
    assert (tags["man_made"], tags["camera:type"], tags["manufacturer"]) == ("surveillance", "dome", "axis")
    assert len(features) == 2


def test_a_spreadsheet_gets_no_formula(service: Service, client: httpx.Client) -> None:
    send(service, "=cmd.jpg", 960)
    answer = client.get("/api/v1/sightings/export.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 3
    assert all(row["photos"] == "'=cmd.jpg" for row in rows)
    assert answer.headers["content-type"].startswith("text/csv")


def test_more_than_go_out_at_once_are_refused(
    service: Service, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(service, "a.jpg", 960)
    monkeypatch.setattr("edge.service.sightings.MAX_EXPORTED", 2)
    assert client.get("/api/v1/sightings/export.csv").status_code == 422
    assert client.get("/api/v1/sightings/export.csv", params={"form": "bullet"}).status_code == 200


def test_a_removed_sighting_is_gone_from_the_disk(service: Service, client: httpx.Client) -> None:
    photo = send(service, "a.jpg", 960, (44.4, 26.1))
    one = of(client, photo)
    place = {"latitude": 50.45, "longitude": 30.52, "by": "Somebody-Unmistakable"}
    client.put(f"/api/v1/sightings/{one}/place", json=place)
    assert client.delete(f"/api/v1/sightings/{one}").status_code == 204
    assert client.get(f"/api/v1/sightings/{one}").status_code == 404
    assert client.delete(f"/api/v1/sightings/{one}").status_code == 404
    assert client.get(f"/api/v1/photos/{photo['id']}").status_code == 200
    files = [file for file in service.data_dir.glob("camid.sqlite*") if file.is_file()]
    assert all(b"Somebody-Unmistakable" not in file.read_bytes() for file in files)


def test_photos_of_an_older_camid_get_their_sightings(tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "data")
    with running(settings) as service:
        send(service, "a.jpg", 960)
    with sqlite3.connect(tmp_path / "data" / "camid.sqlite") as connection:
        before = store_module._MIGRATIONS.index(create_sightings)
        gone = "".join(f"DROP TABLE {name}; " for name in ("sightings", "views", "sighting_words"))
        connection.executescript(f"{gone}PRAGMA user_version = {before}")
    connection.close()
    with running(settings) as service, service.client() as client:
        assert len(listed(client)) == 3


def test_without_a_token_nothing_is_said(service: Service) -> None:
    with service.client(token=None) as client:
        for path in ("", "/export.csv", "/export.geojson", "/x", "/x/suggestions"):
            assert client.get(f"/api/v1/sightings{path}").status_code == 401


def test_with_a_photo_goes_what_only_it_showed(tmp_path: Path) -> None:
    settings = make_settings(tmp_path / "data")
    with running(settings) as service, service.client() as client:
        first, second = send(service, "a.jpg", 960), send(service, "b.jpg", 976)
        one = join(client, of(client, first), of(client, second)).json()["id"]
    data = DataDir(tmp_path / "data")
    with data, closing(Store(data)) as store:
        kept = store.get(second["id"])
        with store._engine.begin() as connection:
            forget_sightings(connection, [first["id"]])
        left = store.sightings.find((), 9)
        assert len(left) == 3
        found = store.sightings.get(one)
        assert [view.name for view in found.views] == ["b.jpg"]
        assert found.machine == kept.body.cameras[0].identification


def test_many_are_read_with_as_few_queries_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = make_settings(tmp_path / "data")
    with running(settings) as service, service.client() as client:
        first, second = send(service, "a.jpg", 960, (44.4, 26.1)), send(service, "b.jpg", 976)
        one, other = of(client, first), of(client, second)
        say(client, one, vendor="axis")
        camera = {"machine": 0, "box": second["cameras"][0]["box"], "vendor": "dahua"}
        review = {"by": "R", "complete": False, "cameras": [camera]}
        client.post(f"/api/v1/photos/{second['id']}/reviews", json=review)
    with DataDir(tmp_path / "data") as data, closing(Store(data)) as store:
        asked: list[str] = []
        sql.event.listen(store._engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
        store.sightings.get(one)
        for_one = len(asked)
        found = {found.id: found for found in store.sightings.several([other, "none", one])}
        assert len(asked) == 2 * for_one
        assert [*found] == [other, one]
        assert [found[id].vendor for id in (one, other)] == ["axis", "dahua"]
        everything = store.sightings.find((), 9)
        assert [store.sightings.get(found.id) for found in everything] == [*everything]
        monkeypatch.setattr("edge.service.sighting_rows._AT_ONCE", 2)
        assert store.sightings.find((), 9) == everything


def say(client: httpx.Client, sighting: str, **word: object) -> httpx.Response:
    return client.post(f"/api/v1/sightings/{sighting}/words", json={"by": "E. Editor", **word})


def test_a_word_on_a_sighting_is_kept_beside_the_machines_answer(
    service: Service, client: httpx.Client
) -> None:
    one = of(client, send(service, "a.jpg", 960))
    before = client.get(f"/api/v1/sightings/{one}").json()
    confirmed = say(client, one, vendor="hikvision", form_factor="bullet").json()
    assert (confirmed["said"]["decision"], confirmed["said"]["photo"]) == ("confirmed", None)
    corrected = say(client, one, vendor="axis", form_factor="bullet").json()
    assert (corrected["said"]["decision"], corrected["vendor"]) == ("corrected", "axis")
    assert corrected["machine"] == before["machine"]
    assert [s["id"] for s in listed(client, vendor="axis")] == [one]
    assert say(client, one, rejected=True).json()["rejected"] is True
    assert one not in [s["id"] for s in listed(client)]
    assert say(client, one, vendor="nobody-knows").status_code == 422


def test_the_last_word_counts_be_it_on_the_photo_or_on_the_sighting(
    service: Service, client: httpx.Client
) -> None:
    photo = send(service, "a.jpg", 960)
    one = of(client, photo)
    say(client, one, vendor="axis")
    camera = {"machine": 0, "box": photo["cameras"][0]["box"], "vendor": "dahua"}
    review = {"by": "R", "complete": False, "cameras": [camera]}
    assert client.post(f"/api/v1/photos/{photo['id']}/reviews", json=review).status_code == 201
    said = client.get(f"/api/v1/sightings/{one}").json()["said"]
    assert (said["photo"], said["vendor"]) == (photo["id"], "dahua")
    assert say(client, one, vendor="other").json()["vendor"] == "other"


def test_words_go_with_a_join_and_with_the_sighting(service: Service, client: httpx.Client) -> None:
    first, second = of(client, send(service, "a.jpg", 960)), of(client, send(service, "b.jpg", 976))
    say(client, second, vendor="axis")
    assert join(client, first, second).json()["vendor"] == "axis"
    assert client.delete(f"/api/v1/sightings/{first}").status_code == 204
    files = [file for file in service.data_dir.glob("camid.sqlite*") if file.is_file()]
    assert all(b"E. Editor" not in file.read_bytes() for file in files)


def test_what_was_called_no_camera_is_not_suggested(service: Service, client: httpx.Client) -> None:
    one, other = of(client, send(service, "a.jpg", 960)), of(client, send(service, "b.jpg", 976))
    path = f"/api/v1/sightings/{one}/suggestions"
    assert other in [found["sighting"]["id"] for found in client.get(path).json()["suggestions"]]
    say(client, other, rejected=True)
    assert other not in [found["sighting"]["id"] for found in client.get(path).json()["suggestions"]]


def test_the_machines_verdict_is_a_filter(service: Service, client: httpx.Client) -> None:
    photo = send(service, "a.jpg", 960)
    assert [s["id"] for s in listed(client, verdict="identified")] == [of(client, photo)]
    assert [s["id"] for s in listed(client, verdict="candidates")] == [of(client, photo, 1)]
    assert client.get("/api/v1/sightings", params={"verdict": "x"}).status_code == 422


@pytest.fixture
def anna(service: Service) -> Iterator[httpx.Client]:
    """A reporter: sends and reads."""
    with service.client(service.token("anna", "upload", "read")) as made:
        yield made


def test_a_reporter_sees_and_changes_her_own(
    service: Service, client: httpx.Client, anna: httpx.Client
) -> None:
    send(service, "of the admin.jpg", 960)
    sent = [
        anna.post("/api/v1/photos", files={"photo": (name, jpeg(street(width, SIZE[1])))}).json()["photos"][0]
        for name, width in (("a.jpg", 960), ("b.jpg", 976))
    ]
    assert len(listed(anna)) == 6
    assert len(listed(client)) == 9
    one, other = of(anna, sent[0]), of(anna, sent[1])
    assert join(anna, one, other).json()["own"] is True
    place = {"latitude": 50.45, "longitude": 30.52, "by": "Anna"}
    assert anna.put(f"/api/v1/sightings/{one}/place", json=place).status_code == 200
    assert say(anna, one, vendor="axis").status_code == 201
    rows = list(csv.DictReader(io.StringIO(anna.get("/api/v1/sightings/export.csv").text)))
    assert len(rows) == 5
    assert len(anna.get("/api/v1/sightings/export.geojson").json()["features"]) == 1


def test_another_tokens_sighting_is_like_none(
    service: Service, client: httpx.Client, anna: httpx.Client
) -> None:
    photo = send(service, "a.jpg", 960, (44.4, 26.1))
    own = anna.post("/api/v1/photos", files={"photo": ("b.jpg", jpeg(street(976, SIZE[1])))}).json()[
        "photos"
    ][0]
    one, hers = of(client, photo), of(anna, own)
    path = f"/api/v1/sightings/{one}"
    place = {"latitude": 50.45, "longitude": 30.52, "by": "Anna"}
    asked = [
        anna.get(path),
        anna.get(f"{path}/suggestions"),
        anna.put(f"{path}/place", json=place),
        anna.delete(path),
        say(anna, one, vendor="axis"),
        join(anna, hers, one),
    ]
    assert [answer.status_code for answer in asked] == [404] * 6
    client.put(f"/api/v1/photos/{photo['id']}/shared")
    assert anna.get(path).json()["own"] is False
    assert anna.put(f"{path}/place", json=place).status_code == 403
    assert join(anna, hers, one).status_code == 403
    assert one not in str(anna.get(f"/api/v1/sightings/{hers}/suggestions").json())
    client.delete(f"/api/v1/photos/{photo['id']}/shared")
    join(client, hers, one)
    assert anna.get(f"/api/v1/sightings/{hers}").status_code == 404
    assert hers not in [s["id"] for s in listed(anna)]


def test_reading_alone_changes_nothing(service: Service, client: httpx.Client) -> None:
    photo = send(service, "a.jpg", 960)
    client.put(f"/api/v1/photos/{photo['id']}/shared")
    one = of(client, photo)
    with service.client(service.token("reader", "read")) as reader:
        assert len(listed(reader)) == 3
        assert say(reader, one, vendor="axis").status_code == 403
    with service.client(service.token("streams", "streams")) as stranger:
        assert stranger.get("/api/v1/sightings").status_code == 403


def test_with_its_photo_goes_what_was_said_of_it(service: Service, client: httpx.Client) -> None:
    photo = send(service, "a.jpg", 960)
    say(client, of(client, photo), vendor="axis")
    assert client.delete(f"/api/v1/photos/{photo['id']}").status_code == 204
    assert listed(client) == []
    files = [file for file in service.data_dir.glob("camid.sqlite*") if file.is_file()]
    assert all(b"E. Editor" not in file.read_bytes() for file in files)
