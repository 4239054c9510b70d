"""What a batch found, asked from its folder: cameras by a filter, errors, exports made when they are wanted.

All of it only reads, and may run while the batch does.

DuckDB and Arrow are an extra of Camid and large: they are imported when they are first needed.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from edge.errors import CamidError, ErrorCode
from edge.report.catalogue import in_force
from edge.report.sentence import Names
from edge.service.batch_answers import BatchCamerasV1, BatchCameraV1, BatchErrorsV1, BatchErrorV1
from edge.service.batch_state import Progress
from edge.settings import Settings

_PACKAGES = ("pyarrow", "duckdb", "py7zr")
_COUNTS = """
SELECT count(*) FILTER (duplicate_of IS NULL AND frames IS NULL AND frame_s IS NULL),
       count(*) FILTER (frame_s IS NOT NULL), count(*) FILTER (frames IS NOT NULL),
       count(*) FILTER (duplicate_of IS NOT NULL), sum(cameras), sum(identified)
FROM photos
"""
_making = threading.Lock()
"""One export at a time: each may hold a large batch in memory."""


class Export(StrEnum):
    CSV = "cameras.csv"
    JSONL = "cameras.jsonl"
    GEOJSON = "cameras.geojson"
    SUMMARY = "summary.html"


@dataclass(frozen=True, slots=True)
class Slice:
    """Which of the rows that fit: ``limit`` of them after the first ``offset``."""

    limit: int
    offset: int


def check_extra() -> None:
    """Raises: CamidError: ``extra_missing``."""
    missing = [package for package in _PACKAGES if find_spec(package) is None]
    if missing:
        raise CamidError(
            ErrorCode.EXTRA_MISSING, f"Archives need {', '.join(missing)}: pip install 'camid[batch]'."
        )


def counts_of(folder: Path) -> Progress:
    """What the rows in ``folder`` say; nothing where there are none yet."""
    from edge.batch.query import Query, ask  # noqa: PLC0415

    if not _has_rows(folder):
        return Progress()
    ((photos, frames, videos, duplicates, cameras, identified),) = ask(folder, Query(_COUNTS)).rows
    return Progress(
        photos=_whole(photos),
        frames=_whole(frames),
        videos=_whole(videos),
        duplicates=_whole(duplicates),
        cameras=_whole(cameras),
        identified=_whole(identified),
    )


def cameras_of(folder: Path, text: str, part: Slice) -> BatchCamerasV1:
    """Those that fit the filter ``text`` (as in ``camid query``).

    Raises:
        CamidError: ``bad_request``, naming what is wrong with the filter; ``extra_missing``.
    """
    check_extra()
    from edge.batch.query import Query, ask, filter_query, parse_filter  # noqa: PLC0415

    if not _has_rows(folder):
        if text.strip():
            parse_filter(text)
        return BatchCamerasV1(cameras=[], more=False)
    wanted = filter_query(text, part.limit + 1)
    found = ask(folder, Query(f"{wanted.sql} OFFSET {part.offset:d}", wanted.values))
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    return BatchCamerasV1(cameras=[_camera(row) for row in rows[: part.limit]], more=len(rows) > part.limit)


def errors_of(folder: Path, part: Slice) -> BatchErrorsV1:
    """Files without an answer."""
    check_extra()
    from edge.batch.index import failures_in  # noqa: PLC0415

    found = failures_in(folder / "index.sqlite", part.limit + 1, part.offset)
    errors = [
        BatchErrorV1(place=one.piece.place, bytes=one.piece.size, code=one.code, message=one.message)
        for one in found[: part.limit]
    ]
    return BatchErrorsV1(errors=errors, more=len(found) > part.limit)


def export_of(folder: Path, kind: Export, names: Names, settings: Settings) -> Path:
    """The file of that name, made anew if rows were written since.

    Raises:
        CamidError: ``not_found`` where nothing was classified yet; ``store_full``, ``extra_missing``.
    """
    check_extra()
    if not _has_rows(folder):
        raise CamidError(ErrorCode.NOT_FOUND, "This batch has classified nothing yet.")
    place = folder / kind
    with _making:
        newest = _newest_ns(folder)
        if not place.exists() or place.stat().st_mtime_ns != newest:
            _makers(names, settings)[kind](folder, place)
            # The time of the rows that it was made of: what is written meanwhile makes it old.
            os.utime(place, ns=(newest, newest))
    return place


def crop_of(folder: Path, sha256: str, camera: int) -> Path:
    """Raises: CamidError: ``not_found`` where there is no crop of this camera."""
    from edge.batch.copies import crop_path  # noqa: PLC0415

    path = crop_path(folder, sha256, camera)
    if not path.is_file():
        raise CamidError(ErrorCode.NOT_FOUND, "There is no crop of this camera.")
    return path


def _has_rows(folder: Path) -> bool:
    return (folder / "batch.json").is_file()


def _newest_ns(folder: Path) -> int:
    """When rows or causes were last written, in nanoseconds since 1970."""
    places = (folder / "photos", folder / "errors.parquet")
    return max(place.stat().st_mtime_ns for place in places if place.exists())


def _makers(names: Names, settings: Settings) -> dict[Export, Callable[[Path, Path], object]]:
    from edge.batch.exports import write_csv, write_geojson, write_jsonl  # noqa: PLC0415
    from edge.batch.summary import write_summary  # noqa: PLC0415

    return {
        Export.CSV: write_csv,
        Export.JSONL: write_jsonl,
        Export.GEOJSON: write_geojson,
        Export.SUMMARY: lambda folder, _: write_summary(
            folder, names, datetime.now().astimezone(), version("camid"), in_force(settings)
        ),
    }


def _camera(row: dict[str, Any]) -> BatchCameraV1:
    box = tuple(row.pop(side) for side in ("x0", "y0", "x1", "y1"))
    candidates, evidence = json.loads(row.pop("candidates")), json.loads(row.pop("evidence"))
    return BatchCameraV1.model_validate({**row, "box": box, "candidates": candidates, "evidence": evidence})


def _whole(value: object) -> int:
    """DuckDB's sums are decimals, and nothing where there are no rows."""
    return int(str(value)) if value is not None else 0
