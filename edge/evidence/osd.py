"""What an on-screen display says of the camera that recorded the picture: its text, its clock, its mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from edge.domain import Evidence, Osd
from edge.domain_streams import OsdClock
from edge.evidence.lettering import Lettering
from edge.evidence.likelihoods import Likelihoods, Thresholds
from edge.vendors.catalogue import Catalogue
from edge.vision.gallery import GalleryMatch
from edge.vision.overlay import Overlay


@dataclass(frozen=True, slots=True)
class OsdFinding:
    """``overlay_by`` names software that drew the display; then no evidence speaks of a camera."""

    osd: Osd | None = None
    clock: OsdClock | None = None
    evidence: tuple[Evidence, ...] = ()
    overlay_by: str | None = None


def osd_finding(
    overlay: Overlay,
    matches: Sequence[GalleryMatch],
    lettering: Lettering,
    catalogue: Catalogue,
    likelihoods: Likelihoods,
    thresholds: Thresholds,
    received: datetime | None = None,
) -> OsdFinding:
    """Reads a display as a person would. ``matches`` are gallery matches of the overlay's lines; ``received``
    is when the newest frame came in, None for a photo (then there is no clock). Being built."""
    del overlay, matches, lettering, catalogue, likelihoods, thresholds, received
    return OsdFinding()
