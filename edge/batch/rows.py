"""What a batch writes: one row a photo, one row a camera, as Arrow tables.

Rows hold no times of ours and only rounded numbers, so that the same picture gives the same row in any batch.
``MEANINGS`` says what every column holds; ``docs/reference/batch.md`` how rows follow one another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from edge.domain import Verdict
from edge.media.facts import PhotoFacts
from edge.report.contract import CameraV1, IdentificationV1, PhotoV1

_WHERE = [
    ("taken_at", pa.string()),
    ("year", pa.int16()),
    ("latitude", pa.float64()),
    ("longitude", pa.float64()),
    ("bearing", pa.float64()),
    ("country", pa.string()),
]

PHOTOS = pa.schema(
    [
        ("place", pa.string()),
        ("bytes", pa.int64()),
        ("modified_ns", pa.int64()),
        ("sha256", pa.string()),
        ("duplicate_of", pa.string()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        *_WHERE,
        ("taken_from", pa.string()),
        ("position_from", pa.string()),
        ("caption", pa.string()),
        ("caption_from", pa.string()),
        ("cameras", pa.int32()),
        ("identified", pa.int32()),
        ("vendors", pa.list_(pa.string())),
        ("marks", pa.list_(pa.string())),
        ("recorded_by", pa.string()),
        ("osd_timestamp", pa.string()),
        ("osd_channel", pa.string()),
        ("frame_s", pa.float64()),
        ("frames", pa.int32()),
    ]
)

CAMERAS = pa.schema(
    [
        ("place", pa.string()),
        ("sha256", pa.string()),
        ("camera", pa.int32()),
        ("x0", pa.float64()),
        ("y0", pa.float64()),
        ("x1", pa.float64()),
        ("y1", pa.float64()),
        ("score", pa.float64()),
        ("form_factor", pa.string()),
        ("verdict", pa.string()),
        ("brand", pa.string()),
        ("platform", pa.string()),
        ("vendor", pa.string()),
        ("confidence", pa.float64()),
        ("candidates", pa.string()),
        ("evidence", pa.string()),
        ("reading", pa.string()),
        *_WHERE,
        ("frame_s", pa.float64()),
    ]
)

ERRORS = pa.schema(
    [("place", pa.string()), ("bytes", pa.int64()), ("code", pa.string()), ("message", pa.string())]
)

REPLACED = pa.schema([("place", pa.string()), ("part", pa.int32())])
"""Rows that count no more: the one about ``place`` in part ``part``, with its cameras."""

MEANINGS = MappingProxyType(
    {
        "place": "The path as given; a member of an archive as `archive.zip!/name`.",
        "bytes": "Size of the file.",
        "modified_ns": "Time of change, nanoseconds since 1970; negative where it is made of an ETag.",
        "sha256": "Hash of the file. Of a frame: of the video's hash and the frame's time.",
        "duplicate_of": "The place of the same content, which has the answer; then all but place, size,"
        " time of change and hash is null.",
        "width": "Pixels of the upright picture.",
        "height": "Pixels of the upright picture.",
        "taken_at": "When it was taken, ISO 8601.",
        "year": "Year of `taken_at`.",
        "latitude": "Of the photo, WGS 84 degrees, north positive.",
        "longitude": "Of the photo, WGS 84 degrees, east positive.",
        "bearing": "Direction of view, degrees from true north.",
        "country": "Two letters (ISO 3166-1) by the position, from Natural Earth's boundaries; Crimea counts"
        " as Ukraine.",
        "taken_from": "Which part of the file, or which sidecar, says when.",
        "position_from": "Which part of the file, or which sidecar, says where.",
        "caption": "What the file says it shows.",
        "caption_from": "Which part of the file, or which sidecar, says that.",
        "cameras": "Cameras found.",
        "identified": "Cameras with a name.",
        "vendors": "Makers of the identified cameras.",
        "marks": "Makers on signs and cartons.",
        "recorded_by": "Maker of the camera that took the picture.",
        "osd_timestamp": "Date and time in the on-screen display.",
        "osd_channel": "Name of the channel in the on-screen display.",
        "frame_s": "Of a frame: its time in the video, in seconds.",
        "frames": "Of a video's own row: how many frames have rows.",
        "camera": "Number in the photo, from 0, the surest first.",
        "x0": "Left side of the camera, in pixels of the upright picture.",
        "y0": "Upper side of the camera.",
        "x1": "Right side of the camera, exclusive.",
        "y1": "Lower side of the camera, exclusive.",
        "score": "How sure the detector is that this is a camera, 0 to 1.",
        "form_factor": "Form of the housing, as in `camid/1`.",
        "verdict": "`identified`, `candidates` or `undetermined`.",
        "brand": "The name on the camera, if proven.",
        "platform": "Who built hardware and firmware, if known.",
        "vendor": "The brand, or the platform where no brand is proven.",
        "confidence": "Posterior probability of the verdict.",
        "candidates": "JSON, as in `camid/1`.",
        "evidence": "JSON, as in `camid/1`.",
        "reading": "Whether lettering was looked for, as in `camid/1`.",
        "code": "Stable code of what was wrong.",
        "message": "What was wrong and what to do, for people.",
        "part": "Number of the part that holds rows which count no more.",
    }
)
"""What each column holds, in Markdown."""

Row = Mapping[str, Any]
"""One row: the names of a schema to plain values. The one place where dicts stand for a type: Arrow's own."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Where a picture lies: ``place`` names it for people and is its key in an archive; ``modified_ns`` is
    that of the file that holds it, in nanoseconds since 1970."""

    place: str
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Rows:
    """All that a batch says about one picture."""

    photo: Row
    cameras: tuple[Row, ...] = ()


def rows_of(
    piece: Piece,
    sha256: str,
    answer: PhotoV1,
    facts: PhotoFacts,
    country: str | None,
    frame_s: float | None = None,
) -> Rows:
    """The rows of a photo that was classified, or of the frame of a video at ``frame_s``."""
    where = _where(facts, country)
    named = [one for one in answer.cameras if one.identification.verdict is Verdict.IDENTIFIED]
    photo = {
        **_piece(piece, sha256),
        "duplicate_of": None,
        "width": answer.source.width,
        "height": answer.source.height,
        **where,
        "taken_from": facts.taken_from,
        "position_from": facts.position_from,
        "caption": facts.caption,
        "caption_from": facts.caption_from,
        "cameras": len(answer.cameras),
        "identified": len(named),
        "vendors": sorted({vendor for one in named if (vendor := _vendor(one.identification))}),
        "marks": sorted({mark.vendor for mark in answer.marks if mark.vendor}),
        "recorded_by": _vendor(answer.recorded_by),
        "osd_timestamp": answer.osd.timestamp_text if answer.osd else None,
        "osd_channel": answer.osd.channel_text if answer.osd else None,
        "frame_s": frame_s,
    }
    where = {**where, "frame_s": frame_s}
    cameras = (_camera(piece, sha256, n, one, where) for n, one in enumerate(answer.cameras))
    return Rows(photo, tuple(cameras))


def video_row(piece: Piece, sha256: str, frames: int) -> Rows:
    """A video all of whose ``frames`` have rows of their own; it says that the video is done."""
    return Rows({**_piece(piece, sha256), "duplicate_of": None, "frames": frames})


def duplicate_row(piece: Piece, sha256: str, original: str) -> Rows:
    """A file with the bytes of ``original``, which was classified in its place: its answer stands there."""
    return Rows({**_piece(piece, sha256), "duplicate_of": original})


def table(rows: Sequence[Row], schema: pa.Schema) -> pa.Table:
    """Absent columns are null."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)


def _piece(piece: Piece, sha256: str) -> dict[str, Any]:
    return {
        "place": piece.place,
        "bytes": piece.size,
        "modified_ns": piece.modified_ns,
        "sha256": sha256,
    }


def _where(facts: PhotoFacts, country: str | None) -> dict[str, Any]:
    gps = facts.gps
    return {
        "taken_at": facts.taken_at.isoformat() if facts.taken_at else None,
        "year": facts.taken_at.year if facts.taken_at else None,
        "latitude": round(gps.latitude, 7) if gps else None,
        "longitude": round(gps.longitude, 7) if gps else None,
        "bearing": round(gps.bearing, 2) if gps and gps.bearing is not None else None,
        "country": country,
    }


def _camera(
    piece: Piece, sha256: str, number: int, camera: CameraV1, where: Mapping[str, Any]
) -> dict[str, Any]:
    found = camera.identification
    x0, y0, x1, y1 = camera.box
    return {
        "place": piece.place,
        "sha256": sha256,
        "camera": number,
        "x0": x0,
        "y0": y0,
        "x1": x1,
        "y1": y1,
        "score": camera.score,
        "form_factor": camera.form_factor,
        "verdict": str(found.verdict),
        "brand": found.brand,
        "platform": found.platform,
        "vendor": _vendor(found),
        "confidence": found.confidence,
        "candidates": _json([one.model_dump(mode="json") for one in found.candidates]),
        "evidence": _json([one.model_dump(mode="json") for one in found.evidence]),
        "reading": str(camera.reading),
        **where,
    }


def _vendor(found: IdentificationV1 | None) -> str | None:
    """The name on the camera, or who built it where no name is proven."""
    return (found.brand or found.platform) if found else None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
