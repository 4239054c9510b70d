"""Reviews over HTTP and out of the data directory: what persons say stays beside the machine's answer."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.domain import Box, Pixels
from edge.errors import CamidError, ErrorCode
from edge.media.photo import decode
from edge.report.contract import PhotoV1, photo_contract
from edge.service.data_dir import DataDir
from edge.service.doubt import NOTHING_FOUND, doubt_of
from edge.service.review_export import ReviewExport
from edge.service.review_store import ReviewState, read_reviews
from edge.service.store import Store
from edge.settings import load_settings
from edge.vision.faces import Face
from tests.support.pictures import encoded, exif_block, jpeg
from tests.support.reports import IDENTIFIED, camera, one_of_each, report
from tests.support.service import Service, make_settings, photo, report_on, running, street, wait_for

SIZE = (960, 600)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with running(make_settings(tmp_path / "data")) as started:
        yield started


@pytest.fixture
def client(service: Service) -> Iterator[httpx.Client]:
    with service.client() as made:
        yield made


def send(service: Service, name: str = "street.jpg", width: int = SIZE[0]) -> dict[str, Any]:
    found: dict[str, Any] = service.send((name, jpeg(street(width, SIZE[1])))).json()["photos"][0]
    return found


def word(answer: dict[str, Any], **changes: object) -> dict[str, Any]:
    """All of the machine's cameras, as it said."""
    cameras = [
        {
            "machine": index,
            "box": one["box"],
            "vendor": one["identification"]["brand"],
            "form_factor": one["form_factor"],
        }
        for index, one in enumerate(answer["cameras"])
    ]
    return {"by": "A. Reporter", "cameras": cameras, **changes}


def say(client: httpx.Client, photo_id: object, body: object) -> httpx.Response:
    return client.post(f"/api/v1/photos/{photo_id}/reviews", json=body)


def test_a_word_is_kept_beside_the_answer_and_never_over_it(service: Service, client: httpx.Client) -> None:
    answer = send(service)
    body = word(answer)
    first, second, third = body["cameras"]
    second |= {"vendor": "other", "mark_text": " NORVANE "}
    third |= {"rejected": True}
    drawn = {"box": [-5, 10, 60, 40], "vendor": None, "form_factor": "dome"}
    body |= {"cameras": [first, second, third, drawn], "blur": [[900, 500, 2000, 590]]}
    kept = say(client, answer["id"], body)
    assert kept.status_code == 201
    said = kept.json()
    assert [one["decision"] for one in said["cameras"]] == ["confirmed", "corrected", "rejected", "drawn"]
    assert said["cameras"][1]["mark_text"] == "NORVANE"
    assert said["cameras"][3]["box"] == [0, 10, 60, 40]
    assert said["blur"] == [[900, 500, 960, 590]]
    assert (said["by"], said["complete"]) == ("A. Reporter", True)
    assert client.get(f"/api/v1/photos/{answer['id']}").json() == answer
    say(client, answer["id"], word(answer, by="B"))
    reviews = client.get(f"/api/v1/photos/{answer['id']}/reviews").json()["reviews"]
    assert [one["by"] for one in reviews] == ["B", "A. Reporter"]
    assert reviews[1] == said


def test_a_moved_box_is_a_correction_and_a_hair_is_none(service: Service, client: httpx.Client) -> None:
    answer = send(service)
    body = word(answer)
    cameras = body["cameras"]
    cameras[0]["box"] = [side + 0.4 for side in cameras[0]["box"]]
    cameras[1]["box"] = [side + 4 for side in cameras[1]["box"]]
    said = say(client, answer["id"], body).json()
    assert [one["decision"] for one in said["cameras"]] == ["confirmed", "corrected", "confirmed"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"cameras": []}, "Nothing is said of camera 1"),
        ({"by": "  "}, "by"),
        ({"blur": [[0, 0, 1, 1]]}, "too small"),
        ({"blur": [[5000, 0, 6000, 100]]}, "outside"),
        ({"blur": [[0, 0, "nan", 5]]}, "blur"),
        ({"cameras": [{"machine": 9, "box": [0, 0, 9, 9]}], "complete": False}, "no camera 10"),
        ({"cameras": [{"box": [0, 0, 9, 9], "vendor": "acme"}], "complete": False}, "no maker"),
        ({"cameras": [{"box": [0, 0, 9, 9], "rejected": True}], "complete": False}, "rejected"),
        ({"cameras": [{"machine": 0, "box": [0, 0, 9, 9]}] * 2, "complete": False}, "twice"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_a_wrong_word_is_refused_with_a_reason(
    service: Service, client: httpx.Client, change: dict[str, Any], fault: str
) -> None:
    answer = send(service)
    refused = say(client, answer["id"], word(answer, **change))
    assert refused.status_code == 422
    assert fault in refused.json()["error"]["message"]
    assert client.get(f"/api/v1/photos/{answer['id']}/reviews").json() == {"reviews": []}


def test_an_incomplete_word_may_leave_cameras_out(service: Service, client: httpx.Client) -> None:
    answer = send(service)
    assert say(client, answer["id"], word(answer, cameras=[], complete=False)).status_code == 201


def test_reviews_want_the_token_and_a_photo(service: Service, client: httpx.Client) -> None:
    assert say(client, "0" * 32, {"by": "x", "cameras": []}).status_code == 404
    with service.client(token=None) as stranger:
        for path in ("/api/v1/reviews", "/api/v1/reviews/export.zip"):
            assert stranger.get(path).status_code == 401


def test_the_doubtful_come_first_and_the_reviewed_leave_the_queue(
    service: Service, client: httpx.Client
) -> None:
    first, second = send(service, "a.jpg"), send(service, "b.jpg", 976)
    queue = client.get("/api/v1/reviews").json()
    assert (queue["open"], queue["reviewed"]) == (2, 0)
    assert {one["id"] for one in queue["photos"]} == {first["id"], second["id"]}
    assert all(0 < one["doubt"] < 1 for one in queue["photos"])
    say(client, second["id"], word(second))
    queue = client.get("/api/v1/reviews").json()
    assert [one["id"] for one in queue["photos"]] == [first["id"]]
    done = client.get("/api/v1/reviews", params={"state": "done"}).json()
    assert [(one["id"], one["reviewed_by"]) for one in done["photos"]] == [(second["id"], "A. Reporter")]
    both = client.get("/api/v1/reviews", params={"state": "all", "limit": 1}).json()
    assert [one["id"] for one in both["photos"]] == [second["id"]]


class OneFace:
    def __init__(self, box: Box) -> None:
        self.box = box

    def find(self, pixels: Pixels) -> list[Face]:
        assert pixels.ndim == 3
        return [Face(self.box, 0.9)]


def exported(service: Service, out: Path, faces: OneFace | None = None) -> dict[str, Any]:
    settings = make_settings(service.data_dir)
    reviewed = read_reviews(service.data_dir / "camid.sqlite")
    ReviewExport(service.data_dir / "photos", settings, faces).write(reviewed, out)
    dataset: dict[str, Any] = json.loads((out / "annotations.json").read_text())
    return dataset


def test_the_export_is_a_coco_dataset_beside_a_running_service(
    service: Service, client: httpx.Client, tmp_path: Path
) -> None:
    answer = send(service)
    body = word(answer)
    cameras = body["cameras"]
    cameras[2]["rejected"] = True
    say(client, answer["id"], body)
    dataset = exported(service, tmp_path / "out")
    (image,) = dataset["images"]
    assert (image["width"], image["height"], image["complete"]) == (*SIZE, True)
    assert len(image["rejected"]) == 1
    first, second = dataset["annotations"]
    x0, y0, x1, y1 = cameras[0]["box"]
    assert first["bbox"] == pytest.approx([x0, y0, x1 - x0, y1 - y0], abs=0.01)
    assert (first["vendor"], first["form_factor"], first["decision"]) == ("hikvision", "bullet", "confirmed")
    assert second["vendor"] is None
    assert first["reviewed_by"] == "A. Reporter"
    assert first["reviewed_at"].endswith("Z")
    picture = cv2.imread(str(tmp_path / "out" / image["file_name"]))
    assert picture is not None
    assert np.abs(picture.astype(int) - street(*SIZE)).mean() < 3


def test_faces_and_marked_parts_are_blurred_for_good_and_cameras_are_not(
    service: Service, client: httpx.Client, tmp_path: Path
) -> None:
    noise = encoded(np.random.default_rng(1).integers(0, 256, (600, 960, 3), np.uint8), "PNG")
    answer = service.send(("noise.png", noise)).json()["photos"][0]
    say(client, answer["id"], word(answer, blur=[[600, 300, 700, 400]]))
    exported(service, tmp_path / "out", OneFace(Box(300, 400, 360, 480)))
    x0, y0, x1, y1 = answer["cameras"][0]["box"]
    exported(service, tmp_path / "lens", OneFace(Box(x0 + 9, y0 + 9, x1 - 9, y1 - 9)))
    (file,) = (tmp_path / "out" / "images").iterdir()
    blurred = cv2.imread(str(file))
    assert blurred is not None
    for part in (blurred[305:395, 605:695], blurred[400:480, 300:360]):
        assert part.std() < 25
    assert blurred[0:200, 300:600].std() > 50
    lens = cv2.imread(str(tmp_path / "lens" / "images" / file.name))
    assert lens is not None
    assert lens[int(y0) : int(y1), int(x0) : int(x1)].std() > 50


def test_an_export_has_no_metadata_and_the_last_word_on_a_content(
    service: Service, client: httpx.Client, tmp_path: Path
) -> None:
    data = jpeg(street(*SIZE), exif=exif_block(taken="2025:01:01 10:00:00"))
    copies = [service.send((f"{name}.jpg", data)).json()["photos"][0] for name in "ab"]
    for answer, by in zip(copies, ("first", "second"), strict=True):
        say(client, answer["id"], word(answer, by=by))
    dataset = exported(service, tmp_path / "out")
    (image,) = dataset["images"]
    assert image["reviewed_by"] == "second"
    content = (tmp_path / "out" / image["file_name"]).read_bytes()
    assert b"Exif" not in content
    assert b"2025:01:01" not in content


def test_the_archive_over_http_holds_the_same(service: Service, client: httpx.Client) -> None:
    answer = send(service)
    say(client, answer["id"], word(answer))
    got = client.get("/api/v1/reviews/export.zip", params={"faces": "false"})
    assert got.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(got.content))
    dataset = json.loads(archive.read("annotations.json"))
    assert {one["file_name"] for one in dataset["images"]} | {"annotations.json"} == set(archive.namelist())
    assert dataset["info"]["faces"] == "not searched"
    wait_for(lambda: service.received() == [])
    assert list(service.data_dir.glob("export-*")) == []


def test_the_command(service: Service, client: httpx.Client, tmp_path: Path) -> None:
    run = CliRunner().invoke
    data = ["--data-dir", str(service.data_dir)]
    answer = send(service)
    say(client, answer["id"], word(answer))
    done = run(app, ["review", "export", str(tmp_path / "out"), *data])
    assert done.exit_code == 0, done.output
    assert "1 photos, 3 cameras" in done.stderr
    again = run(app, ["review", "export", str(tmp_path / "out"), *data, "--keep-faces"])
    assert again.exit_code == 0
    assert "not searched" in again.stderr
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    refused = run(app, ["review", "export", str(tmp_path / "full"), *data, "--keep-faces"])
    assert refused.exit_code == 2
    nowhere = [
        "review",
        "export",
        str(tmp_path / "new"),
        "--data-dir",
        str(tmp_path / "none"),
        "--keep-faces",
    ]
    assert run(app, nowhere).exit_code == 3


def test_a_photo_whose_bytes_are_gone_is_left_out(
    service: Service, client: httpx.Client, tmp_path: Path
) -> None:
    answer = send(service)
    say(client, answer["id"], word(answer))
    for file in (service.data_dir / "photos").glob("??/*"):
        file.unlink()
    assert exported(service, tmp_path / "out")["images"] == []


def test_photos_of_an_older_camid_get_their_place_in_the_queue(tmp_path: Path) -> None:
    data = DataDir(tmp_path / "data")
    store = Store(data)
    received = data.incoming / "one"
    received.write_bytes(photo())
    picture = decode(photo(), "one.jpg", load_settings())
    kept = store.add(received, photo_contract(report_on(picture)))
    store.close()
    with sqlite3.connect(data.database) as connection:
        connection.executescript("DROP TABLE doubts; DROP TABLE reviews; PRAGMA user_version = 3")
    store = Store(data)
    (queued,) = store.reviews.queue(ReviewState.OPEN, 9)
    assert queued.id == kept.id
    assert queued.doubt == doubt_of(kept.body)
    store.close()
    data.close()


def test_a_database_without_reviews_says_so(tmp_path: Path) -> None:
    place = tmp_path / "camid.sqlite"
    sqlite3.connect(place).execute("CREATE TABLE photos (id)").connection.close()
    with pytest.raises(CamidError) as refused:
        list(read_reviews(place))
    assert refused.value.code is ErrorCode.NOT_FOUND


def _answer(*cameras: object) -> PhotoV1:
    return photo_contract(report(*cameras))  # type: ignore[arg-type]


def test_doubt_follows_scores_and_verdicts() -> None:
    sure = _answer(camera(IDENTIFIED, score=0.99))
    close = _answer(camera(IDENTIFIED, score=0.43))
    every = photo_contract(one_of_each())
    assert doubt_of(_answer()) == NOTHING_FOUND
    assert doubt_of(sure) < doubt_of(close) < doubt_of(every) <= 1
