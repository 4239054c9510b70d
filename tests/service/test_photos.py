"""Photos over HTTP against a running service: results, pictures, limits, refusals."""

from __future__ import annotations

import errno
import hashlib
import io
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from edge.errors import OUTCOMES, ErrorCode
from edge.report.contract import PhotoV1
from edge.service.answers import PhotoAnswer, PhotosAnswer
from edge.service.form import Form
from edge.service.store import Sender, Store, StoredPhoto
from tests.support.pictures import (
    animated_gif,
    cmyk_jpeg,
    encoded,
    header_bomb,
    heic,
    jpeg,
    quarters,
    sixteen_bit_png,
    two_frame_mpo,
    with_app1,
)
from tests.support.service import TOKEN, Service, StandIn, make_settings, metric, photo, running, wait_for

PHOTOS = "/api/v1/photos"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = make_settings(
        tmp_path_factory.mktemp("service") / "data",
        max_photo_bytes=200_000,
        max_request_bytes=2_000_000,
        max_photos_per_request=20,
    )
    with running(settings) as started:
        yield started


def problem(answer: httpx.Response) -> str:
    """The code of an error answer, after checking its whole form."""
    body = answer.json()
    assert body.keys() == {"error"}
    assert body["error"].keys() == {"code", "message"}
    code = ErrorCode(body["error"]["code"])
    assert answer.status_code == OUTCOMES[code].status
    assert body["error"]["message"].endswith(OUTCOMES[code].advice)
    for secret in ("Traceback", "/tmp", ".py", TOKEN):
        assert secret not in answer.text
    return code.value


def test_a_photo_is_answered_stored_and_told_again(service: Service) -> None:
    data = photo(1)
    answer = service.send(("street.jpg", data))
    assert answer.status_code == 200
    [found] = PhotosAnswer.model_validate(answer.json()).photos
    assert isinstance(found, PhotoAnswer)
    assert found.schema_ == "camid/1"
    assert found.source.name == "street.jpg"
    assert found.source.sha256 == hashlib.sha256(data).hexdigest()
    assert found.cameras[0].identification.evidence[0].value == found.source.sha256
    assert found.sentences[0].startswith("Hikvision")
    with service.client() as client:
        assert client.get(f"{PHOTOS}/{found.id}").json() == answer.json()["photos"][0]
    assert found.source.sha256 in service.stored()


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.heic", heic()), ("a.png", None), ("a.webp", None), ("a.avif", None)],
    ids=["heic", "png", "webp", "avif"],
)
def test_every_promised_format_is_taken(service: Service, name: str, data: bytes | None) -> None:
    if data is None:
        file = io.BytesIO()
        Image.new("RGB", (96, 64), "green").save(file, name.rpartition(".")[2].upper())
        data = file.getvalue()
    assert service.send((name, data)).status_code == 200


def test_many_photos_are_answered_in_order_each_with_its_own_outcome(service: Service) -> None:
    files = [
        ("0.jpg", photo(10)),
        ("1.jpg", b"plain text"),
        ("2.jpg", b""),
        ("3.jpg", photo(10)[:700]),
        ("4.jpg", b"\xff\xd8" + b"x" * 200_001),
        ("5.jpg", photo(11)),
    ]
    before = len(service.stored())
    answer = service.send(*files)
    assert answer.status_code == 200
    photos = answer.json()["photos"]
    assert [one["source"]["name"] for one in photos] == [name for name, _ in files]
    codes = [one.get("error", {}).get("code") for one in photos]
    assert codes == [None, "not_a_picture", "empty", "corrupt", "too_many_bytes", None]
    assert all(one["schema"] == "camid/1" for one in photos)
    assert len(service.stored()) == before + 2
    assert service.received() == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"hello, I am a text file", "not_a_picture", id="text named .jpg"),
        pytest.param(b"", "empty", id="empty"),
        pytest.param(photo(3)[:500], "corrupt", id="truncated"),
        pytest.param(b"\xff\xd8" + bytes(200_001), "too_many_bytes", id="too many bytes"),
    ],
)
def test_a_single_bad_photo_is_refused_and_nothing_is_kept(service: Service, data: bytes, code: str) -> None:
    before = service.stored()
    line = f'camid_photos_total{{outcome="{code}"}}'
    counted = metric(service, line)
    assert problem(service.send(("a.jpg", data))) == code
    assert metric(service, line) == counted + 1
    assert service.stored() == before
    assert service.received() == []


HOSTILE = {
    "png bomb": (header_bomb("PNG"), "too_many_pixels"),
    "jpeg bomb": (header_bomb("JPEG"), "too_many_pixels"),
    "one pixel": (encoded(quarters(2, 2)[:1, :1], "PNG"), "too_small"),
    "animated gif": (animated_gif(), None),
    "cmyk": (cmyk_jpeg(), None),
    "sixteen bits": (sixteen_bit_png(np.full((64, 96, 3), 40_000, np.uint16)), None),
    "mpo": (two_frame_mpo(quarters(), quarters()), None),
    "corrupt exif": (with_app1(jpeg(), b"Exif\0\0II*\0" + b"\xff" * 40), None),
    "cut heic": (heic()[:200], "corrupt"),
}


def test_odd_and_hostile_pictures_are_answered_and_the_service_lives_on(service: Service) -> None:
    before = service.stored()
    photos = service.send(*((f"{name}.jpg", data) for name, (data, _) in HOSTILE.items())).json()["photos"]
    codes = {one["source"]["name"][:-4]: one.get("error", {}).get("code") for one in photos}
    for name, (_, code) in HOSTILE.items():
        if code is not None:
            assert codes[name] == code
    refused = sum(code is not None for code in codes.values())
    assert len(service.stored() - before) == len(HOSTILE) - refused
    assert service.received() == []
    assert codes["cmyk"] is codes["mpo"] is codes["corrupt exif"] is codes["sixteen bits"] is None
    assert service.send(("a.jpg", photo())).status_code == 200


def test_five_hundred_photos_are_too_many(service: Service) -> None:
    answer = service.send(*((f"{n}.jpg", photo(n % 3)) for n in range(500)))
    assert problem(answer) == "too_many_photos"
    assert service.received() == []


def test_what_is_announced_too_large_is_refused_before_it_is_sent(service: Service) -> None:
    sent = 0

    def body() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(3000):
            sent += 65_536
            yield bytes(65_536)

    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(3000 * 65_536)}
    with service.client() as client:
        answer = client.post(PHOTOS, content=body(), headers=headers)
    assert problem(answer) == "request_too_large"
    assert service.received() == []


def test_an_endless_body_without_a_length_is_cut_off(service: Service) -> None:
    def body() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n\xff\xd8'
        for _ in range(100):
            yield bytes(65_536)

    with service.client() as client:
        answer = client.post(
            PHOTOS, content=body(), headers={"Content-Type": "multipart/form-data; boundary=b"}
        )
    assert problem(answer) == "request_too_large"
    assert service.received() == []


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b'{"photo": "..."}', "application/json"),
        (photo(), "image/jpeg"),
        (b"", ""),
        (b"no form", "multipart/form-data; boundary=b"),
        (
            b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\ncut',
            "multipart/form-data; boundary=b",
        ),
    ],
    ids=["json", "bare jpeg", "nothing", "no boundary in it", "cut off"],
)
def test_a_request_that_is_no_form_is_refused(service: Service, content: bytes, content_type: str) -> None:
    with service.client() as client:
        answer = client.post(PHOTOS, content=content, headers={"Content-Type": content_type})
    assert problem(answer) == "bad_request"
    assert service.received() == []


def test_a_form_without_photos_is_empty(service: Service) -> None:
    with service.client() as client:
        answer = client.post(PHOTOS, files=[("note", (None, b"no photo"))])
    assert problem(answer) == "empty"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", PHOTOS),
        ("GET", f"{PHOTOS}/any"),
        ("GET", f"{PHOTOS}/any/picture.jpg"),
        ("GET", f"{PHOTOS}/any/annotated.jpg"),
        ("GET", f"{PHOTOS}/any/cameras/0.jpg"),
        ("GET", f"{PHOTOS}/any/cameras/0/evidence/0.jpg"),
        ("GET", f"{PHOTOS}/any/marks/0.jpg"),
        ("GET", "/api/v1/vendors"),
        ("GET", "/metrics"),
    ],
)
def test_without_the_token_nothing_is_told(service: Service, method: str, path: str) -> None:
    with service.client(token=None) as client:
        for token in (None, "wrong", TOKEN + "x", TOKEN[:-1]):
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            answer = client.request(method, path, headers=headers)
            assert problem(answer) == "unauthorised"
            assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Basic dXNlcjpwYXNz", TOKEN, "Bearer", f"Token {TOKEN}"])
def test_another_scheme_is_not_the_token(service: Service, header: str) -> None:
    with service.client(token=None) as client:
        assert problem(client.get("/api/v1/vendors", headers={"Authorization": header})) == "unauthorised"


def test_the_token_does_not_count_in_an_address(service: Service) -> None:
    with service.client(token=None) as client:
        answer = client.get("/api/v1/vendors", params={"token": TOKEN, "access_token": TOKEN})
    assert problem(answer) == "unauthorised"


def picture(answer: httpx.Response) -> Image.Image:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(answer.content)) as image:
        image.load()
        return image


def test_pictures_of_a_stored_photo(service: Service) -> None:
    found = service.send(("a.jpg", photo(5, 800, 480))).json()["photos"][0]
    with service.client() as client:
        base = f"{PHOTOS}/{found['id']}"
        assert picture(client.get(f"{base}/picture.jpg")).size == (800, 480)
        assert picture(client.get(f"{base}/picture.jpg", params={"side": 100})).size == (100, 60)
        assert picture(client.get(f"{base}/annotated.jpg")).size == (800, 480)
        x0, _, x1, _ = found["cameras"][0]["box"]
        assert x1 - x0 < picture(client.get(f"{base}/cameras/0.jpg")).width < 2 * (x1 - x0)
        picture(client.get(f"{base}/cameras/0/evidence/0.jpg"))
        picture(client.get(f"{base}/marks/0.jpg"))
        for missing in (
            "cameras/3.jpg",
            "cameras/1/evidence/0.jpg",
            "cameras/0/evidence/1.jpg",
            "marks/1.jpg",
        ):
            assert problem(client.get(f"{base}/{missing}")) == "not_found"
        for wrong in ("cameras/-1.jpg", "cameras/x.jpg", "picture.jpg?side=0", "picture.jpg?side=99999999"):
            assert problem(client.get(f"{base}/{wrong}")) == "bad_request"


def test_a_turned_photo_is_shown_upright(service: Service) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    found = service.send(("a.jpg", jpeg(exif=exif.tobytes()))).json()["photos"][0]
    assert (found["source"]["width"], found["source"]["height"]) == (64, 96)
    with service.client() as client:
        assert picture(client.get(f"{PHOTOS}/{found['id']}/picture.jpg")).size == (64, 96)


def test_a_photo_whose_bytes_were_removed_still_has_its_result(service: Service) -> None:
    found = service.send(("a.jpg", photo(77))).json()["photos"][0]
    sha256 = found["source"]["sha256"]
    (service.data_dir / "photos" / sha256[:2] / sha256).unlink()
    service.send(("b.jpg", photo(78)))  # takes the place of the picture that was kept decoded
    with service.client() as client:
        assert client.get(f"{PHOTOS}/{found['id']}").status_code == 200
        assert problem(client.get(f"{PHOTOS}/{found['id']}/annotated.jpg")) == "not_found"


@pytest.mark.parametrize("photo_id", ["0" * 32, "nix", "%2e%2e", "a%00b", "'%20OR%201=1--", "é"])
def test_an_unknown_id_is_not_found(service: Service, photo_id: str) -> None:
    with service.client() as client:
        for rest in ("", "/picture.jpg", "/annotated.jpg", "/cameras/0.jpg"):
            assert problem(client.get(f"{PHOTOS}/{photo_id}{rest}")) == "not_found"


def test_a_hostile_file_name_stays_a_name(service: Service) -> None:
    found = service.send(("../../<img src=x onerror=alert(1)>.jpg", photo(6))).json()["photos"][0]
    assert found["source"]["name"] == "<img src=x onerror=alert(1)>.jpg"
    assert {path.name for path in service.data_dir.iterdir()} <= {
        "camid.sqlite", "camid.sqlite-wal", "camid.sqlite-shm", "secrets.key", "incoming", "photos", "lock",
        "audit.jsonl", "audit.lock", "clock",
    }  # fmt: skip


def test_many_clients_at_once_each_get_their_own_answer(service: Service) -> None:
    def send(seed: int) -> bool:
        data = photo(1000 + seed)
        found = service.send((f"{seed}.jpg", data)).json()["photos"][0]
        expected = hashlib.sha256(data).hexdigest()
        evidence = found["cameras"][0]["identification"]["evidence"][0]["value"]
        return bool(found["source"]["name"] == f"{seed}.jpg" and evidence == expected)

    with ThreadPoolExecutor(12) as clients:
        assert all(clients.map(send, range(36)))
    assert service.models.most_at_once == 1
    assert service.received() == []


def test_a_full_queue_says_when_to_come_again(tmp_path: Path) -> None:
    models = StandIn()
    with running(make_settings(tmp_path, max_queued_photos=2), models) as service:
        models.gate.clear()
        with ThreadPoolExecutor(2) as clients:
            waiting = [clients.submit(service.send, (f"{n}.jpg", photo(n))) for n in range(2)]
            wait_for(lambda: metric(service, "camid_uploads_in_progress") == 2)
            answer = service.send(("c.jpg", photo(3)))
            assert problem(answer) == "busy"
            assert 1 <= int(answer.headers["retry-after"]) <= 120
            assert metric(service, 'camid_refused_requests_total{code="busy"}') == 1
            with service.client() as client:  # the event loop is free all the while
                assert client.get("/healthz").status_code == 200
            models.gate.set()
            assert [one.result().status_code for one in waiting] == [200, 200]
        assert service.send(("c.jpg", photo(3))).status_code == 200


def test_a_defect_is_answered_without_its_insides_and_the_service_goes_on(tmp_path: Path) -> None:
    models = StandIn(error=RuntimeError(f"secret {tmp_path}"))
    with running(make_settings(tmp_path), models) as service:
        answer = service.send(("a.jpg", photo()))
        assert problem(answer) == "internal"
        assert "secret" not in answer.text
        assert service.stored() == set()
        assert metric(service, 'camid_photos_total{outcome="internal"}') == 1
        models.error = None
        assert service.send(("a.jpg", photo())).status_code == 200


def test_a_disk_that_fills_up_while_an_upload_arrives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(make_settings(tmp_path)) as service:
        with monkeypatch.context() as patch:
            feed = Form.feed

            def full(form: Form, data: bytes) -> None:
                feed(form, data[:200])
                raise OSError(errno.ENOSPC, "No space left on device")

            patch.setattr(Form, "feed", full)
            assert problem(service.send(("a.jpg", photo()))) == "store_full"
        assert service.received() == []
        assert service.send(("a.jpg", photo())).status_code == 200


def test_a_photo_that_cannot_be_stored_takes_no_other_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Store.add

    def fail(store: Store, received: Path, body: PhotoV1, sender: Sender) -> StoredPhoto:
        if body.source.name == "b.jpg":
            raise sqlite3.OperationalError("disk I/O error in /secret/path")
        return add(store, received, body, sender)

    monkeypatch.setattr(Store, "add", fail)
    with running(make_settings(tmp_path)) as service:
        answer = service.send(*((f"{name}.jpg", photo(n)) for n, name in enumerate("abc")))
        assert answer.status_code == 200
        assert [one.get("error", {}).get("code") for one in answer.json()["photos"]] == [
            None,
            "internal",
            None,
        ]
        assert "secret" not in answer.text
        assert len(service.stored()) == 2
        assert service.received() == []


def test_an_upload_that_falls_silent_is_given_up(tmp_path: Path) -> None:
    hold = threading.Event()

    def body() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n\xff\xd8'
        hold.wait(1.0)
        yield b"\r\n--b--\r\n"

    with running(make_settings(tmp_path, upload_idle_s=0.2)) as service:
        with service.client() as client:
            headers = {"Content-Type": "multipart/form-data; boundary=b"}
            answer = client.post(PHOTOS, content=body(), headers=headers)
        assert problem(answer) == "bad_request"
        assert "Nothing arrived" in answer.text
        assert service.received() == []


def test_a_client_that_breaks_off_leaves_nothing(tmp_path: Path) -> None:
    class GoneError(Exception):
        pass

    def body() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n' + photo()
        raise GoneError

    with running(make_settings(tmp_path)) as service:
        with service.client() as client, pytest.raises(GoneError):
            client.post(PHOTOS, content=body(), headers={"Content-Type": "multipart/form-data; boundary=b"})
        wait_for(lambda: metric(service, "camid_abandoned_uploads_total") == 1)
        wait_for(lambda: metric(service, "camid_uploads_in_progress") == 0)
        assert service.received() == []
        assert service.stored() == set()


def test_a_client_that_does_not_wait_loses_nothing(tmp_path: Path) -> None:
    models = StandIn()
    with running(make_settings(tmp_path), models) as service:
        models.gate.clear()
        with service.client(timeout=0.5) as client, pytest.raises(httpx.ReadTimeout):
            client.post(PHOTOS, files={"photo": ("a.jpg", photo())})
        models.gate.set()
        wait_for(lambda: metric(service, 'camid_photos_total{outcome="done"}') == 1)
        assert len(service.stored()) == 1
        wait_for(lambda: not service.received())
