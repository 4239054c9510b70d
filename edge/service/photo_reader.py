"""Stored photos for commands: read beside a service that may be running, and never written to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sql

from edge.errors import CamidError, ErrorCode
from edge.report.contract import PhotoV1

_photos = sql.table("photos", *map(sql.column, ("id", "sha256", "created_at", "body")))


@dataclass(frozen=True, slots=True)
class KeptPhoto:
    answer: PhotoV1
    answered_at: str
    original: Path


def read_photo(data_dir: Path, photo_id: str) -> KeptPhoto:
    """The photo with this id.

    Raises:
        CamidError: ``not_found``, ``not_readable``.
    """
    database = data_dir / "camid.sqlite"
    if not database.is_file():
        raise CamidError(ErrorCode.NOT_FOUND, f"There is no photo in {data_dir}: none was sent yet.")
    engine = sql.create_engine(f"sqlite:///file:{database.absolute()}?mode=ro&uri=true", hide_parameters=True)
    try:
        with engine.connect() as connection:
            row = connection.execute(sql.select(_photos).where(_photos.c.id == photo_id)).one_or_none()
    except sql.exc.DatabaseError as error:
        raise CamidError(ErrorCode.NOT_READABLE, f"{database} cannot be read: {error.orig}.") from None
    finally:
        engine.dispose()
    if row is None:
        raise CamidError(ErrorCode.NOT_FOUND, f"There is no photo with the id {photo_id}.")
    original = data_dir / "photos" / row.sha256[:2] / row.sha256
    return KeptPhoto(PhotoV1.model_validate_json(row.body), row.created_at, original)
