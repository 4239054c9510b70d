"""Which sightings are asked for: maker, verdict, form, country, time, rectangle, words, as SQL."""

from __future__ import annotations

from typing import Annotated

import sqlalchemy as sql
from fastapi import Query

from edge.domain import FormFactor, Verdict
from edge.errors import CamidError, ErrorCode
from edge.service.sighting_rows import SIGHTINGS

Conditions = tuple[sql.ColumnElement[bool], ...]
_DATE = r"^\d{4}-\d{2}-\d{2}$"


def conditions(
    vendor: Annotated[str | None, Query(max_length=60, description="Catalogue id.")] = None,
    verdict: Annotated[Verdict | None, Query(description="Of the machine, on all photos together.")] = None,
    form: Annotated[FormFactor | None, Query(description="Form of the housing.")] = None,
    country: Annotated[str | None, Query(pattern="^[A-Z]{2}$", description="ISO 3166-1.")] = None,
    since: Annotated[str | None, Query(pattern=_DATE, description="First day on which it was taken.")] = None,
    until: Annotated[str | None, Query(pattern=_DATE, description="Last day.")] = None,
    bbox: Annotated[str | None, Query(max_length=80, description="west,south,east,north in degrees.")] = None,
    q: Annotated[str | None, Query(max_length=120, description="In file names and what was read.")] = None,
    rejected: Annotated[bool, Query(description="Also what a person called no camera.")] = False,
) -> Conditions:
    """All of them hold together. Raises: CamidError: ``bad_request`` for a wrong rectangle."""
    c = SIGHTINGS.c
    asked = (
        None if vendor is None else c.vendor == vendor,
        None if verdict is None else sql.func.json_extract(c.machine, "$.verdict") == verdict.value,
        None if form is None else c.form_factor == form.value,
        None if country is None else c.country == country,
        None if since is None else c.taken_at >= since,
        None if until is None else sql.func.substr(c.taken_at, 1, 10) <= until,
        None if not q else c.words.contains(q.casefold(), autoescape=True),
        None if rejected else c.rejected.is_(False),
    )
    return (*(one for one in asked if one is not None), *(_inside(bbox) if bbox is not None else ()))


def _inside(bbox: str) -> Conditions:
    """A west that lies east of the east crosses the line of the date."""
    west, south, east, north = rectangle(bbox)
    c = SIGHTINGS.c
    within = sql.and_(c.longitude >= west, c.longitude <= east)
    around = sql.or_(c.longitude >= west, c.longitude <= east)
    return c.latitude >= south, c.latitude <= north, within if west <= east else around


def rectangle(bbox: str) -> tuple[float, float, float, float]:
    """West, south, east, north. Raises: CamidError: ``bad_request``."""
    try:
        west, south, east, north = (float(part) for part in bbox.split(","))
    except ValueError:
        raise CamidError(ErrorCode.BAD_REQUEST, "bbox is not west,south,east,north in degrees.") from None
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south < north <= 90):
        raise CamidError(ErrorCode.BAD_REQUEST, "bbox lies outside the world, or is upside down.")
    return west, south, east, north
