"""Stored photos as an evidence pack takes them."""

from __future__ import annotations

from pathlib import Path

from edge.errors import CamidError, ErrorCode
from edge.media.photo import decode
from edge.report.contract import PhotoV1
from edge.report.pack_parts import PackPhoto
from edge.settings import Settings


def of_stored(original: Path, answer: PhotoV1, answered_at: str, settings: Settings) -> PackPhoto:
    """The photo whose bytes lie in ``original``.

    Raises:
        CamidError: ``not_found`` where they are gone; the picture's fault under today's limits.
    """
    try:
        data = original.read_bytes()
    except FileNotFoundError:
        raise CamidError(
            ErrorCode.NOT_FOUND, "The bytes of this photo were removed from the data directory."
        ) from None
    picture = decode(data, answer.source.name, settings)
    if picture.source.sha256 != answer.source.sha256:
        raise CamidError(ErrorCode.CORRUPT, "The stored photo is not the one that was answered about.")
    return PackPhoto(data, picture, answer, answered_at)
