"""Reviews in SQLite: what persons said of photos, kept beside the machine's answers and never over them.

Each review is a new row and the last one counts, so an earlier word is never lost. ``doubts`` holds the place
of each photo in the order of review.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import sqlalchemy as sql

from edge.disk import full_disk
from edge.errors import CamidError, ErrorCode
from edge.report.contract import PhotoV1
from edge.service.doubt import doubt_of
from edge.service.review_word import StoredReviewV1
from edge.service.sighting_store import refresh_seen

_metadata = sql.MetaData()
_doubts = sql.Table(
    "doubts",
    _metadata,
    sql.Column("photo", sql.Text, primary_key=True),
    sql.Column("doubt", sql.Float, nullable=False, index=True),
)
_reviews = sql.Table(
    "reviews",
    _metadata,
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("photo", sql.Text, nullable=False, index=True),
    sql.Column("by", sql.Text, nullable=False),
    sql.Column("at", sql.Text, nullable=False),
    sql.Column("body", sql.Text, nullable=False),
    sqlite_autoincrement=True,
)
_photos = sql.table(
    "photos", *map(sql.column, ("id", "sha256", "name", "created_at", "body", "owner", "shared"))
)
_last = sql.select(sql.func.max(_reviews.c.number)).group_by(_reviews.c.photo).scalar_subquery()


class ReviewState(StrEnum):
    OPEN = "open"
    """Nobody has said anything of it."""
    DONE = "done"
    ALL = "all"


def create_reviews(connection: sql.Connection) -> None:
    """The step of the schema that brings reviews; photos that are there already get their place."""
    _metadata.create_all(connection)
    rows = connection.execute(sql.select(_photos.c.id, _photos.c.body)).yield_per(100)
    for row in rows:
        add_doubt(connection, row.id, PhotoV1.model_validate_json(row.body))


def add_doubt(connection: sql.Connection, photo: str, body: PhotoV1) -> None:
    """In the transaction that keeps the photo."""
    connection.execute(sql.insert(_doubts).values(photo=photo, doubt=doubt_of(body)))


@dataclass(frozen=True, slots=True)
class Review:
    """A person's word. ``at`` is ISO 8601 in UTC; ``number`` grows with each."""

    number: int
    photo: str
    by: str
    at: str
    body: StoredReviewV1


@dataclass(frozen=True, slots=True)
class QueuedPhoto:
    """``reviewed_by`` and ``reviewed_at`` are of the last review, None where there is none."""

    id: str
    name: str
    created_at: str
    doubt: float
    reviewed_by: str | None
    reviewed_at: str | None


@dataclass(frozen=True, slots=True)
class ReviewedPhoto:
    """A photo's answer, the last word on it, and the name of the file that holds its bytes."""

    sha256: str
    body: PhotoV1
    review: Review


class ReviewStore:
    """May be called from any thread; ``writing`` is held while the database is written."""

    def __init__(self, engine: sql.Engine, writing: threading.Lock) -> None:
        self._engine = engine
        self._writing = writing

    def add(self, photo: str, by: str, at: str, body: StoredReviewV1) -> Review:
        """With what lists of sightings are filtered by. Raises: CamidError: ``store_full``."""
        values = {"photo": photo, "by": by, "at": at, "body": body.model_dump_json()}
        full = full_disk("The data directory is full; the review was not kept.")
        with self._writing, full, self._engine.begin() as connection:
            done = connection.execute(sql.insert(_reviews).values(values))
            refresh_seen(connection, photo)
        assert done.inserted_primary_key is not None
        return Review(done.inserted_primary_key[0], photo, by, at, body)

    def of(self, photo: str) -> tuple[Review, ...]:
        """All reviews of a photo, the last first."""
        wanted = sql.select(_reviews).where(_reviews.c.photo == photo).order_by(_reviews.c.number.desc())
        with self._engine.connect() as connection:
            return tuple(_review(row) for row in connection.execute(wanted))

    def queue(
        self, state: ReviewState, limit: int, offset: int = 0, only: str | None = None
    ) -> tuple[QueuedPhoto, ...]:
        """Photos of ``state``: those that nobody has seen in the order of their doubt, the others by the time
        of their review, last first. ``only``: those of this owner and those that are shared."""
        doubtful = (_doubts.c.doubt.desc(), _photos.c.created_at.desc(), _photos.c.id)
        order = (_reviews.c.number.desc(), *doubtful) if state is not ReviewState.OPEN else doubtful
        wanted = _joined(state).where(_visible(only)).order_by(*order).limit(limit).offset(offset)
        with self._engine.connect() as connection:
            return tuple(
                QueuedPhoto(row.id, row.name, row.created_at, row.doubt, row.by, row.at)
                for row in connection.execute(wanted)
            )

    def counts(self, only: str | None = None) -> tuple[int, int]:
        """How many photos are open, and how many reviewed; ``only`` as above."""
        seen = sql.select(_photos.c.id).where(_visible(only))
        done = sql.select(sql.func.count(sql.distinct(_reviews.c.photo))).where(_reviews.c.photo.in_(seen))
        every = sql.select(sql.func.count()).select_from(_doubts).where(_doubts.c.photo.in_(seen))
        with self._engine.connect() as connection:
            reviewed = connection.execute(done).scalar_one()
            return connection.execute(every).scalar_one() - reviewed, reviewed

    def reviewed(self) -> Iterator[ReviewedPhoto]:
        """Every photo that was reviewed, once a content: of copies the one that was reviewed last."""
        with self._engine.connect() as connection:
            seen: set[str] = set()
            for row in connection.execute(_reviewed_rows()).yield_per(50):
                if row.sha256 not in seen:
                    seen.add(row.sha256)
                    yield ReviewedPhoto(row.sha256, PhotoV1.model_validate_json(row.photo_body), _review(row))


def read_reviews(database: Path) -> Iterator[ReviewedPhoto]:
    """Every reviewed photo of a data directory, beside a service that may be running.

    Raises:
        CamidError: ``not_found`` where nothing was reviewed yet.
    """
    if not database.is_file():
        raise CamidError(ErrorCode.NOT_FOUND, f"There is no {database.name}: no photo was sent yet.")
    engine = sql.create_engine(f"sqlite:///file:{database.absolute()}?mode=ro&uri=true", hide_parameters=True)
    try:
        if not sql.inspect(engine).has_table(_reviews.name):
            raise CamidError(ErrorCode.NOT_FOUND, "Nothing was reviewed here yet.")
        yield from ReviewStore(engine, threading.Lock()).reviewed()
    finally:
        engine.dispose()


def _visible(only: str | None) -> sql.ColumnElement[bool]:
    return sql.true() if only is None else sql.or_(_photos.c.owner == only, _photos.c.shared)


def _joined(state: ReviewState) -> sql.Select[tuple[object, ...]]:
    last = sql.and_(_reviews.c.photo == _photos.c.id, _reviews.c.number.in_(_last))
    source = sql.join(_photos, _doubts, _doubts.c.photo == _photos.c.id).outerjoin(_reviews, last)
    columns = (
        _photos.c.id,
        _photos.c.name,
        _photos.c.created_at,
        _doubts.c.doubt,
        _reviews.c.by,
        _reviews.c.at,
    )
    wanted: sql.Select[tuple[object, ...]] = sql.select(*columns).select_from(source)
    if state is ReviewState.OPEN:
        return wanted.where(_reviews.c.number.is_(None))
    return wanted.where(_reviews.c.number.is_not(None)) if state is ReviewState.DONE else wanted


def _reviewed_rows() -> sql.Select[tuple[object, ...]]:
    body = _photos.c.body.label("photo_body")
    wanted: sql.Select[tuple[object, ...]] = sql.select(_reviews, _photos.c.sha256, body)
    joined = wanted.join_from(_reviews, _photos, _reviews.c.photo == _photos.c.id)
    return joined.where(_reviews.c.number.in_(_last)).order_by(_reviews.c.number.desc())


def _review(row: sql.Row[tuple[object, ...]]) -> Review:
    return Review(row.number, row.photo, row.by, row.at, StoredReviewV1.model_validate_json(row.body))
