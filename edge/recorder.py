"""Whose camera recorded a picture: the display in it, the camera's answers, and what the file says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from edge.domain import Box, Evidence, FileTags, Housing, Pixels
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
from edge.vendors.protocol_rules import ProtocolRules
from edge.vision.display_marks import DisplayMarks
from edge.vision.gallery import Gallery
from edge.vision.overlay import FAINT, OsdReader, Overlay
from edge.vision.text_detection import TextDetector
from edge.vision.text_recognition import TextRecogniser

ON_A_HOUSING = 0.5
"""Share of a line or mark that a housing must cover to make it lettering on a camera."""

SHOWN_OFF = 0.1
"""Share of a picture from which a camera on it is what the picture is of. Of the train products 95 % show
theirs larger; on what cameras recorded others are small."""


class Recorder:
    """All that reads displays and weighs what tells of the camera behind a picture."""

    def __init__(
        self,
        reader: OsdReader,
        marks: DisplayMarks,
        gallery: Gallery,
        catalogue: Catalogue,
        confusions: Confusions,
        likelihoods: Likelihoods,
        protocol: ProtocolRules,
    ) -> None:
        self._reader = reader
        self._marks = marks
        self._gallery = gallery
        self._catalogue = catalogue
        self._lettering = osd_lettering(catalogue, confusions, likelihoods)
        self._likelihoods = likelihoods
        self._rules = load_overlay_rules()
        self._protocol = protocol

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
        if not self._reader.reads:
            return OsdFinding()
        read = self._reader.read(frames, recorded=recorded)
        kept = tuple(line for line in read.lines if not on_a_housing(line.line.box, housings))
        overlay = Overlay(read.width, read.height, read.frames, kept)
        same = self._reader.chosen(frames)
        found = self._marks.matches(same, [line.line for line in kept], self._gallery)
        matches = [match for match in found if not on_a_housing(match.box, housings)]
        finding = osd_finding(
            overlay,
            matches,
            self._lettering,
            self._catalogue,
            self._likelihoods,
            self._rules,
            received,
        )
        clock = finding.osd is not None and finding.osd.timestamp_text is not None
        if recorded or clock or not shows_off(housings, read.width * read.height):
            return finding
        return replace(finding, evidence=())  # an advertisement with its maker's name in a corner

    def heard(self, exchange: Exchange) -> ProtocolFinding:
        return protocol_finding(exchange, self._catalogue, self._likelihoods, self._protocol)

    def written(self, tags: FileTags) -> list[Evidence]:
        """What a photo's file says."""
        return evidence_from_metadata(tags, self._catalogue, self._likelihoods)

    def sent(self, user_data: Sequence[bytes]) -> list[Evidence]:
        """What stands in a stream's bytes beside the picture."""
        return evidence_from_user_data(user_data, self._catalogue, self._likelihoods)


def shows_off(housings: Sequence[Housing], area: float) -> bool:
    return any(housing.box.area >= SHOWN_OFF * area for housing in housings)


def on_a_housing(box: Box, housings: Sequence[Housing]) -> bool:
    return any(box.coverage_by(housing.box) > ON_A_HOUSING for housing in housings)


def osd_reader(detector: TextDetector, recogniser: TextRecogniser, settings: Settings) -> OsdReader:
    """A reader on models that are loaded already, with the grammar of clocks."""
    return OsdReader(detector, detector.with_parameters(FAINT), recogniser, settings, whole)
