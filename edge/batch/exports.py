"""A batch in the forms that other programs read: CSV, lines of JSON, and GeoJSON for mappers."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from edge.batch.query import Query, asked
from edge.disk import commit_file, full_disk
from edge.report.osm import osm_point
from edge.report.spreadsheet import cell

_FULL = "The disk is full: the export was not written."

_EVERYTHING = Query("SELECT * FROM cameras ORDER BY place, camera")
_LOCATED = Query(
    "SELECT * FROM cameras WHERE latitude IS NOT NULL AND longitude IS NOT NULL ORDER BY place, camera"
)


def write_csv(output: Path, place: Path) -> None:
    """All cameras: RFC 4180 with a head line, in UTF-8. What a spreadsheet would take for a formula gets an
    apostrophe."""
    with asked(output, _EVERYTHING) as found, _written(place) as file:
        writer = csv.writer(file)
        writer.writerow(found.columns)
        writer.writerows([cell(value) for value in row] for row in found.rows)


def write_jsonl(output: Path, place: Path) -> None:
    """All cameras, one object a row."""
    with asked(output, _EVERYTHING) as found, _written(place) as file:
        for row in found.rows:
            file.write(json.dumps(dict(zip(found.columns, row, strict=True)), ensure_ascii=False) + "\n")


def write_geojson(output: Path, place: Path) -> int:
    """The cameras of photos with a position, one point each, tagged as OpenStreetMap does; returns how many.

    The point is where the *photo* was taken; a mapper moves it to the camera.
    """
    written = 0
    with asked(output, _LOCATED) as found, _written(place) as file:
        file.write('{"type": "FeatureCollection", "features": [')
        for row in found.rows:
            file.write(",\n" if written else "\n")
            json.dump(_feature(dict(zip(found.columns, row, strict=True))), file)
            written += 1
        file.write("]}\n")
    return written


def _feature(row: dict[str, Any]) -> dict[str, object]:
    more = {
        "camid:platform": row["platform"],
        "camid:verdict": row["verdict"],
        "camid:confidence": row["confidence"],
        "camid:photo": row["place"],
        "camid:taken_at": row["taken_at"],
        "camid:view_bearing": row["bearing"],
    }
    return osm_point(row["longitude"], row["latitude"], row["form_factor"], row["brand"], more)


@contextmanager
def _written(place: Path) -> Iterator[TextIO]:
    """A file that is there whole or not at all."""
    temporary = place.with_name(place.name + ".tmp")
    with full_disk(_FULL):
        try:
            with temporary.open("w", encoding="utf-8", newline="") as file:
                yield file
            commit_file(temporary, place)
        finally:
            temporary.unlink(missing_ok=True)
