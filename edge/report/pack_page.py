"""The page of an evidence pack: one HTML file to read and to print, which loads nothing and runs nothing."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from edge.domain import Pixels, Verdict
from edge.media.c2pa import Credentials
from edge.report.contract import AdvisoryV1, CameraV1, EvidenceV1, GpsV1
from edge.report.crop import jpeg, shrunk
from edge.report.pack_parts import Crop, Shown
from edge.report.sentence import (
    Names,
    camera_label,
    camera_sentence,
    mark_label,
    printable,
    recorder_sentence,
)
from edge.vendors.age import Ageing

_TEMPLATES = Path(__file__).parent / "templates"
_PICTURE_SIDE = 1600
_CROP_SIDE = 480
_KINDS = {
    "wordmark": "lettering",
    "model": "model number",
    "mark": "logo",
    "look": "shape",
    "osd": "on-screen display",
    "protocol": "answer of the device",
    "metadata": "metadata of the file",
}


@dataclass(frozen=True, slots=True)
class _Evidence:
    kind: str
    value: str
    strength: str
    note: str
    image: str | None


@dataclass(frozen=True, slots=True)
class _Advisory:
    subject: str
    jurisdiction: str
    kind: str
    date: str
    text: str
    source: str
    strength: str
    as_of: str | None
    old: str | None


@dataclass(frozen=True, slots=True)
class _Camera:
    label: str
    sentence: str
    verdict: str
    confidence: str | None
    score: str
    place: str
    image: str
    evidence: tuple[_Evidence, ...]
    advisories: tuple[_Advisory, ...]


@dataclass(frozen=True, slots=True)
class _Mark:
    label: str
    image: str


@dataclass(frozen=True, slots=True)
class _Photo:
    """One photo as the template shows it."""

    name: str
    folder: str
    sha256: str
    facts: tuple[tuple[str, str], ...]
    image: str
    cameras: tuple[_Camera, ...]
    marks: tuple[_Mark, ...]
    credentials: tuple[str, ...]
    faces: str


def pack_page(photos: list[Shown], names: Names, catalogue: str, version: str, age: Ageing) -> str:
    """The page about all ``photos``; ``catalogue`` is the date of the catalogue, ``age`` says what is old.

    What comes from photos is escaped; a strict policy in the page forbids whatever it would load.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("pack.html").render(
        photos=[_photo(one, names, age) for one in photos],
        catalogue=catalogue,
        old=age.notice(catalogue),
        version=version,
        models=sorted({item for one in photos for item in one.answer.models.items()}),
        threshold=f"{photos[0].answer.thresholds.detect:.2f}",
        blurred=photos[0].blurred is not None,
        originals=photos[0].original is not None,
    )


def _photo(shown: Shown, names: Names, age: Ageing) -> _Photo:
    answer = shown.answer
    return _Photo(
        name=printable(answer.source.name),
        folder=shown.folder,
        sha256=answer.source.sha256,
        facts=tuple(_facts(shown, names)),
        image=_image(shown.annotated, _PICTURE_SIDE),
        cameras=tuple(
            _camera(camera, crop, evidence, names, age)
            for camera, crop, evidence in zip(answer.cameras, shown.cameras, shown.evidence, strict=True)
        ),
        marks=tuple(
            _Mark(mark_label(mark, names), _image(crop.jpeg, _CROP_SIDE))
            for mark, crop in zip(answer.marks, shown.marks, strict=True)
        ),
        credentials=tuple(_credentials(shown)),
        faces=_faces(shown.blurred),
    )


def _facts(shown: Shown, names: Names) -> Iterator[tuple[str, str]]:
    answer = shown.answer
    source = answer.source
    yield "Size", f"{shown.size:,} bytes, {source.width} × {source.height} pixels"
    if source.taken_at is not None:
        yield "Taken, by its metadata", source.taken_at
    yield "Position", "left out" if source.gps is None else _position(source.gps)
    if shown.answered_at is not None:
        yield "Answered", shown.answered_at
    yield "Original", f"in this pack: {shown.original}" if shown.original else "not in this pack"
    if answer.recorded_by is not None:
        yield "Taken with", recorder_sentence(answer.recorded_by, names)


def _position(gps: GpsV1) -> str:
    return f"{gps.latitude:.6f}, {gps.longitude:.6f} (WGS 84, by its metadata)"


def _camera(
    camera: CameraV1, crop: Crop, crops: tuple[Crop | None, ...], names: Names, age: Ageing
) -> _Camera:
    found = camera.identification
    x0, y0, x1, y1 = camera.box
    stated = found.verdict is not Verdict.UNDETERMINED
    return _Camera(
        label=camera_label(camera, names),
        sentence=camera_sentence(camera, names),
        verdict=found.verdict.value,
        confidence=f"{found.confidence:.4f}" if stated else None,
        score=f"{camera.score:.2f}",
        place=f"{x0:.0f}, {y0:.0f} to {x1:.0f}, {y1:.0f}",
        image=_image(crop.jpeg, _CROP_SIDE),
        evidence=tuple(_evidence(one, c) for one, c in zip(found.evidence, crops, strict=True)),
        advisories=tuple(_advisory(one, names, age) for one in found.advisories),
    )


def _evidence(one: EvidenceV1, crop: Crop | None) -> _Evidence:
    return _Evidence(
        kind=_KINDS.get(one.kind.value, one.kind.value),
        value=printable(one.value),
        strength=one.strength.value,
        note=printable(one.note or ""),
        image=_image(crop.jpeg, _CROP_SIDE) if crop is not None else None,
    )


def _advisory(one: AdvisoryV1, names: Names, age: Ageing) -> _Advisory:
    return _Advisory(
        subject=names.get(one.subject, one.subject),
        jurisdiction=one.jurisdiction,
        kind=one.kind.replace("_", " "),
        date=one.date,
        text=printable(one.text),
        source=printable(one.source),
        strength=one.strength.value,
        as_of=one.as_of,
        old=age.notice(one.as_of),
    )


def _credentials(shown: Shown) -> Iterator[str]:
    """Sentences on Content Credentials, the first on whether there are any."""
    found = shown.credentials
    if found is None and not shown.credentials_searched:
        yield "Not looked for in a file of this format."
    elif found is None:
        yield "None are in the file. Most photos have none, and whoever passes a photo on may remove them."
    elif found.fault is not None:
        yield found.fault
    else:
        yield from _claimed(found)
        yield (
            "Camid shows what they say of themselves. It validates neither the signature, nor who signed, "
            "nor that the picture is the one that was signed."
        )


def _claimed(found: Credentials) -> Iterator[str]:
    count = "one manifest" if found.manifests == 1 else f"{found.manifests} manifests; the last one is shown"
    yield f"The file holds {count}."
    maker = (
        "It does not say what made it."
        if found.generator is None
        else f"It names what made it: {found.generator}."
    )
    yield maker
    if found.title is not None:
        yield f"Title: {found.title}."
    if found.assertions:
        yield f"Assertions: {', '.join(found.assertions)}."


def _faces(count: int | None) -> str:
    if count is None:
        return "Faces were not searched, and none is blurred."
    words = "no face was found" if count == 0 else f"{count} face{'s' if count > 1 else ''} found and blurred"
    return f"Faces: {words}."


def _image(data: bytes, side: int) -> str:
    """A JPEG as address of its own content, made smaller where it is larger than a page needs."""
    pixels: Pixels | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if pixels is not None and max(pixels.shape[:2]) > side:
        data = jpeg(shrunk(pixels, side))
    return f"data:image/jpeg;base64,{b64encode(data).decode('ascii')}"
