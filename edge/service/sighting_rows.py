"""Sightings as they lie in SQLite, read many at a time.

``views`` says which camera of which photo belongs to which sighting. A row of ``sightings`` holds what was
set by hand and what lists are filtered by; that is drawn anew from photos and reviews whenever one of them
changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sql

from edge.errors import CamidError, ErrorCode
from edge.report.contract import CameraV1, IdentificationV1, PhotoV1
from edge.service.review_word import Decision
from edge.service.sighting_words import Word, words_in_reviews, words_on_sightings

METADATA = sql.MetaData()
SIGHTINGS = sql.Table(
    "sightings",
    METADATA,
    sql.Column("id", sql.Text, primary_key=True),
    sql.Column("created_at", sql.Text, nullable=False),
    sql.Column("hand_latitude", sql.Float),
    sql.Column("hand_longitude", sql.Float),
    sql.Column("placed_by", sql.Text),
    sql.Column("placed_at", sql.Text),
    sql.Column("machine", sql.Text, nullable=False),
    sql.Column("latitude", sql.Float),
    sql.Column("longitude", sql.Float),
    sql.Column("country", sql.Text),
    sql.Column("taken_at", sql.Text, index=True),
    sql.Column("vendor", sql.Text, index=True),
    sql.Column("form_factor", sql.Text),
    sql.Column("rejected", sql.Boolean, nullable=False, default=False),
    sql.Column("words", sql.Text, nullable=False, default=""),
)
VIEWS = sql.Table(
    "views",
    METADATA,
    sql.Column("photo", sql.Text, primary_key=True),
    sql.Column("camera", sql.Integer, primary_key=True),
    sql.Column("sighting", sql.Text, nullable=False, index=True),
)
PHOTOS = sql.table("photos", *map(sql.column, ("id", "name", "created_at", "body", "owner", "shared")))
_AT_ONCE = 500
"""Sightings that are read together: SQLite bounds the parameters of a query."""


@dataclass(frozen=True, slots=True)
class Place:
    """Degrees. ``by`` and ``at`` are of the person who set it; None where the photo's EXIF says it."""

    latitude: float
    longitude: float
    by: str | None = None
    at: str | None = None


@dataclass(frozen=True, slots=True)
class View:
    """One camera in one photo; ``index`` is its place in the photo's answer, ``owner`` the token that sent
    the photo and ``shared`` whether others see it."""

    photo: str
    name: str
    owner: str
    shared: bool
    index: int
    camera: CameraV1
    body: PhotoV1
    word: Word | None


@dataclass(frozen=True, slots=True)
class Sighting:
    """``machine`` is what all photos together say; ``word`` a person's, beside it; ``place`` the one that
    counts: by hand, else of the first photo with one."""

    id: str
    created_at: str
    machine: IdentificationV1
    views: tuple[View, ...]
    word: Word | None
    place: Place | None
    country: str | None
    taken_at: str | None
    vendor: str | None
    form_factor: str | None
    rejected: bool


def read_sighting(connection: sql.Connection, sighting: str) -> Sighting:
    """Raises: CamidError: ``not_found``."""
    found = read_sightings(connection, [sighting])
    if not found:
        raise unknown_sighting()
    return found[0]


def unknown_sighting() -> CamidError:
    return CamidError(ErrorCode.NOT_FOUND, "There is no sighting with this id.")


def read_sightings(connection: sql.Connection, ids: Sequence[str]) -> list[Sighting]:
    """In the order of ``ids``, without those that are not there."""
    return [one for some in parts_of(ids) for one in _read(connection, some)]


def parts_of(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Each few enough for one query."""
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def _read(connection: sql.Connection, ids: Sequence[str]) -> Iterator[Sighting]:
    wanted = sql.select(SIGHTINGS).where(SIGHTINGS.c.id.in_(ids))
    rows = {row.id: row for row in connection.execute(wanted)}
    views = read_views(connection, ids)
    words = words_on_sightings(connection, ids)
    return (_drawn(rows[one], views[one], words.get(one)) for one in ids if one in rows and one in views)


def _drawn(row: sql.Row[Any], views: tuple[View, ...], whole: Word | None) -> Sighting:
    """``whole`` is the last word on the sighting as a whole."""
    machine = IdentificationV1.model_validate_json(row.machine)
    words = (whole, *(view.word for view in views))
    said = max((one for one in words if one is not None), key=lambda one: one.at, default=None)
    surest = max(views, key=lambda view: view.camera.score).camera
    form = said.form_factor if said else surest.form_factor
    return Sighting(
        id=row.id,
        created_at=row.created_at,
        machine=machine,
        views=views,
        word=said,
        place=_place(row, views),
        country=row.country,
        taken_at=min((v.body.source.taken_at for v in views if v.body.source.taken_at), default=None),
        vendor=said.vendor if said else machine.brand or machine.platform,
        form_factor=form.value if form else None,
        rejected=said is not None and said.decision is Decision.REJECTED,
    )


def read_views(connection: sql.Connection, sightings: Sequence[str]) -> dict[str, tuple[View, ...]]:
    """Of each of a few sightings, in the order in which the photos were taken, as far as that is known."""
    ours = VIEWS.c.sighting.in_(sightings)
    words = words_in_reviews(connection, sql.select(VIEWS.c.photo).where(ours))
    source = sql.join(VIEWS, PHOTOS, PHOTOS.c.id == VIEWS.c.photo)
    wanted = sql.select(VIEWS.c.sighting, VIEWS.c.camera, PHOTOS).select_from(source).where(ours)
    bodies: dict[str, PhotoV1] = {}
    found: dict[str, list[View]] = defaultdict(list)
    for row in connection.execute(wanted.order_by(PHOTOS.c.created_at)):
        if row.id not in bodies:
            bodies[row.id] = PhotoV1.model_validate_json(row.body)
        found[row.sighting].append(_view(row, bodies[row.id], words.get((row.id, row.camera))))
    return {one: tuple(sorted(views, key=_taken)) for one, views in found.items()}


def _view(row: sql.Row[Any], body: PhotoV1, word: Word | None) -> View:
    return View(row.id, row.name, row.owner, row.shared, row.camera, body.cameras[row.camera], body, word)


def _taken(view: View) -> str:
    return view.body.source.taken_at or "9"


def _place(row: sql.Row[Any], views: Sequence[View]) -> Place | None:
    if row.hand_latitude is not None:
        return Place(row.hand_latitude, row.hand_longitude, row.placed_by, row.placed_at)
    told = next((view.body.source.gps for view in views if view.body.source.gps), None)
    return Place(told.latitude, told.longitude) if told else None
