from __future__ import annotations

import base64
import hashlib
import json
import re
import zipfile
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.domain import Box, Gps, Pixels
from edge.errors import CamidError, ErrorCode
from edge.media.photo import decode
from edge.report.contract import photo_contract
from edge.report.pack import PackMaker
from edge.report.pack_parts import Packed, PackOptions, PackPhoto
from edge.report.pack_verify import verify_pack
from edge.settings import load_settings
from edge.vendors.age import Ageing
from edge.vendors.catalogue import load_catalogue
from edge.vision.faces import Face
from tests.support.credentials import in_jpeg, manifest, store
from tests.support.pictures import jpeg, textured
from tests.support.reports import one_of_each

FACE = Box(520, 300, 580, 380)
INSIDE_THE_CAMERA = Box(130, 100, 180, 150)
GPS = Gps(48.2082, 16.3738, None, None)


@dataclass
class StandInFaces:
    boxes: tuple[Box, ...] = (FACE, INSIDE_THE_CAMERA)
    seen: list[Pixels] = field(default_factory=list)

    def find(self, pixels: Pixels) -> list[Face]:
        self.seen.append(pixels)
        return [Face(box, 0.9) for box in self.boxes]


AGE = Ageing(date(2026, 12, 1), 180)


def photo(data: bytes | None = None, *, gps: Gps | None = None, name: str = "street.jpg") -> PackPhoto:
    data = jpeg(textured(640, 480)) if data is None else data
    picture = decode(data, name, load_settings())
    report = one_of_each()
    return PackPhoto(data, picture, photo_contract(replace(report, source=replace(picture.source, gps=gps))))


def make(
    out: Path,
    *photos: PackPhoto,
    faces: StandInFaces | None = None,
    options: PackOptions | None = None,
    age: Ageing = AGE,
) -> Packed:
    maker = PackMaker(load_catalogue(), faces, options or PackOptions(), "1.2.3", age)
    return maker.write(photos or (photo(),), out)


def read(pack: Path, name: str) -> bytes:
    with zipfile.ZipFile(pack) as archive:
        return archive.read(name)


def names(pack: Path) -> list[str]:
    with zipfile.ZipFile(pack) as archive:
        return archive.namelist()


def test_a_pack_holds_pictures_crops_the_answer_and_the_page(tmp_path: Path) -> None:
    packed = make(tmp_path / "pack.zip")
    assert names(tmp_path / "pack.zip") == [
        "photo-001/annotated.jpg",
        *(f"photo-001/camera-{n}.jpg" for n in (1, 2, 3, 4)),
        "photo-001/camera-1-evidence-1.jpg",
        "photo-001/camera-2-evidence-1.jpg",
        "photo-001/mark-1.jpg",
        "photo-001/answer.json",
        "report.html",
        "manifest.json",
    ]
    assert packed.files == 11
    text = read(tmp_path / "pack.zip", "manifest.json")
    assert packed.manifest == hashlib.sha256(text).hexdigest()


def test_the_manifest_names_every_file_and_the_original_by_their_hashes(tmp_path: Path) -> None:
    one = photo()
    make(tmp_path / "pack.zip", one)
    told = json.loads(read(tmp_path / "pack.zip", "manifest.json"))
    assert told["photos"][0]["sha256"] == hashlib.sha256(one.data).hexdigest()
    assert told["photos"][0]["original"] is None
    for file in told["files"]:
        assert file["sha256"] == hashlib.sha256(read(tmp_path / "pack.zip", file["name"])).hexdigest()
    assert {file["name"] for file in told["files"]} == {*names(tmp_path / "pack.zip")} - {"manifest.json"}


def test_the_same_photos_give_the_same_bytes_whatever_the_answer_took(tmp_path: Path) -> None:
    one = photo()
    times = one.answer.timing_ms.model_copy(update={"total": 9.0})
    later = one.answer.model_copy(update={"timing_ms": times})
    make(tmp_path / "a.zip", one)
    make(tmp_path / "b.zip", replace(one, answer=later))
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_the_original_is_left_out_unless_asked_for(tmp_path: Path) -> None:
    one = photo()
    make(tmp_path / "pack.zip", one, options=PackOptions(original=True))
    assert read(tmp_path / "pack.zip", "photo-001/original.jpeg") == one.data
    page = read(tmp_path / "pack.zip", "report.html").decode()
    assert "with all faces and all metadata" in page


def test_the_position_is_left_out_unless_asked_for(tmp_path: Path) -> None:
    one = photo(gps=GPS)
    make(tmp_path / "pack.zip", one)
    with zipfile.ZipFile(tmp_path / "pack.zip") as archive:
        texts = [archive.read(name) for name in archive.namelist() if not name.endswith(".jpg")]
    assert not any(b"48.2" in text or b"16.37" in text for text in texts)
    make(tmp_path / "told.zip", one, options=PackOptions(position=True))
    assert (
        json.loads(read(tmp_path / "told.zip", "photo-001/answer.json"))["source"]["gps"]["latitude"]
        == 48.2082
    )
    assert "48.208200, 16.373800" in read(tmp_path / "told.zip", "report.html").decode()


def test_an_original_with_a_position_needs_that_the_position_is_asked_for_too(tmp_path: Path) -> None:
    one = photo(gps=GPS)
    with pytest.raises(CamidError, match="position") as caught:
        make(tmp_path / "pack.zip", one, options=PackOptions(original=True))
    assert caught.value.code is ErrorCode.BAD_REQUEST
    assert list(tmp_path.iterdir()) == []
    make(tmp_path / "pack.zip", one, options=PackOptions(original=True, position=True))


def _pixels(data: bytes) -> Pixels:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    return np.asarray(found, np.uint8)


def _difference(one: Pixels, other: Pixels, box: Box) -> float:
    x0, y0, x1, y1 = map(int, box.as_tuple())
    return float(np.abs(one[y0:y1, x0:x1].astype(int) - other[y0:y1, x0:x1].astype(int)).mean())


def test_faces_are_blurred_and_those_inside_a_camera_are_not(tmp_path: Path) -> None:
    faces = StandInFaces()
    packed = make(tmp_path / "blurred.zip", faces=faces)
    make(tmp_path / "plain.zip")
    assert packed.blurred == 1
    blurred, plain = (
        _pixels(read(tmp_path / f"{name}.zip", "photo-001/annotated.jpg")) for name in ("blurred", "plain")
    )
    assert _difference(blurred, plain, FACE) > 2
    crops = [read(tmp_path / f"{name}.zip", "photo-001/camera-1.jpg") for name in ("blurred", "plain")]
    assert crops[0] == crops[1]


def test_the_page_says_what_the_blur_misses_or_that_nothing_was_searched(tmp_path: Path) -> None:
    make(tmp_path / "blurred.zip", faces=StandInFaces())
    make(tmp_path / "plain.zip")
    assert "turned away" in read(tmp_path / "blurred.zip", "report.html").decode()
    assert "1 face found and blurred" in read(tmp_path / "blurred.zip", "report.html").decode()
    assert "faces were not searched" in read(tmp_path / "plain.zip", "report.html").decode()


def test_the_page_loads_and_runs_nothing(tmp_path: Path) -> None:
    make(tmp_path / "pack.zip")
    page = read(tmp_path / "pack.zip", "report.html").decode()
    assert "<script" not in page
    assert "default-src 'none'" in page
    sources = re.findall(r'(?:src|href|action|data|poster)\s*=\s*"([^"]*)"', page)
    assert sources
    assert all(one.startswith("data:image/jpeg;base64,") for one in sources)
    assert "url(" not in page
    assert "@import" not in page


def test_the_page_has_models_confidence_evidence_and_every_advisory_with_source_and_date(
    tmp_path: Path,
) -> None:
    one = photo()
    make(tmp_path / "pack.zip", one)
    page = read(tmp_path / "pack.zip", "report.html").decode()
    found = one.answer.cameras[0].identification
    for advisory in found.advisories:
        assert advisory.date in page
        assert advisory.source in page
    for text in (
        "cd" * 32,
        "0.9870",
        "HIKVISION",
        one.answer.source.sha256,
        load_catalogue().date.isoformat(),
    ):
        assert text in page


def test_what_stands_in_a_photo_cannot_become_markup(tmp_path: Path) -> None:
    claim = {"claim_generator": "<script>alert(1)</script>"}
    data = in_jpeg(jpeg(textured(640, 480)), store(manifest("m", claim, ["<b>c2pa</b>"])))
    make(tmp_path / "pack.zip", photo(data, name="<img src=x>.jpg"))
    page = read(tmp_path / "pack.zip", "report.html").decode()
    assert "<script" not in page
    assert "<img src=x>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "validates neither" in page


def test_a_page_says_where_no_credentials_are(tmp_path: Path) -> None:
    make(tmp_path / "pack.zip")
    assert "None are in the file" in read(tmp_path / "pack.zip", "report.html").decode()


def test_pictures_of_the_page_are_those_of_the_pack(tmp_path: Path) -> None:
    make(tmp_path / "pack.zip")
    page = read(tmp_path / "pack.zip", "report.html").decode()
    shown = {base64.b64decode(one) for one in re.findall(r"data:image/jpeg;base64,([^\"]+)", page)}
    assert read(tmp_path / "pack.zip", "photo-001/annotated.jpg") in shown


def test_no_photo_makes_no_pack(tmp_path: Path) -> None:
    with pytest.raises(CamidError):
        PackMaker(load_catalogue(), None, PackOptions(), "1", AGE).write([], tmp_path / "pack.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CamidError) as caught:
        make(tmp_path / "none" / "pack.zip")
    assert caught.value.code is ErrorCode.NOT_WRITABLE


def test_a_fresh_pack_is_as_it_was_made(tmp_path: Path) -> None:
    packed = make(tmp_path / "pack.zip", photo(), photo(jpeg(textured(640, 480, seed=1))))
    found = verify_pack(tmp_path / "pack.zip")
    assert found.faults == ()
    assert found.manifest == packed.manifest
    assert found.files == packed.files


def test_an_old_catalogue_is_said_at_every_fact(tmp_path: Path) -> None:
    make(tmp_path / "new.zip")
    make(tmp_path / "old.zip", age=Ageing(date(2028, 1, 1), 180))
    new, old = (read(tmp_path / name, "report.html").decode() for name in ("new.zip", "old.zip"))
    facts = new.count("catalogue of 2026-11-28</span>")
    assert facts > 0
    assert "days old or older" not in new
    assert old.count("The catalogue of 2026-11-28 is 180 days old or older") == facts + 1
