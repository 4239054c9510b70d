"""Reviewed photos as a COCO dataset: upright JPEGs without metadata, faces blurred."""

from __future__ import annotations

import logging
import os
import shutil
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import cv2

from edge.disk import commit_file
from edge.domain import Box, Pixels
from edge.errors import CamidError, ErrorCode
from edge.media.photo import decode
from edge.report.blur import Faces, blurred, outside_cameras
from edge.report.coco import ANNOTATIONS, IMAGES, CocoCamera, CocoPhoto, write_coco
from edge.service.review_store import ReviewedPhoto
from edge.service.review_word import Decision
from edge.settings import Settings

_QUALITY = 92
_NAME = 20
"""Characters of the original's SHA-256 that name a picture of the dataset."""
_log = logging.getLogger("edge.review")


@dataclass(frozen=True, slots=True)
class Exported:
    """``lost`` photos have no bytes any more, or cannot be decoded within today's limits."""

    photos: int
    cameras: int
    blurred: int
    lost: int


@dataclass(frozen=True, slots=True)
class ReviewExport:
    """``originals`` is the folder with the photos' bytes; without ``faces`` only what persons marked is
    blurred."""

    originals: Path
    settings: Settings
    faces: Faces | None

    def write(self, reviewed: Iterable[ReviewedPhoto], out: Path) -> Exported:
        """Makes the dataset in ``out``, which must be new, empty, or a dataset of an earlier export.

        Raises:
            CamidError: ``not_writable`` for a folder that holds something else; the models' errors.
        """
        _prepare(out)
        photos, lost = [], 0
        for one in reviewed:
            photo = self._photo(one, out / IMAGES)
            photos += [] if photo is None else [photo]
            lost += photo is None
        kept = {photo.file for photo in photos}
        for file in (out / IMAGES).iterdir():
            if f"{IMAGES}/{file.name}" not in kept:
                file.unlink()
        write_coco(out, photos, self._facts())
        cameras = sum(len(photo.cameras) for photo in photos)
        return Exported(len(photos), cameras, sum(photo.blurred for photo in photos), lost)

    def _facts(self) -> dict[str, str]:
        return {
            "description": "Photos reviewed in Camid",
            "date_created": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "camid": version("camid"),
            "faces": "not searched" if self.faces is None else "blurred where found",
        }

    def _photo(self, one: ReviewedPhoto, folder: Path) -> CocoPhoto | None:
        name = one.body.source.name
        try:
            data = (self.originals / one.sha256[:2] / one.sha256).read_bytes()
            picture = decode(data, name, self.settings)
        except (OSError, CamidError) as error:
            _log.warning("A reviewed photo is left out (%s)", type(error).__name__)
            return None
        boxes = [Box(*box) for box in one.review.body.blur]
        if self.faces is not None:
            boxes += outside_cameras(self.faces.find(picture.pixels), _camera_boxes(one))
        file = f"{one.sha256[:_NAME]}.jpg"
        _write_jpeg(blurred(picture.pixels, boxes), folder / file)
        return _described(one, f"{IMAGES}/{file}", picture.width, picture.height, len(boxes))


def write_zip(folder: Path, place: Path) -> None:
    """The dataset in ``folder`` as one archive; pictures are stored as they are."""
    with zipfile.ZipFile(place, "w", zipfile.ZIP_STORED) as archive:
        archive.write(folder / ANNOTATIONS, ANNOTATIONS, zipfile.ZIP_DEFLATED)
        for file in sorted((folder / IMAGES).iterdir()):
            archive.write(file, f"{IMAGES}/{file.name}")


def _described(one: ReviewedPhoto, file: str, width: int, height: int, parts: int) -> CocoPhoto:
    return CocoPhoto(
        file=file,
        source=one.sha256,
        width=width,
        height=height,
        complete=one.review.body.complete,
        reviewed_by=one.review.by,
        reviewed_at=one.review.at,
        cameras=tuple(_cameras(one)),
        rejected=tuple(Box(*camera.box) for camera in one.review.body.cameras if camera.rejected),
        blurred=parts,
    )


def _camera_boxes(one: ReviewedPhoto) -> list[Box]:
    return [Box(*camera.box) for camera in one.review.body.cameras if not camera.rejected]


def _cameras(one: ReviewedPhoto) -> Iterator[CocoCamera]:
    for camera in one.review.body.cameras:
        if camera.decision is not Decision.REJECTED:
            yield CocoCamera(
                Box(*camera.box), camera.vendor, camera.form_factor, camera.mark_text, camera.decision
            )


def _prepare(out: Path) -> None:
    foreign = out.is_dir() and {one.name for one in out.iterdir()} - {ANNOTATIONS, IMAGES}
    if foreign or (out.exists() and not out.is_dir()):
        raise CamidError(ErrorCode.NOT_WRITABLE, f"{out} holds other things: an export needs an own folder.")
    try:
        (out / IMAGES).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CamidError(ErrorCode.NOT_WRITABLE, f"{out} cannot be made ({error.strerror}).") from None


def _write_jpeg(pixels: Pixels, place: Path) -> None:
    done, data = cv2.imencode(".jpg", pixels, (cv2.IMWRITE_JPEG_QUALITY, _QUALITY))
    if not done:
        raise CamidError(ErrorCode.INTERNAL, "The picture could not be encoded.")
    temporary = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        temporary.write_bytes(bytes(data))
        commit_file(temporary, place)
    finally:
        temporary.unlink(missing_ok=True)


def discard(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
