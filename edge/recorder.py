"""Whose camera recorded a picture: the display in it, the camera's answers, and what the file says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from edge.domain import Evidence, FileTags, Housing, Pixels, TextLine
from edge.domain_streams import Exchange
from edge.evidence.clock import whole
from edge.evidence.confusions import Confusions
from edge.evidence.likelihoods import Likelihoods
from edge.evidence.metadata import evidence_from_metadata, evidence_from_user_data
from edge.evidence.osd import OsdFinding, osd_finding, osd_lettering
from edge.evidence.overlay_rules import load_overlay_rules
from edge.evidence.protocol import ProtocolFinding, protocol_finding
from edge.settings import Settings
from edge.vendors.catalogue import Catalogue
from edge.vendors.protocol_rules import load_protocol_rules
from edge.vision.embedding import Embedder
from edge.vision.gallery import Gallery, match_marks
from edge.vision.overlay import FAINT, OsdReader, Overlay
from edge.vision.text_detection import TextDetector
from edge.vision.text_recognition import TextRecogniser

ON_A_HOUSING = 0.5
"""Share of a line that a housing must cover to make it lettering on a camera."""


class Recorder:
    """All that reads displays and weighs what tells of the camera behind a picture."""

    def __init__(
        self,
        reader: OsdReader,
        embedder: Embedder,
        gallery: Gallery,
        catalogue: Catalogue,
        confusions: Confusions,
        likelihoods: Likelihoods,
    ) -> None:
        self._reader = reader
        self._embedder = embedder
        self._gallery = gallery
        self._catalogue = catalogue
        self._lettering = osd_lettering(catalogue, confusions, likelihoods)
        self._likelihoods = likelihoods
        self._rules = load_overlay_rules()
        self._protocol = load_protocol_rules()

    def display(
        self,
        frames: Sequence[Pixels],
        housings: Sequence[Housing] = (),
        *,
        recorded: bool,
        received: datetime | None = None,
    ) -> OsdFinding:
        """What the display of ``frames`` (one size, oldest first) says. ``housings`` are cameras seen in
        them, whose lettering is not of the display; ``recorded`` as in ``OsdReader.read``; ``received``
        is when the newest came in.

        Raises:
            ModelError: ``model_broken`` if a model fails.
        """
        read = self._reader.read(frames, recorded=recorded)
        kept = tuple(line for line in read.lines if not on_a_housing(line.line, housings))
        overlay = Overlay(read.width, read.height, read.frames, kept)
        lines = [line.line for line in kept]
        matches = match_marks(frames[-1], lines, self._embedder, self._gallery)
        found = osd_finding(
            overlay,
            matches,
            self._lettering,
            self._catalogue,
            self._likelihoods,
            self._rules,
            received,
        )
        clock = found.osd is not None and found.osd.timestamp_text is not None
        # A photo that shows a camera, with a maker's name in a corner and no clock, is an advertisement.
        return found if recorded or clock or not housings else replace(found, evidence=())

    def heard(self, exchange: Exchange) -> ProtocolFinding:
        return protocol_finding(exchange, self._catalogue, self._likelihoods, self._protocol)

    def written(self, tags: FileTags) -> list[Evidence]:
        """What a photo's file says."""
        return evidence_from_metadata(tags, self._catalogue, self._likelihoods)

    def sent(self, user_data: Sequence[bytes]) -> list[Evidence]:
        """What stands in a stream's bytes beside the picture."""
        return evidence_from_user_data(user_data, self._catalogue, self._likelihoods)


def on_a_housing(line: TextLine, housings: Sequence[Housing]) -> bool:
    return any(line.box.coverage_by(housing.box) > ON_A_HOUSING for housing in housings)


def osd_reader(detector: TextDetector, recogniser: TextRecogniser, settings: Settings) -> OsdReader:
    """A reader on models that are loaded already, with the grammar of clocks."""
    return OsdReader(detector, detector.with_parameters(FAINT), recogniser, settings, whole)
