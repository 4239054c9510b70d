"""Reviewed photos as a COCO dataset: pictures, boxes, and what a person said of each camera.

COCO's own fields say where the cameras are (one category); ``vendor``, ``form_factor``, ``mark_text`` and who
decided what stand beside them, as the format allows. What was rejected is kept apart, for it is no camera.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.disk import commit_file
from edge.domain import Box

ANNOTATIONS = "annotations.json"
IMAGES = "images"
CATEGORY = 1


@dataclass(frozen=True, slots=True)
class CocoCamera:
    """A camera that a person saw; ``decision`` is what became of the machine's answer: confirmed, corrected
    or drawn. ``vendor`` is a catalogue id, ``other``, or None where it cannot be told."""

    box: Box
    vendor: str | None
    form_factor: str | None
    mark_text: str | None
    decision: str


@dataclass(frozen=True, slots=True)
class CocoPhoto:
    """``file`` lies in the dataset's ``images``; ``complete``: every camera in it is boxed. ``rejected`` are
    boxes that the machine took for cameras. ``source`` is the SHA-256 of the original."""

    file: str
    source: str
    width: int
    height: int
    complete: bool
    reviewed_by: str
    reviewed_at: str
    cameras: tuple[CocoCamera, ...]
    rejected: tuple[Box, ...]
    blurred: int


def write_coco(folder: Path, photos: Iterable[CocoPhoto], facts: Mapping[str, str]) -> int:
    """Writes ``annotations.json``, at once; returns the number of photos. ``facts`` go into its ``info``."""
    listed = sorted(photos, key=lambda one: one.file)
    body = coco(listed, facts)
    temporary = folder / f".{ANNOTATIONS}.{os.getpid()}"
    temporary.write_text(json.dumps(body, ensure_ascii=False, indent=1), "utf-8")
    commit_file(temporary, folder / ANNOTATIONS)
    return len(listed)


def coco(photos: Iterable[CocoPhoto], facts: Mapping[str, str]) -> dict[str, object]:
    """The dataset as JSON takes it; boxes are x, y, width, height, as COCO has them."""
    images: list[dict[str, object]] = []
    annotations: list[dict[str, object]] = []
    for number, photo in enumerate(photos, start=1):
        images.append(_image(number, photo))
        for camera in photo.cameras:
            annotations.append(_annotation(len(annotations) + 1, number, camera, photo))
    return {
        "info": dict(facts),
        "licenses": [],
        "categories": [{"id": CATEGORY, "name": "camera", "supercategory": "device"}],
        "images": images,
        "annotations": annotations,
    }


def _image(number: int, photo: CocoPhoto) -> dict[str, object]:
    return {
        "id": number,
        "file_name": photo.file,
        "width": photo.width,
        "height": photo.height,
        "source": photo.source,
        "complete": photo.complete,
        "reviewed_by": photo.reviewed_by,
        "reviewed_at": photo.reviewed_at,
        "rejected": [_bbox(box) for box in photo.rejected],
        "blurred": photo.blurred,
    }


def _annotation(number: int, image: int, camera: CocoCamera, photo: CocoPhoto) -> dict[str, object]:
    return {
        "id": number,
        "image_id": image,
        "category_id": CATEGORY,
        "bbox": _bbox(camera.box),
        "area": round(camera.box.area, 2),
        "iscrowd": 0,
        "vendor": camera.vendor,
        "form_factor": camera.form_factor,
        "mark_text": camera.mark_text,
        "decision": camera.decision,
        "reviewed_by": photo.reviewed_by,
        "reviewed_at": photo.reviewed_at,
    }


def _bbox(box: Box) -> list[float]:
    return [round(value, 2) for value in (box.x0, box.y0, box.width, box.height)]
