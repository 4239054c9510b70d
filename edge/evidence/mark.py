"""Logos that matched the gallery, as evidence."""

from __future__ import annotations

from collections.abc import Sequence

from edge.domain import Box, Evidence, EvidenceKind
from edge.evidence.lettering import strength_of
from edge.evidence.likelihoods import Likelihoods, Thresholds
from edge.vendors.catalogue import Catalogue
from edge.vision.gallery import GalleryMatch

TABLE = "mark"


def evidence_from_marks(
    matches: Sequence[GalleryMatch],
    catalogue: Catalogue,
    likelihoods: Likelihoods,
    thresholds: Thresholds,
    lettering: Sequence[Evidence] = (),
) -> list[Evidence]:
    """Evidence for the brand that each region resembles, where the resemblance says anything.

    ``lettering`` is what was read on the same housing: where a match lies on pixels that were read, both get
    the same origin, so that they count once.
    """
    found = []
    for match in matches:
        brand = catalogue.brands.get(match.brand)
        if brand is None or match.similarity < thresholds.mark_similarity:
            continue
        ratio = likelihoods.value(TABLE, match_score(match))
        if ratio <= 0.0:
            continue
        found.append(
            Evidence(
                kind=EvidenceKind.MARK,
                value=brand.name,
                box=match.box,
                strength=strength_of(ratio),
                supports={brand.platform: ratio},
                note=f"resembles the mark of {brand.name}: similarity {match.similarity:.2f}",
                brand=brand.id,
                origin=_origin(match.box, lettering),
            )
        )
    return found


def match_score(match: GalleryMatch) -> float:
    """What the likelihood table is fitted on: the similarity, less where another brand comes close."""
    return match.similarity - max(0.0, FULL_MARGIN - match.margin)


FULL_MARGIN = 0.2
"""Lead over the next brand from which a match counts in full."""


def _origin(box: Box, lettering: Sequence[Evidence]) -> str:
    """That of the lettering on the same pixels, else one of its own."""
    shared = [e for e in lettering if e.box is not None and e.origin and _same_pixels(box, e.box)]
    if shared:
        return max(shared, key=lambda e: (box.iou(e.box) if e.box else 0.0, e.origin)).origin
    return "mark:" + ",".join(str(round(side)) for side in box.as_tuple())


def _same_pixels(box: Box, other: Box) -> bool:
    return box.intersection(other) > 0.3 * min(box.area, other.area)
