"""The figures of a batch that its summary shows, each by one question to the rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from edge.batch.query import Query, ask

MAX_ERRORS = 200
MAX_FINDS = 24
_MAX_BINS = 3000
_FEW = 15


@dataclass(frozen=True, slots=True)
class Counts:
    """``pictures`` are photos and frames with an answer; ``copies`` have that of another file. The rest
    counts pictures: with a camera, with a stated time, position, country and caption."""

    pictures: int
    frames: int
    videos: int
    copies: int
    unreadable: int
    cameras: int
    identified: int
    with_cameras: int
    timed: int
    placed: int
    in_country: int
    captioned: int
    first_day: str | None
    last_day: str | None


@dataclass(frozen=True, slots=True)
class Maker:
    """What was found of one maker; ``None`` years where no photo of it has a date."""

    vendor: str
    cameras: int
    pictures: int
    first_year: int | None
    last_year: int | None


@dataclass(frozen=True, slots=True)
class YearCount:
    year: int
    vendor: str
    cameras: int


@dataclass(frozen=True, slots=True)
class Share:
    """A name and how often it stands there; of ``identified`` of them the maker is known."""

    name: str
    count: int
    identified: int = 0


@dataclass(frozen=True, slots=True)
class Spot:
    """Pictures around a position, WGS 84 degrees."""

    latitude: float
    longitude: float
    pictures: int
    cameras: int


@dataclass(frozen=True, slots=True)
class Find:
    """A named camera; ``evidence`` are the texts of what names it."""

    place: str
    sha256: str
    camera: int
    vendor: str
    confidence: float
    form_factor: str | None
    taken_at: str | None
    country: str | None
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    place: str
    message: str


@dataclass(frozen=True, slots=True)
class Numbers:
    counts: Counts
    makers: tuple[Maker, ...]
    years: tuple[YearCount, ...]
    countries: tuple[Share, ...]
    forms: tuple[Share, ...]
    marks: tuple[Share, ...]
    spots: tuple[Spot, ...]
    finds: tuple[Find, ...]
    causes: tuple[Share, ...]
    errors: tuple[Unreadable, ...]
    models: tuple[tuple[str, str], ...]
    key: str


_ANSWERED = "duplicate_of IS NULL AND frames IS NULL"
_COUNTS = f"""
SELECT count(*) FILTER ({_ANSWERED}),
  count(*) FILTER (frame_s IS NOT NULL), count(*) FILTER (frames IS NOT NULL),
  count(*) FILTER (duplicate_of IS NOT NULL), (SELECT count(*) FROM errors),
  coalesce(sum(cameras), 0), coalesce(sum(identified), 0), count(*) FILTER (cameras > 0),
  count(*) FILTER (taken_at IS NOT NULL), count(*) FILTER (latitude IS NOT NULL),
  count(*) FILTER (country IS NOT NULL), count(*) FILTER (caption IS NOT NULL),
  min(taken_at)[:10], max(taken_at)[:10]
FROM photos"""
_MAKERS = """
SELECT vendor, count(*) AS n, count(DISTINCT place), min(year), max(year) FROM cameras
WHERE verdict = 'identified' GROUP BY vendor ORDER BY n DESC, vendor"""
_YEARS = """
SELECT year, vendor, count(*) FROM cameras WHERE verdict = 'identified' AND year IS NOT NULL
GROUP BY year, vendor ORDER BY year, vendor"""
_COUNTRIES = """
SELECT country, count(*) AS n, count(*) FILTER (verdict = 'identified') FROM cameras WHERE country IS NOT NULL
GROUP BY country ORDER BY n DESC, country"""
_FORMS = """
SELECT coalesce(form_factor, 'unknown'), count(*) AS n, count(*) FILTER (verdict = 'identified') FROM cameras
GROUP BY 1 ORDER BY n DESC, 1"""
_MARKS = """
SELECT mark, count(*) AS n, 0 FROM (SELECT unnest(marks) AS mark FROM photos)
GROUP BY mark ORDER BY n DESC, mark LIMIT ?"""
_SPOTS = """
WITH box AS (
  SELECT greatest(max(latitude) - min(latitude), max(longitude) - min(longitude), 0.001) / 250 AS cell
  FROM photos WHERE latitude IS NOT NULL)
SELECT avg(latitude), avg(longitude), count(*) AS n, coalesce(sum(cameras), 0)
FROM photos, box WHERE latitude IS NOT NULL
GROUP BY round(latitude / cell), round(longitude / cell) ORDER BY n DESC LIMIT ?"""
_FINDS = """
WITH turns AS (
  SELECT place, camera, row_number() OVER (
    PARTITION BY vendor ORDER BY confidence DESC, score DESC, place, camera) AS turn
  FROM cameras WHERE verdict = 'identified'
  ORDER BY turn, confidence DESC, score DESC, place, camera LIMIT ?)
SELECT place, sha256, camera, vendor, confidence, form_factor, taken_at, country, evidence
FROM cameras JOIN turns USING (place, camera)
ORDER BY turn, confidence DESC, score DESC, place, camera"""
_CAUSES = "SELECT code, count(*) AS n, 0 FROM errors GROUP BY code ORDER BY n DESC, code"
_ERRORS = "SELECT place, message FROM errors ORDER BY place LIMIT ?"


def numbers_of(root: Path) -> Numbers:
    """Raises: CamidError: ``not_readable`` where there is no batch."""
    return Numbers(
        counts=Counts(*_rows(root, _COUNTS)[0]),
        makers=tuple(Maker(*row) for row in _rows(root, _MAKERS)),
        years=tuple(YearCount(*row) for row in _rows(root, _YEARS)),
        countries=tuple(Share(*row) for row in _rows(root, _COUNTRIES)),
        forms=tuple(Share(*row) for row in _rows(root, _FORMS)),
        marks=tuple(Share(*row) for row in _rows(root, _MARKS, _FEW)),
        spots=tuple(Spot(*row) for row in _rows(root, _SPOTS, _MAX_BINS)),
        finds=tuple(_find(*row) for row in _rows(root, _FINDS, MAX_FINDS)),
        causes=tuple(Share(*row) for row in _rows(root, _CAUSES)),
        errors=tuple(Unreadable(*row) for row in _rows(root, _ERRORS, MAX_ERRORS)),
        models=_models(root),
        key=str(json.loads((root / "batch.json").read_text("utf-8"))["key"]),
    )


def _rows(root: Path, sql: str, *values: int) -> tuple[tuple[Any, ...], ...]:
    return ask(root, Query(sql, values)).rows


def _find(*row: Any) -> Find:
    *known, evidence = row
    texts = [f"{one['kind']}: {one['value']}" for one in json.loads(evidence) if one["kind"] != "look"]
    fields = (*known, tuple(texts[:3]))
    return Find(*fields)


def _models(root: Path) -> tuple[tuple[str, str], ...]:
    """Name and SHA-256 of the models that gave the answers, from the newest part."""
    parts = sorted((root / "photos").glob("part-*.parquet"))
    meta = pq.read_schema(parts[-1]).metadata if parts else None
    return tuple(sorted(json.loads(meta[b"camid.models"]).items())) if meta else ()
