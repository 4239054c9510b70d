"""What persons said of a camera in the world: in reviews of its photos, or of the sighting as a whole.

Each word is a new row and the last one counts, so an earlier one is never lost, nor the machine's answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sql

from edge.domain import FormFactor
from edge.service.review_word import Decision, StoredReviewV1

_metadata = sql.MetaData()
_words = sql.Table(
    "sighting_words",
    _metadata,
    sql.Column("number", sql.Integer, primary_key=True),
    sql.Column("sighting", sql.Text, nullable=False, index=True),
    sql.Column("by", sql.Text, nullable=False),
    sql.Column("at", sql.Text, nullable=False),
    sql.Column("decision", sql.Text, nullable=False),
    sql.Column("vendor", sql.Text),
    sql.Column("form_factor", sql.Text),
    sqlite_autoincrement=True,
)
_reviews = sql.table("reviews", *map(sql.column, ("number", "photo", "by", "at", "body")))


@dataclass(frozen=True, slots=True)
class Word:
    """A person's word. ``photo`` is the one whose review says it, None where it is of the sighting as a
    whole; ``at`` is ISO 8601 in UTC."""

    photo: str | None
    by: str
    at: str
    decision: Decision
    vendor: str | None
    form_factor: FormFactor | None
    mark_text: str | None = None


def create_words(connection: sql.Connection) -> None:
    """The step of the schema that brings words on sightings."""
    _metadata.create_all(connection)


def add_word(connection: sql.Connection, sighting: str, word: Word) -> None:
    values = {
        "sighting": sighting,
        "by": word.by,
        "at": word.at,
        "decision": word.decision.value,
        "vendor": word.vendor,
        "form_factor": word.form_factor.value if word.form_factor else None,
    }
    connection.execute(sql.insert(_words).values(values))


def move_words(connection: sql.Connection, sightings: Sequence[str], to: str) -> None:
    """They were said of what is one sighting now."""
    connection.execute(sql.update(_words).where(_words.c.sighting.in_(sightings)).values(sighting=to))


def forget_words(connection: sql.Connection, sightings: Sequence[str]) -> None:
    connection.execute(sql.delete(_words).where(_words.c.sighting.in_(sightings)))


def words_on_sightings(connection: sql.Connection, sightings: Sequence[str]) -> dict[str, Word]:
    """The last that was said of each as a whole, by its id."""
    last = sql.select(sql.func.max(_words.c.number)).where(_words.c.sighting.in_(sightings))
    wanted = sql.select(_words).where(_words.c.number.in_(last.group_by(_words.c.sighting)))
    return {row.sighting: _word(row) for row in connection.execute(wanted)}


def words_in_reviews(
    connection: sql.Connection, photos: sql.Select[tuple[str]]
) -> dict[tuple[str, int], Word]:
    """What the last review of each photo says of the machine's cameras, by photo and camera."""
    last = sql.select(sql.func.max(_reviews.c.number)).where(_reviews.c.photo.in_(photos))
    wanted = sql.select(_reviews).where(_reviews.c.number.in_(last.group_by(_reviews.c.photo)))
    return {
        (row.photo, one.machine): Word(
            row.photo, row.by, row.at, one.decision, one.vendor, one.form_factor, one.mark_text
        )
        for row in connection.execute(wanted)
        for one in StoredReviewV1.model_validate_json(row.body).cameras
        if one.machine is not None
    }


def _word(row: sql.Row[Any]) -> Word:
    form = FormFactor(row.form_factor) if row.form_factor else None
    return Word(None, row.by, row.at, Decision(row.decision), row.vendor, form)
