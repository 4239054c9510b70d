"""What persons said of a camera in the world: in reviews of its photos, or of the sighting as a whole.

Each word is a new row and the last one counts, so an earlier one is never lost, nor the machine's answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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


def word_on_sighting(connection: sql.Connection, sighting: str) -> Word | None:
    """The last that was said of it as a whole."""
    last = sql.select(_words).where(_words.c.sighting == sighting).order_by(_words.c.number.desc()).limit(1)
    row = connection.execute(last).one_or_none()
    if row is None:
        return None
    form = FormFactor(row.form_factor) if row.form_factor else None
    return Word(None, row.by, row.at, Decision(row.decision), row.vendor, form)


def word_in_review(connection: sql.Connection, photo: str, camera: int) -> Word | None:
    """What the last review of the photo says of one camera of the machine's."""
    last = sql.select(_reviews).where(_reviews.c.photo == photo).order_by(_reviews.c.number.desc()).limit(1)
    row = connection.execute(last).one_or_none()
    if row is None:
        return None
    said = StoredReviewV1.model_validate_json(row.body).cameras
    found = next((one for one in said if one.machine == camera), None)
    if found is None:
        return None
    return Word(photo, row.by, row.at, found.decision, found.vendor, found.form_factor, found.mark_text)
