"""Sightings in SQLite: each camera of each photo is seen once, and those of one camera are joined.

``views`` says which camera of which photo belongs to which sighting. A row of ``sightings`` holds what was
set by hand and what lists are filtered by; that is drawn anew from photos and reviews whenever one of them
changes.
"""

from __future__ import annotations

import secrets
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sql

from edge.disk import full_disk
from edge.domain import EvidenceKind
from edge.errors import CamidError, ErrorCode
from edge.media.countries import country_at
from edge.report.contract import CameraV1, IdentificationV1, PhotoV1
from edge.service.review_word import Decision
from edge.service.sighting_words import (
    Word,
    add_word,
    create_words,
    forget_words,
    move_words,
    word_in_review,
    word_on_sighting,
)
from edge.sightings.joining import best_answer
from edge.sightings.suggest import Seen
from edge.vendors.facts import folded

_FULL = "The data directory is full; the sighting was not changed."
_metadata = sql.MetaData()
SIGHTINGS = sql.Table(
    "sightings",
    _metadata,
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
    _metadata,
    sql.Column("photo", sql.Text, primary_key=True),
    sql.Column("camera", sql.Integer, primary_key=True),
    sql.Column("sighting", sql.Text, nullable=False, index=True),
)
_photos = sql.table("photos", *map(sql.column, ("id", "name", "created_at", "body", "owner", "shared")))
_LETTERING = frozenset({EvidenceKind.WORDMARK, EvidenceKind.MODEL})

Weigh = Callable[[Sequence[CameraV1]], IdentificationV1]


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


def create_sightings(connection: sql.Connection) -> None:
    """The step of the schema that brings sightings; cameras of photos that are there already get theirs."""
    _metadata.create_all(connection)
    create_words(connection)
    seen = sql.select(VIEWS.c.photo)
    wanted = sql.select(_photos).where(_photos.c.id.not_in(seen))
    for row in connection.execute(wanted).yield_per(100):
        add_sightings(connection, row.id, row.created_at, PhotoV1.model_validate_json(row.body))


def add_sightings(connection: sql.Connection, photo: str, created_at: str, body: PhotoV1) -> None:
    """One for each camera, in the transaction that keeps the photo."""
    for index, camera in enumerate(body.cameras):
        _start(connection, photo, index, created_at, camera.identification)


def forget_sightings(connection: sql.Connection, photos: Sequence[str]) -> None:
    """In the transaction that removes the photos; the rest tells what is left to see."""
    touched = set(connection.execute(sql.select(VIEWS.c.sighting).where(VIEWS.c.photo.in_(photos))).scalars())
    connection.execute(sql.delete(VIEWS).where(VIEWS.c.photo.in_(photos)))
    left = set(
        connection.execute(sql.select(VIEWS.c.sighting).where(VIEWS.c.sighting.in_(touched))).scalars()
    )
    connection.execute(sql.delete(SIGHTINGS).where(SIGHTINGS.c.id.in_(touched - left)))
    forget_words(connection, [*touched - left])
    for one in left:
        _weigh(connection, one, _surest)


def visible(only: str | None) -> tuple[sql.ColumnElement[bool], ...]:
    """That this owner may see every photo of a sighting: what is joined with another's photo speaks of that,
    too. None: may see everything."""
    if only is None:
        return ()
    hidden = sql.and_(_photos.c.owner != only, _photos.c.shared.is_(False))
    of_it = sql.and_(VIEWS.c.photo == _photos.c.id, VIEWS.c.sighting == SIGHTINGS.c.id)
    return (~sql.exists().where(of_it, hidden),)


class SightingStore:
    """May be called from any thread; ``writing`` is held while the database is written."""

    def __init__(self, engine: sql.Engine, writing: threading.Lock) -> None:
        self._engine = engine
        self._writing = writing

    def get(self, sighting: str) -> Sighting:
        """Raises: CamidError: ``not_found``."""
        with self._engine.connect() as connection:
            return _sighting(connection, sighting)

    def find(
        self, wanted: Sequence[sql.ColumnElement[bool]], limit: int, offset: int = 0
    ) -> tuple[Sighting, ...]:
        """Those for which all of ``wanted`` holds, the last taken first; without a time at the end."""
        order = (SIGHTINGS.c.taken_at.is_(None), SIGHTINGS.c.taken_at.desc(), SIGHTINGS.c.created_at.desc())
        chosen = sql.select(SIGHTINGS.c.id).where(*wanted).order_by(*order, SIGHTINGS.c.id)
        with self._engine.connect() as connection:
            ids = connection.execute(chosen.limit(limit).offset(offset)).scalars().all()
            return tuple(_sighting(connection, one) for one in ids)

    def count(self, wanted: Sequence[sql.ColumnElement[bool]]) -> int:
        chosen = sql.select(sql.func.count()).select_from(SIGHTINGS).where(*wanted)
        with self._engine.connect() as connection:
            return int(connection.execute(chosen).scalar_one())

    def join(self, sightings: Sequence[str], weigh: Weigh) -> Sighting:
        """All of them become the first; the place of the first that was placed by hand stays.

        Raises:
            CamidError: ``not_found``; ``bad_request`` where two of them are seen in one photo, for then they
                are two cameras.
        """
        with self._changed() as connection:
            found = [_sighting(connection, one) for one in sightings]
            photos = [view.photo for one in found for view in one.views]
            if len(set(photos)) < len(photos):
                raise CamidError(ErrorCode.BAD_REQUEST, "One photo shows two of them: they are two cameras.")
            first, others = found[0].id, [one.id for one in found[1:]]
            placed = next((one.place for one in found if one.place and one.place.by), None)
            move_words(connection, others, first)
            connection.execute(sql.update(VIEWS).where(VIEWS.c.sighting.in_(others)).values(sighting=first))
            connection.execute(sql.delete(SIGHTINGS).where(SIGHTINGS.c.id.in_(others)))
            _set_place(connection, first, placed)
            _weigh(connection, first, weigh)
            return _sighting(connection, first)

    def split(self, sighting: str, photo: str, now: str, weigh: Weigh) -> tuple[Sighting, Sighting]:
        """The sighting without ``photo``, and the new one of it alone.

        Raises:
            CamidError: ``not_found``; ``bad_request`` if the photo is its only one.
        """
        with self._changed() as connection:
            found = _sighting(connection, sighting)
            view = next((one for one in found.views if one.photo == photo), None)
            if view is None:
                raise CamidError(ErrorCode.NOT_FOUND, "The sighting has no such photo.")
            if len(found.views) == 1:
                raise CamidError(ErrorCode.BAD_REQUEST, "It has one photo only: there is nothing to split.")
            taken = sql.and_(VIEWS.c.photo == photo, VIEWS.c.camera == view.index)
            connection.execute(sql.delete(VIEWS).where(taken))
            new = _start(connection, photo, view.index, now, view.camera.identification)
            _weigh(connection, sighting, weigh)
            return _sighting(connection, sighting), _sighting(connection, new)

    def place(self, sighting: str, place: Place | None) -> Sighting:
        """Sets it by hand; None: what the photos say counts again. Raises: CamidError: ``not_found``."""
        with self._changed() as connection:
            _sighting(connection, sighting)
            _set_place(connection, sighting, place)
            _refresh(connection, sighting)
            return _sighting(connection, sighting)

    def say(self, sighting: str, word: Word) -> Sighting:
        """Keeps a person's word beside the machine's answer. Raises: CamidError: ``not_found``."""
        with self._changed() as connection:
            _sighting(connection, sighting)
            add_word(connection, sighting, word)
            _refresh(connection, sighting)
            return _sighting(connection, sighting)

    def reviewed(self, photo: str) -> None:
        """A person has said something of the photo."""
        with self._changed() as connection:
            wanted = sql.select(VIEWS.c.sighting).where(VIEWS.c.photo == photo)
            for sighting in connection.execute(wanted).scalars().all():
                _refresh(connection, sighting)

    def seen(self, wanted: Sequence[sql.ColumnElement[bool]]) -> list[Seen]:
        """What is compared of each for which all of ``wanted`` holds."""
        source = sql.join(SIGHTINGS, VIEWS, VIEWS.c.sighting == SIGHTINGS.c.id)
        chosen = sql.select(SIGHTINGS, VIEWS.c.photo).select_from(source).where(*wanted)
        rows: dict[str, list[sql.Row[Any]]] = defaultdict(list)
        with self._engine.connect() as connection:
            for row in connection.execute(chosen):
                rows[row.id].append(row)
        return [_seen(group) for group in rows.values()]

    def remove(self, sighting: str) -> None:
        """The sighting alone; photos stay. Raises: CamidError: ``not_found``."""
        with self._changed() as connection:
            _sighting(connection, sighting)
            connection.execute(sql.delete(VIEWS).where(VIEWS.c.sighting == sighting))
            connection.execute(sql.delete(SIGHTINGS).where(SIGHTINGS.c.id == sighting))
            forget_words(connection, [sighting])
        empty_log(self._engine, self._writing)

    @contextmanager
    def _changed(self) -> Iterator[sql.Connection]:
        with self._writing, full_disk(_FULL), self._engine.begin() as connection:
            yield connection


def empty_log(engine: sql.Engine, writing: threading.Lock) -> None:
    """The write-ahead log still holds old pages; the database itself overwrites them (secure_delete)."""
    with writing:
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        finally:
            connection.close()


def _seen(rows: Sequence[sql.Row[Any]]) -> Seen:
    one = rows[0]
    machine = IdentificationV1.model_validate_json(one.machine)
    names = {machine.brand, machine.platform}
    # A person's word on the maker takes the machine's away.
    makers = names if one.vendor in names else {one.vendor}
    return Seen(
        id=one.id,
        photos=frozenset(row.photo for row in rows),
        latitude=one.latitude,
        longitude=one.longitude,
        taken_at=one.taken_at,
        makers=frozenset(name for name in makers if name is not None),
        form_factor=one.form_factor,
        read=frozenset(folded(e.value) for e in machine.evidence if e.kind in _LETTERING),
    )


def _start(connection: sql.Connection, photo: str, camera: int, now: str, machine: IdentificationV1) -> str:
    """A sighting of one camera in one photo; returns its id."""
    new = secrets.token_hex(16)
    values = {"id": new, "created_at": now, "machine": machine.model_dump_json()}
    connection.execute(sql.insert(SIGHTINGS).values(values))
    connection.execute(sql.insert(VIEWS).values(photo=photo, camera=camera, sighting=new))
    _refresh(connection, new)
    return new


def _set_place(connection: sql.Connection, sighting: str, place: Place | None) -> None:
    values = {
        "hand_latitude": place.latitude if place else None,
        "hand_longitude": place.longitude if place else None,
        "placed_by": place.by if place else None,
        "placed_at": place.at if place else None,
    }
    connection.execute(sql.update(SIGHTINGS).where(SIGHTINGS.c.id == sighting).values(values))


def _weigh(connection: sql.Connection, sighting: str, weigh: Weigh) -> None:
    machine = weigh([view.camera for view in _views(connection, sighting)])
    values = {"machine": machine.model_dump_json()}
    connection.execute(sql.update(SIGHTINGS).where(SIGHTINGS.c.id == sighting).values(values))
    _refresh(connection, sighting)


def _surest(cameras: Sequence[CameraV1]) -> IdentificationV1:
    """The answer of the photo that says most, where nothing is at hand to weigh them all anew."""
    return best_answer([one.identification for one in cameras])


def _refresh(connection: sql.Connection, sighting: str) -> None:
    """Writes down what lists are filtered by."""
    found = _sighting(connection, sighting)
    values = {
        "latitude": found.place.latitude if found.place else None,
        "longitude": found.place.longitude if found.place else None,
        "country": country_at(found.place.latitude, found.place.longitude) if found.place else None,
        "taken_at": found.taken_at,
        "vendor": found.vendor,
        "form_factor": found.form_factor,
        "rejected": found.rejected,
        "words": _words(found),
    }
    connection.execute(sql.update(SIGHTINGS).where(SIGHTINGS.c.id == sighting).values(values))


def _sighting(connection: sql.Connection, sighting: str) -> Sighting:
    row = connection.execute(sql.select(SIGHTINGS).where(SIGHTINGS.c.id == sighting)).one_or_none()
    views = _views(connection, sighting) if row is not None else ()
    if row is None or not views:
        raise CamidError(ErrorCode.NOT_FOUND, "There is no sighting with this id.")
    machine = IdentificationV1.model_validate_json(row.machine)
    words = (word_on_sighting(connection, sighting), *(view.word for view in views))
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


def _views(connection: sql.Connection, sighting: str) -> tuple[View, ...]:
    """In the order in which the photos were taken, as far as that is known."""
    source = sql.join(VIEWS, _photos, _photos.c.id == VIEWS.c.photo)
    wanted = sql.select(VIEWS.c.camera, _photos).select_from(source).where(VIEWS.c.sighting == sighting)
    views = [_view(connection, row) for row in connection.execute(wanted.order_by(_photos.c.created_at))]
    return tuple(sorted(views, key=lambda view: view.body.source.taken_at or "9"))


def _view(connection: sql.Connection, row: sql.Row[Any]) -> View:
    body = PhotoV1.model_validate_json(row.body)
    word = word_in_review(connection, row.id, row.camera)
    return View(row.id, row.name, row.owner, row.shared, row.camera, body.cameras[row.camera], body, word)


def _place(row: sql.Row[Any], views: Sequence[View]) -> Place | None:
    if row.hand_latitude is not None:
        return Place(row.hand_latitude, row.hand_longitude, row.placed_by, row.placed_at)
    told = next((view.body.source.gps for view in views if view.body.source.gps), None)
    return Place(told.latitude, told.longitude) if told else None


def _words(found: Sighting) -> str:
    """What a search looks through: names of files, what was read, who said something, makers."""
    read = [one.value for one in found.machine.evidence]
    makers = [found.vendor or "", found.machine.brand or "", found.machine.platform or ""]
    said = [found.word.by, found.word.mark_text or ""] if found.word else []
    return "\n".join([*(view.name for view in found.views), *read, *makers, *said]).casefold()
