"""Files in, answers out, one a file and in their order: a bad one never stops the others."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from edge.domain import PhotoReport, Picture
from edge.errors import CamidError, ErrorCode, PhotoError
from edge.media.photo import read
from edge.report.annotate import annotate
from edge.report.contract import PhotoV1, UnreadableV1, photo_contract, unreadable_contract
from edge.report.picture_files import write_picture
from edge.report.sentence import Names, printable
from edge.settings import Settings

_log = logging.getLogger("edge.report")


class PhotoIdentifier(Protocol):
    """What is needed of ``edge.identify.Identifier``."""

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport: ...


def answers(
    files: Sequence[Path],
    identifier: PhotoIdentifier,
    settings: Settings,
    names: Names,
    min_score: float | None = None,
    targets: Sequence[Path] | None = None,
) -> Iterator[PhotoV1 | UnreadableV1]:
    """The answer about each of ``files``; by then its annotated picture is in ``targets``, if given.

    Raises:
        CamidError: what is no fault of one file: the models' errors, ``not_writable`` for a target.
    """
    for number, file in enumerate(files):
        target = targets[number] if targets is not None else None
        try:
            yield _answer(file, identifier, settings, names, min_score, target)
        except PhotoError as error:
            yield unreadable_contract(printable(file.name), error)


def _answer(
    file: Path,
    identifier: PhotoIdentifier,
    settings: Settings,
    names: Names,
    min_score: float | None,
    target: Path | None,
) -> PhotoV1:
    try:
        picture = read(file, settings)
        answer = photo_contract(identifier.photo(picture, min_score))
        if target is not None:
            write_picture(annotate(picture, answer, names), target)
        return answer
    except CamidError:
        raise
    except Exception as error:
        # A defect that one photo brings out must not cost the answers about the others.
        _log.exception("Unexpected error in %s", printable(str(file)))
        raise PhotoError(
            ErrorCode.INTERNAL, f"Something unexpected went wrong ({type(error).__name__})."
        ) from error
