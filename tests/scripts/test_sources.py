"""Reviewed photos as a source of training."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.domain import Box
from edge.report.coco import IMAGES, CocoCamera, CocoPhoto, write_coco
from scripts.training import sources


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Shared data in which every folder is empty."""
    for folder in ("scenes/train", "negatives/train", "backgrounds", "products/train"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "labels.jsonl").write_text("")
    return tmp_path


def reviewed(folder: Path) -> Path:
    (folder / IMAGES).mkdir(parents=True)
    camera = CocoCamera(Box(10, 20, 40, 60), "hikvision", "bullet", None, "confirmed")
    unknown = CocoCamera(Box(50, 20, 80, 40), None, None, None, "drawn")
    contents = {"two": (camera, unknown), "none": (), "part": (camera,)}
    photos = [
        CocoPhoto(f"{IMAGES}/{name}.jpg", name, 100, 80, name != "part", "A", "x", cameras, (), 0)
        for name, cameras in contents.items()
    ]
    for photo in photos:
        cv2.imwrite(str(folder / photo.file), np.full((80, 100, 3), 99, np.uint8))
    write_coco(folder, photos, {})
    return folder


def test_complete_photos_are_scenes_and_those_without_cameras_empty(data: Path, tmp_path: Path) -> None:
    train, check = sources.load(data, coco=[reviewed(tmp_path / "coco")], validation=0.0)
    assert check.scenes == check.empty == []
    (scene,) = train.scenes
    assert scene.boxes.tolist() == [[10, 20, 40, 60], [50, 20, 80, 40]]
    assert scene.forms.tolist() == [sources.FORMS.index("bullet"), sources.UNKNOWN_FORM]
    (empty,) = train.empty
    assert empty.boxes.shape == (0, 4)


def test_other_peoples_coco_is_taken_and_crowds_are_not(data: Path, tmp_path: Path) -> None:
    folder = reviewed(tmp_path / "coco")
    file = folder / "annotations.json"
    dataset = json.loads(file.read_text())
    for image in dataset["images"]:
        del image["complete"]
    dataset["annotations"][0]["iscrowd"] = 1
    file.write_text(json.dumps(dataset))
    train, _ = sources.load(data, coco=[folder], validation=0.0)
    assert len(train.scenes) == 1
    assert len(train.empty) == 1
