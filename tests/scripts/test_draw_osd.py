"""The OSD drawer: labels say what is drawn, splits share nothing, a broken run goes on."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import datetime
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.vendors.catalogue import load_catalogue
from scripts import draw_osd
from scripts.drawing import osd_fonts, osd_pixels, osd_scenery, osd_shots, osd_trail
from scripts.drawing.osd_codec import Coding, decode, encode
from scripts.drawing.osd_fonts import PixelFace
from scripts.drawing.osd_layers import MarkLayer, PanelLayer, Place, TextLayer, legible, overlap
from scripts.drawing.osd_layout import Layout
from scripts.drawing.osd_marks import Mark, invented_name, nobodys_mark, wordmark
from scripts.drawing.osd_paint import Finish, Paint, paint_line
from scripts.drawing.osd_scenery import Background
from scripts.drawing.osd_splits import Split, make_split
from scripts.drawing.osd_stamps import Month, Order, StampFormat, any_format, any_moment
from scripts.drawing.osd_vendors import STYLES, Corner

WHEN = datetime(2026, 1, 23, 14, 5, 9, 480_000)


@pytest.fixture
def photo(tmp_path: Path) -> Background:
    ramp = np.linspace(30, 200, 320 * 240).reshape(240, 320)
    path = tmp_path / "ground.png"
    cv2.imwrite(str(path), np.repeat(ramp[..., None], 3, axis=2).astype(np.uint8))
    return Background(path, path.name)


@pytest.fixture
def small(photo: Background, monkeypatch: pytest.MonkeyPatch) -> Split:
    monkeypatch.setattr(osd_scenery, "SIZES", {(480, 270): 1})
    monkeypatch.setattr(osd_shots, "CLIP_SIZES", ((320, 240),))
    logo = Mark("reolink", "Reolink", "logo", "drawn/1", PixelFace("own 5x7").line("Reolink", 28).ink)
    return make_split("train", 3, (photo,), {"reolink": [logo]}, load_catalogue())


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (StampFormat(), "2026-01-23 14:05:09"),
        (StampFormat(order=Order.MDY, weekday="en"), "01-23-2026 Fri 14:05:09"),
        (StampFormat(separator="/", weekday="EN", weekday_place="after"), "2026/01/23 14:05:09 FRI"),
        (StampFormat(chinese=True, weekday="zh"), "2026年01月23日 星期五 14:05:09"),
        (StampFormat(month=Month.NAME, separator=" "), "2026 Jan 23 14:05:09"),
        (
            StampFormat(
                order=Order.MDY, separator="/", padded=False, twelve=True, hour_padded=False, seconds=False
            ),
            "1/23/2026 2:05 PM",
        ),
        (StampFormat(fraction=3, zone="CEST"), "2026-01-23 CEST 14:05:09.480"),
        (
            StampFormat(twelve=True, half_first=True, weekday="zhou", weekday_place="before"),
            "周五 2026-01-23 PM 02:05:09",
        ),
    ],
)
def test_stamp_is_written_as_the_format_says(form: StampFormat, text: str) -> None:
    assert form.text(WHEN) == text


def test_formats_of_nobody_are_many_and_keep_to_the_face() -> None:
    chance = random.Random(4)
    texts = [any_format(chance, cjk=False).text(any_moment(chance)) for _ in range(300)]
    assert all(text.isascii() for text in texts)
    assert len(texts) == len(set(texts))


def test_splits_share_no_typeface_colour_margin_or_treatment(photo: Background) -> None:
    train = make_split("train", 1, (photo,), {}, load_catalogue())
    test = make_split("test", 1, (photo,), {}, load_catalogue())
    assert not {face.name for face in train.text_faces} & {face.name for face in test.text_faces}
    assert not {face.name for face in train.mark_faces} & {face.name for face in test.mark_faces}
    assert not set(train.colours) & set(test.colours)
    assert not set(train.treatments) & set(test.treatments)
    assert all(a[1] < b[0] or b[1] < a[0] for a in train.margins for b in test.margins)
    assert train.seed != test.seed


def test_every_style_belongs_to_a_maker_of_the_catalogue() -> None:
    brands = load_catalogue().brands
    assert [style.vendor for style in STYLES if style.vendor not in brands] == []


def test_pixel_face_prints_whole_dots() -> None:
    line = PixelFace("own 5x7").line("01", 14)
    assert line.ink.shape == (14, 24)
    assert line.digit_px == 14
    assert line.cells == ((0, 12), (12, 24))
    assert set(np.unique(line.ink)) == {0.0, 1.0}


def test_trail_bar_keeps_its_parts_apart(photo: Background) -> None:
    brands = dict(load_catalogue().brands)
    brands["bushnell"] = replace(brands["reolink"], id="bushnell", name="Bushnell")
    catalogue = replace(load_catalogue(), brands=brands)
    split = make_split("train", 1, (photo,), {}, catalogue)
    bar = next(bar for bar in osd_trail.bars(split) if bar.vendor == "bushnell")
    layers = osd_trail.trail_overlay(bar, split, (1280, 720), WHEN, random.Random(2))
    boxes = [layer.box_in((1280, 720), WHEN) for layer in layers if isinstance(layer, TextLayer | MarkLayer)]
    assert [layer.role for layer in layers if layer.role != "other"] == ["watermark", "timestamp", "channel"]
    assert not any(overlap(a, b, 0) for a, b in combinations(boxes, 2))


def test_text_that_would_sink_gets_an_outline() -> None:
    white = np.full((40, 200, 3), 250, np.float32)
    place = Place(Corner.TOP_LEFT, 4, 4)
    layer = TextLayer("channel", "Hall", PixelFace("own 5x7"), 14, place, Paint(Finish.PLAIN))
    sturdy = legible(layer, white, WHEN)
    assert isinstance(sturdy, TextLayer)
    assert sturdy.paint.finish is Finish.OUTLINE
    assert legible(layer, white * 0, WHEN) is layer


@pytest.mark.parametrize("face", [PixelFace("b", bold=True), PixelFace("t", tall=True), PixelFace("p")])
def test_pixel_face_tells_every_character_from_every_other(face: PixelFace) -> None:
    inks = [face.line(character, 14).ink.tobytes() for character in osd_pixels.glyphs()]
    assert len(set(inks)) == len(inks)


def test_strips_lie_under_all_text(photo: Background) -> None:
    split = make_split("train", 1, (photo,), {}, load_catalogue())
    style = next(style for style in STYLES if style.vendor == "axis")
    overlays = (Layout(split, (1280, 720), WHEN, random.Random(n)).cameras(style) for n in range(40))
    striped = [
        kinds for kinds in ([type(layer) for layer in layers] for layers in overlays) if PanelLayer in kinds
    ]
    assert striped
    assert all(kinds == sorted(kinds, key=lambda kind: kind is not PanelLayer) for kinds in striped)


def test_face_refuses_what_it_has_not() -> None:
    assert not PixelFace("own 5x7").covers("摄像头")
    assert osd_fonts.OpenCvFace("simplex", cv2.FONT_HERSHEY_SIMPLEX).covers("Camera 01")


def test_inverted_text_is_black_on_white_and_white_on_black() -> None:
    frame = np.zeros((20, 60, 3), np.float32)
    frame[:, 24:] = 250
    line = PixelFace("own 5x7").line("8888", 14)
    paint_line(frame, line, 0, 2, Paint(Finish.INVERTED))
    assert frame[:, :24].max() == 255
    assert frame[:, 24:48].min() < 20


def test_marks_name_makers_of_the_catalogue_or_nobody() -> None:
    chance, faces = random.Random(1), (PixelFace("own 5x7"),)
    mark = wordmark("reolink", load_catalogue().brands, faces, chance)
    assert mark is not None
    assert mark.text.lower() == "reolink"
    assert nobodys_mark(faces, chance).vendor is None
    assert 4 <= len(invented_name(chance)) <= 7


@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg"])
def test_codec_gives_back_as_many_frames_of_about_the_same_picture(codec: str) -> None:
    frame = np.full((144, 176, 3), 90, np.float32)
    frame[40:80, 40:120] = 220
    coding = Coding(codec, 400, 4, 25, 25) if codec == "mjpeg" else Coding(codec, 400, None, 25, 25)
    data = encode([frame, frame, frame], coding)
    back = decode(data)
    assert [picture.shape for picture in back] == [(144, 176, 3)] * 3
    assert np.abs(back[0].astype(float) - frame).mean() < 6
    assert encode([frame, frame, frame], coding) == data


def test_stills_carry_labels_in_the_form_of_the_real_frames(small: Split, tmp_path: Path) -> None:
    draw_osd.draw_stills(small, tmp_path / "set", 12)
    lines = [json.loads(line) for line in (tmp_path / "set/labels.jsonl").read_text().splitlines()]
    assert len(lines) == 12
    for label in lines:
        picture = cv2.imread(str(tmp_path / "set" / label["file"]))
        assert picture is not None
        assert picture.shape[:2] == (label["height"], label["width"])
        for role in ("timestamp", "channel"):
            assert (label[f"{role}_text"] is None) == (label[f"{role}_box"] is None)
        for box in filter(None, (label["timestamp_box"], label["channel_box"], label["watermark_box"])):
            assert 0 <= box[0] < box[2] <= label["width"]
            assert 0 <= box[1] < box[3] <= label["height"]
        assert label["negative"] == (label["negative_class"] is not None)
        assert not (label["negative"] and label["osd_vendor"])


def test_broken_run_goes_on_and_ends_as_an_unbroken_one(small: Split, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    draw_osd.draw_stills(small, whole, 4)
    draw_osd.draw_stills(small, broken, 2)
    labels = broken / "labels.jsonl"
    labels.write_text(labels.read_text() + '{"file": "f00002.jpg", "osd_ve')
    draw_osd.draw_stills(small, broken, 4)
    assert labels.read_text() == (whole / "labels.jsonl").read_text()
    for path in whole.iterdir():
        assert (broken / path.name).read_bytes() == path.read_bytes()


def test_two_processes_draw_what_one_draws(photo: Background, tmp_path: Path) -> None:
    split = make_split("train", 3, (photo,), {}, load_catalogue())
    draw_osd.draw_stills(split, tmp_path / "one", 2)
    draw_osd.draw_stills(split, tmp_path / "two", 2, jobs=2)
    for path in (tmp_path / "one").iterdir():
        assert (tmp_path / "two" / path.name).read_bytes() == path.read_bytes()


def test_clip_ticks(small: Split, tmp_path: Path) -> None:
    draw_osd.draw_clips(small, tmp_path / "set", 3)
    lines = [json.loads(line) for line in (tmp_path / "set/clips/labels.jsonl").read_text().splitlines()]
    ticking = [label for label in lines if label["timestamp_first"]]
    assert ticking
    for label in lines:
        frames = decode((tmp_path / "set/clips" / label["file"]).read_bytes())
        assert len(frames) == label["frames"]
    assert any(label["timestamp_first"] != label["timestamp_last"] for label in ticking)
