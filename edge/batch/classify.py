"""What turns the content of one file into its rows: the core that every engine shares.

It depends on the content, the models and the settings alone, and holds nothing between two files, so any
number of threads or processes may call it in any order and the rows are the same.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edge.batch.rows import Piece, Rows, rows_of
from edge.domain import PhotoReport, Picture
from edge.errors import CamidError, ErrorCode, ModelError
from edge.media.archive import Entry
from edge.media.facts import PhotoFacts, facts_of
from edge.media.photo import decode
from edge.report.contract import PhotoV1, photo_contract
from edge.report.sentence import printable
from edge.settings import Settings

_log = logging.getLogger("edge.batch")


class PhotoIdentifier(Protocol):
    """What is needed of ``edge.identify.Identifier``."""

    def photo(self, picture: Picture, min_score: float | None = None) -> PhotoReport: ...


Country = Callable[[PhotoFacts], str | None]
Keep = Callable[[Picture, PhotoV1], None]
"""Keeps something of a picture beside its rows; called in a worker before the rows are committed."""


@dataclass(frozen=True, slots=True)
class Content:
    """Of a file that was read. ``sha256`` names it."""

    data: bytes
    sha256: str
    sidecar: bytes


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame of a video, ``frame_s`` seconds after its start."""

    picture: Picture
    frame_s: float
    sidecar: bytes


def read_content(entry: Entry) -> Content:
    """Raises: PhotoError: whatever ``entry.read`` raises."""
    data = entry.read()
    return Content(data, hashlib.sha256(data).hexdigest(), entry.sidecar())


@dataclass(frozen=True, slots=True)
class Classifier:
    """Any number of threads may call at once. ``country`` names the country of a position, ``keep`` keeps
    something of each picture."""

    identifier: PhotoIdentifier
    settings: Settings
    min_score: float | None = None
    country: Country | None = None
    keep: Keep | None = None

    def photo(self, piece: Piece, content: Content) -> Rows:
        """Raises: CamidError: what ``decode`` and the models raise; ``store_full`` of what is kept."""
        name = piece.place.rsplit("/", 1)[-1]
        picture = decode(content.data, name, self.settings, together=self.settings.batch_photos_per_decoder)
        facts = facts_of(picture.source, content.data, content.sidecar)
        return rows_of(piece, content.sha256, self._answer(picture), facts, self._country_of(facts))

    def frame(self, piece: Piece, shown: Shown) -> Rows:
        """Raises: CamidError: what the models raise; ``store_full`` of what is kept."""
        picture = shown.picture
        facts = facts_of(picture.source, b"", shown.sidecar)
        answer, country = self._answer(picture), self._country_of(facts)
        return rows_of(piece, picture.source.sha256, answer, facts, country, shown.frame_s)

    def _answer(self, picture: Picture) -> PhotoV1:
        answer = photo_contract(self.identifier.photo(picture, self.min_score))
        if self.keep is not None:
            self.keep(picture, answer)
        return answer

    def _country_of(self, facts: PhotoFacts) -> str | None:
        return self.country(facts) if self.country else None


def rows_or_cause(piece: Piece, classify: Callable[[], Rows]) -> Rows | CamidError:
    """What ``classify`` returns, or why this file has no rows.

    Raises:
        CamidError: without models, or room for answers, no photo has one, so the run ends.
    """
    try:
        return classify()
    except ModelError:
        raise
    except CamidError as error:
        if error.code is ErrorCode.STORE_FULL:
            raise
        return error
    except Exception as error:
        # A defect that one photo brings out must not cost the answers about the others.
        _log.exception("Unexpected error in %s", printable(piece.place))
        return CamidError(ErrorCode.INTERNAL, f"Something unexpected went wrong ({type(error).__name__}).")
