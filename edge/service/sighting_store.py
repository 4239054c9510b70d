"""Sightings in SQLite: each camera of each photo is seen once, and those of one camera are joined."""

from __future__ import annotations

import secrets
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sql

from edge.disk import full_disk
from edge.domain import EvidenceKind
from edge.errors import CamidError, ErrorCode
from edge.media.countries import country_at
from edge.report.contract import CameraV1, IdentificationV1, PhotoV1
from edge.service.database import empty_log
from edge.service.sighting_rows import (
    METADATA,
    PHOTOS,
    SIGHTINGS,
    VIEWS,
    Place,
    Sighting,
    parts_of,
    read_sighting,
    read_sightings,
    read_views,
    unknown_sighting,
)
from edge.service.sighting_words import (
    Word,
    add_word,
    create_words,
    forget_words,
    move_words,
)
from edge.sightings.joining import best_answer
from edge.sightings.suggest import Seen
from edge.vendors.facts import folded

_FULL = "The data directory is full; the sighting was not changed."
_LETTERING = frozenset({EvidenceKind.WORDMARK, EvidenceKind.MODEL})

Weigh = Callable[[Sequence[CameraV1]], IdentificationV1]


def create_sightings(connection: sql.Connection) -> None:
    """The step of the schema that brings sightings; cameras of photos that are there already get theirs."""
    METADATA.create_all(connection)
    create_words(connection)
    seen = sql.select(VIEWS.c.photo)
    wanted = sql.select(PHOTOS).where(PHOTOS.c.id.not_in(seen))
    for row in connection.execute(wanted).yield_per(100):
        add_sightings(connection, row.id, row.created_at, PhotoV1.model_validate_json(row.body))


def add_sightings(connection: sql.Connection, photo: str, created_at: str, body: PhotoV1) -> None:
    """One for each camera, in the transaction that keeps the photo."""
    new = [
        _start(connection, photo, index, created_at, camera.identification)
        for index, camera in enumerate(body.cameras)
    ]
    _refresh(connection, new)


def forget_sightings(connection: sql.Connection, photos: Sequence[str]) -> None:
    """In the transaction that removes the photos; the rest tells what is left to see."""
    touched = set(connection.execute(sql.select(VIEWS.c.sighting).where(VIEWS.c.photo.in_(photos))).scalars())
    connection.execute(sql.delete(VIEWS).where(VIEWS.c.photo.in_(photos)))
    for some in parts_of([*touched]):
        seen = sql.select(VIEWS.c.sighting).where(VIEWS.c.sighting.in_(some)).distinct()
        left = connection.execute(seen).scalars().all()
        gone = [*set(some).difference(left)]
        connection.execute(sql.delete(SIGHTINGS).where(SIGHTINGS.c.id.in_(gone)))
        forget_words(connection, gone)
        _weigh(connection, left, _surest)


def refresh_seen(connection: sql.Connection, photo: str) -> None:
    """In the transaction that keeps a person's word on the photo."""
    wanted = sql.select(VIEWS.c.sighting).where(VIEWS.c.photo == photo)
    _refresh(connection, connection.execute(wanted).scalars().all())


def visible(only: str | None) -> tuple[sql.ColumnElement[bool], ...]:
    """That this owner may see every photo of a sighting: what is joined with another's photo speaks of that,
    too. None: may see everything."""
    if only is None:
        return ()
    hidden = sql.and_(PHOTOS.c.owner != only, PHOTOS.c.shared.is_(False))
    of_it = sql.and_(VIEWS.c.photo == PHOTOS.c.id, VIEWS.c.sighting == SIGHTINGS.c.id)
    return (~sql.exists().where(of_it, hidden),)


class SightingStore:
    """May be called from any thread; ``writing`` is held while the database is written."""

    def __init__(self, engine: sql.Engine, writing: threading.Lock) -> None:
        self._engine = engine
        self._writing = writing

    def get(self, sighting: str) -> Sighting:
        """Raises: CamidError: ``not_found``."""
        with self._engine.connect() as connection:
            return read_sighting(connection, sighting)

    def several(self, sightings: Sequence[str]) -> tuple[Sighting, ...]:
        """In this order, without those that are not there."""
        with self._engine.connect() as connection:
            return tuple(read_sightings(connection, sightings))

    def find(
        self, wanted: Sequence[sql.ColumnElement[bool]], limit: int, offset: int = 0
    ) -> tuple[Sighting, ...]:
        """Those for which all of ``wanted`` holds, the last taken first; without a time at the end."""
        order = (SIGHTINGS.c.taken_at.is_(None), SIGHTINGS.c.taken_at.desc(), SIGHTINGS.c.created_at.desc())
        chosen = sql.select(SIGHTINGS.c.id).where(*wanted).order_by(*order, SIGHTINGS.c.id)
        with self._engine.connect() as connection:
            ids = connection.execute(chosen.limit(limit).offset(offset)).scalars().all()
            return tuple(read_sightings(connection, ids))

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
            found = read_sightings(connection, sightings)
            if len(found) < len(sightings):
                raise unknown_sighting()
            photos = [view.photo for one in found for view in one.views]
            if len(set(photos)) < len(photos):
                raise CamidError(ErrorCode.BAD_REQUEST, "One photo shows two of them: they are two cameras.")
            first, others = found[0].id, [one.id for one in found[1:]]
            placed = next((one.place for one in found if one.place and one.place.by), None)
            move_words(connection, others, first)
            connection.execute(sql.update(VIEWS).where(VIEWS.c.sighting.in_(others)).values(sighting=first))
            connection.execute(sql.delete(SIGHTINGS).where(SIGHTINGS.c.id.in_(others)))
            _set_place(connection, first, placed)
            _weigh(connection, [first], weigh)
            return read_sighting(connection, first)

    def split(self, sighting: str, photo: str, now: str, weigh: Weigh) -> tuple[Sighting, Sighting]:
        """The sighting without ``photo``, and the new one of it alone.

        Raises:
            CamidError: ``not_found``; ``bad_request`` if the photo is its only one.
        """
        with self._changed() as connection:
            found = read_sighting(connection, sighting)
            view = next((one for one in found.views if one.photo == photo), None)
            if view is None:
                raise CamidError(ErrorCode.NOT_FOUND, "The sighting has no such photo.")
            if len(found.views) == 1:
                raise CamidError(ErrorCode.BAD_REQUEST, "It has one photo only: there is nothing to split.")
            taken = sql.and_(VIEWS.c.photo == photo, VIEWS.c.camera == view.index)
            connection.execute(sql.delete(VIEWS).where(taken))
            new = _start(connection, photo, view.index, now, view.camera.identification)
            _refresh(connection, [new])
            _weigh(connection, [sighting], weigh)
            return read_sighting(connection, sighting), read_sighting(connection, new)

    def place(self, sighting: str, place: Place | None) -> Sighting:
        """Sets it by hand; None: what the photos say counts again. Raises: CamidError: ``not_found``."""
        with self._changed() as connection:
            read_sighting(connection, sighting)
            _set_place(connection, sighting, place)
            _refresh(connection, [sighting])
            return read_sighting(connection, sighting)

    def say(self, sighting: str, word: Word) -> Sighting:
        """Keeps a person's word beside the machine's answer. Raises: CamidError: ``not_found``."""
        with self._changed() as connection:
            read_sighting(connection, sighting)
            add_word(connection, sighting, word)
            _refresh(connection, [sighting])
            return read_sighting(connection, sighting)

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
            read_sighting(connection, sighting)
            connection.execute(sql.delete(VIEWS).where(VIEWS.c.sighting == sighting))
            connection.execute(sql.delete(SIGHTINGS).where(SIGHTINGS.c.id == sighting))
            forget_words(connection, [sighting])
        with self._writing:
            empty_log(self._engine)

    @contextmanager
    def _changed(self) -> Iterator[sql.Connection]:
        with self._writing, full_disk(_FULL), self._engine.begin() as connection:
            yield connection


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
    """A sighting of one camera in one photo, to be refreshed; returns its id."""
    new = secrets.token_hex(16)
    values = {"id": new, "created_at": now, "machine": machine.model_dump_json()}
    connection.execute(sql.insert(SIGHTINGS).values(values))
    connection.execute(sql.insert(VIEWS).values(photo=photo, camera=camera, sighting=new))
    return new


def _set_place(connection: sql.Connection, sighting: str, place: Place | None) -> None:
    values = {
        "hand_latitude": place.latitude if place else None,
        "hand_longitude": place.longitude if place else None,
        "placed_by": place.by if place else None,
        "placed_at": place.at if place else None,
    }
    connection.execute(sql.update(SIGHTINGS).where(SIGHTINGS.c.id == sighting).values(values))


def _weigh(connection: sql.Connection, sightings: Sequence[str], weigh: Weigh) -> None:
    for sighting, views in read_views(connection, sightings).items():
        values = {"machine": weigh([view.camera for view in views]).model_dump_json()}
        connection.execute(sql.update(SIGHTINGS).where(SIGHTINGS.c.id == sighting).values(values))
    _refresh(connection, sightings)


def _surest(cameras: Sequence[CameraV1]) -> IdentificationV1:
    """The answer of the photo that says most, where nothing is at hand to weigh them all anew."""
    return best_answer([one.identification for one in cameras])


def _refresh(connection: sql.Connection, sightings: Sequence[str]) -> None:
    """Writes down what lists are filtered by."""
    for found in read_sightings(connection, sightings):
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
        connection.execute(sql.update(SIGHTINGS).where(SIGHTINGS.c.id == found.id).values(values))


def _words(found: Sighting) -> str:
    """What a search looks through: names of files, what was read, who said something, makers."""
    read = [one.value for one in found.machine.evidence]
    makers = [found.vendor or "", found.machine.brand or "", found.machine.platform or ""]
    said = [found.word.by, found.word.mark_text or ""] if found.word else []
    return "\n".join([*(view.name for view in found.views), *read, *makers, *said]).casefold()
