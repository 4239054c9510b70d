"""The scene factory: its table, its resume, its pictures to look at; and real renders where Blender is."""

from __future__ import annotations

import argparse
import json
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from scripts import draw_cutouts, synthesise
from scripts.rendering import overview, records
from scripts.rendering.records import Mark, Record
from scripts.training.compose import Sample
from scripts.training.sources import FORMS, Sources, _load_drawn, form_index

ROOT = Path(__file__).resolve().parents[2]
BLENDER = ROOT / ".venv-render/bin/python"


def record(number: int, body: tuple[float, float, float, float] | None = (2, 3, 30, 40)) -> Record:
    mark = Mark("acme", ((4, 5), (9, 5), (9, 8), (4, 8)))
    file = records.name("cameras", 5, number)
    return Record(file, "bullet", body, (mark,), 0.25, -0.5, (0.8, 0.8, 0.7))


def picture(path: Path, height: int = 44, width: int = 36) -> None:
    """Opaque but for a clear border of three pixels."""
    pixels = np.full((height, width, 4), 128, np.uint8)
    pixels[..., 3] = 0
    pixels[3:-3, 3:-3, 3] = 255
    assert cv2.imwrite(str(path), pixels)


def kept(folder: Path, *numbers: int) -> None:
    for number in numbers:
        records.append(folder, record(number))
        picture(folder / records.name("cameras", 5, number))


def test_a_line_of_the_table_says_all_that_was_asked(tmp_path: Path) -> None:
    records.append(tmp_path, record(7))
    (line,) = (tmp_path / "labels.jsonl").read_text("utf-8").splitlines()
    assert json.loads(line) == {
        "file": "cameras-5-00007.png",
        "form": "bullet",
        "body": [2, 3, 30, 40],
        "marks": [{"vendor": "acme", "corners": [[4, 5], [9, 5], [9, 8], [4, 8]]}],
        "azimuth": 0.25,
        "elevation": -0.5,
        "colour": [0.8, 0.8, 0.7],
    }


def test_a_second_run_renders_only_what_is_missing(tmp_path: Path) -> None:
    assert records.missing(tmp_path, "cameras", 5, 3) == [0, 1, 2]
    kept(tmp_path, 0, 2)
    records.append(tmp_path, record(3))  # a line whose picture is gone
    picture(tmp_path / records.name("cameras", 5, 4))  # a picture whose line was never written
    assert records.missing(tmp_path, "cameras", 5, 6) == [1, 3, 4, 5]


def test_another_seed_adds_to_the_folder(tmp_path: Path) -> None:
    kept(tmp_path, 0, 1)
    assert records.missing(tmp_path, "cameras", 6, 2) == [0, 1]


def test_a_torn_last_line_is_taken_out_and_rendered_again(tmp_path: Path) -> None:
    kept(tmp_path, 0, 1)
    table = tmp_path / "labels.jsonl"
    table.write_text(table.read_text("utf-8")[:-20], "utf-8")
    assert records.missing(tmp_path, "cameras", 5, 2) == [1]
    records.append(tmp_path, record(1))
    assert records.missing(tmp_path, "cameras", 5, 2) == []


def test_a_sliver_of_a_housing_is_no_example() -> None:
    assert records.visible(record(0))
    assert not records.visible(record(0, body=(2, 3, 9, 40)))
    assert records.visible(record(0, body=None))


def options(out: Path, count: int) -> argparse.Namespace:
    return argparse.Namespace(what="cameras", out=out, seed=5, count=count, forms=(), side=64, samples=1)


def test_a_view_without_the_housing_is_taken_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[str] = []

    def rendered(seed: str, path: Path, _: argparse.Namespace) -> Record:
        seeds.append(seed)
        picture(path)
        number, attempt = (int(part) for part in seed.split("/")[1:])
        return record(number, body=(0, 0, 4, 4) if attempt < number else (0, 0, 20, 20))

    monkeypatch.setattr(synthesise, "rendered", rendered)
    synthesise.render_all(options(tmp_path, 3))
    assert seeds == ["5/0/0", "5/1/0", "5/1/1", "5/2/0", "5/2/1", "5/2/2"]
    assert len((tmp_path / "cameras/labels.jsonl").read_text("utf-8").splitlines()) == 3
    synthesise.render_all(options(tmp_path, 3))
    assert len(seeds) == 6


def test_progress_says_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(synthesise.progress(range(21))) == list(range(21))
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" ")[1] for line in lines] == ["1/21,", "21/21,"]
    assert list(synthesise.progress([])) == []


def test_a_picture_is_cropped_to_what_is_opaque(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    assert synthesise.cropped(tmp_path / "a.png") == (3, 3)
    pixels = cv2.imread(str(tmp_path / "a.png"), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    assert pixels.shape == (38, 30, 4)
    assert list(synthesise.moved([(0.5, 0.25)], 64, 3, 4)) == [(29.0, 12.0)]


def test_trainings_take_renders_as_they_take_drawings(tmp_path: Path) -> None:
    kept(tmp_path, 0)
    thing = records.name("lookalikes", 5, 0)
    picture(tmp_path / thing)
    records.append(tmp_path, Record(thing, "siren", None, (), 0, 0))
    (tmp_path / "more").mkdir()
    into = Sources()
    _load_drawn(tmp_path, into)
    assert [cutout.form for cutout in into.drawn] == [form_index("bullet")]
    assert into.drawn[0].body is not None
    assert into.drawn[0].body.tolist() == [[2, 3, 30, 40]]
    assert [cutout.body for cutout in into.lookalikes] == [None]
    line = json.loads((tmp_path / "labels.jsonl").read_text("utf-8").splitlines()[0])
    drawn = json.loads(draw_cutouts.write(tmp_path / "more", 5, 0))
    assert set(drawn) <= set(line)


def test_boxes_are_told_as_coco() -> None:
    boxes = np.array([[10, 20, 40, 80], [0, 0, 8, 9]], np.float32)
    sample = Sample(np.zeros((100, 100, 3), np.uint8), boxes, np.array([2, -1]), boxes[:0])
    written = json.loads(overview.coco(["a.jpg", "b.jpg"], [[], overview.found(sample)], 100))
    assert [image["file_name"] for image in written["images"]] == ["a.jpg", "b.jpg"]
    first, second = written["annotations"]
    assert (first["image_id"], first["bbox"], first["area"]) == (1, [10, 20, 30, 60], 1800)
    words = {each["id"]: each["name"] for each in written["categories"]}
    assert (words[first["category_id"]], words[second["category_id"]]) == (FORMS[2], "camera")
    assert first["id"] != second["id"]


def test_a_sheet_shows_bodies_and_marks(tmp_path: Path) -> None:
    kept(tmp_path, 0, 1, 2)
    synthesise.main(["sheet", "--out", str(tmp_path), "--count", "2"])
    sheet = cv2.imread(str(tmp_path / "contact.png"))
    assert sheet is not None
    assert sheet.shape == (overview.CELL, 2 * overview.CELL, 3)
    pixels = sheet.astype(int)
    assert ((pixels[..., 2] - pixels[..., :2].max(2)) > 60).sum() > 200  # red
    assert ((pixels[..., 1] - pixels[..., ::2].max(2)) > 40).sum() > 20  # green


@pytest.fixture(scope="module")
def renders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bullet with a name on it and a siren, small."""
    if not BLENDER.is_file():
        pytest.skip("no Blender: `make render-env`")
    out = tmp_path_factory.mktemp("renders")
    (out / "logos").mkdir()
    ink = np.zeros((40, 120, 4), np.uint8)
    cv2.putText(ink, "ACME", (4, 32), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (0, 0, 0, 255), 4)
    assert cv2.imwrite(str(out / "logos/acme-000-flat.png"), ink)
    for what, form in (("cameras", "bullet"), ("lookalikes", "siren")):
        command = [str(BLENDER), "-m", "scripts.synthesise", what, "--out", str(out), "--forms", form]
        sizes = ["--count", "3", "--side", "64", "--samples", "1", "--seed", "1"]
        subprocess.run([*command, *sizes], check=True, cwd=ROOT, timeout=120, capture_output=True)
    return out


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "labels.jsonl").read_text("utf-8").splitlines()]


def test_a_rendered_camera_fills_its_body_and_little_beside(renders: Path) -> None:
    for row in lines(renders / "cameras"):
        pixels = cv2.imread(str(renders / "cameras" / str(row["file"])), cv2.IMREAD_UNCHANGED)
        assert pixels is not None
        body = row["body"]
        assert isinstance(body, list)
        x0, y0, x1, y1 = (round(value) for value in body)
        assert -1 <= x0 < x1 <= pixels.shape[1] + 1
        assert -1 <= y0 < y1 <= pixels.shape[0] + 1
        assert (pixels[max(0, y0) : y1, max(0, x0) : x1, 3] > 127).mean() > 0.3
        assert row["form"] == "bullet"


def test_a_rendered_look_alike_has_no_body(renders: Path) -> None:
    assert [row["body"] for row in lines(renders / "lookalikes")] == [None] * 3


def test_names_lie_on_the_housing(renders: Path) -> None:
    marks = [(row, mark) for row in lines(renders / "cameras") for mark in row["marks"]]  # type: ignore[attr-defined]
    assert marks
    for row, mark in marks:
        assert mark["vendor"] == "acme"
        body = row["body"]
        assert isinstance(body, list)
        x, y = np.mean(mark["corners"], 0)
        assert body[0] <= x <= body[2]
        assert body[1] <= y <= body[3]
