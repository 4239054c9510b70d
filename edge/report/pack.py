"""Evidence packs: what Camid says of photos, with all that somebody else needs to check it, in one archive.

The same photos, answers and choices give the same bytes, so a pack holds no date of its making; only that the
catalogue has grown old is said from that day on.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from edge.disk import commit_file, full_disk
from edge.domain import Box, Picture, Pixels
from edge.errors import CamidError, ErrorCode, PhotoError
from edge.media.c2pa import SEARCHED, read_credentials
from edge.media.formats import sniff
from edge.report.annotate import annotate
from edge.report.blur import Faces, blurred, outside_cameras
from edge.report.contract import BoxV1, PhotoV1
from edge.report.crop import EVIDENCE_MARGIN, HOUSING_MARGIN, cut, jpeg, shrunk
from edge.report.pack_page import pack_page
from edge.report.pack_parts import Crop, Packed, PackOptions, PackPhoto, Shown
from edge.report.pack_verify import MANIFEST, PACK_SCHEMA, PackFileV1, PackManifestV1, PackPhotoV1
from edge.report.pack_zip import PackWriter
from edge.report.sentence import Names, display_names
from edge.vendors.age import Ageing
from edge.vendors.catalogue import Catalogue

PAGE = "report.html"
_MAX_SIDE = 16_000
"""Pixels of the annotated picture: a JPEG cannot be much larger."""


class PackMaker:
    """Makes packs; without ``faces`` nothing is blurred."""

    def __init__(
        self, catalogue: Catalogue, faces: Faces | None, options: PackOptions, version: str, age: Ageing
    ) -> None:
        self._catalogue = catalogue
        self._age = age
        self._names: Names = display_names(catalogue)
        self._faces = faces
        self._options = options
        self._version = version

    def write(self, photos: Iterable[PackPhoto], out: Path) -> Packed:
        """Writes the pack to ``out``, wholly or not at all; one photo at a time is held in memory.

        Raises:
            CamidError: ``not_writable``, ``store_full``, ``bad_request`` for no photo, too large a pack, or
                an original whose position must not be given; the models' errors.
        """
        temporary = out.with_name(f".{out.name}.{os.getpid()}")
        try:
            with full_disk("The disk is full; no pack was made."), temporary.open("wb") as file:
                packed = _Pack(self, PackWriter(file)).fill(photos)
            commit_file(temporary, out)
        except OSError as error:
            raise CamidError(ErrorCode.NOT_WRITABLE, f"{out} cannot be written: {error.strerror}.") from error
        finally:
            temporary.unlink(missing_ok=True)
        return packed

    def shown(self, photo: PackPhoto, folder: str) -> Shown:
        """Everything about one photo that goes into the pack."""
        answer = _told(photo.answer, self._options)
        if self._options.original and answer.source.gps is None and photo.answer.source.gps is not None:
            raise CamidError(
                ErrorCode.BAD_REQUEST,
                f"{answer.source.name} itself says where it was taken: an original gives its position away, "
                "so ask for the position too, or leave out the original.",
            )
        picture, count = self._without_faces(photo.picture, answer)
        drawn = jpeg(shrunk(annotate(picture, answer, self._names), _MAX_SIDE))
        pieces = _Pieces(picture.pixels, folder)
        original = f"{folder}/original{_ending(photo.data)}" if self._options.original else None
        return Shown(
            answer=answer,
            size=len(photo.data),
            answered_at=photo.answered_at,
            folder=folder,
            original=original,
            annotated=drawn,
            cameras=tuple(
                pieces.crop(f"camera-{n}", camera.box, HOUSING_MARGIN)
                for n, camera in enumerate(answer.cameras, start=1)
            ),
            evidence=tuple(
                tuple(
                    pieces.crop(f"camera-{n}-evidence-{m}", one.box, EVIDENCE_MARGIN) if one.box else None
                    for m, one in enumerate(camera.identification.evidence, start=1)
                )
                for n, camera in enumerate(answer.cameras, start=1)
            ),
            marks=tuple(
                pieces.crop(f"mark-{n}", mark.box, EVIDENCE_MARGIN)
                for n, mark in enumerate(answer.marks, start=1)
            ),
            blurred=count,
            credentials=read_credentials(photo.data),
            credentials_searched=_format(photo.data) in SEARCHED,
        )

    def page(self, photos: list[Shown]) -> bytes:
        catalogue = self._catalogue.date.isoformat()
        return pack_page(photos, self._names, catalogue, self._version, self._age).encode()

    def manifest(self, photos: list[PackPhotoV1], files: list[PackFileV1]) -> bytes:
        manifest = PackManifestV1(
            schema=PACK_SCHEMA,
            camid=self._version,
            catalogue=self._catalogue.date.isoformat(),
            faces="kept" if self._faces is None else "blurred",
            position="given" if self._options.position else "left_out",
            photos=photos,
            files=files,
        )
        return (manifest.model_dump_json(by_alias=True, indent=1) + "\n").encode()

    def _without_faces(self, picture: Picture, answer: PhotoV1) -> tuple[Picture, int | None]:
        if self._faces is None:
            return picture, None
        cameras = [_box(camera.box) for camera in answer.cameras]
        boxes = outside_cameras(self._faces.find(picture.pixels), cameras)
        return replace(picture, pixels=blurred(picture.pixels, boxes)), len(boxes)


class _Pack:
    """One pack while it is written."""

    def __init__(self, maker: PackMaker, writer: PackWriter) -> None:
        self._maker = maker
        self._writer = writer
        self._files: list[PackFileV1] = []

    def fill(self, photos: Iterable[PackPhoto]) -> Packed:
        shown = [self._photo(photo, number) for number, photo in enumerate(photos, start=1)]
        if not shown:
            raise CamidError(ErrorCode.BAD_REQUEST, "There is no photo to make a pack of.")
        self._add(PAGE, self._maker.page(shown))
        manifest = self._maker.manifest([_listed(one) for one in shown], self._files)
        self._writer.add(MANIFEST, manifest)
        self._writer.close()
        counts = [one.blurred for one in shown if one.blurred is not None]
        digest = hashlib.sha256(manifest).hexdigest()
        return Packed(len(shown), len(self._files) + 1, sum(counts) if counts else None, digest)

    def _photo(self, photo: PackPhoto, number: int) -> Shown:
        shown = self._maker.shown(photo, f"photo-{number:03d}")
        for name, data in _members(shown, photo.data):
            self._add(name, data)
        return shown

    def _add(self, name: str, data: bytes) -> None:
        self._writer.add(name, data)
        self._files.append(PackFileV1(name=name, bytes=len(data), sha256=hashlib.sha256(data).hexdigest()))


@dataclass(frozen=True, slots=True)
class _Pieces:
    pixels: Pixels
    folder: str

    def crop(self, name: str, box: BoxV1, margin: float) -> Crop:
        piece = shrunk(cut(self.pixels, _box(box), margin), _MAX_SIDE)
        return Crop(f"{self.folder}/{name}.jpg", jpeg(piece))


def _members(shown: Shown, data: bytes) -> Iterator[tuple[str, bytes]]:
    yield f"{shown.folder}/annotated.jpg", shown.annotated
    of_evidence = [one for camera in shown.evidence for one in camera if one is not None]
    for crop in (*shown.cameras, *of_evidence, *shown.marks):
        yield crop.name, crop.jpeg
    # Times vary from run to run and play no part in the answer.
    text = shown.answer.model_dump_json(by_alias=True, indent=1, exclude={"timing_ms"})
    yield f"{shown.folder}/answer.json", (text + "\n").encode()
    if shown.original is not None:
        yield shown.original, data


def _listed(shown: Shown) -> PackPhotoV1:
    source = shown.answer.source
    return PackPhotoV1(
        name=source.name,
        bytes=shown.size,
        sha256=source.sha256,
        folder=shown.folder,
        original=shown.original,
    )


def _told(answer: PhotoV1, options: PackOptions) -> PhotoV1:
    """The answer without what is left out."""
    if options.position:
        return answer
    return answer.model_copy(update={"source": answer.source.model_copy(update={"gps": None})})


def _box(box: BoxV1) -> Box:
    """A box of the answer; rounding may have left it without area."""
    x0, y0, x1, y1 = box
    return Box(x0, y0, max(x1, x0 + 0.1), max(y1, y0 + 0.1))


def _format(data: bytes) -> str | None:
    try:
        return sniff(data)
    except PhotoError:
        return None


def _ending(data: bytes) -> str:
    """Of the original's name in the pack: by its content, for the name it came with may be anything."""
    kind = _format(data)
    return f".{kind.lower()}" if kind is not None and kind.isalnum() else ".bin"
