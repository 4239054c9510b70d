"""The COCO dataset: what the format wants, and what stands beside it."""

from __future__ import annotations

import json
from pathlib import Path

from edge.domain import Box
from edge.report.coco import CocoCamera, CocoPhoto, coco, write_coco

CAMERA = CocoCamera(Box(10, 20, 40, 60), "hikvision", "bullet", "HIKVISION", "confirmed")
PHOTO = CocoPhoto(
    "images/b.jpg", "ab" * 32, 100, 80, True, "A", "2026-11-28T10:00:00Z", (CAMERA,), (Box(0, 0, 5, 5),), 2
)


def test_boxes_are_corner_and_size_and_ids_hang_together() -> None:
    other = CocoPhoto("images/a.jpg", "cd" * 32, 100, 80, False, "B", "x", (CAMERA, CAMERA), (), 0)
    dataset = json.loads(json.dumps(coco([PHOTO, other], {"description": "d"})))
    assert [one["bbox"] for one in dataset["annotations"]] == [[10, 20, 30, 40]] * 3
    assert [one["area"] for one in dataset["annotations"]] == [1200] * 3
    assert [one["image_id"] for one in dataset["annotations"]] == [1, 2, 2]
    assert [one["id"] for one in dataset["annotations"]] == [1, 2, 3]
    assert {one["category_id"] for one in dataset["annotations"]} == {
        one["id"] for one in dataset["categories"]
    }
    assert dataset["images"][0]["rejected"] == [[0, 0, 5, 5]]
    assert dataset["info"] == {"description": "d"}


def test_it_is_written_in_the_order_of_the_files(tmp_path: Path) -> None:
    other = CocoPhoto("images/a.jpg", "cd" * 32, 100, 80, False, "B", "x", (), (), 0)
    assert write_coco(tmp_path, [PHOTO, other], {}) == 2
    dataset = json.loads((tmp_path / "annotations.json").read_text())
    assert [one["file_name"] for one in dataset["images"]] == ["images/a.jpg", "images/b.jpg"]
    assert [path.name for path in tmp_path.iterdir()] == ["annotations.json"]
